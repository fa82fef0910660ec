"""Compute the cases of ``cases.py`` with PyTorch and write ``numbers.npz`` beside this file.

    python -m tests.mathcore.layers.recorded.record

Inputs are float32; PyTorch computes in float64, and what it gives is rounded to float32 once. Arrays of a case:

    <case>/x, /t, /dy                 inputs and the gradient of the output
    <case>/parameters/<name>          learned arrays and running statistics
    <case>/y, /dx, /dt                output and gradients of the inputs
    <case>/gradients/<name>           gradients of learned arrays; of running statistics their next values

Recorded with PyTorch 2.13 on a CPU.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812  # as PyTorch's own documentation calls it

from tests.mathcore.layers.recorded.cases import CASES, Case

NUMBERS = Path(__file__).parent / "numbers.npz"
Tensors = Mapping[str, Any]


def to_images(x: Any) -> Any:
    """Return (N, H, W, C) as PyTorch has it, (N, C, H, W)."""
    return x.permute(0, 3, 1, 2)


def from_images(x: Any) -> Any:
    return x.permute(0, 2, 3, 1)


def pair(value: Any) -> tuple[int, int]:
    return tuple(value) if isinstance(value, list) else (value, value)


def convolution_2d(case: Case, x: Any, t: Any, p: Tensors) -> Any:
    params = case.params
    geometry = {name: pair(params.get(name, default)) for name, default in (("stride", 1), ("dilation", 1))}
    w = p["w"].permute(3, 2, 0, 1)
    y = F.conv2d(
        to_images(x), w, p.get("b"), padding=pair(params.get("pad", 0)), groups=params.get("group", 1), **geometry
    )
    return from_images(y)


def pooling_2d(case: Case, x: Any, t: Any, p: Tensors) -> Any:
    params = case.params
    if params.get("global"):
        return from_images(F.adaptive_avg_pool2d(to_images(x), 1))
    options = {
        "kernel_size": pair(params["ksize"]),
        "stride": pair(params.get("stride", 1)),
        "padding": pair(params.get("pad", 0)),
        "ceil_mode": params["rounding"] == "ceil",
    }
    if params["type"] == "max":
        return from_images(F.max_pool2d(to_images(x), **options))
    return from_images(F.avg_pool2d(to_images(x), count_include_pad=params["include_pad"], **options))


def batch_normalization(case: Case, x: Any, t: Any, p: Tensors) -> Any:
    images = to_images(x) if x.ndim == 4 else x
    with torch.no_grad():
        running = p["mean"].clone(), p["variance"].clone()
    y = F.batch_norm(
        images, *running, p["gamma"], p["beta"],
        training=case.phase == "train", momentum=1 - case.params["decay"], eps=case.params["eps"],
    )  # fmt: skip
    p["mean"].grad, p["variance"].grad = running  # the next values take the place of a gradient
    return from_images(y) if x.ndim == 4 else y


def lrn(case: Case, x: Any, t: Any, p: Tensors) -> Any:
    params = {"size": 5, "alpha": 1e-4, "beta": 0.75, "k": 1.0, **case.params}
    return from_images(F.local_response_norm(to_images(x), **params))


def softmax_cross_entropy(case: Case, x: Any, t: Any, p: Tensors) -> Any:
    ignored = case.params.get("ignore_label", -100)
    return F.cross_entropy(x, t, ignore_index=ignored, label_smoothing=case.params.get("label_smoothing", 0.0))


def hinge_loss(case: Case, x: Any, t: Any, p: Tensors) -> Any:
    sign = 2 * F.one_hot(t, x.shape[1]).double() - 1
    inside = F.hinge_embedding_loss(sign * x, -torch.ones_like(x), margin=1.0, reduction="none")
    return (inside if case.params["norm"] == "L1" else inside**2).sum() / len(x)


def squared_loss(case: Case, x: Any, t: Any, p: Tensors) -> Any:
    target = t if case.target else F.one_hot(t, x.shape[1]).double()
    return F.mse_loss(x, target, reduction="sum") / (2 * len(x))


def linear(case: Case, x: Any, t: Any, p: Tensors) -> Any:
    return F.linear(x.flatten(1), p["w"].T, p.get("b"))


def maxout(case: Case, x: Any, t: Any, p: Tensors) -> Any:
    return x.unflatten(-1, (-1, case.params["group"])).max(-1).values


LAYERS: Mapping[str, Callable[[Case, Any, Any, Tensors], Any]] = {
    "convolution_2d": convolution_2d,
    "pooling_2d": pooling_2d,
    "global_average_pooling": lambda case, x, t, p: F.adaptive_avg_pool2d(to_images(x), 1).flatten(1),
    "batch_normalization": batch_normalization,
    "lrn": lrn,
    "relu": lambda case, x, t, p: F.relu(x),
    "leaky_relu": lambda case, x, t, p: F.leaky_relu(x, case.params["slope"]),
    "sigmoid": lambda case, x, t, p: torch.sigmoid(x),
    "tanh": lambda case, x, t, p: torch.tanh(x),
    "gelu": lambda case, x, t, p: F.gelu(x, approximate=case.params.get("approximate", "none")),
    "dropout": lambda case, x, t, p: F.dropout(x, case.params["dropout_ratio"], training=False),
    "softmax": lambda case, x, t, p: F.softmax(x, dim=-1),
    "maxout": maxout,
    "linear": linear,
    "softmax_cross_entropy": softmax_cross_entropy,
    "hinge_loss": hinge_loss,
    "squared_loss": squared_loss,
}


def record(case: Case) -> dict[str, np.ndarray]:
    """Return the arrays of a case by name."""
    generator = np.random.default_rng(zlib.crc32(case.name.encode()))

    def draw(shape: tuple[int, ...]) -> np.ndarray:
        return generator.standard_normal(shape).astype(np.float32)

    arrays = {"x": draw(case.x)}
    if case.labels is not None:
        arrays["t"] = np.array(case.labels, np.int32)
    elif case.target:
        arrays["t"] = draw(case.x)
    for name, shape in case.parameters.items():
        value = draw(shape)
        arrays[f"parameters/{name}"] = np.abs(value) + np.float32(0.5) if name == "variance" else value
    tensors = {name: to_tensor(value) for name, value in arrays.items()}
    parameters = {name: tensors[f"parameters/{name}"] for name in case.parameters}
    y = LAYERS[case.type](case, tensors["x"], tensors.get("t"), parameters)
    arrays["y"] = to_float32(y)
    arrays["dy"] = draw(tuple(y.shape))
    next_values: dict[str, Any] = {name: parameters[name].grad for name in ("mean", "variance") if name in parameters}
    for name in next_values:
        parameters[name].grad = None
    y.backward(to_tensor(arrays["dy"]).detach())
    arrays["dx"] = to_float32(tensors["x"].grad)
    if case.target:
        arrays["dt"] = to_float32(tensors["t"].grad)
    for name in case.parameters:
        arrays[f"gradients/{name}"] = to_float32(next_values.get(name, parameters[name].grad))
    return arrays


def to_tensor(value: np.ndarray) -> Any:
    if value.dtype == np.int32:
        return torch.tensor(value, dtype=torch.int64)
    return torch.tensor(value, dtype=torch.float64, requires_grad=True)


def to_float32(x: Any) -> np.ndarray:
    return np.asarray(x.detach().numpy(), np.float32)


def main() -> None:
    """Record all cases."""
    arrays = {f"{case.name}/{name}": value for case in CASES for name, value in record(case).items()}
    np.savez_compressed(NUMBERS, **arrays)  # type: ignore[arg-type]  # NumPy's stub takes a flag there too
    print(f"{len(CASES)} cases, {NUMBERS.stat().st_size} bytes, PyTorch {torch.__version__}")


if __name__ == "__main__":
    main()
