"""What stands in an answer, field by field."""

import datetime as dt
import enum
from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Annotated, Any

import msgspec
import pytest
from glueful_hookspecs import GluefulError
from glueful_resources import (
    Links,
    Resource,
    ResourceCollection,
    ResourceError,
    ResourceMismatch,
    ResourcesSettings,
    RouteUnknown,
    computed,
    field,
    links,
    merge_when,
    route,
    when,
    when_counted,
    when_has,
    when_loaded,
    when_not_null,
    when_pivot_loaded,
)
from litestar import Request, Response, get
from litestar.params import FromPath, FromQuery


class Colour(enum.Enum):
    RED = "red"


@dataclass
class Tag:
    label: str


@dataclass
class Person:
    id: int
    name: str
    nick: str | None = None
    born: dt.datetime | None = None
    colour: Colour = Colour.RED
    best_friend: "Person | None" = None
    tags: Sequence[Tag] = ()


class TagResource(Resource[Tag]):
    label: str


class PersonResource(Resource[Person], rename="camel"):
    id: int
    full_name: str = field("name")
    nick: str = when_not_null()
    born: dt.datetime | None
    colour: Colour
    best_friend: "PersonResource | None" = when_loaded()
    tags: list[TagResource]

    def is_first(self, person: Person) -> bool:
        return person.id == 1

    first: str = when(is_first, "name")

    @computed
    def shout(self, person: Person) -> str:
        """The name, loud."""
        return person.name.upper()


BERLIN = dt.timezone(dt.timedelta(hours=2))


def test_times_leave_in_utc_and_enumerations_by_value(make_client: Any) -> None:
    friend = Person(2, "Bob", tags=[Tag("x")])
    ada = Person(1, "Ada", "A", dt.datetime(2026, 7, 1, 12, 30, tzinfo=BERLIN), best_friend=friend)

    @get("/", sync_to_thread=False)
    def handler() -> PersonResource:
        return PersonResource(ada)

    assert make_client(handler).get("/").json()["data"] == {
        "id": 1,
        "fullName": "Ada",
        "nick": "A",
        "born": "2026-07-01T10:30:00Z",
        "colour": "red",
        "bestFriend": {
            "id": 2,
            "fullName": "Bob",
            "born": None,
            "colour": "red",
            "bestFriend": None,
            "tags": [{"label": "x"}],
            "shout": "BOB",
        },
        "tags": [],
        "first": "Ada",
        "shout": "ADA",
    }


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (dt.datetime(2026, 1, 1, 1, 2, 3, 4), "2026-01-01T01:02:03.000004Z"),  # noqa: DTZ001
        (dt.datetime(2026, 1, 1, tzinfo=dt.UTC), "2026-01-01T00:00:00Z"),
        (dt.datetime(2026, 1, 1, tzinfo=BERLIN), "2025-12-31T22:00:00Z"),
        (dt.datetime(1, 1, 1, tzinfo=BERLIN), "0001-01-01T00:00:00+02:00"),
    ],
)
def test_a_time_without_a_zone_is_in_utc_also_inside_of_lists_and_objects(
    make_client: Any, moment: dt.datetime, expected: str
) -> None:
    class Times(Resource[Any]):
        one: dt.datetime
        many: list[dt.datetime]
        named: dict[str, dt.datetime | None]

    @get("/", sync_to_thread=False)
    def handler() -> Times:
        return Times(SimpleNamespace(one=moment, many=[moment], named={"a": moment, "b": None}))

    data = make_client(handler, signature_namespace={"Times": Times}).get("/").json()["data"]
    assert data == {"one": expected, "many": [expected], "named": {"a": expected, "b": None}}


class Row(msgspec.Struct):
    id: int = 1
    posts_count: int | msgspec.UnsetType = msgspec.UNSET
    pivot: Any = None


class RowResource(Resource[Row]):
    id: int
    posts_count: int = when_counted("posts")
    colour: str = when_has()
    position: int = when_pivot_loaded()


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (Row(), {"id": 1}),
        (Row(posts_count=0), {"id": 1, "posts_count": 0}),
        (Row(pivot=SimpleNamespace(position=3)), {"id": 1, "position": 3}),
        (SimpleNamespace(id=1, colour=None), {"id": 1, "colour": None}),
    ],
)
def test_fields_that_are_there_when_the_row_has_them(make_client: Any, row: Any, expected: Any) -> None:
    @get("/", sync_to_thread=False)
    def handler() -> Annotated[Any, RowResource]:
        return row

    assert make_client(handler).get("/").json() == {"data": expected}


class Admin(Resource[Person]):
    nick: str | None
    level: int = field("id")


class Merging(Resource[Person]):
    name: str

    def is_admin(self, person: Person) -> bool:
        return person.id > 1

    admin: Admin = merge_when(is_admin)


