"""Every origin of an error is answered with a problem, and logged once where it is our fault."""

from collections.abc import Callable
from typing import Any, ClassVar

import pytest
import structlog
from glueful_errors import BadRequest, NotFound, Problem, ServiceUnavailable
from glueful_hookspecs import Stage, Staged, hookimpl
from litestar import Litestar, Request, Response, WebSocket, get, post, websocket
from litestar.di import NamedDependency, Provide
from litestar.exceptions import (
    HTTPException,
    InternalServerException,
    NotAuthorizedException,
    PermissionDeniedException,
    WebSocketDisconnect,
)
from litestar.middleware import ASGIMiddleware
from litestar.params import FromPath
from litestar.testing import TestClient

Connect = Callable[..., TestClient[Litestar]]
SECRET = "password=hunter2"


def boom(*_: Any, **__: Any) -> Any:
    raise RuntimeError(SECRET)


class Broken(ASGIMiddleware):
    """A middleware that fails."""

    async def handle(self, scope: Any, receive: Any, send: Any, next_app: Any) -> None:
        boom()


class WithBroken:
    """A plugin with a failing middleware at a stage."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    @hookimpl
    def glueful_middleware(self) -> list[Staged]:
        return [Staged(self.stage, Broken())]


@get("/ok", sync_to_thread=False)
def ok() -> str:
    return "ok"


@get("/handler", sync_to_thread=False)
def in_handler() -> None:
    boom()


@get("/guard", guards=[boom], sync_to_thread=False)
def in_guard() -> None: ...


def provide_boom() -> Any:
    boom()


@get("/dependency", dependencies={"thing": Provide(provide_boom, sync_to_thread=False)}, sync_to_thread=False)
def in_dependency(thing: NamedDependency[Any]) -> None: ...


@get("/response", sync_to_thread=False)
def in_response() -> Any:
    return Response({"value": object()})


@get("/before", before_request=boom, sync_to_thread=False)
def in_before_request() -> None: ...


@get("/middleware", middleware=[Broken()], sync_to_thread=False)
def in_middleware() -> None: ...


@pytest.mark.parametrize(
    "path", ["/handler", "/guard", "/dependency", "/response", "/before", "/middleware"], ids=lambda path: path[1:]
)
def test_an_unexpected_error_is_a_problem_without_detail_logged_once_with_the_request_id(
    client: Connect, log: list[Any], path: str
) -> None:
    connection = client(in_handler, in_guard, in_dependency, in_response, in_before_request, in_middleware)

    response = connection.get(path + "?token=secret", headers={"X-Request-ID": "req-1"})

    assert response.status_code == 500
    assert response.json() == {
        "type": "about:blank",
        "title": "Internal Server Error",
        "status": 500,
        "detail": "The request could not be completed; the request id finds the reason in the server's log.",
        "instance": path,
        "code": "http.internal_server_error",
        "request_id": "req-1",
        "errors": [],
    }
    assert response.headers["x-request-id"] == "req-1"
    assert len(log) == 1
    assert log[0]["request_id"] == "req-1"
    assert log[0]["route"] == path
    assert log[0]["log_level"] == "error"
    assert isinstance(log[0]["exc_info"], Exception)
    assert "secret" not in str({**log[0], "exc_info": None})


@pytest.mark.parametrize("stage", list(Stage))
def test_an_error_in_a_middleware_of_any_stage_is_a_problem(client: Connect, log: list[Any], stage: Stage) -> None:
    response = client(ok, plugins=[WithBroken(stage)]).get("/ok")

    assert response.json()["code"] == "http.internal_server_error"
    assert SECRET not in response.text
    assert len(log) == 1


def test_the_router_answers_404_and_405_with_allow(client: Connect, log: list[Any]) -> None:
    connection = client(ok)

    missing, wrong = connection.get("/absent"), connection.put("/ok")

    assert (missing.status_code, missing.json()["instance"]) == (404, "/absent")
    assert (wrong.status_code, wrong.json()["code"]) == (405, "http.method_not_allowed")
    assert set(wrong.headers["allow"].split(", ")) == {"GET", "OPTIONS"}
    assert log == []


def test_in_development_a_member_shows_the_exception(client: Connect, log: list[Any]) -> None:
    response = client(in_handler, environment="development").get("/handler")

    shown = response.json()["exception"]
    assert shown["type"] == "builtins.RuntimeError"
    assert shown["message"] == SECRET
    assert any("in boom" in line for line in shown["traceback"])
    assert response.json()["detail"].startswith("The request could not be completed")
    assert len(log) == 1


def test_a_client_error_shows_no_exception_in_development(client: Connect) -> None:
    assert "exception" not in client(ok, environment="development").get("/absent").json()


def test_5xx_of_litestars_classes_hide_their_text_and_ours_show_it(client: Connect, log: list[Any]) -> None:
    @get("/theirs", sync_to_thread=False)
    def theirs() -> None:
        raise InternalServerException(SECRET, extra={"dsn": SECRET})

    @get("/ours", sync_to_thread=False)
    def ours() -> None:
        raise ServiceUnavailable("We are back at noon.")

    connection = client(theirs, ours)

    assert SECRET not in connection.get("/theirs").text
    assert connection.get("/ours").json()["detail"] == "We are back at noon."
    assert [line["status"] for line in log] == [500, 503]


def test_guards_answer_401_with_a_challenge_and_403(client: Connect) -> None:
    def known(*_: Any) -> None:
        raise NotAuthorizedException("No token was sent.", headers={"WWW-Authenticate": 'Token realm="api"'})

    def allowed(*_: Any) -> None:
        raise PermissionDeniedException

    @get("/a", guards=[known], sync_to_thread=False)
    def a() -> None: ...

    @get("/b", guards=[allowed], sync_to_thread=False)
    def b() -> None: ...

    connection = client(a, b)
    unknown, denied = connection.get("/a"), connection.get("/b")

    assert (unknown.status_code, unknown.headers["www-authenticate"]) == (401, 'Token realm="api"')
    assert unknown.json()["detail"] == "No token was sent."
    assert (denied.status_code, denied.json()["detail"]) == (403, "The credentials given do not permit this.")


def test_an_exception_can_render_itself(client: Connect, log: list[Any]) -> None:
    class Quota(Exception):
        headers: ClassVar = {"Retry-After": "9"}

        def render(self, request: Request[Any, Any, Any]) -> Problem:
            return Problem(status=429, code="quota.used_up", extensions={"path": request.url.path})

    class Plain(Exception):
        def render(self, request: Request[Any, Any, Any]) -> Response[str]:
            return Response("sorry", status_code=503, media_type="text/plain")

    class Wrong(Exception):
        def render(self, request: Request[Any, Any, Any]) -> dict[str, str]:
            return {}

    @get("/{kind:str}", sync_to_thread=False)
    def fail(kind: FromPath[str]) -> None:
        raise {"quota": Quota, "plain": Plain, "wrong": Wrong}[kind]

    connection = client(fail)
    quota, plain, wrong = (connection.get(f"/{kind}") for kind in ("quota", "plain", "wrong"))

    assert (quota.status_code, quota.json()["path"], quota.headers["retry-after"]) == (429, "/quota", "9")
    assert quota.json()["request_id"] == quota.headers["x-request-id"]
    assert (plain.status_code, plain.text) == (503, "sorry")
    assert "x-request-id" in plain.headers
    assert (wrong.status_code, wrong.json()["code"]) == (500, "http.internal_server_error")
    assert [(line["status"], type(line["exc_info"])) for line in log] == [(503, Plain), (500, TypeError)]


def test_a_group_is_answered_as_its_member_that_is_our_fault_else_as_the_first(client: Connect) -> None:
    @get("/{kind:str}", sync_to_thread=False)
    def fail(kind: FromPath[str]) -> None:
        theirs = [NotFound(), ExceptionGroup("inner", [BadRequest()])]
        raise ExceptionGroup("several", theirs if kind == "theirs" else [*theirs, KeyError(SECRET)])

    connection = client(fail)

    assert connection.get("/theirs").status_code == 404
    assert connection.get("/ours").status_code == 500


@pytest.mark.parametrize("status", [200, 199, 600, 999])
def test_an_http_exception_with_the_status_of_a_success_is_an_internal_error(client: Connect, status: int) -> None:
    @get("/", sync_to_thread=False)
    def fail() -> None:
        raise HTTPException("x", status_code=status)

    assert client(fail).get("/").status_code == 500


def test_an_http_exception_can_redirect(client: Connect) -> None:
    @get("/", sync_to_thread=False)
    def fail() -> None:
        raise HTTPException(status_code=303, headers={"Location": "/login"})

    response = client(fail).get("/", follow_redirects=False)

    assert (response.status_code, response.headers["location"], response.content) == (303, "/login", b"")


@pytest.mark.parametrize("value", ["a\r\nSet-Cookie: b=1", "a\nb", "a\0b", "5 €", "a\x7f", 7])
def test_a_header_of_an_exception_that_cannot_be_sent_is_an_internal_error_naming_it(
    client: Connect, log: list[Any], value: Any
) -> None:
    @get("/", sync_to_thread=False)
    def fail() -> None:
        raise BadRequest(headers={"X-Echo": value})

    response = client(fail).get("/")

    assert response.status_code == 500
    assert response.headers["content-type"] == "application/problem+json"
    assert "set-cookie" not in response.headers
    assert "x-echo" not in response.headers
    assert [line["header"] for line in log] == ["X-Echo"]


@pytest.mark.parametrize("name", ["X-Ech€", "X\r\nA", "", "a b", "a:"])
def test_a_header_name_that_cannot_be_sent_is_an_internal_error(client: Connect, log: list[Any], name: str) -> None:
    @get("/", sync_to_thread=False)
    def fail() -> None:
        raise BadRequest(headers={name: "1"})

    assert client(fail).get("/").status_code == 500
    assert [line["status"] for line in log] == [500]


def test_a_header_of_a_response_that_cannot_be_encoded_is_an_internal_error_naming_it(
    client: Connect, log: list[Any]
) -> None:
    @get("/", sync_to_thread=False)
    def euro() -> Response[None]:
        return Response(None, headers={"X-Price": "5 €"})

    response = client(euro).get("/")

    assert (response.status_code, response.json()["code"]) == (500, "http.internal_server_error")
    assert [line["header"] for line in log] == ["X-Price"]


@pytest.mark.parametrize(
    "given",
    ["a" * 65, "${jndi:ldap://x}", "a b", "a\nb", "", "é"],
    ids=["long", "jndi", "space", "newline", "empty", "é"],
)
def test_a_request_id_that_is_not_safe_is_replaced(client: Connect, given: str) -> None:
    response = client(ok).get("/absent", headers={b"X-Request-ID": given.encode()})

    assert len(response.headers["x-request-id"]) == 32
    assert response.headers["x-request-id"] == response.json()["request_id"]


def test_an_error_in_the_application_s_own_exception_handler_is_a_problem(client: Connect, log: list[Any]) -> None:
    @get("/", exception_handlers={KeyError: boom}, sync_to_thread=False)
    def fail() -> None:
        raise KeyError

    assert client(fail).get("/").json()["code"] == "http.internal_server_error"
    assert [type(line["exc_info"]) for line in log] == [RuntimeError]


def test_the_application_s_own_exception_handler_wins(client: Connect, log: list[Any]) -> None:
    def teapot(_: Any, __: Exception) -> Response[str]:
        return Response("teapot", status_code=418)

    assert client(in_handler, exception_handlers={RuntimeError: teapot}).get("/handler").status_code == 418
    assert log == []


@pytest.mark.parametrize("detail", ["\ud800", "a\x00b\x1b[31m", "x" * 100_000])
def test_a_detail_of_any_text_is_answered(client: Connect, detail: str) -> None:
    @get("/", sync_to_thread=False)
    def fail() -> None:
        raise BadRequest(detail)

    response = client(fail, environment="development").get("/")

    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["status"] in (400, 500)


def test_a_traceback_with_text_that_json_cannot_hold_is_shown_escaped(client: Connect) -> None:
    @get("/", sync_to_thread=False)
    def fail() -> None:
        raise RuntimeError("\ud800")

    assert client(fail, environment="development").get("/").json()["exception"]["message"] == "\\ud800"


def test_the_instance_is_the_path_as_it_was_sent_without_the_query(client: Connect) -> None:
    assert client(ok).get("/caf%C3%A9%20x?token=secret").json()["instance"] == "/caf%C3%A9%20x"


def test_a_body_that_was_read_in_part_can_still_be_answered(client: Connect) -> None:
    @post("/")
    async def fail(request: Request[Any, Any, Any]) -> None:
        async for _ in request.stream():
            boom()

    assert client(fail).post("/", content=b"abc").status_code == 500


def test_what_breaks_a_websocket_is_logged_once(client: Connect, log: list[Any]) -> None:
    @websocket("/ws")
    async def talk(socket: WebSocket[Any, Any, Any]) -> None:
        await socket.accept()
        boom()

    with pytest.raises(WebSocketDisconnect), client(talk).websocket_connect("/ws") as connection:
        connection.receive_text()

    assert [(line["method"], line["route"], type(line["exc_info"])) for line in log] == [
        ("websocket", "/ws", RuntimeError)
    ]


def test_a_log_processor_that_fails_does_not_cost_the_answer(client: Connect, caplog: pytest.LogCaptureFixture) -> None:
    connection = client(in_handler)
    before = structlog.get_config()
    structlog.configure(processors=[boom])
    try:
        response = connection.get("/handler")
    finally:
        structlog.configure(**before)

    assert response.json()["code"] == "http.internal_server_error"
    assert [record.name for record in caplog.records if record.name != "httpx"] == ["glueful_errors"]
