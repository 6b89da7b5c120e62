"""What this package relies on in Litestar beyond its documented interface. If one fails, a new Litestar changed it."""

from typing import Annotated, Any

from litestar import Litestar, post
from litestar._kwargs.kwargs_model import KwargsModel
from litestar.di import NamedDependency, Provide
from litestar.params import CookieParameter, FromPath, FromQuery, HeaderParameter, JSONBody
from litestar.plugins import ReceiveRoutePlugin
from litestar.routes import HTTPRoute
from litestar.testing import TestClient


class Received(ReceiveRoutePlugin):
    def __init__(self) -> None:
        self.models: list[KwargsModel] = []

    def receive_route(self, route: Any) -> None:
        assert isinstance(route, HTTPRoute)
        self.models.extend(
            model for handler, model in route.route_handler_map.values() if handler.handler_name == "handle"
        )


async def provide(limit: FromQuery[int] = 1) -> int:
    return limit


@post("/{name:str}", dependencies={"page": Provide(provide)})
async def handle(
    name: FromPath[str],
    data: JSONBody[dict[str, int]],
    scope: Any,
    page: NamedDependency[int],
    tenant: Annotated[str, HeaderParameter(name="X-Tenant")] = "",
    theme: Annotated[str, CookieParameter(name="theme")] = "",
    tags: FromQuery[list[str] | None] = None,
) -> None: ...


def model() -> KwargsModel:
    handle.fn.__annotations__["scope"] = __import__("litestar.types", fromlist=["Scope"]).Scope
    received = Received()
    Litestar([handle], plugins=[received], openapi_config=None)
    return received.models[0]


def test_parameters_are_sorted_by_location_with_those_of_dependencies() -> None:
    found = model()

    def names(definitions: Any) -> list[tuple[str, str, bool]]:
        return sorted((item.field_name, item.field_alias, item.is_sequence) for item in definitions)

    assert names(found.expected_path_params) == [("name", "name", False)]
    assert names(found.expected_query_params) == [("limit", "limit", False), ("tags", "tags", True)]
    assert names(found.expected_header_params) == [("tenant", "X-Tenant", False)]
    assert names(found.expected_cookie_params) == [("theme", "theme", False)]


def test_the_first_extractors_are_those_of_reserved_names_in_their_order() -> None:
    found = model()
    reserved = list(found.expected_reserved_kwargs)

    assert sorted(reserved) == ["data", "scope"]
    assert len(found.extractors) == len(reserved) + 4
    assert found.extractors[reserved.index("scope")].__name__ == "scope_extractor"
    assert "create_data_extractor" in found.extractors[reserved.index("data")].__qualname__


async def test_extractors_are_all_that_reads_a_request() -> None:
    found = model()
    seen = []

    async def extract(values: dict[str, Any], connection: Any) -> None:
        seen.append(connection)
        values["a"] = 1

    found.extractors = [extract]

    assert await found.to_kwargs("connection") == {"a": 1}  # type: ignore[arg-type]
    assert seen == ["connection"]


def test_extractors_run_for_a_handler_without_arguments_if_the_model_says_so() -> None:
    seen = []

    async def extract(values: dict[str, Any], connection: Any) -> None:
        seen.append(connection)

    class Extracting(ReceiveRoutePlugin):
        def receive_route(self, route: Any) -> None:
            for _, found in route.route_handler_map.values():
                found.has_kwargs, found.extractors = True, [extract]

    @post("/")
    async def nothing() -> None: ...

    with TestClient(Litestar([nothing], plugins=[Extracting()], openapi_config=None)) as client:
        assert client.post("/").status_code == 201
    assert len(seen) == 1
