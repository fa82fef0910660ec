"""Server addresses: parsed as redis-py does, shown without secrets."""

from __future__ import annotations

import pytest

from grid.errors import BrokerError
from grid.store.url import parse_url, split_urls


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
    url = parse_url("rediss://worker:secret@host:1/0?ssl_certfile=secret.pem")
    assert str(url) == "rediss://host:1/0"
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


@pytest.mark.parametrize(("options", "expected"), [
    ("ssl_cert_reqs=none", "expected ssl_cert_reqs=required, got 'none'; name the certificate"),
    ("ssl_cert_reqs=CERT_NONE", "expected ssl_cert_reqs=required, got 'CERT_NONE'"),
    ("ssl_cert_reqs=optional", "expected ssl_cert_reqs=required, got 'optional'"),
    ("ssl_check_hostname=no", "expected ssl_check_hostname=true or false, got 'no'"),
    ("ssl_ca_cert=ca.pem", "expected ssl_ca_certs, .*, got 'ssl_ca_cert'"),
])
def test_options_that_would_weaken_tls_or_mean_nothing_are_refused(options: str, expected: str) -> None:
    with pytest.raises(BrokerError, match=f"^rediss://host:6379/0: {expected}"):
        parse_url(f"rediss://:secret@host?{options}")


def test_tls_options_on_an_address_without_tls_are_refused() -> None:
    with pytest.raises(BrokerError, match="expected no options; those of TLS belong to rediss://, got 'ssl_ca_certs'"):
        parse_url("redis://host?ssl_ca_certs=ca.pem")


def test_a_name_may_differ_from_the_certificate_only_if_the_user_says_so() -> None:
    url = parse_url("rediss://10.0.0.1?ssl_check_hostname=false")
    context = url.tls_context()
    assert context is not None
    assert not context.check_hostname
    assert context.verify_mode.name == "CERT_REQUIRED"
    assert url.tls_options()["ssl_check_hostname"] is False


@pytest.mark.parametrize("text", [
    "redis://us%3Aer:p%40ss%2Fword@host:7000/2", "rediss://user:pw@host:7000/2", "unix://:pw@/run/redis%20one.sock?db=3",
    "redis://[::1]:6380/1", "redis://:pw@host:1/0",
])
def test_the_address_for_clients_means_the_same(text: str) -> None:
    assert parse_url(parse_url(text).client_url) == parse_url(text)


def test_a_list_of_addresses_is_split_between_them_only() -> None:
    assert split_urls("redis://:a,b@one, rediss://two:1/0,unix:///run/x.sock") == [
        "redis://:a,b@one", "rediss://two:1/0", "unix:///run/x.sock"
    ]
    assert split_urls("redis://one") == ["redis://one"]
