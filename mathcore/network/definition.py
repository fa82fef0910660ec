"""The JSON definition of a network: a list of layers. Untrusted; what is wrong with its form is said here.

    {"name": "conv1", "type": "convolution_2d", "inputs": ["data"], "outputs": ["conv1"],
     "params": {"out_size": 20, "ksize": 5}, "phase": ["train"]}

``phase`` may be left out: the layer then belongs to both phases. ``params`` may be left out when empty. The keys and
params that concern training alone are those of ``training_options.py``. Whether the blobs connect is for ``graph.py``
to say, what the params mean for each layer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from mathcore.errors import NetworkError
from mathcore.layers.registry import layer_class
from mathcore.layers.settings import shown, suggestion
from mathcore.network import training_options
from mathcore.network.training_options import TrainingOptions, parse_options

PHASES = ("train", "test")
KEYS = ("name", "type", "inputs", "outputs", "params", "phase", *training_options.KEYS)
MAXIMUM_LAYERS = 10_000
MAXIMUM_BLOBS = 64
MAXIMUM_NAME = 128


@dataclass(frozen=True)
class LayerDefinition:
    """One layer as the JSON gives it, with ``phases`` spelled out and the options of training apart."""

    name: str
    type: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    params: Mapping[str, Any]
    phases: tuple[str, ...]
    options: TrainingOptions = field(default_factory=TrainingOptions)


@dataclass(frozen=True)
class NetworkDefinition:
    """All layers in the order of the JSON."""

    layers: tuple[LayerDefinition, ...]

    def in_phase(self, phase: str) -> tuple[LayerDefinition, ...]:
        """Return the layers of one phase, in the order of the JSON."""
        return tuple(layer for layer in self.layers if phase in layer.phases)


def parse(definition: object) -> NetworkDefinition:
    """Return the checked definition of parsed JSON.

    Raises:
        NetworkError: if it has the wrong form; one line naming the layer, what was expected, what came, what to do.
    """
    if not isinstance(definition, list):
        hint = "give the list alone" if isinstance(definition, dict) else "see examples/networks"
        raise NetworkError(f"network: expected a list of layers, got {shown(definition)}; {hint}")
    if not 1 <= len(definition) <= MAXIMUM_LAYERS:
        raise NetworkError(f"network: expected 1 to {MAXIMUM_LAYERS} layers, got {len(definition)}")
    layers = tuple(_parse_layer(entry, position) for position, entry in enumerate(definition, start=1))
    seen: set[str] = set()
    for layer in layers:
        if layer.name in seen:
            raise NetworkError(
                f'layer "{layer.name}": expected a name of its own, got one that another layer has; rename one of them'
            )
        seen.add(layer.name)
    return NetworkDefinition(layers)


def _parse_layer(entry: object, position: int) -> LayerDefinition:
    if not isinstance(entry, dict):
        raise NetworkError(f"layer {position}: expected an object with {', '.join(KEYS[:4])}, got {shown(entry)}")
    name = entry.get("name")
    if not _is_name(name):
        raise NetworkError(
            f"layer {position}: expected a name of 1 to {MAXIMUM_NAME} characters, got {shown(name)}; set name"
        )
    _check_keys(name, entry)
    kind = _type(name, entry["type"])
    params = _params(name, entry.get("params", {}))
    layer = LayerDefinition(
        name=name,
        type=kind,
        inputs=_blobs(name, "inputs", entry["inputs"]),
        outputs=_blobs(name, "outputs", entry["outputs"]),
        params={key: value for key, value in params.items() if key not in training_options.FACTORS},
        phases=_phases(name, entry.get("phase", list(PHASES))),
        options=parse_options(f'{kind} "{name}"', entry, role=layer_class(kind, layer=name).role),
    )
    _check_counts(layer)
    return layer


def _check_keys(name: str, entry: Mapping[Any, Any]) -> None:
    for key in entry:
        if key in training_options.FACTORS:
            raise NetworkError(f'layer "{name}": expected {key} among the params, got it beside them; move it')
        if key not in KEYS:
            raise NetworkError(
                f'layer "{name}": unknown key {shown(key)}; {suggestion(str(key), KEYS)}keys: {", ".join(KEYS)}'
            )
    for key in ("type", "inputs", "outputs"):
        if key not in entry:
            raise NetworkError(f'layer "{name}": expected {", ".join(KEYS[:4])}, got no {key}; add it')


def _type(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise NetworkError(f'layer "{name}": expected type to be a string, got {shown(value)}')
    layer_class(value, layer=name)
    return value


def _blobs(name: str, key: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > MAXIMUM_BLOBS or not all(_is_name(blob) for blob in value):
        raise NetworkError(
            f'layer "{name}": expected {key} to be a list of up to {MAXIMUM_BLOBS} blob names, got {shown(value)}'
        )
    return tuple(value)


def _params(name: str, value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise NetworkError(f'layer "{name}": expected params to be an object, got {shown(value)}')
    return value


def _phases(name: str, value: object) -> tuple[str, ...]:
    known = isinstance(value, list) and bool(value) and all(isinstance(x, str) and x in PHASES for x in value)
    if not known:
        raise NetworkError(
            f'layer "{name}": expected phase to be a list of "train" and "test", got {shown(value)}; '
            "leave it out for both"
        )
    return tuple(phase for phase in PHASES if phase in value)  # type: ignore[operator]


def _check_counts(layer: LayerDefinition) -> None:
    kind = layer_class(layer.type, layer=layer.name)
    _check_count(layer, "inputs", layer.inputs, count=kind.input_count, param=kind.input_count_param)
    _check_count(layer, "outputs", layer.outputs, count=kind.output_count, param=kind.output_count_param)


def _check_count(layer: LayerDefinition, key: str, blobs: tuple[str, ...], *, count: int | None, param: str) -> None:
    reason, given = "", layer.params.get(param)
    if count is None and isinstance(given, int) and given >= 1:
        count, reason = given, f" as {param} says"
    if len(blobs) != count and (count is not None or not blobs):
        number = "at least 1" if count is None else shown(count)
        raise NetworkError(
            f'{layer.type} "{layer.name}": expected {number} {key}{reason}, got {len(blobs)} {shown(list(blobs))}; '
            f"list {number} blob name{'' if count in (1, None) else 's'}"
        )


def _is_name(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and 1 <= len(value) <= MAXIMUM_NAME and value.isprintable()
