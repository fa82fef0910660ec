"""The benchmark of convolutions times every pass with both kinds of kernels."""

from __future__ import annotations

import pytest

from bench.convolution import PASSES, show, time_shape
from mathcore.backends.opencl.backend import OpenCLBackend


def test_a_shape_has_a_figure_for_each_pass_and_kind(capsys: pytest.CaptureFixture[str]) -> None:
    backend = OpenCLBackend()
    if backend.queue.kind != "cpu":
        pytest.skip("the kernels compared are those of CPUs")
    row = time_shape(backend, (1, 6, 4, 5, 3, 1), 1)
    assert sorted(row) == sorted(PASSES)
    assert all(figures["winograd"] > 0 and figures["direct"] > 0 for figures in row.values())
    show({"device": "here", "rows": [{"shape": "small", **row}]})
    assert "weight_gradient" in capsys.readouterr().out
