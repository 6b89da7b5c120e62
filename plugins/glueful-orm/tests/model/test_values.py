"""Values are the same on both databases: what one would refuse, the other refuses, and both name the attribute."""

import datetime as dt
import enum
import uuid
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import pytest
from glueful_hookspecs import Secret
from glueful_orm import DataError, Encrypted, Engine, HasMany, Model, belongs_to, has_many, uuid7
from glueful_orm.engines.keys import set_keys
from glueful_orm.errors import NumericOverflow, StoredValueInvalid
from glueful_orm.mappings import error_mappings
from glueful_orm.model.errors import NotSearchable
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from piccolo.columns import (
    JSON,
    JSONB,
    UUID,
    Array,
    BigInt,
    Boolean,
    Bytea,
    Date,
    DoublePrecision,
    ForeignKey,
    Integer,
    Interval,
    Numeric,
    SmallInt,
    Text,
    Time,
    Timestamp,
    Timestamptz,
    Varchar,
)
from piccolo.columns.combination import WhereRaw
from piccolo.query.functions import Upper


class Size(enum.StrEnum):
    SMALL = "small"
    LARGE = "large"


class Maker(Model):
    id = UUID(primary_key=True, default=uuid7)
    name = Varchar(default="")

    things: HasMany["Thing"] = has_many("Thing", key="maker_id")


class Thing(Model):
    maker_id = ForeignKey(Maker, null=True, default=None)
    name = Varchar(10, default="")
    note = Text(default="")
    tiny = SmallInt(default=0)
    number = Integer(default=0)
    large = BigInt(default=0)
    price = Numeric(digits=(8, 2), default=Decimal(0))
    ratio = DoublePrecision(default=0.0)
    is_new = Boolean(default=False)
    day = Date(null=True, default=None)
    hour = Time(null=True, default=None)
    seen_at = Timestamptz(null=True, default=None)
    local_at = Timestamp(null=True, default=None)
    lasts = Interval(null=True, default=None)
    data = Bytea(default=b"")
    facts = JSONB(default="{}")
    size: Any = Varchar(default="small")
    marks: Any = JSON(default="[]")
    days = Array(base_column=Date(), default=list)
    secret = Text(null=True, default=None)

    casts = {"size": Size, "marks": list[int], "secret": Encrypted()}  # noqa: RUF012 - declared once

    maker = belongs_to(Maker, key="maker_id", null=True)


@pytest.fixture
async def maker(engine: Engine, created: Callable[..., Awaitable[None]]) -> Maker:
    set_keys(engine, "", Secret("k" * 32))
    await created(Maker, Thing)
    return await Maker.create(name="Ann")


VALUES: dict[str, Any] = {
    "name": "é" * 10,
    "note": "any length" * 1000,
    "tiny": -(2**15),
    "number": 2**31 - 1,
    "large": 2**63 - 1,
    "price": Decimal("123456.78"),
    "ratio": -1.5e-300,
    "is_new": True,
    "day": dt.date(1, 1, 1),
    "hour": dt.time(23, 59, 59, 999_999),
    "seen_at": dt.datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=dt.UTC),
    "local_at": dt.datetime.fromisoformat("2026-01-02 03:04:05"),
    "lasts": dt.timedelta(days=3, microseconds=1),
    "data": b"\0\xff",
    "facts": {"a": [1, None, "x"]},
    "size": Size.LARGE,
    "marks": [3, 1],
    "days": [dt.date(2026, 1, 2)],
    "secret": "attack at dawn",
}


@pytest.mark.parametrize("name", VALUES)
async def test_a_value_comes_back_as_it_was_given_and_can_be_looked_for(maker: Maker, name: str) -> None:
    thing = await Thing.create(**{name: VALUES[name]})

    found: Any = await Thing.find_or_fail(thing.id)

    assert (found.__dict__[name], type(found.__dict__[name])) == (VALUES[name], type(VALUES[name]))
    assert not found.dirty()
    assert (await Thing.query().dicts(name)) == [{name: VALUES[name]}]
    if name == "secret":
        with pytest.raises(NotSearchable, match="encrypted"):
            Thing.where(secret="attack at dawn")
        with pytest.raises(NotSearchable):
            Thing.where(secret__startswith="attack")
    elif name != "marks":  # PostgreSQL's json, unlike jsonb, knows no equality
        assert await Thing.where(**{name: VALUES[name]}).count() == 1
        assert await Thing.where(**{f"{name}__ne": VALUES[name]}).count() == 0


