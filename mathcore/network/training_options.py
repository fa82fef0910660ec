"""What a definition says about the training of a layer of any type, and how it changes the layer's arrays.

    "frozen": true          its arrays stay as they are: no gradients for them, running statistics are used, not moved
    "loss_weight": 0.3      of a loss layer: its factor in the total loss
    "params": {"lr_mult": 2, "decay_mult": {"w": 1, "b": 0}}
                            factors of learning rate and weight decay, for all its arrays or by name

The first two are keys of the layer. The factors stand among its params, but no layer class knows of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeGuard, cast

from mathcore.errors import NetworkError
from mathcore.layers.layer import Layer, ParameterSpec
from mathcore.layers.settings import shown, suggestion

KEYS = ("frozen", "loss_weight")
FACTORS = ("lr_mult", "decay_mult")
MAXIMUM_FACTOR = 1e6

Factor = float | Mapping[str, float]


@dataclass(frozen=True)
class TrainingOptions:
    """The options of one layer.

    Attributes:
        frozen: whether its arrays stay as they are.
        loss_weight: the factor of its loss in the total.
        factors: by ``"lr_mult"`` and ``"decay_mult"``, as far as given: one number for all arrays, or numbers by name.
    """

    frozen: bool = False
    loss_weight: float = 1.0
    factors: Mapping[str, Factor] | None = None

    def specs(self, layer: Layer) -> dict[str, ParameterSpec]:
        """Return the arrays of a layer with the factors in place of its own.

        Raises:
            NetworkError: if a factor names an array that the layer does not have.
        """
        specs = layer.parameter_specs()
        for key, factor in (self.factors or {}).items():
            by_name = factor if isinstance(factor, Mapping) else dict.fromkeys(specs, factor)
            for name, value in by_name.items():
                if name not in specs:
                    raise _unknown_array(layer, key, name, specs)
                specs[name] = replace(specs[name], **cast(Any, {key: value}))
        if self.frozen:
            return {name: replace(spec, lr_mult=0.0, decay_mult=0.0) for name, spec in specs.items()}
        return specs


def parse_options(layer: str, entry: Mapping[str, Any], *, role: str) -> TrainingOptions:
    """Return the options in the JSON object of a layer, whose ``params`` are known to be an object.

    Raises:
        NetworkError: if one of them cannot be used.
    """
    frozen = entry.get("frozen", False)
    if not isinstance(frozen, bool):
        raise NetworkError(f"{layer}: expected frozen to be true or false, got {shown(frozen)}")
    weight = entry.get("loss_weight", 1.0)
    if not _is_factor(weight):
        raise NetworkError(
            f"{layer}: expected loss_weight to be a number of 0 to {MAXIMUM_FACTOR:g}, got {shown(weight)}"
        )
    if "loss_weight" in entry and role != "loss":
        raise NetworkError(f"{layer}: expected loss_weight on loss layers only; remove it")
    params = entry.get("params", {})
    factors = {key: _factor(layer, key, params[key]) for key in FACTORS if key in params}
    return TrainingOptions(frozen, float(weight), factors)


def _factor(layer: str, key: str, value: object) -> Factor:
    if _is_factor(value):
        return float(value)
    if isinstance(value, dict) and all(isinstance(name, str) and _is_factor(item) for name, item in value.items()):
        return {name: float(item) for name, item in value.items()}
    raise NetworkError(
        f"{layer}: expected {key} to be a number of 0 to {MAXIMUM_FACTOR:g}, or an object of them by array, "
        f"got {shown(value)}; correct the params"
    )


def _is_factor(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= MAXIMUM_FACTOR


def _unknown_array(layer: Layer, key: str, name: str, specs: Mapping[str, ParameterSpec]) -> NetworkError:
    arrays = ", ".join(specs) or "none"
    return NetworkError(
        f"{layer}: {key} names the unknown array {shown(name)}; {suggestion(name, tuple(specs))}arrays: {arrays}"
    )
