"""Server addresses: parsed as redis-py does, shown without secrets."""

from __future__ import annotations

import pytest

from grid.errors import BrokerError
from grid.store.url import parse_url


def test_a_full_address_is_taken_apart() -> None:
    url = parse_url("rediss://worker:p%40ss%2Fword@redis.example:7000/2?ssl_cert_reqs=required")
    assert (url.scheme, url.host, url.port, url.database) == ("rediss", "redis.example", 7000, 2)
    assert (url.username, url.password) == ("worker", "p@ss/word")
    assert url.options == {"ssl_cert_reqs": "required"}


def test_what_is_left_out_has_defaults() -> None:
    url = parse_url("redis://localhost")
    assert (url.port, url.database, url.username, url.password) == (6379, 0, None, None)


def test_a_socket_file_is_an_address() -> None:
    url = parse_url("unix://:secret@/run/redis.sock?db=3")
    assert (url.path, url.database, url.password) == ("/run/redis.sock", 3, "secret")
    assert str(url) == "unix:///run/redis.sock"


def test_an_ipv6_address_is_taken() -> None:
    assert parse_url("redis://[::1]:6380/1").host == "::1"


def test_no_secret_is_shown() -> None:
    url = parse_url("redis://worker:secret@host:1/0?ssl_certfile=secret.pem")
    assert str(url) == "redis://host:1/0"
    assert "secret" not in repr(url)
    assert "worker" not in repr(url)


@pytest.mark.parametrize("text", [
    "", "host:6379", "http://host", "redis://", "redis://:secret@host:port/0", "redis://:secret@host:99999",
    "redis://:secret@host/zero", "redis://:secret@[::1", "file:///etc/passwd",
])
def test_a_malformed_address_is_refused_without_its_password(text: str) -> None:
    with pytest.raises(BrokerError, match="expected an address such as redis://") as caught:
        parse_url(text)
    assert "secret" not in str(caught.value)


def test_tls_checks_certificate_and_name_by_default() -> None:
    context = parse_url("rediss://host").tls_context()
    assert context is not None
    assert context.check_hostname
    assert context.verify_mode.name == "CERT_REQUIRED"


def test_an_address_without_tls_has_no_tls_settings() -> None:
    assert parse_url("redis://host").tls_context() is None


def test_a_missing_certificate_file_is_reported() -> None:
    with pytest.raises(BrokerError, match="expected PEM files"):
        parse_url("rediss://host?ssl_ca_certs=/nowhere/ca.pem").tls_context()