REFUSED: list[tuple[str, Any]] = [
    ("name", "é" * 11),
    ("name", "a\0b"),
    ("name", "\ud800"),
    ("name", 7),
    ("tiny", 2**15),
    ("number", 2**31),
    ("number", "7"),
    ("number", 1.0),
    ("large", 2**63),
    ("price", Decimal("1000000.00")),
    ("price", Decimal("999999.995")),
    ("price", Decimal("1e999999")),
    ("price", Decimal("NaN")),
    ("price", Decimal("Infinity")),
    ("price", "1.10"),
    ("seen_at", "0000-00-00"),
    ("day", dt.datetime.fromisoformat("2026-01-01")),
    ("hour", 7),
    ("local_at", dt.datetime(2026, 1, 1, tzinfo=dt.UTC)),
    ("facts", {"a": object()}),
    ("facts", "{not json"),
    ("size", "huge"),
    ("marks", ["x"]),
]


@pytest.mark.parametrize(("name", "value"), REFUSED)
async def test_a_value_that_a_column_cannot_hold_is_refused_with_its_name(maker: Maker, name: str, value: Any) -> None:
    thing = await Thing.create()

    for attempt in (Thing.create(**{name: value}), thing.update(**{name: value}), Thing.insert_many([{name: value}])):
        with pytest.raises(DataError) as refused:
            await attempt
        assert refused.value.columns == (name,)
        assert str(value) not in str(refused.value)
    assert await Thing.query().count() == 1


def test_over_http_the_name_is_told_and_the_value_is_not() -> None:
    mapping = error_mappings()[DataError]

    (field,) = mapping["errors"](DataError("text longer than 10 characters").of("things", "name"))

    assert (mapping["status"], field.pointer, field.code) == (422, "/name", "invalid")


async def test_a_time_or_a_key_may_be_given_as_text(maker: Maker) -> None:
    thing: Any = await Thing.create(
        maker_id=str(maker.id),
        day="2026-01-02",
        hour="03:04",
        seen_at="2026-01-02T03:04:05+01:00",
        local_at="2026-01-02",
    )

    found: Any = await thing.fresh()
    assert (found.maker_id, found.day, found.hour) == (maker.id, dt.date(2026, 1, 2), dt.time(3, 4))
    assert found.seen_at == dt.datetime(2026, 1, 2, 2, 4, 5, tzinfo=dt.UTC)
    assert await Thing.where(day__ge="2026-01-01", seen_at__lt="2026-02-01T00:00:00Z").count() == 1


async def test_numbers_are_rounded_and_added_up_alike(maker: Maker) -> None:
    await Thing.insert_many([{"price": Decimal("0.10")}, {"price": Decimal("0.205")}, {"price": Decimal("-0.205")}])

    assert await Thing.order_by("id").pluck("price") == [Decimal("0.10"), Decimal("0.21"), Decimal("-0.21")]
    assert [str(price) for price in await Thing.order_by("id").pluck("price")] == ["0.10", "0.21", "-0.21"]
    assert await Thing.query().sum("price") == Decimal("0.10")
    assert await Thing.query().avg("ratio") == 0.0
    assert await Thing.where(id=0).avg("price") is None


