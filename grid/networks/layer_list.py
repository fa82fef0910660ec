"""Writing a definition layer by layer, for the generators of this folder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

Definition = list[dict[str, Any]]

MSRA = {"type": "msra"}
"""The filler for what is followed by rectifiers, without which deep networks do not start to learn."""


class LayerList:
    """A definition that grows; ``layers`` is the JSON list."""

    def __init__(self) -> None:
        self.layers: Definition = []

    def add(
        self, kind: str, name: str, inputs: str | Sequence[str], *, output: str | None = None, **params: object
    ) -> str:
        """Append a layer of one output, named like the layer unless ``output`` says otherwise, and return its blob."""
        given = [inputs] if isinstance(inputs, str) else list(inputs)
        blob = output or name
        self.layers.append({"type": kind, "name": name, "inputs": given, "outputs": [blob], "params": params})
        return blob

    def add_data(self, *, data_shape: Sequence[int], files: str, data_klass: str) -> str:
        """Append the data layers of both phases, for ``<files>_train`` and ``<files>_test``; return the data's blob."""
        for phase in ("train", "test"):
            params = {"data_shape": list(data_shape), "file_prefix": f"{files}_{phase}", "data_klass": data_klass}
            self.layers.append({
                "type": "blob_data", "name": f"d_{phase}", "inputs": ["batch"], "outputs": ["data", "label"],
                "params": params, "phase": [phase],
            })  # fmt: skip
        return "data"

    def add_classifier(self, scores: str) -> Definition:
        """Append the loss, and the accuracy in phase test; return the finished list."""
        self.add("softmax_cross_entropy", "loss", (scores, "label"))
        self.add("accuracy", "acc", (scores, "label"), output="accuracy")
        self.layers[-1]["phase"] = ["test"]
        return self.layers


def as_text(definition: Definition) -> str:
    """Return a definition as the JSON text of a shipped file: one layer a line."""
    return "[" + ",\n ".join(json.dumps(layer) for layer in definition) + "]\n"
