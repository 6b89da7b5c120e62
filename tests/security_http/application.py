"""The application that is attacked: every plugin, served as ``glueful serve`` serves it."""

import asyncio
import os
from typing import Any

from glueful_auth import authenticated
from glueful_errors import Conflict
from glueful_kernel import create_app
from glueful_resources import Resource, ResourceStream
from litestar import Litestar, Request, Response, asgi, get, post
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.response import Stream
from litestar.response.base import ASGIResponse
from litestar.static_files import create_static_files_router
from litestar.types import Receive, Scope, Send
from msgspec import Struct


class PlainText(ASGIResponse):
    def __init__(self, text: str) -> None:
        super().__init__(body=text, media_type="text/plain")


class Metres:
    """Written by an encoder of the application."""

    def __init__(self, number: float) -> None:
        self.number = number


class Thing(Struct):
    n: int = 0
    name: str = ""


@get("/ping")
async def ping() -> dict[str, bool]:
    return {"ok": True}


@post("/things")
async def things(data: JSONBody[Thing]) -> Thing:
    return data


@post("/any", status_code=200)
async def anything(data: JSONBody[Any]) -> dict[str, bool]:
    return {"ok": True}


@post("/unread")
async def unread() -> dict[str, bool]:
    return {"ok": True}


DONE: list[str] = []
"""What handlers did that read no body."""


@post("/act")
async def act() -> None:
    DONE.append("act")


@post("/act-with-request")
async def act_with_request(request: Request[Any, Any, Any]) -> str:
    DONE.append("act-with-request")
    return request.method


@post("/headers", status_code=200)
async def names_of_headers(request: Request[Any, Any, Any]) -> list[str]:
    await request.body()
    return [name.decode() for name, _ in request.scope["headers"]]


@get("/done", sync_to_thread=False)
def done() -> list[str]:
    return DONE


@post("/small", request_max_body_size=10, status_code=200)
async def small() -> str:
    DONE.append("small")
    return "small"


@post("/upload", request_max_body_size=50_000_000)
async def upload(request: Request[Any, Any, Any]) -> list[int]:
    """Streams: bytes of the first part and of all."""
    parts = [len(part) async for part in request.stream()]
    return [parts[0], sum(parts)]


@asgi("/mounted", is_mount=True, copy_scope=True)
async def mounted(scope: Scope, receive: Receive, send: Send) -> None:
    """Another ASGI application, which counts what it receives."""
    size, has_more = 0, True
    while has_more:
        message: Any = await receive()
        size, has_more = size + len(message.get("body", b"")), message.get("more_body", False)
    await PlainText(str(size))(scope, receive, send)


@post("/bytes")
async def count(request: Request[Any, Any, Any]) -> int:
    return len(await request.body())


@get("/p/{name:str}")
async def show(name: FromPath[str]) -> str:
    return name


@get("/limit")
async def limit(limit: FromQuery[int] = 1) -> int:
    return limit


@get("/secret", guards=[authenticated])
async def secret() -> str:
    return "secret"


@get("/raise")
async def fail() -> None:
    raise RuntimeError("password=hunter2")


def careless_guard(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    raise RuntimeError("password=hunter2")


async def careless_dependency() -> int:
    raise RuntimeError("password=hunter2")


def careless_handler(_: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    raise RuntimeError("password=hunter2") from error


@get("/raise-in-guard", guards=[careless_guard])
async def fail_in_guard() -> None: ...


@get("/raise-in-dependency", dependencies={"number": careless_dependency})
async def fail_in_dependency(number: NamedDependency[int]) -> int:
    return number


@get("/raise-in-exception-handler", exception_handlers={ValueError: careless_handler})
async def fail_in_exception_handler() -> None:
    raise ValueError("password=hunter2")


@get("/raise-with-locals")
async def fail_with_locals() -> None:
    password = "canary-in-a-local-variable"
    raise RuntimeError(len(password))


@get("/nan")
async def not_a_number() -> dict[str, float]:
    return {"n": float("nan")}


@get("/nan-in-response")
async def not_a_number_in_response() -> Response[dict[str, Any]]:
    return Response({"n": [1.0, {"a/b": float("-inf")}], "none": None}, media_type="application/vnd.api+json")


@get("/nan-of-type")
async def not_a_number_of_type() -> Metres:
    return Metres(float("inf"))


@get("/nan-in-problem")
async def not_a_number_in_problem() -> None:
    raise Conflict("The stock does not suffice.", extensions={"available": float("nan")})


class Measured(Struct):
    id: int
    n: float | None


class MeasuredResource(Resource[Measured]):
    id: int
    n: float | None


@get("/nan-in-resource")
async def not_a_number_in_resource() -> MeasuredResource:
    return MeasuredResource(Measured(1, float("nan")))


@get("/nan-in-stream")
async def not_a_number_in_stream() -> ResourceStream[MeasuredResource]:
    rows = (Measured(number, None if number < 1_200 else float("nan")) for number in range(2_000))
    return MeasuredResource.collection(rows).stream()


@get("/nulls")
async def nulls() -> list[float | None]:
    return [None, 1.5, None]


@get("/caller")
async def caller(request: Request[Any, Any, Any]) -> dict[str, Any]:
    return {"client": request.client.host if request.client else None, "scheme": request.url.scheme}


@get("/broken-stream")
async def broken_stream() -> Stream:
    async def lines() -> Any:
        yield b"first"
        raise RuntimeError("password=hunter2")

    return Stream(lines)


@get("/header")
async def header(value: FromQuery[str]) -> Response[None]:
    return Response(None, headers={"x-name": value}, status_code=200)


@get("/slow")
async def slow() -> str:
    await asyncio.sleep(1.5)
    return "done"


def make() -> Litestar:
    handlers: list[Any] = [
        *(ping, things, anything, unread, count, show, limit, secret),
        *(act, act_with_request, names_of_headers, done, small, upload, mounted),
        *(fail, fail_in_guard, fail_in_dependency, fail_in_exception_handler, fail_with_locals, not_a_number),
        *(not_a_number_in_response, not_a_number_of_type, not_a_number_in_problem, not_a_number_in_resource),
        create_static_files_router("/static", [os.environ["PUBLIC_FOLDER"]]),
        *(not_a_number_in_stream, nulls, broken_stream, header, slow, caller),
    ]
    settings = {
        "kernel": {"environment": "production"},
        "orm": {"url": "sqlite://:memory:"},
        "auth": {"secret": "only for these tests, 32 bytes.."},
    }
    plugins = ["auth", "edge", "errors", "health", "orm", "resources", "validation"]
    return create_app(handlers, only=plugins, settings=settings, type_encoders={Metres: lambda metres: metres.number})


app = make()
