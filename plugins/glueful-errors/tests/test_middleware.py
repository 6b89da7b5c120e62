"""``X-Request-ID`` on every response, where the settings ask for it."""

from collections.abc import Callable
from typing import Any

from glueful_errors import ErrorsSettings
from litestar import Litestar, Response, get
from litestar.testing import TestClient

Connect = Callable[..., TestClient[Litestar]]


@get("/ok", sync_to_thread=False)
def ok() -> str:
    return "ok"


@get("/own", sync_to_thread=False)
def own() -> Response[str]:
    return Response("ok", headers={"X-Request-ID": "own"})


def test_by_default_successes_carry_no_id_and_pay_nothing(client: Connect) -> None:
    connection = client(ok)

    assert "x-request-id" not in connection.get("/ok").headers
    assert "x-request-id" in connection.get("/absent").headers


def test_always_means_every_response_once(client: Connect, log: list[Any]) -> None:
    connection = client(ok, own, settings=ErrorsSettings(request_id_header="always"))

    assert connection.get("/ok", headers={"X-Request-ID": "abc"}).headers["x-request-id"] == "abc"
    assert connection.get("/absent", headers={"X-Request-ID": "abc"}).headers.get_list("x-request-id") == ["abc"]
    assert connection.get("/own").headers.get_list("x-request-id") == ["own"]
