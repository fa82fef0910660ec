"""Server addresses as users write them: ``redis://``, ``rediss://`` (TLS) and ``unix://`` URLs.

    redis://user:password@host:6379/0
    rediss://user:password@host:6379/0?ssl_ca_certs=/etc/nabe/ca.pem
    unix://user:password@/run/redis.sock?db=0

A certificate is always checked: there is no option that leaves it out.
"""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, parse_qs, quote, unquote, urlsplit

from grid.errors import BrokerError

DEFAULT_PORT = 6379
FILE_OPTIONS = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")
TLS_OPTIONS = (*FILE_OPTIONS, "ssl_cert_reqs", "ssl_check_hostname")
BETWEEN_URLS = re.compile(r",\s*(?=(?:redis|rediss|unix)://)")


@dataclass(frozen=True)
class ServerUrl:
    """A parsed address; its ``str`` holds no user name and no password, so it may stand in messages.

    Attributes:
        scheme: ``redis``, ``rediss`` or ``unix``.
        host: name or address; empty for ``unix``.
        path: socket file; empty for TCP.
        options: the TLS options of the query, with the names that redis-py gives them (``ssl_ca_certs=...``).
    """

    scheme: str
    host: str
    port: int
    path: str
    database: int
    username: str | None = field(repr=False)
    password: str | None = field(repr=False)
    options: dict[str, str] = field(repr=False, hash=False)

    def __str__(self) -> str:
        if self.scheme == "unix":
            return f"unix://{self.path}"
        return f"{self.scheme}://{self._host}:{self.port}/{self.database}"

    @property
    def place(self) -> tuple[str, int]:
        """Host or socket file, and port: equal for addresses of the same server, users and databases aside."""
        return self.host or self.path, self.port

    @property
    def client_url(self) -> str:
        """The address for redis-py, with user and password and without options; see ``tls_options``."""
        if self.scheme == "unix":
            return f"unix://{self._login}{quote(self.path)}?db={self.database}"
        return f"{self.scheme}://{self._login}{self._host}:{self.port}/{self.database}"

    @property
    def celery_url(self) -> str:
        """The address for Celery's result backend, with user and password; its broker wants ``redis+`` before it."""
        if self.scheme == "unix":
            return f"socket://{self._login}{quote(self.path)}?virtual_host={self.database}"
        return self.client_url

    def tls_options(self) -> dict[str, Any]:
        """Return the TLS settings of a ``rediss`` address for redis-py and Celery; empty for the others."""
        if self.scheme != "rediss":
            return {}
        files = {name: self.options[name] for name in FILE_OPTIONS if name in self.options}
        return {"ssl_cert_reqs": ssl.CERT_REQUIRED, "ssl_check_hostname": self._checks_name, **files}

    def tls_context(self) -> ssl.SSLContext | None:
        """Return the TLS settings of a ``rediss`` address, ``None`` for the others.

        Raises:
            BrokerError: if a certificate file cannot be read.
        """
        if self.scheme != "rediss":
            return None
        try:
            context = ssl.create_default_context(cafile=self.options.get("ssl_ca_certs"))
            if "ssl_certfile" in self.options:
                context.load_cert_chain(self.options["ssl_certfile"], self.options.get("ssl_keyfile"))
        except OSError as error:
            raise BrokerError(f"{self}: expected PEM files in ssl_ca_certs and ssl_certfile, got {error}") from error
        context.check_hostname = self._checks_name
        return context

    @property
    def _host(self) -> str:
        return f"[{self.host}]" if ":" in self.host else self.host

    @property
    def _login(self) -> str:
        if self.password is None:
            return ""
        return f"{quote(self.username or '', safe='')}:{quote(self.password, safe='')}@"

    @property
    def _checks_name(self) -> bool:
        return self.options.get("ssl_check_hostname", "true") == "true"


def parse_url(url: str) -> ServerUrl:
    """Return the parts of a server address.

    Raises:
        BrokerError: if it is malformed; the message does not repeat the part that may hold a password.
    """
    try:
        parts = urlsplit(url)
        if parts.scheme not in ("redis", "rediss", "unix") or not (parts.hostname or parts.scheme == "unix"):
            raise ValueError
        parsed = _from_parts(parts)
    except ValueError as error:
        shown = url.rsplit("@", 1)[-1][:100]
        raise BrokerError(
            f"expected an address such as redis://:password@host:6379/0, rediss://... or unix:///path, got {shown!r}"
        ) from error
    _check_options(parsed)
    return parsed


def split_urls(urls: str) -> list[str]:
    """Return the addresses in a list separated by commas; a comma inside of one, as in a password, stays."""
    return BETWEEN_URLS.split(urls.strip())


def _from_parts(parts: SplitResult) -> ServerUrl:
    options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    is_socket = parts.scheme == "unix"
    database = options.pop("db", "0") if is_socket or parts.path in ("", "/") else parts.path.strip("/")
    return ServerUrl(
        scheme=parts.scheme,
        host=parts.hostname or "",
        port=parts.port or DEFAULT_PORT,
        path=unquote(parts.path) if is_socket else "",
        database=int(database),
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        options=options,
    )


def _check_options(url: ServerUrl) -> None:
    """Raise if an option is unknown, has no meaning for this address, or would leave the certificate unchecked."""
    known = TLS_OPTIONS if url.scheme == "rediss" else ()
    for name in url.options:
        if name not in known:
            names = ", ".join(known) or "no options; those of TLS belong to rediss://"
            raise BrokerError(f"{url}: expected {names}, got {name[:40]!r}")
    required = url.options.get("ssl_cert_reqs", "required")
    if required not in ("required", "CERT_REQUIRED"):
        raise BrokerError(
            f"{url}: expected ssl_cert_reqs=required, got {required[:40]!r}; name the certificate of the server, or "
            "of who signed it, in ssl_ca_certs"
        )
    checked = url.options.get("ssl_check_hostname", "true")
    if checked not in ("true", "false"):
        raise BrokerError(f"{url}: expected ssl_check_hostname=true or false, got {checked[:40]!r}")