def test_merged_fields_stand_side_by_side_with_ones_own(make_client: Any) -> None:
    @get("/", sync_to_thread=False)
    def handler() -> Annotated[list[Person], Merging]:
        return [Person(1, "Ada"), Person(2, "Bob", "B")]

    assert make_client(handler).get("/").json()["data"] == [{"name": "Ada"}, {"name": "Bob", "nick": "B", "level": 2}]


class Mapped(Resource[dict[str, Any]], name="mapped"):
    id: int
    owner: TagResource | None
    tags: list[TagResource] = when_loaded()


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"id": 1, "owner": None}, {"id": 1, "owner": None}),
        ({"id": 1, "owner": Tag("x"), "tags": []}, {"id": 1, "owner": {"label": "x"}, "tags": []}),
    ],
)
def test_mappings_are_rows_too(make_client: Any, row: Any, expected: Any) -> None:
    @get("/", sync_to_thread=False)
    def handler() -> ResourceCollection[Mapped]:
        return Mapped.collection([row])

    assert make_client(handler).get("/").json() == {"data": [expected]}


class Linked(Resource[Person]):
    links: Links = links(self=route("people.show", person="name"), all=route("people"))


@get("/people", name="people")
async def people() -> list[Linked]:
    return [Linked(Person(1, "a/b ?ü"))]


@get("/people/{person:str}", name="people.show")
async def show(person: FromPath[str]) -> None: ...


@pytest.mark.parametrize(("base", "prefix"), [("", ""), ("https://api.test/", "https://api.test")])
def test_links_are_uri_references_by_route_name(make_client: Any, base: str, prefix: str) -> None:
    client = make_client([people, show], ResourcesSettings(base_url=base))

    assert client.get("/people").json()["data"] == [
        {"links": {"self": f"{prefix}/people/a%2Fb%20%3F%C3%BC", "all": f"{prefix}/people"}}
    ]


def test_links_do_not_follow_the_host_of_the_request(make_client: Any) -> None:
    text = make_client([people, show]).get("/people", headers={"host": "evil.test"}).text

    assert "evil" not in text


@pytest.mark.parametrize(
    ("link", "message"),
    [
        (route("nowhere"), "there is no route of this name"),
        (route("people.show", wrong="name"), "its path parameters are person"),
        (route("people.show"), "its path parameters are person"),
    ],
)
def test_a_link_to_a_route_that_is_not_there_stops_the_start(make_client: Any, link: Any, message: str) -> None:
    class Broken(Resource[Person]):
        there: Links = links(self=link)

    @get("/", sync_to_thread=False)
    def handler() -> Broken:
        raise NotImplementedError

    with pytest.RaisesGroup(pytest.RaisesExc(RouteUnknown, match=message)):
        make_client([handler, show], signature_namespace={"Broken": Broken})


class Greeting(Resource[Person]):
    name: str

    async def prepare(self, rows: Sequence[Person]) -> None:
        self._greetings = {person.id: f"{self.context['word']}, {person.name} of {len(rows)}" for person in rows}

    @computed
    def greeting(self, person: Person) -> str:
        return self._greetings[person.id]

    @computed
    def path(self, person: Person) -> str:
        return self.request.url.path + self.shared(person)

    def shared(self, person: Person) -> str:
        return f"/{self.greeting(person)[:2]}"


class Greetings(Resource[Any]):
    people: list[Greeting]


def test_a_resource_prepares_itself_once_for_all_rows_and_knows_the_request(make_client: Any) -> None:
    @get("/hello", sync_to_thread=False)
    def handler() -> Greetings:
        ada = Person(1, "Ada")
        return Greetings(SimpleNamespace(people=[ada, ada, Person(2, "Bob")]), word="Hi")

    data = make_client(handler).get("/hello").json()["data"]["people"]

    assert [one["greeting"] for one in data] == ["Hi, Ada of 2", "Hi, Ada of 2", "Hi, Bob of 2"]
    assert data[0]["path"] == "/hello/Hi"


def test_responses_do_not_share_what_they_prepared(make_client: Any) -> None:
    @get("/{word:str}", sync_to_thread=False)
    def handler(word: FromPath[str]) -> ResourceCollection[Greeting]:
        return Greeting.collection([Person(1, "Ada")], word=word)

    client = make_client(handler)

    assert [client.get(f"/{word}").json()["data"][0]["greeting"][:2] for word in ("Aa", "Bb")] == ["Aa", "Bb"]


# --- what is wrong ---


class Other(Resource[Person]):
    id: int


@pytest.mark.parametrize("returned", [Other(Person(1, "Ada")), None, Other.collection([])])
def test_a_handler_that_returns_something_else_is_an_error(make_client: Any, returned: Any) -> None:
    @get("/", sync_to_thread=False)
    def handler() -> PersonResource:
        return returned  # type: ignore[no-any-return]

    with pytest.raises((ResourceMismatch, AttributeError)):
        make_client(handler).get("/")


