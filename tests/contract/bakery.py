"""A bakery that uses all of validation and resources: what schemathesis talks to."""

import datetime as dt
import os
import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal

import svcs
from glueful_errors.plugin import ErrorsPlugin
from glueful_hookspecs import Secret
from glueful_kernel import create_app
from glueful_orm import Engine, HasMany, Page, Timestamps, belongs_to, has_many
from glueful_orm.plugin import OrmPlugin
from glueful_orm.settings import OrmSettings
from glueful_resources import (
    CursorCollection,
    Links,
    PagedCollection,
    Resource,
    ResourceCollection,
    ResourceStream,
    computed,
    field,
    has_role,
    links,
    merge_when,
    route,
    when,
    when_counted,
    when_loaded,
    when_not_null,
)
from glueful_resources.plugin import ResourcesPlugin
from glueful_validation import (
    Between,
    Date,
    Distinct,
    Errors,
    Exists,
    FormRequest,
    Length,
    MaxLength,
    RequiredIf,
    Trim,
    Unique,
    Username,
)
from glueful_validation.plugin import ValidationPlugin
from litestar import Litestar, Response, delete, get, patch, post
from litestar.params import FromHeader, FromPath, FromQuery, JSONBody
from msgspec import UNSET, Meta, Struct, UnsetType, structs
from piccolo.columns import Boolean, ForeignKey, Integer, Numeric, Text, Varchar

Key = FromPath[Annotated[int, Meta(ge=1, le=2**31 - 1)]]
PageNumber = FromQuery[Annotated[int, Meta(ge=1, le=1_000)]]
PageSize = FromQuery[Annotated[int, Meta(ge=1, le=100)]]


class Grain(Enum):
    RYE = "rye"
    WHEAT = "wheat"


class Baker(Timestamps):
    handle = Varchar(length=40, unique=True)
    email = Varchar(length=80)
    password = Varchar(length=80, default="$argon2$hidden")
    motto = Text(null=True, default=None)

    hidden = frozenset({"password"})

    loaves: HasMany["Loaf"] = has_many("Loaf", key="baker_id")


class Loaf(Timestamps):
    baker_id = ForeignKey(Baker, null=False, default=None)
    name = Varchar(length=40)
    grain = Varchar(length=10, choices=Grain, default=Grain.RYE)
    price = Numeric(digits=(8, 2))
    grams = Integer(default=500)
    is_sold_out = Boolean(default=False)

    baker = belongs_to(Baker, key="baker_id")


TABLES = [Baker, Loaf]


# --- what comes in ---

# Not Email and Slug: their patterns cost schemathesis half a minute each; what they accept is tested beside them.
Address = Annotated[str, Meta(pattern=r"^[a-z0-9.]{1,30}@[a-z]{1,30}\.test$")]
Label = Annotated[str, Meta(pattern="^[a-z]{1,20}$")]


class NewBaker(FormRequest, forbid_unknown_fields=True):
    handle: Annotated[str, Username(), Length(3, 40), Unique(Baker.handle)]
    email: Address
    kind: Literal["guest", "master"] = "guest"
    licence: Annotated[Annotated[str, MaxLength(20)] | None, RequiredIf("kind", "master")] = None
    motto: Annotated[str, Trim(), MaxLength(200)] | None = None

    def after(self, errors: Errors) -> None:
        if self.motto == self.email:
            errors.add("motto", "motto_is_email", "must not be your e-mail address")


class BakerChange(Struct, forbid_unknown_fields=True):
    email: Address | UnsetType = UNSET
    motto: Annotated[str, MaxLength(200)] | UnsetType | None = UNSET


class NewLoaf(Struct, forbid_unknown_fields=True):
    name: Annotated[str, Meta(min_length=1, max_length=40, pattern="^[a-z ]+$")]
    baker: Annotated[int, Between(1, 2**31 - 1), Exists(Baker.id)]
    grams: Annotated[int, Between(1, 5_000)]
    grain: Grain = Grain.RYE
    sold_from: Annotated[dt.date, Date(after=dt.date(2000, 1, 1))] | None = None
    labels: Annotated[list[Label], MaxLength(5), Distinct()] = []


