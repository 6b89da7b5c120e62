"""The plugin in a kernel, with a plugin of somebody who owns models."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Any

import pytest
from glueful_hookspecs import GluefulError, hookimpl
from glueful_kernel import create_app
from glueful_resources import (
    CursorCollection,
    HiddenColumn,
    PagedCollection,
    Resource,
    ResourceCollection,
    ResourcesSettings,
    ResourceStream,
    when_loaded,
)
from glueful_resources.plugin import ResourcesPlugin
from litestar import Litestar, get
from litestar.testing import TestClient


class Record:
    """A row of a small ORM in memory."""

    def __init__(self, **values: Any) -> None:
        self.values = values
        self.found: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["values"][name]
        except KeyError:
            raise AttributeError(name) from None


class Ship(Record):
    pass


class Harbour(Record):
    pass


HARBOURS = {1: Harbour(id=1, name="Bremen"), 2: Harbour(id=2, name="Kiel")}
SHIPS = [Ship(id=number, name=f"Ship {number}", code="secret", harbour_id=number % 2 + 1) for number in range(1, 6)]


class Query:
    def __init__(self, rows: Sequence[Ship]) -> None:
        self.rows = rows


class CursorPage:
    def __init__(self, items: Sequence[Ship]) -> None:
        self.items, self.per_page = items, 2
        self.next_cursor, self.previous_cursor = "n", None


class Fleet:
    """The source of the ORM; keeps what it was asked."""

    values = "values"
    related = "found"

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def accepts(self, kind: type) -> bool:
        return issubclass(kind, Record)

    def columns(self, model: type) -> Mapping[str, tuple[Any, bool]]:
        columns = {"id": (int, False), "name": (str, False)}
        return {**columns, "code": (str, False), "harbour_id": (int, False)} if model is Ship else columns

    def hidden(self, model: type) -> Collection[str]:
        return {"code"}

    def relations(self, model: type) -> Mapping[str, tuple[type | None, bool, bool]]:
        return {"harbour": (Harbour, False, False)} if model is Ship else {}

    async def load(self, model: type, rows: Sequence[Any], relation: str, limit: int | None) -> None:
        self.asked.append((relation, len(rows)))
        for row in rows:
            row.found[relation] = HARBOURS[row.harbour_id]

    def model_of(self, value: object) -> type | None:
        return Ship if isinstance(value, Query) else None

    async def fetch(self, query: Query, names: Collection[str] | None) -> tuple[Sequence[Any], bool]:
        self.asked.append(names)
        if names is None:
            return query.rows, False
        return [{name: ship.values[name] for name in names} for ship in query.rows], True

    async def stream_rows(self, query: Query) -> AsyncIterator[Any]:
        for row in query.rows:
            yield row

    def stream(self, query: Query, batch: int) -> AsyncIterator[Any]:
        return self.stream_rows(query)

    async def count(self, query: Query) -> int:
        return len(query.rows)

    def window(self, query: Query, limit: int, offset: int) -> Query:
        return Query(query.rows[offset : offset + limit])

    async def cursor_page(self, query: Query, cursor: str | None, per_page: int) -> CursorPage:
        self.asked.append((cursor, per_page))
        return CursorPage(query.rows[:per_page])


class FleetPlugin:
    name = "fleet"

    def __init__(self) -> None:
        self.source = Fleet()

    @hookimpl
    def glueful_resource_source(self) -> Any:
        return self.source


class HarbourResource(Resource[Harbour]):
    name: str


class ShipResource(Resource[Ship], sparse=True, includes=["harbour"]):
    id: int
    name: str
    harbour: HarbourResource = when_loaded()


class Moored(Resource[Ship]):
    name: str
    harbour: HarbourResource


@get("/ships")
async def ships() -> ResourceCollection[ShipResource]:
    return ShipResource.collection(Query(SHIPS))


@get("/pages")
async def pages() -> PagedCollection[ShipResource]:
    return ShipResource.collection(Query(SHIPS)).paginate(2, 2)


@get("/keyset")
async def keyset() -> CursorCollection[ShipResource]:
    return ShipResource.collection(Query(SHIPS)).cursor_paginate("x", 900)


@get("/mistaken")
async def mistaken() -> PagedCollection[ShipResource]:
    return ShipResource.collection(Query(SHIPS))  # type: ignore[return-value]


@get("/moored")
async def moored() -> ResourceStream[Moored]:
    return Moored.collection(Query(SHIPS)).stream()


@pytest.fixture
def fleet() -> Fleet:
    for ship in SHIPS:
        ship.found.clear()
    return Fleet()


@pytest.fixture
def client(fleet: Fleet) -> Any:
    plugin = FleetPlugin()
    plugin.source = fleet
    app = start(plugin, [ships, pages, keyset, moored, mistaken])
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def start(plugin: FleetPlugin, handlers: Any) -> Litestar:
    return create_app(
        handlers,
        plugins=[plugin, ResourcesPlugin(ResourcesSettings(stream_batch=2))],
        settings={},
        only=["resources", "fleet"],
    )


def test_models_of_any_plugin_are_read_through_its_source(client: Any, fleet: Fleet) -> None:
    ships = client.get("/ships?include=harbour").json()["data"]

    assert ships[0] == {"id": 1, "name": "Ship 1", "harbour": {"name": "Kiel"}}
    assert fleet.asked == [None, ("harbour", 5)]


def test_only_the_columns_that_are_shown_are_asked_for(client: Any, fleet: Fleet) -> None:
    assert client.get("/ships?fields[ships]=name").json()["data"][4] == {"name": "Ship 5"}
    assert [ship["id"] for ship in client.get("/pages?fields[ships]=id").json()["data"]] == [3, 4]
    assert fleet.asked == [["name"], ["id"]]


def test_a_keyset_is_walked_by_the_source_within_the_limit(client: Any, fleet: Fleet) -> None:
    body = client.get("/keyset?cursor=x").json()

    assert (len(body["data"]), body["links"]["next"]) == (5, "/keyset?cursor=n")
    assert fleet.asked == [("x", 100)]


def test_a_query_without_a_page_is_no_page(client: Any) -> None:
    assert client.get("/mistaken").status_code == 500


def test_a_stream_loads_batch_by_batch(client: Any, fleet: Fleet) -> None:
    assert len(client.get("/moored").json()) == 5
    assert fleet.asked == [("harbour", 2), ("harbour", 2), ("harbour", 1)]


def test_what_a_source_hides_stays_hidden() -> None:
    class Leaky(Resource[Ship]):
        code: str

    async def handler() -> Any: ...

    handler.__annotations__["return"] = Leaky
    with pytest.raises(HiddenColumn, match=r"Leaky\.code shows Ship\.code"):
        start(FleetPlugin(), [get("/")(handler)])


def test_a_setting_that_makes_no_sense_stops_the_start() -> None:
    with pytest.raises(GluefulError, match="max_page_size"):
        create_app([], plugins=[], settings={"resources": {"max_page_size": 0}}, only=["resources"])
