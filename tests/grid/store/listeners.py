"""Listeners of the test's own: one that answers whatever a test wants, and one that speaks TLS before a real server."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

CERTIFICATE = Path(__file__).parent / "certificates" / "localhost.pem"

Serve = Callable[[socket.socket], None]


@contextmanager
def listening(serve: Serve) -> Iterator[int]:
    """Give every connection to ``serve`` in a thread of its own while the block runs; yields the port."""
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=_accept, args=(listener, serve))
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def answering(*replies: bytes) -> Serve:
    """Return a server that answers each thing it receives with the next of ``replies``, then hangs up."""

    def serve(connection: socket.socket) -> None:
        for reply in replies:
            if not connection.recv(65536):
                return
            connection.sendall(reply)

    return serve


def tls_before(port: int) -> Serve:
    """Return a server that takes off the TLS and passes everything on to a real server on ``port``."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATE)

    def serve(connection: socket.socket) -> None:
        with (
            contextlib.suppress(ssl.SSLError),
            context.wrap_socket(connection, server_side=True) as inside,
            socket.create_connection(("127.0.0.1", port)) as outside,
        ):
            forward = threading.Thread(target=_copy, args=(inside, outside))
            forward.start()
            _copy(outside, inside)
            forward.join()

    return serve


def _accept(listener: socket.socket, serve: Serve) -> None:
    with contextlib.suppress(OSError):
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=_serve, args=(connection, serve), daemon=True).start()


def _serve(connection: socket.socket, serve: Serve) -> None:
    with contextlib.suppress(OSError), connection:
        serve(connection)


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(1 << 20):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