class Batch(Struct, forbid_unknown_fields=True):
    loaves: Annotated[list[NewLoaf], Meta(min_length=1, max_length=10)]
    note: str | None = None


# --- what goes out ---


class Private(Resource[Baker]):
    """For the baker alone."""

    email: str


class BakerResource(Resource[Baker], includes=("loaves", "loaves.baker")):
    """Who bakes."""

    id: int
    handle: str
    motto: str = when_not_null()
    created_at: dt.datetime
    email_of_staff: str = field("email", visible_if=has_role("staff"))
    loaves: list["LoafResource"] = when_loaded(limit=50)
    loaves_count: int = when_counted("loaves")
    links: Links = links(self=route("bakers.show", key="id"), all=route("bakers"))

    def is_first(self, baker: Baker) -> bool:
        return bool(baker.pk == 1)

    private: Private = merge_when(is_first)
    founder: str = when(is_first, "handle")


class LoafResource(Resource[Loaf], name="loaves", rename="camel", includes=("baker",)):
    id: int
    name: str
    grain: Grain
    price: Decimal
    grams: int
    is_sold_out: bool
    baker: BakerResource = when_loaded()

    @computed
    def per_kilo(self, loaf: Loaf) -> float:
        return float(loaf.price) * 1_000 / loaf.grams


class ChosenLoaf(LoafResource, name="loaves", sparse=True):
    """The same, with the fields that a request chooses."""


class About(Struct):
    serial: uuid.UUID


class OfferResource(Resource[Loaf], name="offers", wrap="offer", wrap_many="offers", additional=About):
    """A loaf and its baker, always; knows how many loaves each baker has."""

    name: str
    baker: BakerResource
    changed_at: dt.datetime = field("updated_at")

    async def prepare(self, rows: Sequence[Loaf]) -> None:
        self._counts = await Loaf.where(baker_id__in=[loaf.baker_id for loaf in rows]).count_by("baker_id")

    @computed
    def others(self, loaf: Loaf) -> int:
        return self._counts[loaf.baker_id] - 1


SERIAL = uuid.UUID(int=7)


@get("/bakers", name="bakers")
async def list_bakers(page: PageNumber = 1, per_page: PageSize = 20) -> Annotated[Page[Baker], BakerResource]:
    return await Baker.order_by("id").with_count("loaves").paginate(page, per_page)


@post("/bakers")
async def create_baker(data: JSONBody[NewBaker]) -> BakerResource:
    return BakerResource(await Baker.create(handle=data.handle, email=data.email, motto=data.motto))


@get("/bakers/{key:int}", name="bakers.show")
async def show_baker(key: Key) -> BakerResource:
    return BakerResource(await Baker.find_or_fail(key))


@patch("/bakers/{key:int}")
async def change_baker(key: Key, data: JSONBody[BakerChange]) -> BakerResource:
    baker = await Baker.find_or_fail(key)
    await baker.update(**{name: value for name, value in structs.asdict(data).items() if value is not UNSET})
    return BakerResource(baker)


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
]


def make_app(url: str) -> Litestar:
    plugins = [OrmPlugin(OrmSettings(url=Secret(url))), ResourcesPlugin(), ValidationPlugin(), ErrorsPlugin()]
    return create_app(HANDLERS, plugins=plugins, settings={}, only=["orm", "resources", "validation", "errors"])


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
    for number in range(1, 4):
        baker = await Baker.create(
            handle=f"baker-{number}", email=f"{number}@bakery.test", motto="Rise." if number == 1 else None
        )
        for name in ("rye", "wheat"):
            await Loaf.create(baker_id=baker.pk, name=name, grain=Grain(name), price=Decimal("4.20"))
