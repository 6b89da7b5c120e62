"""What is read of a body before its handler is called, message by message."""

from collections.abc import Iterator
from typing import Any

import pytest
from glueful_edge.plugin import EdgePlugin
from glueful_kernel import create_app
from litestar import Litestar, Request, Router, delete, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, RawBody
from litestar.types import Guard

LIMIT = 100


class Client:
    """Sends a chunked body of parts, and notes how many of them were asked for when the handler ran.

    Args:
        handlers: each notes its call by ``note``.
        options: of the application.
    """

    def __init__(self, *handlers: Any, **options: Any) -> None:
        settings = {"kernel": {"max_body_bytes": LIMIT}}
        self.app: Litestar = create_app(handlers, plugins=[EdgePlugin()], only=[], settings=settings, **options)
        self.taken = 0
        self.noted: list[int] = []

    def note(self) -> None:
        self.noted.append(self.taken)

    async def send(self, method: str, path: str, parts: list[bytes], *, is_whole: bool = True) -> tuple[int, bytes]:
        """Status and body of the answer."""
        self.taken, self.noted = 0, []
        messages: Iterator[dict[str, Any]] = iter(
            [
                {"type": "http.request", "body": part, "more_body": not is_whole or index < len(parts)}
                for index, part in enumerate(parts, 1)
            ]
        )
        answers: list[Any] = []

        async def receive() -> Any:
            self.taken += 1
            return next(messages, {"type": "http.disconnect"})

        async def send(message: Any) -> None:
            answers.append(message)

        scope: Any = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [(b"host", b"localhost"), (b"transfer-encoding", b"chunked"), (b"content-type", b"text/plain")],
            "state": {},
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
            "scheme": "http",
            "root_path": "",
        }
        await self.app(scope, receive, send)
        return answers[0]["status"], b"".join(message.get("body", b"") for message in answers[1:])


async def test_a_handler_that_reads_nothing_is_called_when_the_whole_body_is_known_to_fit() -> None:
    @post("/act", sync_to_thread=False)
    def act() -> None:
        client.note()

    client = Client(act)

    assert (await client.send("POST", "/act", [b"x" * 50, b"x" * 50]))[0] == 201
    assert client.noted == [2]
    assert (await client.send("POST", "/act", [b"x" * 50, b"x" * 50, b"x", b"never asked for"]))[0] == 413
    assert (client.noted, client.taken) == ([], 3)


async def test_a_handler_is_not_called_for_half_a_body() -> None:
    @post("/act", sync_to_thread=False)
    def act() -> None:
        client.note()

    client = Client(act)

    assert (await client.send("POST", "/act", [b"x" * 50], is_whole=False))[0] == 400
    assert client.noted == []


async def test_what_was_read_ahead_is_there_for_who_asks_after_all() -> None:
    """A guard that checks a signature, and a handler that may read."""
    seen: list[bytes] = []

    async def signed(connection: Any, _: Any) -> None:
        seen.append(await Request(connection.scope, connection.receive).body())

    guards: list[Guard] = [signed]

    @post("/act", guards=guards)
    async def act(request: Request[Any, Any, Any]) -> bytes:
        client.note()
        return await request.body()

    client = Client(act)

    assert await client.send("POST", "/act", [b"abc", b"def"]) == (201, b"abcdef")
    assert seen == [b"abcdef"]


@pytest.mark.parametrize("taking", ["data", "body"])
async def test_what_litestar_reads_before_the_handler_is_left_to_it(taking: str) -> None:
    """So that who is refused by a guard has nothing read of them."""

    def nobody(_: Any, __: Any) -> None:
        client.note()
        raise PermissionError

    @post("/data", guards=[nobody], sync_to_thread=False)
    def with_data(data: JSONBody[Any]) -> None: ...

    @post("/body", guards=[nobody], sync_to_thread=False)
    def with_body(body: RawBody) -> None: ...

    client = Client(with_data, with_body)

    assert (await client.send("POST", f"/{taking}", [b"x"]))[0] == 500
    assert client.noted == [0]


async def test_a_route_with_a_limit_of_its_own_that_takes_the_request_streams() -> None:
    async def stored(request: Request[Any, Any, Any]) -> str:
        return "somewhere"

    @post("/own", request_max_body_size=1_000)
    async def own(request: Request[Any, Any, Any]) -> int:
        client.note()
        return len(await request.body())

    @post("/by-dependency", request_max_body_size=1_000, dependencies={"stored": stored}, sync_to_thread=False)
    def by_dependency(stored: NamedDependency[str]) -> None:
        client.note()

    client = Client(own, by_dependency)

    assert await client.send("POST", "/own", [b"x" * 500, b"x" * 500]) == (201, b"1000")
    assert client.noted == [0]
    assert (await client.send("POST", "/own", [b"x" * 500, b"x" * 501]))[0] == 413
    await client.send("POST", "/by-dependency", [b"x" * 500, b"x" * 500])
    assert client.noted == [0]


async def test_under_a_limit_for_uploads_no_more_is_kept_than_the_application_allows() -> None:
    """A router for large files has other routes, too."""

    @delete("/{number:int}", status_code=200, sync_to_thread=False)
    def remove() -> None:
        client.note()

    client = Client(Router("/files", route_handlers=[remove], request_max_body_size=1_000_000))

    assert (await client.send("DELETE", "/files/1", [b"x" * 60] * 100))[0] == 200
    assert client.noted == [2]
    assert (await client.send("DELETE", "/files/1", [b"x" * 1_000_001]))[0] == 413


async def test_where_there_is_no_route_the_limit_of_the_application_holds() -> None:
    @get("/ping", sync_to_thread=False)
    def ping() -> None: ...

    client = Client(ping)

    for method, path, status in (("POST", "/absent", 404), ("POST", "/ping", 405)):
        assert (await client.send(method, path, [b"x" * 100]))[0] == status
        assert (await client.send(method, path, [b"x" * 101]))[0] == 413


async def test_no_limit_is_a_limit_that_somebody_chose() -> None:
    @post("/act", request_max_body_size=None, sync_to_thread=False)
    def act() -> None:
        client.note()

    client = Client(act)

    assert (await client.send("POST", "/act", [b"x" * 1_000]))[0] == 201
    assert client.noted == [0]
