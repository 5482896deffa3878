"""The scripted model server on a loopback port, and servers that misbehave below HTTP."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator

import uvicorn
from fastapi import FastAPI


@contextlib.contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """Address of the app, ``http://127.0.0.1:port/v1``, while the block runs."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        server.should_exit = True
        thread.join(10)


@contextlib.contextmanager
def raw_server(answer: Callable[[socket.socket], None], *, reads_first: bool = True) -> Iterator[str]:
    """Address of a server that answers each connection in this way."""
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = listener.accept()
                threading.Thread(target=_answered, args=(answer, near, reads_first), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    finally:
        # Wakes the one that waits for a connection.
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _answered(answer: Callable[[socket.socket], None], near: socket.socket, reads_first: bool) -> None:  # noqa: FBT001 (handed to a thread)
    with contextlib.suppress(OSError), near:
        if reads_first:
            near.recv(65_536)
        answer(near)
