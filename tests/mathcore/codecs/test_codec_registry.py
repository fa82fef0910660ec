"""Codecs by name."""

import pytest

from mathcore import CodecError, codecs


def test_every_codec_knows_its_own_name() -> None:
    assert codecs.names() == ("float32", "dynamic8")
    assert [codecs.create(name).name for name in codecs.names()] == list(codecs.names())


def test_an_unknown_codec_is_refused_with_the_names() -> None:
    with pytest.raises(CodecError) as error:
        codecs.create("dynamic")
    assert str(error.value) == "codec: expected one of float32, dynamic8, got 'dynamic'"
