"""Batch normalization."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mathcore.array import NDArray
from mathcore.errors import ShapeError
from mathcore.layers.layer import TESTING, Arrays, Backward, Context, Filler, Layer, ParameterSpec, Shape
from mathcore.layers.registry import register_layer
from mathcore.layers.settings import Settings
from mathcore.layers.shapes import check_channels, with_examples

PARAMS = ("in_size", "target_dim", "eps", "decay")


@dataclass(frozen=True)
class Statistics:
    """What a blob is normalized with, each (C,).

    Attributes:
        mean: of each channel.
        variance: likewise.
        inverse: 1 / sqrt(variance + eps).
        own: whether they are those of the blob itself, so that its gradient goes through them.
    """

    mean: NDArray
    variance: NDArray
    inverse: NDArray
    own: bool


@register_layer("batch_normalization")
class BatchNormalization(Layer):
    """``y = (x - mean) / sqrt(variance + eps) * gamma + beta`` for each channel, the last axis: (..., C) to (..., C).

    In phase train, mean and variance are those of the shard over all axes but the last (the variance divided by the
    number of values, M), and ``backward`` moves the running ones towards them:
    ``running = decay * running + (1 - decay) * statistic``, there with the variance divided by M - 1. In phase test
    the running ones are used.

    ``gamma`` and ``beta`` are learned without weight decay: the layers behind can undo any change of scale, so that
    shrinking them would not make the network simpler.

    Params: ``in_size`` C (optional, checked if given); ``target_dim``: the axis of the channels, counted from 1 behind
    the examples (optional; only the last one is possible: 1 for vectors, 3 for images); ``eps`` (default 1e-5);
    ``decay`` (default 0.9).
    """

    def __init__(self, name: str, params: Mapping[str, Any]) -> None:
        super().__init__(name, params)
        settings = Settings(str(self), params, known=PARAMS)
        self.in_size = settings.optional_integer("in_size", minimum=1)
        self.target_dim = settings.optional_integer("target_dim", minimum=1)
        self.eps = settings.number("eps", minimum=1e-12, maximum=1.0, default=1e-5)
        self.decay = settings.number("decay", minimum=0.0, maximum=1.0, default=0.9)

    def infer_shapes(self, inputs: Sequence[Shape]) -> tuple[Shape, ...]:
        (x,) = inputs
        self.in_size = check_channels(self, x, in_size=self.in_size)
        if self.target_dim not in (None, len(x)):
            raise ShapeError(
                f"{self}: expected target_dim to be the last axis of x, {with_examples(x)}, got {self.target_dim}; "
                f"set it to {len(x)} or leave it out"
            )
        return (x,)

    def parameter_specs(self) -> dict[str, ParameterSpec]:
        assert self.in_size is not None, "infer_shapes comes first"
        shape, ones = (self.in_size,), Filler("constant", 1.0)
        return {
            "gamma": ParameterSpec(shape, ones, decay_mult=0.0),
            "beta": ParameterSpec(shape, decay_mult=0.0),
            "mean": ParameterSpec(shape, running=True),
            "variance": ParameterSpec(shape, ones, running=True),
        }

    def forward(
        self, parameters: Mapping[str, NDArray], *inputs: NDArray, context: Context = TESTING
    ) -> tuple[Arrays, Backward]:
        """Return ``y`` and ``backward``.

        Args:
            parameters: ``gamma``, ``beta``, and the running ``mean`` and ``variance``, (C,) float32.
            inputs: ``x`` (N, ..., C) float32.
        Returns:
            ``y``, of the shape of ``x``, and ``backward``.
        Raises:
            ShapeError: in phase train, if a channel has a single value.
        Source:
            Ioffe, Szegedy, Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate
            Shift (2015).
        """
        return self.run(parameters, *inputs, context=context, activation="identity")

    def run(
        self, parameters: Mapping[str, NDArray], x: NDArray, addend: NDArray | None = None,
        *, context: Context, activation: str,
    ) -> tuple[Arrays, Backward]:  # fmt: skip
        """Do what ``forward`` does, then add the addend if there is one, and apply the activation.

        ``activation`` is "identity" or "relu"; for layers that are run as one.
        """
        statistics = self.observe(parameters, x, context=context)
        y = self.normalize(parameters, x, statistics, addend=addend, activation=activation)
        # Without an addend, where y is 0 follows from x: y need not be kept.
        activated = y if addend is not None and activation == "relu" else None
        count = 1 if addend is None else 2

        def backward(output_gradients: Arrays, gradients: Mapping[str, NDArray]) -> tuple[NDArray | None, ...]:
            (dy,) = output_gradients
            return self.differentiate(
                dy, parameters, x, statistics, gradients, activated=activated, activation=activation
            )[:count]

        return (y,), backward

    def observe(self, parameters: Mapping[str, NDArray], x: NDArray, *, context: Context) -> Statistics:
        """Return what ``x`` is to be normalized with: the statistics of its own in phase train, or the running ones."""
        if context.phase == "train":
            self._check_values(x)
            return Statistics(*x.backend.batch_statistics(x, eps=self.eps), own=True)
        mean, variance = parameters["mean"], parameters["variance"]
        return Statistics(mean, variance, x.backend.inverse_deviation(variance, eps=self.eps), own=False)

    def normalize(
        self, parameters: Mapping[str, NDArray], x: NDArray, statistics: Statistics,
        *, addend: NDArray | None = None, activation: str,
    ) -> NDArray:  # fmt: skip
        """Return the activation of the normalized ``x`` plus the addend."""
        return x.backend.normalize(
            x, statistics.mean, statistics.inverse, parameters["gamma"], parameters["beta"],
            addend=addend, activation=activation,
        )  # fmt: skip

    def differentiate(
        self, dy: NDArray, parameters: Mapping[str, NDArray], x: NDArray, statistics: Statistics,
        gradients: Mapping[str, NDArray], *, activated: NDArray | None = None, activation: str,
    ) -> tuple[NDArray, NDArray]:  # fmt: skip
        """Return the gradients of ``x`` and of the addend, and write ``gradients``.

        ``activated`` is what ``normalize`` returned; it may be left out where there was no addend.
        """
        backend = dy.backend
        mean, inverse, gamma, beta = statistics.mean, statistics.inverse, parameters["gamma"], parameters["beta"]
        if statistics.own:
            backend.running_statistics(
                mean, statistics.variance, parameters["mean"], parameters["variance"],
                gradients["mean"], gradients["variance"], decay=self.decay, count=math.prod(x.shape[:-1]),
            )  # fmt: skip
            return backend.batch_normalization_gradient(
                dy, x, mean, inverse, gamma, beta, gradients["gamma"], gradients["beta"],
                activated=activated, activation=activation,
            )  # fmt: skip
        dz, rows = dy, (math.prod(dy.shape[:-1]), dy.shape[-1])
        if activation == "relu":
            known = activated
            if known is None:
                known = self.normalize(parameters, x, statistics, activation=activation)
            dz = backend.relu_gradient(dy, known)
        normalized = (x - mean) * inverse
        backend.copy(backend.reduce("sum", backend.reshape(dz * normalized, rows), 0), gradients["gamma"])
        backend.copy(backend.reduce("sum", backend.reshape(dz, rows), 0), gradients["beta"])
        backend.copy(mean, gradients["mean"])
        backend.copy(statistics.variance, gradients["variance"])
        return dz * (gamma * inverse), dz

    def _check_values(self, x: NDArray) -> None:
        if math.prod(x.shape[:-1]) < 2:
            raise ShapeError(
                f"{self}: expected at least 2 values a channel in phase train, got x of shape {x.shape}; "
                "use shards of more examples"
            )
