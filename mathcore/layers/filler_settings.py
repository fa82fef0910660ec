"""The params ``weight_filler`` and ``bias_filler``: how a layer's arrays are filled at the start.

    {"type": "constant", "value": 0.1}    {"type": "uniform", "min": -1, "max": 1}
    {"type": "gaussian", "mean": 0, "std": 0.01}    {"type": "xavier"}    {"type": "msra"}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mathcore.errors import NetworkError
from mathcore.layers.layer import Filler, Layer
from mathcore.layers.settings import MAXIMUM_NUMBER, Settings, shown

TYPES = {
    "constant": ("value",),
    "uniform": ("min", "max"),
    "gaussian": ("mean", "std"),
    "xavier": (),
    "msra": (),
}
LIMIT = MAXIMUM_NUMBER / 4
"""Leaves room for the span of a uniform filler."""


def read_filler(layer: Layer, params: Mapping[str, Any], name: str, *, default: Filler) -> Filler:
    """Return the filler that the param ``name`` of a layer describes.

    Raises:
        NetworkError: if it is no filler; names the layer and the param.
    """
    if name not in params:
        return default
    given = params[name]
    if not isinstance(given, dict):
        raise NetworkError(
            f"{layer}: expected {name} to be an object such as {{\"type\": \"xavier\"}}, got {shown(given)}; "
            "correct the params"
        )
    title = f"{layer}: {name}"
    every = ("type", *(key for keys in TYPES.values() for key in keys))
    kind = Settings(title, given, known=every).choice("type", tuple(TYPES))
    settings = Settings(title, given, known=("type", *TYPES[kind]))
    filler = Filler(
        kind,
        value=settings.number("value", minimum=-LIMIT, maximum=LIMIT, default=0),
        low=settings.number("min", minimum=-LIMIT, maximum=LIMIT, default=0),
        high=settings.number("max", minimum=-LIMIT, maximum=LIMIT, default=1),
        mean=settings.number("mean", minimum=-LIMIT, maximum=LIMIT, default=0),
        std=settings.number("std", minimum=0, maximum=LIMIT, default=1),
    )
    if filler.low > filler.high:
        raise NetworkError(f"{title}: expected min up to max, got {filler.low:g} and {filler.high:g}; swap them")
    return filler
