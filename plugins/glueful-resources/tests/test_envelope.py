"""What stands around resources."""

import json
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

import msgspec
import pytest
from glueful_resources import (
    PagedCollection,
    Resource,
    ResourceCollection,
    ResourceMismatch,
    ResourcesSettings,
    ResourceStream,
)
from litestar import Response, get, post
from litestar.background_tasks import BackgroundTask
from litestar.datastructures import Cookie
from litestar.params import FromPath, FromQuery

T = TypeVar("T")


@dataclass
class Thing:
    id: int


class ThingResource(Resource[Thing]):
    id: int


class Bare(Resource[Thing], wrap=None):
    id: int


class Named(Resource[Thing], wrap="thing", wrap_many="things"):
    id: int


class About(msgspec.Struct, rename="camel"):
    version: str = "1.0"
    total_count: int | msgspec.UnsetType = msgspec.UNSET


class WithMore(Resource[Thing], additional=About):
    id: int


class MyPage(msgspec.Struct, Generic[T]):
    """A page of nobody's ORM."""

    items: list[T]
    total: int
    page: int
    per_page: int


THINGS = [Thing(1), Thing(2)]


@pytest.mark.parametrize(
    ("resource", "one", "many"),
    [
        (ThingResource, {"data": {"id": 1}}, {"data": [{"id": 1}, {"id": 2}]}),
        (Bare, {"id": 1}, [{"id": 1}, {"id": 2}]),
        (Named, {"thing": {"id": 1}}, {"things": [{"id": 1}, {"id": 2}]}),
        (WithMore, {"data": {"id": 1}, "version": "1.0"}, {"data": [{"id": 1}, {"id": 2}], "version": "1.0"}),
    ],
)
def test_wrapping_is_the_resources_to_decide(make_client: Any, resource: Any, one: Any, many: Any) -> None:
    @get("/one", sync_to_thread=False)
    def show() -> Any:
        return resource(THINGS[0])

    @get("/many", sync_to_thread=False)
    def index() -> Any:
        return THINGS

    show.fn.__annotations__["return"] = resource
    index.fn.__annotations__["return"] = list[resource]
    client = make_client([show, index])

    assert (client.get("/one").json(), client.get("/many").json()) == (one, many)


@pytest.mark.parametrize(("wrap", "body"), [("", {"id": 1}), ("result", {"result": {"id": 1}})])
def test_wrapping_is_the_applications_to_decide_where_the_resource_does_not(
    make_client: Any, wrap: str, body: Any
) -> None:
    @get("/", sync_to_thread=False)
    def show() -> ThingResource:
        return ThingResource(THINGS[0])

    assert make_client(show, ResourcesSettings(wrap=wrap)).get("/").json() == body


def test_additional_members(make_client: Any) -> None:
    @get("/free", sync_to_thread=False)
    def free() -> ThingResource:
        return ThingResource(THINGS[0]).additional(meta={"version": 2})

    @get("/declared", sync_to_thread=False)
    def declared() -> ResourceCollection[WithMore]:
        return WithMore.collection(THINGS).additional(total_count=2)

    @get("/undeclared", sync_to_thread=False)
    def undeclared() -> WithMore:
        return WithMore(THINGS[0]).additional(meta={})

    @get("/bare", sync_to_thread=False)
    def bare() -> Bare:
        return Bare(THINGS[0]).additional(meta={})

    client = make_client([free, declared, undeclared, bare])

    assert client.get("/free").json() == {"data": {"id": 1}, "meta": {"version": 2}}
    assert client.get("/declared").json() == {"data": [{"id": 1}, {"id": 2}], "version": "1.0", "totalCount": 2}
    with pytest.raises(TypeError, match="meta"):
        client.get("/undeclared")
    with pytest.raises(TypeError, match="Bare is not wrapped"):
        client.get("/bare")


def test_nothing_is_null_where_the_annotation_says_so(make_client: Any) -> None:
    @get("/", sync_to_thread=False)
    def show() -> ThingResource | None:
        return None

    client = make_client(show)

    assert client.get("/").json() == {"data": None}
    schema = client.get("/schema/openapi.json").json()["paths"]["/"]["get"]["responses"]["200"]["content"]
    assert schema["application/json"]["schema"]["properties"]["data"]["anyOf"][1] == {"type": "null"}


