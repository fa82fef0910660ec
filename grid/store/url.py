"""Server addresses as users write them: ``redis://``, ``rediss://`` (TLS) and ``unix://`` URLs."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from grid.errors import BrokerError

DEFAULT_PORT = 6379


@dataclass(frozen=True)
class ServerUrl:
    """A parsed address; its ``str`` holds no user name and no password, so it may stand in messages.

    Attributes:
        scheme: ``redis``, ``rediss`` or ``unix``.
        host: name or address; empty for ``unix``.
        path: socket file; empty for TCP.
        options: the query, with the names that redis-py gives them (``ssl_ca_certs=...``).
    """

    scheme: str
    host: str
    port: int
    path: str
    database: int
    username: str | None = field(repr=False)
    password: str | None = field(repr=False)
    options: dict[str, str] = field(repr=False)

    def __str__(self) -> str:
        if self.scheme == "unix":
            return f"unix://{self.path}"
        return f"{self.scheme}://{self.host}:{self.port}/{self.database}"

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
        if self.options.get("ssl_check_hostname", "true").lower() in ("false", "0", "no"):
            context.check_hostname = False
        if self.options.get("ssl_cert_reqs") == "none":
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


def parse_url(url: str) -> ServerUrl:
    """Return the parts of a server address.

    Raises:
        BrokerError: if it is malformed; the message does not repeat the part that may hold a password.
    """
    try:
        parts = urlsplit(url)
        if parts.scheme not in ("redis", "rediss", "unix") or not (parts.hostname or parts.scheme == "unix"):
            raise ValueError
        return _from_parts(parts)
    except ValueError as error:
        shown = url.rsplit("@", 1)[-1][:100]
        raise BrokerError(
            f"expected an address such as redis://:password@host:6379/0, rediss://... or unix:///path, got {shown!r}"
        ) from error


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
