"""The format of error responses, and how an application replaces it."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from glueful_errors import Conflict, Problem, ProblemRenderer
from glueful_errors.plugin import ErrorsPlugin
from glueful_hookspecs import GluefulError, hookimpl
from glueful_kernel import create_app
from litestar import Litestar, Request, get
from litestar.params import FromPath, FromQuery
from litestar.testing import TestClient

Connect = Callable[..., TestClient[Litestar]]


class Conduit(ProblemRenderer):
    """RealWorld's format."""

    media_type = "application/json"
    body_type = dict[str, dict[str, list[str]]]

    def status(self, problem: Problem) -> int:
        return 422 if problem.status == 400 else problem.status

    def body(self, problem: Problem, request: Request[Any, Any, Any]) -> Any:
        return {"errors": {"body": [error.message for error in problem.errors] or [problem.detail]}}


class Broken(ProblemRenderer):
    """A renderer that fails, in its method or in what it returns."""

    def __init__(self, outcome: Any = None) -> None:
        self.outcome = outcome

    def body(self, problem: Problem, request: Request[Any, Any, Any]) -> Any:
        if self.outcome is None:
            raise LookupError("no template")
        return self.outcome


class Renders:
    """A plugin that replaces the format."""

    def __init__(self, renderer: Any) -> None:
        self.renderer = renderer

    @hookimpl
    def glueful_problem_renderer(self) -> Any:
        return self.renderer


@get("/number/{number:int}", sync_to_thread=False)
def number(number: FromPath[int], limit: FromQuery[int]) -> None:
    raise Conflict("Taken.", extensions={"price": Decimal("1.50")})


def test_an_application_replaces_the_format_everywhere(client: Connect) -> None:
    connection = client(number, plugins=[Renders(Conduit())])

    absent, invalid, raised = (connection.get(path) for path in ("/absent", "/number/1?limit=x", "/number/1?limit=2"))

    assert (absent.status_code, absent.headers["content-type"]) == (404, "application/json")
    assert absent.json() == {"errors": {"body": ["Nothing was found at this address."]}}
    assert (invalid.status_code, invalid.json()) == (422, {"errors": {"body": ["Expected `int`, got `str`."]}})
    assert (raised.status_code, raised.json()) == (409, {"errors": {"body": ["Taken."]}})
    assert "x-request-id" in raised.headers


def test_extensions_may_hold_what_litestar_encodes(client: Connect) -> None:
    assert client(number).get("/number/1?limit=2").json()["price"] == "1.50"


def test_text_is_sent_as_it_is(client: Connect) -> None:
    class Page(ProblemRenderer):
        media_type = "text/html"

        def body(self, problem: Problem, request: Request[Any, Any, Any]) -> str:
            return f"<h1>{problem.title}</h1>"

    response = client(number, plugins=[Renders(Page())]).get("/absent")

    assert response.text == "<h1>Not Found</h1>"
    assert response.headers["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("renderer", [Broken(), Broken({"a": object()})], ids=["raises", "returns nonsense"])
def test_a_renderer_that_fails_is_an_internal_error_in_the_standard_format_logged_once(
    client: Connect, log: list[Any], renderer: ProblemRenderer
) -> None:
    response = client(number, plugins=[Renders(renderer)]).get("/absent")

    assert (response.status_code, response.headers["content-type"]) == (500, "application/problem+json")
    assert response.json()["code"] == "http.internal_server_error"
    assert len(log) == 1


def test_two_renderers_are_a_conflict() -> None:
    class Also(Renders):
        pass

    with pytest.raises(GluefulError, match="renders and also each replace"):
        create_app([], plugins=[ErrorsPlugin(), Renders(Conduit()), Also(Conduit())], only=[], settings={})


def test_what_is_no_renderer_stops_the_start() -> None:
    with pytest.raises(GluefulError, match="not a ProblemRenderer"):
        create_app([], plugins=[ErrorsPlugin(), Renders("html")], only=[], settings={})
