"""A bakery that uses all of validation and resources: what schemathesis talks to."""

import datetime as dt
import os
import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any

import svcs
from glueful_edge.plugin import EdgePlugin
from glueful_errors.plugin import ErrorsPlugin
from glueful_hookspecs import Secret
from glueful_kernel import create_app
from glueful_orm import CursorPage, Engine, Page
from glueful_orm.plugin import OrmPlugin
from glueful_orm.settings import OrmSettings
from glueful_resources import CursorCollection, PagedCollection, ResourceCollection, ResourceStream
from glueful_resources.plugin import ResourcesPlugin
from glueful_validation import (
    AlphaDash,
    Digits,
    LessThan,
    MaxLength,
    MinLength,
    ValidatedRequest,
    limits,
    validate,
    validated,
)
from glueful_validation.plugin import ValidationPlugin
from incoming import (
    BY_RULES,
    Amounts,
    BakerChange,
    Batch,
    Kinds,
    Needs,
    NewBaker,
    NewLoaf,
    Order,
    Photo,
    Visit,
    Words,
)
from litestar import Litestar, Response, delete, get, patch, post
from litestar.params import FromCookie, FromHeader, FromPath, FromQuery, JSONBody, MultipartBody, URLEncodedBody
from msgspec import Meta
from outgoing import BakerResource, ChosenLoaf, LoafResource, OfferResource, PlainBaker
from tables import TABLES, Baker, Grain, Loaf, Shelf

Key = FromPath[Annotated[int, Meta(ge=1, le=2**31 - 1)]]
PageNumber = FromQuery[Annotated[int, Meta(ge=1, le=1_000)]]
PageSize = FromQuery[Annotated[int, Meta(ge=1, le=100)]]
SERIAL = uuid.UUID(int=7)


@get("/bakers", name="bakers")
async def list_bakers(page: PageNumber = 1, per_page: PageSize = 20) -> Annotated[Page[Baker], BakerResource]:
    found = Baker.order_by("id").with_count("loaves").with_exists("loaves").with_max("loaves", "grams")
    return await found.paginate(page, per_page)


@post("/bakers")
async def create_baker(data: JSONBody[NewBaker]) -> BakerResource:
    return BakerResource(await Baker.create(handle=data.handle, email=data.email, motto=data.motto))


@get("/bakers/{key:int}", name="bakers.show")
async def show_baker(key: Key) -> BakerResource:
    return BakerResource(await Baker.find_or_fail(key))


@patch("/bakers/{key:int}")
async def change_baker(key: Key, data: JSONBody[BakerChange]) -> BakerResource:
    baker = await Baker.find_or_fail(key)
    await baker.update(**validated(data))
    return BakerResource(baker)


@get("/names")
async def names() -> list[PlainBaker]:
    rows = [{"handle": baker.handle, "motto": baker.motto} for baker in await Baker.order_by("id").limit(50).get()]
    return [PlainBaker(row) for row in rows]


@get("/loaves")
async def list_loaves(page: PageNumber = 1, per_page: PageSize = 20) -> PagedCollection[ChosenLoaf]:
    return ChosenLoaf.collection(Loaf.order_by("id")).paginate(page, per_page)


@post("/loaves")
async def bake(
    data: JSONBody[Batch], x_oven: FromHeader[Annotated[str, Meta(max_length=9)]] = ""
) -> list[LoafResource]:
    rows = [(loaf, await Loaf.create(**stored(loaf))) for loaf in data.loaves]
    return [LoafResource(row) for _, row in rows]


def stored(loaf: NewLoaf) -> Mapping[str, Any]:
    return {
        "baker_id": loaf.baker,
        "name": loaf.name,
        "grain": loaf.grain,
        "grams": loaf.grams,
        "price": Decimal(loaf.grams) / 100,
    }


@get("/loaves/{key:int}")
async def show_loaf(key: Key) -> Annotated[Response[Loaf], LoafResource]:
    return Response(await Loaf.find_or_fail(key), headers={"X-Oven": "1"})


@delete("/loaves/{key:int}")
async def remove_loaf(key: Key) -> None:
    await (await Loaf.find_or_fail(key)).delete()


@get("/loaves/latest")
async def latest() -> Annotated[list[Loaf], LoafResource]:
    return list(await Loaf.order_by("-id").limit(5).get())


