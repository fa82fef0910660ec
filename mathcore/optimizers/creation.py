"""Optimizers from names and settings, as jobs give them.

An optimizer is registered as a function from its own settings to its transformations. Every optimizer also takes the
settings in ``COMMON``, save those that it has itself; their transformations come before its own, where they are asked
for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mathcore.errors import OptimizerError
from mathcore.layers.settings import shown, suggestion
from mathcore.optimizers.clipping import ClipNorm, ClipValue
from mathcore.optimizers.optimizer import Optimizer
from mathcore.optimizers.policy import LearningRate
from mathcore.optimizers.registry import Registry
from mathcore.optimizers.settings import check_objects
from mathcore.optimizers.transformation import Transformation
from mathcore.optimizers.transformation import transformations as known_transformations
from mathcore.optimizers.weight_decay import L1Decay, WeightDecay

Chain = tuple[Transformation, ...]

optimizers: Registry[Chain] = Registry("optimizer")
register_optimizer = optimizers.register
names = optimizers.names

COMMON: dict[str, Callable[..., Transformation]] = {
    "clip_norm": ClipNorm,
    "clip_value": ClipValue,
    "l1_decay": L1Decay,
    "weight_decay": WeightDecay,
}
"""In the order of the chain."""
SCHEDULE = ("learning_rate", "policy")


def create(name: str, **settings: Any) -> Optimizer:
    """Return an optimizer.

    Args:
        name: one of ``names()``.
        settings: ``learning_rate``, the base of the policy; ``policy``, an object with ``type``, the settings of that
            type and maybe ``warm_up`` (None: fixed); ``clip_norm``, ``clip_value``, ``l1_decay`` and ``weight_decay``
            (None: none); and the optimizer's own.
    Raises:
        OptimizerError: if the name or a setting is unknown, missing or out of range.
    """
    own = optimizers.settings(name)
    common = [setting for setting in COMMON if setting not in own]
    known = (*SCHEDULE, *own, *common)
    _check_names(name, settings, known)
    try:
        learning_rate = LearningRate(settings["learning_rate"], settings.get("policy"))
        asked = [COMMON[key](**{key: settings[key]}) for key in common if _is_asked(key, settings.get(key))]
    except OptimizerError as error:
        raise OptimizerError(f"{name}: {error}") from None
    chain = optimizers.create(name, {key: value for key, value in settings.items() if key in own})
    return Optimizer(name, (*asked, *chain), learning_rate)


@register_optimizer("chain")
def chain(*, transformations: list[dict[str, Any]]) -> Chain:
    """Any transformations by name, in order: ``[{"type": "momentum", "momentum": 0.9}]``."""
    listed = check_objects("transformations", transformations)
    return tuple(known_transformations.create(x["type"], {k: v for k, v in x.items() if k != "type"}) for x in listed)


def _check_names(name: str, settings: dict[str, Any], known: tuple[str, ...]) -> None:
    for setting in settings:
        if setting not in known:
            raise OptimizerError(
                f"{name}: unknown setting {shown(setting)}; {suggestion(setting, known)}settings: {', '.join(known)}"
            )
    if "learning_rate" not in settings:
        raise OptimizerError(f"{name}: expected setting learning_rate, got none; add it")


def _is_asked(key: str, value: Any) -> bool:
    """Tell whether a common setting changes anything; a decay of 0 does not."""
    return value is not None and not (key.endswith("decay") and value == 0 and not isinstance(value, bool))
