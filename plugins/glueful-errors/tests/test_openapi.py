"""Error responses in /schema/openapi.json."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from glueful_errors import Conflict, Gone, Problem, ProblemRenderer
from glueful_hookspecs import hookimpl
from litestar import Litestar, Request, delete, get, post
from litestar.exceptions import PermissionDeniedException
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody
from litestar.plugins import ReceiveRoutePlugin
from litestar.routes import BaseRoute
from litestar.testing import TestClient
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

Connect = Callable[..., TestClient[Litestar]]


class Order(msgspec.Struct):
    number: int


class Taken(Conflict):
    """The number is in use."""


def deny(*_: Any) -> None:
    raise PermissionDeniedException


@get("/orders", sync_to_thread=False)
def index() -> list[Order]:
    return []


@post("/orders", raises=[Taken, Gone], sync_to_thread=False)
def create(data: JSONBody[Order]) -> Order:
    return data


@delete(
    "/orders/{number:int}",
    guards=[deny],
    responses={404: ResponseSpec(data_container=None, description="No such order.")},
    sync_to_thread=False,
)
def remove(number: FromPath[int]) -> None: ...


@get("/hidden", include_in_schema=False, sync_to_thread=False)
def hidden() -> None: ...


class Limits:
    """A plugin that makes operations answer something."""

    @hookimpl(optionalhook=True)
    def glueful_operation_problems(self, handler: Any) -> Mapping[int, str]:
        return {429: "The limit is used up."} if handler.name == "limited" else {}


def schema_of(client: TestClient[Litestar]) -> Any:
    document = client.get("/schema/openapi.json").json()
    OpenAPIV31SpecValidator(document).validate()
    return document


def test_each_operation_lists_the_problems_that_follow_from_its_declaration(client: Connect) -> None:
    paths = schema_of(client(index, create, remove, hidden))["paths"]

    assert set(paths["/orders"]["get"]["responses"]) == {"200", "400", "500", "default"}
    assert set(paths["/orders"]["post"]["responses"]) == {
        *("201", "400", "409", "410", "413", "415", "500", "default"),
    }
    assert set(paths["/orders/{number}"]["delete"]["responses"]) == {
        *("204", "400", "401", "403", "404", "500", "default"),
    }
    assert "/hidden" not in paths


def test_every_error_response_is_the_problem_of_the_components(client: Connect) -> None:
    document = schema_of(client(index, create))

    for path in document["paths"].values():
        for operation in path.values():
            errors = {status: spec for status, spec in operation["responses"].items() if status[0] in "45d"}
            for response in errors.values():
                assert response["content"] == {
                    "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
                }
    problem = document["components"]["schemas"]["Problem"]
    assert sorted(problem["properties"]) == sorted(problem["required"])
    assert sorted(problem["required"]) == [
        *("code", "detail", "errors", "instance", "request_id", "status", "title", "type"),
    ]


def test_what_is_answered_fits_the_schema(client: Connect) -> None:
    connection = client(index, create, remove)
    document = schema_of(connection)
    validator = OAS31Validator({"$ref": "#/components/schemas/Problem", "components": document["components"]})

    for response in (
        connection.get("/absent"),
        connection.put("/orders"),
        connection.post("/orders", json={"number": "x"}),
        connection.delete("/orders/7"),
    ):
        validator.validate(response.json())


def test_what_the_handler_declares_itself_stays(client: Connect) -> None:
    responses = schema_of(client(remove, create))["paths"]

    assert responses["/orders/{number}"]["delete"]["responses"]["404"]["description"] == "No such order."
    assert responses["/orders"]["post"]["responses"]["409"]["description"] == "The number is in use."


def test_other_plugins_add_the_problems_that_they_cause(client: Connect) -> None:
    @get("/limited", name="limited", sync_to_thread=False)
    def limited() -> None: ...

    paths = schema_of(client(limited, index, plugins=[Limits()]))["paths"]

    assert paths["/limited"]["get"]["responses"]["429"]["description"] == "The limit is used up."
    assert "429" not in paths["/orders"]["get"]["responses"]


def test_what_another_plugin_adds_to_raises_is_a_problem_whatever_the_plugin_is_called(client: Connect) -> None:
    class Adds(ReceiveRoutePlugin):
        def receive_route(self, route: BaseRoute) -> None:
            for handler in getattr(route, "route_handlers", ()):
                handler.raises = [*(handler.raises or ()), Gone]

    class Zebra:
        @hookimpl
        def glueful_litestar_plugins(self) -> list[Any]:
            return [Adds()]

    responses = schema_of(client(index, plugins=[Zebra()]))["paths"]["/orders"]["get"]["responses"]

    assert list(responses["410"]["content"]) == ["application/problem+json"]


def test_the_format_of_the_renderer_is_shown_and_stays_with_its_application(client: Connect) -> None:
    class Errors(msgspec.Struct):
        errors: dict[str, list[str]]

    class Conduit(ProblemRenderer):
        media_type = "application/json"
        body_type = Errors

        def body(self, problem: Problem, request: Request[Any, Any, Any]) -> Any:
            return Errors({"body": [problem.detail]})

    class Renders:
        @hookimpl
        def glueful_problem_renderer(self) -> ProblemRenderer:
            return Conduit()

    conduit, standard = schema_of(client(index, plugins=[Renders()])), schema_of(client(index))

    responses = conduit["paths"]["/orders"]["get"]["responses"]
    assert list(responses["400"]["content"]) == ["application/json"]
    assert "Problem" not in conduit["components"]["schemas"]
    assert "Problem" in standard["components"]["schemas"]
