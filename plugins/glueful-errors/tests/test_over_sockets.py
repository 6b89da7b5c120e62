"""What the in-process client hides: bytes on a connection of uvicorn with httptools."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from litestar import Litestar, Response, get
from litestar.response import Stream

Serve = Callable[[Litestar], Any]


def request(path: str, method: str = "GET", *fields: str) -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: h", "Connection: close", *fields, "", ""]).encode()


@get("/stream", sync_to_thread=False)
def stream() -> Stream:
    async def body() -> AsyncIterator[bytes]:
        yield b"first"
        raise RuntimeError("password=hunter2")

    return Stream(body())


@get("/euro", sync_to_thread=False)
def euro() -> Response[None]:
    return Response(None, headers={"X-Price": "5 €"})


@get("/boom", sync_to_thread=False)
def boom() -> None:
    raise RuntimeError("password=hunter2")


def test_a_stream_that_fails_after_its_first_byte_is_cut_off_and_logged_once(
    make_app: Any, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    received = serve(make_app([stream])).send(request("/stream"))

    assert received.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"5\r\nfirst\r\n" in received
    assert not received.endswith(b"0\r\n\r\n")
    assert b"hunter2" not in received
    assert len([record for record in caplog.records if record.levelname == "ERROR"]) == 1


@pytest.mark.parametrize("path", ["/boom", "/euro"])
def test_an_internal_error_is_one_whole_response_and_the_connection_lives_on(
    make_app: Any, serve: Serve, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    first = f"GET {path} HTTP/1.1\r\nHost: h\r\n\r\n".encode()

    received = serve(make_app([boom, euro])).send(first, request("/absent"))

    assert received.count(b"HTTP/1.1 ") == 2
    assert received.startswith(b"HTTP/1.1 500 ")
    assert received.count(b"content-type: application/problem+json") == 2
    assert b"hunter2" not in received
    assert len([record for record in caplog.records if record.levelname == "ERROR"]) == 1


def test_the_answer_to_head_has_no_body(make_app: Any, serve: Serve) -> None:
    received = serve(make_app([boom])).send(request("/absent", "HEAD"))

    assert received.startswith(b"HTTP/1.1 404 ")
    assert received.endswith(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in received
