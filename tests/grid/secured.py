"""System servers that are reached by TLS alone and know one user, who may do what a worker needs and no more."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from pathlib import Path

from tests.grid.processes import free_port, running, wait_until
from tests.grid.store.listeners import CERTIFICATE

PASSWORD = "correct/horse@battery"
QUOTED = "correct%2Fhorse%40battery"
# As docs/security.md gives it to operators.
WORKER_RULES = (
    "~*", "&*", "+@all", "-@dangerous", "-@admin", "-function", "+info", "+client|setname", "+client|id"
)


def redis_server() -> str:
    """Return the system's server, which speaks TLS; the packaged one does not."""
    server = shutil.which("redis-server")
    assert server, "expected redis-server on the PATH; install Debian's package redis-server"
    return server


def start_secured(stack: ExitStack, folder: Path) -> str:
    """Start a server that listens with TLS only and knows one user; return its URL."""
    folder.mkdir()
    port = free_port()
    (folder / "users.acl").write_text(f"user default off\nuser worker on >{PASSWORD} {' '.join(WORKER_RULES)}\n")
    command = [
        redis_server(), "--port", "0", "--tls-port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir",
        str(folder), "--tls-cert-file", str(CERTIFICATE), "--tls-key-file", str(CERTIFICATE), "--tls-ca-cert-file",
        str(CERTIFICATE), "--tls-auth-clients", "no", "--aclfile", str(folder / "users.acl"),
    ]
    server = stack.enter_context(running(command, folder / "redis.log"))
    wait_until(lambda: "Ready to accept connections" in (folder / "redis.log").read_text(), server)
    return f"rediss://worker:{QUOTED}@localhost:{port}/0?ssl_cert_reqs=required&ssl_ca_certs={CERTIFICATE}"
