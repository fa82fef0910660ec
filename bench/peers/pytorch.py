"""PyTorch's side of ``bench/train.py``: the same networks and steps on the processor, with all threads.

    python bench/peers/pytorch.py NETWORK BATCH WARM_UP contiguous|channels_last

Set up as its users are told to: fused optimizer, gradients set to None, rectifiers in place, the layout as asked.
The networks are those of torchvision (the stride of a ResNet's block in its 3x3 convolution).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from bench.peers.turns import LEARNING_RATE, MOMENTUM, WEIGHT_DECAY, Step, make_batch, take_turns

VGG16 = (64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0)
"""Output channels of its convolutions; 0 is a pooling."""
RESNET_BLOCKS = {"resnet50": (3, 4, 6, 3), "resnet101": (3, 4, 23, 3), "resnet152": (3, 8, 36, 3)}
EXPANSION = 4
FORMATS = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}


class Bottleneck(nn.Module):  # type: ignore[misc]  # torch is not there where types are checked
    """1x1, 3x3 and 1x1 convolutions beside a shortcut."""

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        outputs = width * EXPANSION
        self.path = nn.Sequential(
            *convolution(inputs, width, 1), nn.ReLU(inplace=True),
            *convolution(width, width, 3, stride), nn.ReLU(inplace=True),
            *convolution(width, outputs, 1),
        )  # fmt: skip
        same = stride == 1 and inputs == outputs
        self.shortcut = nn.Sequential() if same else nn.Sequential(*convolution(inputs, outputs, 1, stride))
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.path(x)
        y += self.shortcut(x)
        return self.relu(y)


def convolution(inputs: int, outputs: int, ksize: int, stride: int = 1) -> Iterator[nn.Module]:
    """Yield a convolution without bias and its batch normalization."""
    yield nn.Conv2d(inputs, outputs, ksize, stride, ksize // 2, bias=False)
    yield nn.BatchNorm2d(outputs)


def lenet() -> nn.Module:
    """Return the LeNet of the paper."""
    return nn.Sequential(
        nn.Conv2d(1, 20, 5), nn.MaxPool2d(2), nn.Conv2d(20, 50, 5), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(800, 500), nn.ReLU(inplace=True), nn.Linear(500, 10),
    )  # fmt: skip


def vgg16() -> nn.Module:
    """Return VGG16 with dropout."""
    layers: list[nn.Module] = []
    inputs = 3
    for outputs in VGG16:
        if outputs == 0:
            layers.append(nn.MaxPool2d(2))
            continue
        layers += [nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU(inplace=True)]
        inputs = outputs
    return nn.Sequential(
        *layers, nn.Flatten(),
        nn.Linear(25088, 4096), nn.ReLU(inplace=True), nn.Dropout(),
        nn.Linear(4096, 4096), nn.ReLU(inplace=True), nn.Dropout(),
        nn.Linear(4096, 1000),
    )  # fmt: skip


def resnet(blocks: tuple[int, ...]) -> nn.Module:
    """Return a ResNet of bottlenecks, so many a stage."""
    layers = [*convolution(3, 64, 7, 2), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1)]
    inputs = 64
    for stage, count in enumerate(blocks):
        width = 64 << stage
        for block in range(count):
            layers.append(Bottleneck(inputs, width, 2 if stage and not block else 1))
            inputs = width * EXPANSION
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, 1000))


def prepare(network: str, batch: int, layout: str) -> Step:
    """Return a training step."""
    torch.manual_seed(0)
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    known = {"lenet": lenet, "vgg16": vgg16}
    model = known[network]() if network in known else resnet(RESNET_BLOCKS[network])
    model = model.to(memory_format=FORMATS[layout])
    optimizer = torch.optim.SGD(
        model.parameters(), lr=LEARNING_RATE, momentum=MOMENTUM, weight_decay=WEIGHT_DECAY, fused=True
    )
    images, labels = make_batch(network, batch)

    def step() -> float:
        x = torch.from_numpy(images).permute(0, 3, 1, 2).contiguous(memory_format=FORMATS[layout])
        optimizer.zero_grad(set_to_none=True)
        loss = nn.functional.cross_entropy(model(x), torch.from_numpy(labels).long())
        loss.backward()
        optimizer.step()
        return float(loss.item())

    return step


def main() -> None:
    """Take turns until stdin ends."""
    network, batch, warm_up, layout = sys.argv[1:]
    step = prepare(network, int(batch), layout)
    name = f"pytorch/{torch.__version__}/{torch.get_num_threads()}-threads/{layout}"
    take_turns(step, name=name, warm_up=int(warm_up))


if __name__ == "__main__":
    main()