@pytest.mark.parametrize("returned", [Other.collection([]), "text", {"a": 1}, 7, [Other(Person(1, "Ada"))]])
def test_a_handler_that_returns_other_rows_is_an_error(make_client: Any, returned: Any) -> None:
    @get("/", sync_to_thread=False)
    def handler() -> list[PersonResource]:
        return returned  # type: ignore[no-any-return]

    with pytest.raises(ResourceMismatch):
        make_client(handler).get("/")


class NeedsFriend(Resource[Person]):
    best_friend: TagResource


def test_a_row_that_its_type_promises_and_that_is_missing_is_an_error(make_client: Any) -> None:
    @get("/", sync_to_thread=False)
    def handler() -> NeedsFriend:
        return NeedsFriend(Person(1, "Ada"))

    with pytest.raises(ResourceMismatch, match=r"a row for NeedsFriend\.best_friend"):
        make_client(handler).get("/")


def declare(**options: Any) -> Any:
    return type("Broken", (Resource,), {"__annotations__": {"id": int}, "__module__": __name__}, **options)


class Untyped(Resource[Any]):
    @computed
    def total(self, row: Any):
        return 1


class Twice(Resource[Any], rename={"other": "id"}):
    id: int
    other: int


class InADict(Resource[Any]):
    by_name: dict[str, TagResource]


class Unresolvable(Resource[Any]):
    id: "Nowhere"  # type: ignore[name-defined]  # noqa: F821


class Endless(Resource[Any]):
    child: "Endless"


class NotAttribute(Resource[Any]):
    id: int = field("__import__('os').x")


class Empty(Resource[Any]):
    pass


class WithValue(Resource[Any]):
    id: int = 7


class TakesAName(Resource[Any]):
    collection: str = field()  # type: ignore[assignment]  # refused at boot


class OtherPresence(Resource[Any]):
    child: TagResource = when_not_null()


class NotAResource(Resource[Any]):
    id: int = when_loaded()


@pytest.mark.parametrize(
    ("resource", "message"),
    [
        (Untyped, "annotate what it returns"),
        (Twice, "two fields that are 'id'"),
        (InADict, "a resource stands alone or in a list"),
        (Unresolvable, "the annotations name 'Nowhere'"),
        (Endless, "Endless contains Endless in every answer"),
        (NotAttribute, "which is no attribute"),
        (Empty, "declares no field"),
        (TakesAName, "takes the place of a member of Resource"),
        (OtherPresence, "a relation is always there, or when_loaded"),
        (WithValue, "say where it comes from"),
        (NotAResource, "when_loaded takes a resource"),
        (declare(rename="snake"), "rename='snake' is unknown"),
        (declare(includes=["id"]), "has no relation 'id'"),
        (declare(includes=["a.b.c.d"]), "longer than 3 relations"),
        (declare(wrap=None, additional=Row), "nothing to stand beside"),
    ],
)
def test_a_declaration_that_cannot_be_kept_stops_the_start(make_client: Any, resource: Any, message: str) -> None:
    @get("/", sync_to_thread=False)
    def handler() -> resource: ...

    handler.fn.__annotations__["return"] = resource
    with pytest.raises(ResourceError, match=message):
        make_client(handler)


def test_a_parameter_that_the_resource_reads_itself_stops_the_start(make_client: Any) -> None:
    class Choosing(Resource[Person], sparse=True):
        id: int

    @get("/", sync_to_thread=False)
    def handler(include: FromQuery[str] = "") -> Choosing:
        raise NotImplementedError

    with pytest.raises(GluefulError, match="rename the parameter"):
        make_client(handler, signature_namespace={"Choosing": Choosing})


def test_a_return_dto_beside_a_resource_stops_the_start(make_client: Any) -> None:
    @get("/", return_dto=None, sync_to_thread=False)
    def handler() -> PersonResource:
        raise NotImplementedError

    with pytest.raises(ResourceError, match="remove return_dto="):
        make_client(handler)


def test_an_error_in_a_visibility_closes_the_field(make_client: Any) -> None:
    def broken(request: Request[Any, Any, Any]) -> bool:
        raise RuntimeError("the directory is down")

    class Guarded(Resource[Person]):
        name: str = field(visible_if=broken)

    @get("/", sync_to_thread=False)
    def handler() -> Guarded:
        return Guarded(Person(1, "Ada"))

    with pytest.raises(RuntimeError, match="directory"):
        make_client(handler, signature_namespace={"Guarded": Guarded}).get("/")


def test_hooks_of_litestar_see_the_response(make_client: Any) -> None:
    async def after(response: Response[Any]) -> Response[Any]:
        response.headers["x-seen"] = type(response).__name__
        return response

    @get("/", after_request=after, sync_to_thread=False)
    def handler() -> Other:
        return Other(Person(1, "Ada"))

    assert make_client(handler).get("/").headers["x-seen"] == "ResourceResponse"
