"""The published schema is what is answered: for any resource and any row."""

import datetime as dt
import enum
import uuid
from decimal import Decimal
from types import SimpleNamespace
from typing import Annotated, Any, Literal, NamedTuple

import jsonschema_rs
import msgspec
import pytest
from glueful_resources import (
    ApplicationResources,
    Resource,
    ResourceResponses,
    ResourcesSettings,
    computed,
    field,
    when,
    when_has,
    when_loaded,
    when_not_null,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from litestar import Litestar, get
from litestar.testing import TestClient


class Suit(enum.Enum):
    HEARTS = "hearts"
    SPADES = "spades"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Place(msgspec.Struct):
    name: str
    height: float | None = None


class Pair(msgspec.Struct, array_like=True):
    left: int
    right: int | float | None = None
    more: list["Pair"] = []


class Tree(msgspec.Struct):
    size: int | float
    branches: list["Tree"] = []


class Spot(NamedTuple):
    x: int
    y: bool


class Everything(msgspec.Struct):
    """Types that stand inside another one, where they are encoded by msgspec alone."""

    amount: int | float
    when: dt.datetime
    at: dt.time
    span: dt.timedelta
    price: Decimal
    raw: bytes
    pair: Pair
    spots: list[Spot]
    sizes: dict[str, int | float]
    numbers: list[int | float]
    unique: frozenset[int]
    two: tuple[int, str]
    suit: Suit | None
    by_number: dict[int, str]


class Inner(Resource[Any], name="inner"):
    id: int
    seen_at: dt.datetime = when_not_null()


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
MOMENTS = st.datetimes() | st.datetimes(timezones=st.timezones())
SCALARS: dict[Any, Any] = {
    bool: st.booleans(),
    int: st.integers(-(2**63), 2**63 - 1),
    float: st.floats(allow_nan=False, allow_infinity=False),
    str: TEXT,
    bytes: st.binary(max_size=8),
    Decimal: st.decimals(allow_nan=False, allow_infinity=False, places=4),
    dt.datetime: st.datetimes(min_value=dt.datetime(2, 1, 1), max_value=dt.datetime(9998, 1, 1))  # noqa: DTZ001
    | st.datetimes(
        min_value=dt.datetime(2, 1, 1),  # noqa: DTZ001
        max_value=dt.datetime(9998, 1, 1),  # noqa: DTZ001
        timezones=st.sampled_from([dt.UTC, dt.timezone(dt.timedelta(hours=-7, minutes=-30))]),
    ),
    dt.date: st.dates(),
    dt.time: st.times(),
    dt.timedelta: st.timedeltas(),
    uuid.UUID: st.uuids(),
    Suit: st.sampled_from(Suit),
    Level: st.sampled_from(Level),
    Literal["a", "b"]: st.sampled_from(["a", "b"]),
    Pair: st.builds(
        Pair,
        st.integers(0, 9),
        st.none() | st.integers(0, 9) | st.floats(0, 1),
        st.lists(st.builds(Pair, st.integers(0, 9)), max_size=1),
    ),
    Spot: st.builds(Spot, st.integers(0, 9), st.booleans()),
    Tree: st.recursive(
        st.builds(Tree, st.integers(0, 9) | st.floats(0, 1)),
        lambda trees: st.builds(Tree, st.integers(0, 9), st.lists(trees, max_size=2)),
        max_leaves=3,
    ),
    Everything: st.builds(
        Everything,
        st.integers(0, 5) | st.floats(0, 1),
        MOMENTS,
        st.times(),
        st.timedeltas(),
        st.decimals(allow_nan=False, allow_infinity=False, places=4),
        st.binary(max_size=8),
        st.builds(Pair, st.integers(0, 9)),
        st.lists(st.builds(Spot, st.integers(0, 9), st.booleans()), max_size=2),
        st.dictionaries(TEXT, st.integers(0, 5) | st.floats(0, 1), max_size=2),
        st.lists(st.integers(0, 5) | st.floats(0, 1), max_size=2),
        st.frozensets(st.integers(0, 5), max_size=2),
        st.tuples(st.integers(0, 5), TEXT),
        st.none() | st.sampled_from(Suit),
        st.dictionaries(st.integers(0, 5), TEXT, max_size=2),
    ),
    Place: st.builds(Place, TEXT, st.none() | st.floats(0, 9_000)),
    int | str: st.integers(-5, 5) | TEXT,
    int | float: st.integers(-5, 5) | st.floats(0, 1),
    Any: st.none() | st.booleans() | TEXT,
    Annotated[int, msgspec.Meta(ge=0, le=9)]: st.integers(0, 9),
}


def widened(pair: Any) -> Any:
    """A type and its values, as they are, optional, or inside a container."""
    kind: Any
    kind, values = pair
    options: list[tuple[Any, Any]] = [
        (kind, values),
        (kind | None if kind is not Any else Any, st.none() | values),
        (list[kind], st.lists(values, max_size=3)),
        (dict[str, kind], st.dictionaries(TEXT, values, max_size=3)),
        (tuple[kind, bool], st.tuples(values, st.booleans())),
        (tuple[kind, ...], st.lists(values, max_size=3).map(tuple)),
    ]
    return st.sampled_from(options)


INNER = st.builds(SimpleNamespace, id=st.integers(0, 9), seen_at=st.none() | SCALARS[dt.datetime])
KINDS = st.one_of(
    st.sampled_from(list(SCALARS.items())).flatmap(widened),
    st.sampled_from([(Inner, INNER), (Inner | None, st.none() | INNER), (list[Inner], st.lists(INNER, max_size=3))]),
)


def is_nested(kind: Any) -> bool:
    return kind in (Inner, Inner | None, list[Inner])


def declarations(kind: Any, values: Any, data: Any, name: str) -> tuple[Any, Any]:
    """How the field is declared, and a value of the row; ``None`` for an attribute that the row lacks."""
    value = (data.draw(values),)
    if is_nested(kind):
        lacks = data.draw(st.booleans())
        return (when_loaded(), () if lacks else value) if data.draw(st.booleans()) else (None, value)
    form = data.draw(st.sampled_from(["plain", "renamed", "when", "not null", "has", "hidden from some"]))
    if form == "renamed":
        return field(name, name=f"{name}-Ü"), value
    if form == "when":
        answer = data.draw(st.booleans())
        return when(lambda self, row: answer), value
    if form == "not null":
        return when_not_null(), data.draw(st.just((None,)) | st.just(value))
    if form == "has":
        return when_has(), data.draw(st.just(()) | st.just(value))
    if form == "hidden from some":
        answer = data.draw(st.booleans())
        return field(visible_if=lambda connection: answer), value
    return None, value


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), rename=st.sampled_from([None, "camel", "kebab"]), wrap=st.sampled_from(["data", None, "it"]))
def test_any_answer_of_any_resource_validates_against_its_published_schema(
    data: Any, rename: str | None, wrap: str | None
) -> None:
    body: dict[str, Any] = {"__annotations__": {}, "__module__": __name__}
    row = SimpleNamespace()
    for index, (kind, values) in enumerate(data.draw(st.lists(KINDS, min_size=1, max_size=6))):
        name = f"field_{index}"
        spec, value = declarations(kind, values, data, name)
        body["__annotations__"][name] = kind
        if spec is not None:
            body[name] = spec
        if value:
            setattr(row, name, value[0])
    made = type("Made", (Resource,), body, rename=rename, wrap=wrap, sparse=data.draw(st.booleans()))
    annotation = data.draw(st.sampled_from([made, list[made], made | None]))  # type: ignore[valid-type]

    def handler() -> Any:
        return [row, row] if annotation == list[made] else row  # type: ignore[valid-type]

    handler.__annotations__["return"] = annotation
    app = Litestar(
        [get("/", sync_to_thread=False)(handler)], plugins=[ResourceResponses(ApplicationResources())], debug=True
    )
    with TestClient(app) as client:
        document = client.get("/schema/openapi.json").json()
        response = client.get("/")

    assert response.status_code == 200, response.text
    schema = document["paths"]["/"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    check = jsonschema_rs.validator_for({**schema, "components": document["components"]}, validate_formats=True)
    assert [f"{error.instance_path}: {error.message}" for error in check.iter_errors(response.json())] == []


class Described(Resource[Any]):
    """Somebody, as
    strangers see them.

    Not for the document.
    """

    name: str = field(description="As signed.")
    friend: Inner = field(description="The best one.")
    maybe: str = when_has()

    @computed
    def loud(self, row: Any) -> str:
        """The name in capitals.

        Always.
        """
        return str(row.name).upper()


def component(resource: Any, name: str) -> Any:
    def handler() -> Any: ...

    handler.__annotations__["return"] = resource
    app = Litestar([get("/", sync_to_thread=False)(handler)], plugins=[ResourceResponses(ApplicationResources())])
    return app.openapi_schema.to_schema()["components"]["schemas"][name]


def test_descriptions_come_from_the_declaration() -> None:
    schema = component(Described, "Described")

    assert schema["description"] == "Somebody, as strangers see them."
    assert schema["properties"]["name"]["description"] == "As signed."
    assert schema["properties"]["loud"] == {"type": "string", "description": "The name in capitals."}
    assert schema["properties"]["friend"]["allOf"] == [{"$ref": "#/components/schemas/Inner"}]
    assert (schema["required"], schema["additionalProperties"]) == (["friend", "loud", "name"], False)


class Left(Resource[Any]):
    right: "Right | None"


class Right(Resource[Any]):
    left: Left = when_loaded()
    lefts: list[Left] = when_loaded()


def test_resources_may_contain_one_another_in_the_document_and_end_in_answers() -> None:
    left = SimpleNamespace(right=None)
    left.right = SimpleNamespace(left=left, lefts=[left, left])

    def handler() -> Any:
        return left

    handler.__annotations__["return"] = Left
    plugins = [ResourceResponses(ApplicationResources(ResourcesSettings(max_depth=3)))]
    with TestClient(Litestar([get("/", sync_to_thread=False)(handler)], plugins=plugins)) as client:
        assert client.get("/").json() == {"data": {"right": {"left": {"right": {}}, "lefts": [{"right": {}}] * 2}}}
        assert client.get("/schema/openapi.json").json()["components"]["schemas"]["Right"]["properties"]["left"] == {
            "$ref": "#/components/schemas/Left"
        }


@pytest.mark.parametrize("kind", [dt.datetime, Decimal, bytes])
def test_a_type_says_how_it_is_encoded(kind: Any) -> None:
    schema = component(type("One", (Resource,), {"__annotations__": {"x": kind}, "__module__": __name__}), "One")

    assert (
        schema["properties"]["x"]
        == {
            dt.datetime: {"type": "string", "format": "date-time"},
            Decimal: {"type": "string", "format": "decimal"},
            bytes: {"type": "string", "contentEncoding": "base64"},
        }[kind]
    )
