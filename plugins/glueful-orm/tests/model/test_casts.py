"""Attributes whose type is not that of their column."""

import enum
import uuid
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from glueful_hookspecs import Secret
from glueful_orm import Encrypted, Engine, Model, UnknownColumn, encode_model, uuid7
from glueful_orm.engines.keys import set_keys
from glueful_orm.model.errors import DecryptionFailed, EncryptionKeyMissing
from hypothesis import given
from hypothesis import strategies as st
from piccolo.columns import JSON, UUID, Numeric, Text, Varchar


class Level(enum.Enum):
    LOW = "low"
    HIGH = "high"


class Address(msgspec.Struct):
    street: str
    number: int


class Account(Model):
    id = UUID(primary_key=True, default=uuid7)
    level: Any = Varchar(default="low")
    address = JSON(null=True, default=None)
    token = Text(null=True, default=None)
    balance = Numeric(digits=(10, 2), default=Decimal("0.00"))

    casts = {"level": Level, "address": Address, "token": Encrypted()}  # noqa: RUF012 - declared once
    hidden = frozenset({"token"})
    appended = ("label",)

    @property
    def label(self) -> str:
        return f"{self.level.value}!"


@pytest.fixture
async def table(engine: Engine, created: Callable[..., Awaitable[None]]) -> Engine:
    set_keys(engine, "", Secret("k" * 32))
    await created(Account)
    return engine


async def test_values_come_back_as_their_type(table: Engine) -> None:
    made: Any = await Account.create(level=Level.HIGH, address=Address("Elm", 7), balance=Decimal("10.10"))

    found: Any = await Account.find_or_fail(made.id)

    assert (found.level, found.address, found.balance) == (Level.HIGH, Address("Elm", 7), Decimal("10.10"))
    assert await Account.where(level=Level.HIGH).count() == 1
    assert isinstance(found.id, uuid.UUID)


async def test_a_change_in_place_is_seen(table: Engine) -> None:
    made: Any = await Account.create(address=Address("Elm", 7))
    found: Any = await Account.find_or_fail(made.id)

    found.address.number = 8

    assert found.dirty() == {"address": Address("Elm", 8)}
    await found.save()
    assert not found.dirty()
    assert (await made.refresh()).address.number == 8


async def test_an_encrypted_attribute_is_never_stored_as_text(table: Engine) -> None:
    first: Any = await Account.create(token="attack at dawn")
    await Account.create(token="attack at dawn")

    stored = [row[0] for row in await table.fetch('SELECT "token" FROM "accounts"', [])]

    assert len(set(stored)) == 2
    assert not any("attack" in text for text in stored)
    assert (await first.refresh()).token == "attack at dawn"
    assert b"token" not in msgspec.json.encode(first, enc_hook=encode_model)


async def test_another_key_or_an_altered_value_is_refused(table: Engine) -> None:
    made: Any = await Account.create(token="attack at dawn")
    set_keys(table, "", Secret("x" * 32))
    with pytest.raises(DecryptionFailed):
        await Account.find(made.id)
    set_keys(table, "", None)
    with pytest.raises(EncryptionKeyMissing, match="none is set"):
        await Account.create(token="x")


async def test_what_is_appended_leaves_in_json(table: Engine) -> None:
    made: Any = await Account.create()

    assert made.visible()["label"] == "low!"


def test_a_cast_of_no_column_is_refused() -> None:
    with pytest.raises(UnknownColumn, match="nme"):

        class Wrong(Model):
            name = Varchar()
            casts = {"nme": Level}  # noqa: RUF012 - declared once


@given(st.integers(min_value=2, max_value=50))
def test_uuids_of_version_7_sort_by_time(count: int) -> None:
    made = [uuid7() for _ in range(count)]

    assert made == sorted(made)
    assert len(set(made)) == count
    assert {(one.version, one.variant) for one in made} == {(7, uuid.RFC_4122)}
