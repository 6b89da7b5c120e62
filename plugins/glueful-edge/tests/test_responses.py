"""JSON says what the handler returned, whatever made the response."""

import math
from typing import Any

import msgspec
import pytest
from glueful_edge.plugin import EdgePlugin
from glueful_kernel import create_app
from litestar import Litestar, MediaType, Request, Response, get
from litestar.exceptions import LitestarException
from litestar.response.base import ASGIResponse
from litestar.testing import TestClient

NAN = math.nan


def make(*handlers: Any, **options: Any) -> Litestar:
    return create_app(handlers, plugins=[EdgePlugin()], only=[], settings={}, **options)


def status(*handlers: Any, **options: Any) -> int:
    with TestClient(make(*handlers, **options)) as client:
        return client.get("/").status_code


@get("/", sync_to_thread=False)
def nan() -> dict[str, Any]:
    return {"none": None, "n": NAN}


def test_data_and_responses_are_checked_whatever_the_annotation_promises() -> None:
    @get("/", sync_to_thread=False)
    def response() -> Response[dict[str, Any]]:
        return Response({"n": NAN})

    @get("/", sync_to_thread=False)
    def response_for_data() -> dict[str, int]:
        return Response({"n": NAN})  # type: ignore[return-value]

    for handler in (nan, response, response_for_data):
        assert status(handler) == 500


def test_what_is_no_json_of_ours_is_sent_as_it_is() -> None:
    @get("/", sync_to_thread=False)
    def text() -> str:
        return "null"

    @get("/", media_type=MediaType.JSON, sync_to_thread=False)
    def ready() -> bytes:
        return b'{"n":null}'

    @get("/", sync_to_thread=False)
    def asgi() -> ASGIResponse:
        return ASGIResponse(body=b'{"n":null}')

    @get("/", media_type=MediaType.MESSAGEPACK, sync_to_thread=False)
    def packed() -> list[Any]:
        return ["null", NAN]

    for handler in (text, ready, asgi, packed):
        assert status(handler) == 200


def test_the_response_class_and_after_request_of_a_layer_are_kept_and_what_they_make_is_checked() -> None:
    class Enveloped(Response[Any]):
        def render(self, content: Any, *args: Any) -> bytes:
            return super().render({"data": content}, *args)

    async def marking(response: Response[Any]) -> Response[Any]:
        response.headers["x-marked"] = "yes"
        return response

    async def replacing(_: Response[Any]) -> Response[Any]:
        return Response({"n": NAN})

    @get("/", sync_to_thread=False)
    def good() -> int:
        return 1

    with TestClient(make(good, response_class=Enveloped, after_request=marking)) as client:
        response = client.get("/")
    assert (response.text, response.headers["x-marked"]) == ('{"data":1}', "yes")
    assert status(nan, response_class=Enveloped) == 500
    assert status(good, after_request=replacing) == 500


def test_encoders_of_every_layer_are_known() -> None:
    class Length:
        pass

    @get("/", sync_to_thread=False)
    def length() -> Length:
        return Length()

    assert status(length, type_encoders={Length: lambda _: NAN}) == 500
    assert status(length, type_encoders={Length: lambda _: None}) == 200


def test_the_same_handler_in_two_applications_is_checked_in_the_one_that_checks() -> None:
    """Litestar's copies of a handler share the response handlers that the first of them made."""
    with TestClient(Litestar([nan])) as client:
        assert client.get("/").json() == {"none": None, "n": None}
    assert status(nan) == 500
    with TestClient(Litestar([nan])) as client:
        assert client.get("/").status_code == 200


def test_a_handler_under_several_paths_is_checked_once() -> None:
    @get(["/", "/again"], sync_to_thread=False)
    def twice() -> None: ...

    app = make(twice)
    classes = {route.route_handler_map["GET"][0].resolve_response_class() for route in app.routes[:2]}  # type: ignore[union-attr]

    assert [[base.__name__ for base in kind.__mro__].count("CheckedResponse") for kind in classes] == [1]


def test_what_cannot_be_written_at_all_is_answered_as_before() -> None:
    @get("/", sync_to_thread=False)
    def unknown() -> object:
        return object()

    assert status(unknown) == 500


@pytest.mark.parametrize("path", ["/nan", "/response"])
def test_an_exception_handler_sees_which_number_it_was(path: str) -> None:
    seen: list[BaseException | None] = []

    def handle(_: Request[Any, Any, Any], error: Exception) -> Response[None]:
        seen.append(error.__cause__ if isinstance(error, LitestarException) else error)
        return Response(None, status_code=500)

    @get(["/nan", "/response"], sync_to_thread=False)
    def show(request: Request[Any, Any, Any]) -> Any:
        content = [msgspec.Raw(b"null"), {"deep": -math.inf}]
        return Response(content) if request.url.path == "/response" else content

    with TestClient(make(show, exception_handlers={Exception: handle})) as client:
        assert client.get(path).status_code == 500
    assert [getattr(error, "pointer", None) for error in seen] == ["/1/deep"]
