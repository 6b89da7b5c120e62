"""The edge over HTTP."""

from typing import Any

from glueful_edge import EdgeSettings
from glueful_edge.plugin import EdgePlugin
from glueful_hookspecs import Plugin, hookimpl
from glueful_kernel import create_app
from litestar import Litestar, Response, get, head, post, route
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


def test_options_names_every_method_of_a_path() -> None:
    @post("/ping", sync_to_thread=False)
    def create() -> None: ...

    @post("/only-post", sync_to_thread=False)
    def only_post() -> None: ...

    @route("/own", http_method=["GET", "OPTIONS"], status_code=200, sync_to_thread=False)
    def own() -> str:
        return "mine"

    with TestClient(make(handlers=[ping, create, only_post, own])) as client:
        answers = {path: client.options(path) for path in ("/ping", "/only-post")}

        assert {path: (answer.status_code, answer.headers["allow"]) for path, answer in answers.items()} == {
            "/ping": (204, "GET, HEAD, OPTIONS, POST"),
            "/only-post": (204, "OPTIONS, POST"),
        }
        assert client.options("/own").text == "mine"
        assert client.put("/ping").headers["allow"] == "GET, OPTIONS, POST"


def test_options_where_a_plugin_and_the_application_share_a_path() -> None:
    class Sharing(Plugin):
        name = "sharing"

        @hookimpl
        def glueful_routes(self) -> list[Any]:
            @post("/ping", sync_to_thread=False)
            def create() -> None: ...

            return [create]

    app = create_app([ping], plugins=[EdgePlugin(), Sharing()], only=[], settings={})
    with TestClient(app) as client:
        assert client.options("/ping").headers["allow"] == "GET, HEAD, OPTIONS, POST"