@pytest.mark.parametrize("annotation", [MyPage[ThingResource], Annotated[MyPage[Thing], ThingResource]])
def test_pages_of_any_class_are_pages(make_client: Any, annotation: Any) -> None:
    @get("/things", sync_to_thread=False)
    def index(page: FromQuery[int] = 2) -> Any:
        return MyPage(THINGS, 100, page, 2)

    index.fn.__annotations__["return"] = annotation
    response = make_client(index, ResourcesSettings(base_url="https://api.test")).get("/things?page=2&q=a b")

    assert response.json()["meta"] == {"page": 2, "per_page": 2, "pages": 50, "total": 100}
    assert response.json()["links"]["next"] == "https://api.test/things?q=a+b&page=3"
    assert '<https://api.test/things?q=a+b&page=1>; rel="first"' in response.headers["link"]


@pytest.mark.parametrize(
    ("total", "page", "expected"),
    [
        (0, 1, {"first": "/?page=1", "prev": None, "next": None, "last": "/?page=1"}),
        (4, 2, {"first": "/?page=1", "prev": "/?page=1", "next": None, "last": "/?page=2"}),
        (4, 99, {"first": "/?page=1", "prev": "/?page=2", "next": None, "last": "/?page=2"}),
    ],
)
def test_links_lead_to_pages_that_exist(make_client: Any, total: int, page: int, expected: Any) -> None:
    @get("/", sync_to_thread=False)
    def index() -> Annotated[MyPage[Thing], ThingResource]:
        return MyPage([], total, page, 2)

    assert make_client(index).get("/").json()["links"] == expected


def test_a_path_cannot_turn_a_link_into_another_host(make_client: Any) -> None:
    @get("/{rest:path}", sync_to_thread=False)
    def index(rest: FromPath[str]) -> Annotated[MyPage[Thing], ThingResource]:
        return MyPage([], 4, 1, 2)

    response = make_client(index).get("http://testserver.local//evil.test/%0d%0ax")

    links = response.json()["links"].values()
    assert all(link is None or (link.startswith("/") and not link.startswith("//")) for link in links)
    assert "\n" not in response.headers["link"]


@pytest.mark.parametrize(
    ("annotation", "returned"),
    [
        (list[ThingResource], MyPage(THINGS, 4, 1, 2)),
        (MyPage[ThingResource], THINGS),
        (Annotated[MyPage[Thing], ThingResource], ThingResource.collection(THINGS)),
        (PagedCollection[ThingResource], ThingResource.collection(THINGS).paginate()),
    ],
)
def test_a_page_that_was_not_announced_and_a_list_in_place_of_one_are_errors(
    make_client: Any, annotation: Any, returned: Any
) -> None:
    @get("/", sync_to_thread=False)
    def index() -> Any:
        return returned

    index.fn.__annotations__["return"] = annotation
    with pytest.raises(ResourceMismatch):
        make_client(index).get("/")


def test_what_the_handler_put_around_the_resource_stays(make_client: Any) -> None:
    done: list[str] = []

    async def later() -> None:
        done.append("later")

    @post("/", sync_to_thread=False, response_headers={"x-route": "1"})
    def create() -> Response[ThingResource]:
        return Response(
            ThingResource(THINGS[0]),
            status_code=202,
            headers={"x-own": "2"},
            cookies=[Cookie(key="c", value="3")],
            background=BackgroundTask(later),
        )

    response = make_client(create).post("/")

    assert (response.status_code, response.json()) == (202, {"data": {"id": 1}})
    assert (response.headers["x-own"], response.headers["x-route"], response.cookies["c"]) == ("2", "1", "3")
    assert done == ["later"]


def test_the_response_class_of_the_layer_is_kept(make_client: Any) -> None:
    class Shouting(Response[Any]):
        def render(self, content: Any, media_type: str, enc_hook: Any = None) -> bytes:
            return super().render(content, media_type, enc_hook).upper()

    @get("/", sync_to_thread=False)
    def show() -> ThingResource:
        return ThingResource(THINGS[0])

    assert make_client(show, response_class=Shouting).get("/").text == '{"DATA":{"ID":1}}'


@pytest.mark.parametrize("count", [0, 1, 2, 5])
@pytest.mark.parametrize("is_asynchronous", [True, False])
def test_streams_are_whole_at_every_length(make_client: Any, count: int, is_asynchronous: bool) -> None:
    async def produced() -> Any:
        for number in range(count):
            yield Thing(number)

    @get("/", sync_to_thread=False)
    def stream() -> ResourceStream[ThingResource]:
        rows = produced() if is_asynchronous else (Thing(number) for number in range(count))
        return ThingResource.collection(rows).stream()

    client = make_client(stream, ResourcesSettings(stream_batch=2))

    expected = [{"id": number} for number in range(count)]
    assert client.get("/").json() == expected
    lines = client.get("/", headers={"accept": "application/x-ndjson"})
    assert [json.loads(line) for line in lines.text.splitlines()] == expected
    assert lines.headers["vary"] == "Accept"


def test_settings_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="max_depth must be at least 1"):
        ResourcesSettings(max_depth=0)
