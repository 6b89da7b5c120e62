"""An application with glueful-errors, its log, and a real server for what the in-process client hides."""

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any, NamedTuple

import pytest
import structlog
import uvicorn
from glueful_errors import ErrorsSettings
from glueful_errors.plugin import ErrorsPlugin
from glueful_kernel import create_app
from litestar import Litestar
from litestar.testing import TestClient


class MakeApp(NamedTuple):
    """Builds applications in which glueful-errors is the only installed plugin."""

    environment: str = "production"

    def __call__(
        self, handlers: Sequence[Any], settings: ErrorsSettings | None = None, *plugins: object, **options: Any
    ) -> Litestar:
        return create_app(
            handlers,
            plugins=[ErrorsPlugin(settings), *plugins],
            only=[],
            settings={"kernel": {"environment": options.pop("environment", self.environment)}},
            **options,
        )


@pytest.fixture
def make_app() -> MakeApp:
    return MakeApp()


@pytest.fixture
def client(make_app: MakeApp) -> Iterator[Callable[..., TestClient[Litestar]]]:
    """A client of an application with the given handlers, settings and plugins."""
    with ExitStack() as stack:

        def connect(*handlers: Any, plugins: Sequence[object] = (), **options: Any) -> TestClient[Litestar]:
            settings = options.pop("settings", None)
            app = make_app(handlers, settings, *plugins, **options)
            return stack.enter_context(TestClient(app, raise_server_exceptions=False))

        yield connect


@pytest.fixture
def log() -> Iterator[list[Any]]:
    """What structlog was given, a mapping a line."""
    with structlog.testing.capture_logs() as lines:
        yield lines


class Served(NamedTuple):
    """A server on a real socket."""

    port: int

    def send(self, *requests: bytes) -> bytes:
        """Everything that comes back for the raw requests until the server closes the connection."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(b"".join(requests))
            received = b""
            while chunk := connection.recv(65_536):
                received += chunk
        return received


@pytest.fixture
def serve() -> Iterator[Callable[[Litestar], Served]]:
    """Serves an application with uvicorn and httptools until the end of the test."""
    running: list[tuple[uvicorn.Server, threading.Thread]] = []

    def start(app: Litestar) -> Served:
        listener = socket.create_server(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, http="httptools", log_config=None, access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        running.append((server, thread))
        return Served(listener.getsockname()[1])

    yield start
    for server, thread in running:
        server.should_exit = True
        thread.join()
