"""The functions that write the shipped networks, by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from grid.errors import JobError
from grid.networks.layer_list import Definition
from grid.networks.lenet import lenet
from grid.networks.resnet import resnet, small_resnet
from grid.networks.vgg import vgg

GENERATORS: dict[str, Callable[..., Definition]] = {
    "lenet": lenet,
    "resnet18": partial(resnet, 18),
    "resnet20": partial(small_resnet, 20),
    "resnet50": partial(resnet, 50),
    "resnet101": partial(resnet, 101),
    "resnet152": partial(resnet, 152),
    "vgg11": partial(vgg, 11),
    "vgg16": partial(vgg, 16),
}


def generate(name: str, *, data_shape: Sequence[int] | None = None, classes: int | None = None) -> Definition:
    """Return the definition of a network for images of ``data_shape`` (H, W, C) and a number of classes.

    What is None is as in the shipped file.

    Raises:
        JobError: if there is no network of that name.
    """
    if name not in GENERATORS:
        raise JobError(f"network: expected one of {', '.join(GENERATORS)}, got {name!r}")
    options: dict[str, Any] = {"data_shape": data_shape, "classes": classes}
    return GENERATORS[name](**{key: value for key, value in options.items() if value is not None})
