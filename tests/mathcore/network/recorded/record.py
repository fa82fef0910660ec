"""Records ten losses of a small VGG and a small ResNet trained by PyTorch in float64: ``losses.json`` beside it.

    PYTHONPATH=. python tests/mathcore/network/recorded/record.py     (with PyTorch installed; the tests do not need it)

Layers carry the names that they have in Nabe's definitions, so that the formula gives them the same initial values.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from tests.mathcore.network.recorded.formula import CLASSES, MOMENTUM, STEPS, batch, initial

DEPTH_BLOCKS = 3
RESNET_WIDTHS = (8, 16, 32)


class SmallVGG(nn.Module):  # type: ignore[misc]  # PyTorch is not there where types are checked
    """Two convolutions with pooling, two linear layers, on 32 x 32 x 3."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.fc3 = nn.Linear(8 * 8 * 32, 64)
        self.fc4 = nn.Linear(64, CLASSES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for convolution in (self.conv1, self.conv2):
            x = functional.max_pool2d(functional.relu(convolution(x)), 2)
        rows = x.permute(0, 2, 3, 1).flatten(1)  # Nabe flattens (H, W, C)
        return self.fc4(functional.relu(self.fc3(rows)))


class Block(nn.Module):  # type: ignore[misc]  # PyTorch is not there where types are checked
    """Two convolutions of 3 x 3 and the shortcut, projected where the width changes."""

    def __init__(self, before: int, width: int) -> None:
        super().__init__()
        stride = 1 if before == width else 2
        self.conv1 = nn.Conv2d(before, width, 3, stride=stride, padding=1, bias=False)
        self.conv1_bn = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.conv2_bn = nn.BatchNorm2d(width)
        if before != width:
            self.shortcut = nn.Conv2d(before, width, 1, stride=stride, bias=False)
            self.shortcut_bn = nn.BatchNorm2d(width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.conv2_bn(self.conv2(functional.relu(self.conv1_bn(self.conv1(x)))))
        return functional.relu(y + (self.shortcut_bn(self.shortcut(x)) if hasattr(self, "shortcut") else x))


class SmallResNet(nn.Module):  # type: ignore[misc]  # PyTorch is not there where types are checked
    """The network of 20 layers for small images, on 16 x 16 x 3."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, RESNET_WIDTHS[0], 3, padding=1, bias=False)
        self.conv1_bn = nn.BatchNorm2d(RESNET_WIDTHS[0])
        before = RESNET_WIDTHS[0]
        for stage, width in enumerate(RESNET_WIDTHS, start=2):
            for index in range(1, DEPTH_BLOCKS + 1):
                self.add_module(f"res{stage}_{index}", Block(before, width))
                before = width
        self.fc = nn.Linear(before, CLASSES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = functional.relu(self.conv1_bn(self.conv1(x)))
        for name, module in self.named_children():
            if name.startswith("res"):
                x = module(x)
        return self.fc(x.mean((2, 3)))


def named_layers(model: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Yield the layers with parameters under their names in Nabe: ``res2_1.conv1`` is ``res2_1_conv1`` there."""
    for name, module in model.named_modules():
        if isinstance(module, nn.Conv2d | nn.Linear | nn.BatchNorm2d):
            yield name.replace(".", "_"), module


def initialize(model: nn.Module) -> None:
    """Set all parameters by the formula."""
    for name, module in named_layers(model):
        if isinstance(module, nn.BatchNorm2d):
            module.weight.data = torch.from_numpy(initial(f"{name}/gamma", (module.num_features,)))
            module.bias.data = torch.from_numpy(initial(f"{name}/beta", (module.num_features,)))
        elif isinstance(module, nn.Conv2d):
            shape = (*module.kernel_size, module.in_channels, module.out_channels)
            module.weight.data = torch.from_numpy(initial(f"{name}/w", shape).transpose(3, 2, 0, 1).copy())
        elif isinstance(module, nn.Linear):
            shape = (module.in_features, module.out_features)
            module.weight.data = torch.from_numpy(initial(f"{name}/w", shape).T.copy())
        if isinstance(module, nn.Conv2d | nn.Linear) and module.bias is not None:
            module.bias.data = torch.from_numpy(initial(f"{name}/b", (module.bias.numel(),)))


def train(model: nn.Module, *, examples: int, side: int, learning_rate: float, decay: float) -> dict[str, Any]:
    """Return the losses of ten steps, each before its update, and sums of the running statistics after them."""
    initialize(model)
    model.double()
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate, momentum=MOMENTUM, weight_decay=decay)
    losses = []
    for step in range(STEPS):
        images, labels = batch(step, examples, (side, side, 3))
        scores = model(torch.from_numpy(images).permute(0, 3, 1, 2).double())
        loss = functional.cross_entropy(scores, torch.from_numpy(labels).long())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    statistics = {
        f"{name}/{parameter}": values.sum().item()
        for name, module in named_layers(model)
        if isinstance(module, nn.BatchNorm2d)
        for parameter, values in (("mean", module.running_mean), ("variance", module.running_var))
    }
    settings = {"examples": examples, "side": side, "learning_rate": learning_rate, "decay": decay}
    return {**settings, "losses": losses, "statistics": statistics}


if __name__ == "__main__":
    record = {
        "torch": torch.__version__,
        "vgg": train(SmallVGG(), examples=16, side=32, learning_rate=0.005, decay=5e-4),
        "resnet": train(SmallResNet(), examples=64, side=16, learning_rate=0.001, decay=0.0),
    }
    path = Path(__file__).with_name("losses.json")
    path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
