"""Where arrays lie in the flat vector."""

import pytest

from mathcore import NetworkError
from mathcore.layers import ParameterSpec
from mathcore.network import Layout


def layout(*sizes: int) -> Layout:
    return Layout((f"layer{i}/w", ParameterSpec((size,))) for i, size in enumerate(sizes))


def test_every_array_starts_at_a_multiple_of_256() -> None:
    table = layout(1, 256, 257, 0, 5)
    assert [entry.offset for entry in table.entries] == [0, 256, 512, 1024, 1024]
    assert (table.size, table.parameter_count) == (1280, 519)


def test_no_arrays_are_no_elements() -> None:
    assert (layout().size, layout().parameter_count) == (0, 0)


def test_vectors_larger_than_can_be_indexed_are_refused() -> None:
    assert layout(2**31 - 256, 256).size == 2**31
    with pytest.raises(NetworkError) as error:
        layout(2**31 - 256, 257)
    assert str(error.value) == (
        'parameters up to "layer1/w": expected at most 2147483648 elements, got 2147483904; use smaller layers'
    )


def test_running_statistics_come_after_all_learned_arrays() -> None:
    specs = [("bn/mean", ParameterSpec((3,), running=True)), ("bn/gamma", ParameterSpec((3,)))]
    layout = Layout(specs)
    assert [(entry.name, entry.offset) for entry in layout.entries] == [("bn/gamma", 0), ("bn/mean", 256)]
    assert (layout.learned_size, layout.size, layout.parameter_count) == (256, 512, 3)