@get("/loaves/pages")
async def walk_back(per_page: PageSize = 20) -> Annotated[CursorPage[Loaf], LoafResource]:
    return await Loaf.order_by("id").cursor_paginate(None, per_page)


@get("/loaves/keyset")
async def walk(per_page: PageSize = 20) -> CursorCollection[LoafResource]:
    return LoafResource.collection(Loaf.order_by("name")).cursor_paginate(None, per_page)


@get("/loaves/stream")
async def stream() -> ResourceStream[ChosenLoaf]:
    return ChosenLoaf.collection(Loaf.order_by("id").limit(200)).stream()


@get("/offers")
async def offers(grain: FromQuery[Grain | None] = None) -> ResourceCollection[OfferResource]:
    query = Loaf.order_by("id").limit(50)
    found = query.where(grain=grain) if grain is not None else query
    return OfferResource.collection(found).additional(serial=SERIAL)


@get("/offers/{key:int}")
async def offer(key: Key) -> OfferResource | None:
    return OfferResource(await Loaf.find(key)).additional(serial=SERIAL)


@post("/words")
async def words(data: JSONBody[Words]) -> Words:
    return data


@limits(depth=4, size=20_000)
@post("/amounts")
async def amounts(data: JSONBody[Amounts]) -> Amounts:
    return data


@post("/needs")
async def needs(data: JSONBody[Needs]) -> Needs:
    return data


@post("/kinds")
async def kinds(data: JSONBody[Kinds]) -> Kinds:
    return data


@post("/orders")
async def order(data: JSONBody[Order]) -> Order:
    return data


@post("/photos")
async def photograph(data: MultipartBody[Photo]) -> int:
    return len(await data.picture.read())


@post("/visits")
async def visit(data: URLEncodedBody[Visit]) -> Visit:
    return data


@post("/by-rules")
@validate(BY_RULES, forbid_unknown=True)
async def by_rules(data: ValidatedRequest) -> dict[str, Any]:
    return data.validated()


@get("/search")
async def search(
    text: FromQuery[Annotated[str, MinLength(2), MaxLength(20)]] = "rye",
    colours: FromQuery[Annotated[list[Annotated[str, AlphaDash(), MaxLength(9)]], MaxLength(3)] | None] = None,
    since: FromQuery[dt.date | None] = None,
    most: FromQuery[Annotated[float, LessThan(100)] | None] = None,
    session: FromCookie[Annotated[str, Digits(4)]] = "0000",
) -> list[str]:
    return [text]


HANDLERS: list[Any] = [
    list_bakers,
    create_baker,
    show_baker,
    change_baker,
    list_loaves,
    bake,
    show_loaf,
    remove_loaf,
    walk,
    stream,
    offers,
    offer,
    latest,
    walk_back,
    names,
    words,
    amounts,
    needs,
    kinds,
    order,
    photograph,
    visit,
    by_rules,
    search,
]


def make_app(url: str) -> Litestar:
    orm = OrmPlugin(OrmSettings(url=Secret(url)))
    plugins = [orm, ResourcesPlugin(), ValidationPlugin(), ErrorsPlugin(), EdgePlugin()]
    return create_app(HANDLERS, plugins=plugins, settings={}, only=["orm", "resources", "validation", "errors", "edge"])


def serve() -> Litestar:
    """The application with its tables and some rows in them, for uvicorn."""
    app = make_app(os.environ["BAKERY"])

    async def prepare() -> None:
        async with svcs.Container(app.state["services"]) as container:
            engine = await container.aget(Engine)
        for table in TABLES:
            for statement in table.create_table().ddl:
                await engine.execute(statement)
        await plant()

    app.on_startup.append(prepare)
    return app


async def plant() -> None:
    """Some rows to begin with."""
    shelf = await Shelf.create(label="window")
    for number in range(1, 4):
        baker = await Baker.create(
            handle=f"baker-{number}", email=f"{number}@bakery.test", motto="Rise." if number == 1 else None
        )
        for name in ("rye", "wheat"):
            loaf = await Loaf.create(baker_id=baker.pk, name=name, grain=Grain(name), price=Decimal("4.20"))
            await loaf.shelves.attach(shelf, position=number)
