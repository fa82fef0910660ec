"""The optimizers by name. A class enters with ``@register_optimizer("name")``."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TypeVar

from mathcore.errors import OptimizerError
from mathcore.optimizers.optimizer import Optimizer

OptimizerClass = TypeVar("OptimizerClass", bound=type[Optimizer])

_classes: dict[str, type[Optimizer]] = {}


def register_optimizer(name: str) -> Callable[[OptimizerClass], OptimizerClass]:
    """Return a class decorator that makes an optimizer known under ``name``.

    Raises:
        OptimizerError: if another class already has the name.
    """

    def register(optimizer_class: OptimizerClass) -> OptimizerClass:
        if name in _classes:
            raise OptimizerError(f'expected a new optimizer name, got "{name}", which is {_classes[name].__qualname__}')
        _classes[name] = optimizer_class
        return optimizer_class

    return register


def names() -> tuple[str, ...]:
    """Return the names of all optimizers, sorted."""
    return tuple(sorted(_classes))


def create(name: str, **settings: float) -> Optimizer:
    """Return an optimizer with these settings.

    Raises:
        OptimizerError: if the name or a setting is unknown, missing or out of range.
    """
    if name not in _classes:
        raise OptimizerError(f"optimizer: expected one of {', '.join(names())}, got {name!r}")
    signature = inspect.signature(_classes[name])
    try:
        signature.bind(**settings)
    except TypeError as error:
        raise OptimizerError(f"{name}: expected settings {', '.join(signature.parameters)}; {error}") from None
    return _classes[name](**settings)
