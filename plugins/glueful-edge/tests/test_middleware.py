"""The edge over HTTP."""

from typing import Any

from glueful_edge import EdgeSettings
from glueful_edge.plugin import EdgePlugin
from glueful_kernel import create_app
from litestar import Litestar, Response, get, head, post
from litestar.testing import TestClient


@get("/ping", sync_to_thread=False)
def ping() -> dict[str, bool]:
    return {"ok": True}


def make(*, handlers: Any = (ping,), limits: EdgeSettings | None = None) -> Litestar:
    return create_app(handlers, plugins=[EdgePlugin(limits)], only=[], settings={})


def test_a_refusal_is_answered_also_where_no_route_matches() -> None:
    with TestClient(make()) as client:
        assert client.get("/ping").status_code == 200
        assert client.get("/a%2fb").status_code == 400
        assert client.get("/ping?" + "a" * 9_000).status_code == 414


def test_limits_are_settings() -> None:
    with TestClient(make(limits=EdgeSettings(max_target_bytes=10))) as client:
        assert client.get("/ping").status_code == 200
        assert client.get("/ping?a=12345").status_code == 414


def test_a_response_header_with_a_line_break_is_an_internal_error() -> None:
    @get("/split", sync_to_thread=False)
    def split() -> Response[None]:
        return Response(None, headers={"x-name": "a\r\nset-cookie: b=1"})

    with TestClient(make(handlers=[split])) as client:
        response = client.get("/split")
    assert (response.status_code, response.headers.get("set-cookie")) == (500, None)


def test_head_is_answered_wherever_get_is() -> None:
    @head("/own", sync_to_thread=False)
    def own() -> None: ...

    @post("/only-post", sync_to_thread=False)
    def only_post() -> None: ...

    with TestClient(make(handlers=[ping, own, only_post])) as client:
        response = client.head("/ping")
        assert (response.status_code, response.content, response.headers["content-length"]) == (200, b"", "11")
        assert client.head("/own").status_code == 200
        assert client.head("/only-post").status_code == 405
        assert client.head("/absent").status_code == 404