async def test_digits_that_sqlite_would_lose_are_refused(engine: Engine, created: Callable[..., Any]) -> None:
    class Ledger(Model):
        amount = Numeric(digits=(40, 4))

    await created(Ledger)
    await Ledger.create(amount=Decimal(9007199254740993))
    if engine.dialect == "sqlite":
        with pytest.raises(NumericOverflow, match="15"):
            await Ledger.create(amount=Decimal("123456789012345678.1234"))
    else:
        await Ledger.create(amount=Decimal("123456789012345678.1234"))

    assert (await Ledger.query().first_or_fail()).amount == Decimal("9007199254740993.0000")


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "price": st.decimals(-999_999, 999_999, places=2),
            "ratio": st.floats(allow_nan=False, allow_infinity=False),
            "seen_at": st.datetimes(timezones=st.just(dt.UTC)),
            "lasts": st.timedeltas(dt.timedelta(-10_000), dt.timedelta(10_000)),
            "data": st.binary(max_size=20),
            "note": st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20),
        },
    )
)
async def test_every_value_that_is_taken_comes_back(maker: Maker, values: dict[str, Any]) -> None:
    thing = await Thing.create(**values)
    found: Any = await Thing.find_or_fail(thing.id)

    assert {name: found.__dict__[name] for name in values} == values


async def test_a_foreign_key_holds_what_it_points_to(maker: Maker) -> None:
    thing = await Thing.create(maker_id=maker, name="cup")

    found = await Thing.where(maker_id=maker).first_or_fail()
    assert isinstance(found.maker_id, uuid.UUID)
    assert thing.maker_id == found.maker_id == maker.id
    assert await found.maker == maker
    assert [one.things.loaded for one in await Maker.with_("things")] == [[thing]]
    assert await thing.update(maker_id=None)
    assert await thing.maker is None


async def test_a_relation_is_forgotten_when_its_key_changes(maker: Maker) -> None:
    thing: Any = await Thing.create(maker_id=maker)
    assert await thing.maker == maker

    thing.maker_id = (await Maker.create(name="Bob")).id
    await thing.save()

    assert (await thing.maker).name == "Bob"


async def test_a_key_that_no_row_can_have_is_no_rows(maker: Maker) -> None:
    assert await Thing.find(2**99) is None
    assert await Maker.find("no uuid") is None
    assert await Maker.find(str(maker.id)) == maker
    with pytest.raises(DataError, match=r"things\(id\)"):
        await Thing.find("1")


async def test_what_is_stored_and_cannot_be_read_is_told(maker: Maker, engine: Engine) -> None:
    await Thing.create()
    await engine.execute("UPDATE things SET size = 'gone'")

    for attempt in (Thing.all(), Thing.query().dicts("name", "size")):
        with pytest.raises(StoredValueInvalid) as told:
            await attempt
        assert (told.value.table, told.value.column) == ("things", "size")


async def test_expressions_of_piccolo_mean_the_same(maker: Maker, engine: Engine) -> None:
    await Thing.create(maker_id=maker, name="cup", number=3, facts={"colour": {"name": "red"}}, size=Size.LARGE)
    await Thing.create(name="jar", number=4)

    async def names(*predicates: Any) -> list[str]:
        return await Thing.where(*predicates).order_by("name").pluck("name")

    assert await names(Thing.maker_id.name == "Ann") == ["cup"]
    assert await names((Thing.maker_id.name == "Bob") | (Thing.number == 4)) == ["jar"]
    assert await names(Thing.maker_id == maker) == ["cup"]
    assert await names(Upper(Thing.name) == "JAR") == ["jar"]
    assert await names(Thing.size == Size.LARGE) == ["cup"]
    assert await names(Thing.size.is_in([Size.LARGE, Size.SMALL])) == ["cup", "jar"]
    assert await names(Thing.name.not_in(["jar"])) == ["cup"]
    assert await names(Thing.number > Thing.tiny) == ["cup", "jar"]
    assert await names(WhereRaw('"number" + {} = {}', 1, 5)) == ["jar"]
    assert await names(Thing.id.is_in(Thing.select(Thing.id).where(Thing.number == 4))) == ["jar"]
    if engine.dialect == "postgres":
        assert await names(Thing.facts.arrow("colour").arrow("name") == '"red"') == ["cup"]
    with pytest.raises(DataError, match=r"things\(number\)"):
        await names(Thing.number > "3")
