"""The layer types by name. A class enters with ``@register_layer("name")``; definitions then may use the name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from mathcore.errors import NetworkError, UnknownTypeError
from mathcore.layers.layer import Layer
from mathcore.layers.settings import shown, suggestion

LayerClass = TypeVar("LayerClass", bound=type[Layer])

_classes: dict[str, type[Layer]] = {}


def register_layer(name: str) -> Callable[[LayerClass], LayerClass]:
    """Return a class decorator that makes a layer known under ``name``, its ``type`` in JSON.

    Raises:
        NetworkError: if another class already has the name.
    """

    def register(layer_class: LayerClass) -> LayerClass:
        if name in _classes:
            raise NetworkError(f'expected a new layer type, got "{name}", which is {_classes[name].__qualname__}')
        layer_class.type = name
        _classes[name] = layer_class
        return layer_class

    return register


def layer_types() -> tuple[str, ...]:
    """Return the names of all registered layer types, sorted."""
    return tuple(sorted(_classes))


def layer_class(name: str, *, layer: str) -> type[Layer]:
    """Return the class of a layer type; ``layer`` is the layer's name for the message.

    Raises:
        UnknownTypeError: if there is no such type; suggests the nearest.
    """
    if name not in _classes:
        names = ", ".join(layer_types())
        raise UnknownTypeError(
            f'layer "{layer}": unknown type {shown(name)}; {suggestion(name, layer_types())}types: {names}'
        )
    return _classes[name]


def create_layer(type_name: str, name: str, params: Mapping[str, Any]) -> Layer:
    """Return a new layer; errors name it.

    Raises:
        NetworkError: if the type or one of the params is unknown or out of range.
    """
    return layer_class(type_name, layer=name)(name, params)
