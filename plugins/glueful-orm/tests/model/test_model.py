"""One row: found, created, changed, deleted."""

import datetime as dt
from typing import Any

import msgspec
import pytest
from glueful_orm import MassAssignmentError, Model, ModelNotFound, UniqueViolation, encode_model
from glueful_orm.model.errors import ReservedName
from glueful_orm.testing import assert_queries
from piccolo.columns import UUID, Varchar


async def test_a_row_is_created_and_found(shop: Any) -> None:
    ann = await shop.Person.create(email="ann@example.org", age=33)

    found = await shop.Person.find(ann.pk)

    assert (found.email, found.age, found.is_admin, found.preferences) == ("ann@example.org", 33, False, {})
    assert found == ann
    assert len({found, ann}) == 1
    assert found.created_at.tzinfo is not None
    assert abs(found.created_at - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=1)


async def test_nobody_is_found_by_an_unknown_key(shop: Any) -> None:
    assert await shop.Person.find(7) is None
    with pytest.raises(ModelNotFound) as caught:
        await shop.Person.find_or_fail(7)
    assert (caught.value.model, caught.value.key) == ("Person", 7)


async def test_only_what_changed_is_written(shop: Any) -> None:
    ann = await shop.Person.create(email="ann@example.org", age=33)
    other = await shop.Person.find(ann.pk)
    await other.update(email="new@example.org")

    ann.age = 34
    assert ann.dirty() == {"age": 34}
    await ann.save()

    assert await ann.refresh() is ann
    assert (ann.email, ann.age) == ("new@example.org", 34)


async def test_saving_what_has_not_changed_asks_the_database_nothing(shop: Any) -> None:
    ann = await shop.Person.create(email="ann@example.org")

    with assert_queries(0):
        await ann.save()


async def found(model: Any) -> Any:
    return await type(model).find(model.pk)


async def test_an_update_moves_its_time(shop: Any) -> None:
    ann = await shop.Person.create(email="ann@example.org")
    before = ann.updated_at

    await ann.update(age=1)

    assert ann.updated_at > before
    assert (await found(ann)).updated_at == ann.updated_at


async def test_json_changed_in_place_is_seen(shop: Any) -> None:
    ann = await shop.Person.create(email="ann@example.org", preferences={"theme": "dark", "tags": [1]})
    ann.preferences["tags"].append(2)
    assert "preferences" in ann.dirty()
    await ann.save()

    other = await found(ann)
    other.preferences["theme"] = "light"
    await other.save()

    assert (await found(ann)).preferences == {"theme": "light", "tags": [1, 2]}


async def test_guarded_and_unknown_names_are_refused(shop: Any) -> None:
    with pytest.raises(MassAssignmentError, match="is_admin"):
        await shop.Person.create(email="a", is_admin=True)
    with pytest.raises(MassAssignmentError, match="colour"):
        await shop.Person.create(email="a", colour="red")
    ann = await shop.Person.create(email="a")
    with pytest.raises(MassAssignmentError, match="is_admin"):
        await ann.update(is_admin=True)
    with pytest.raises(MassAssignmentError, match="nonsense"):
        ann.fill(nonsense=1)

    ann.is_admin = True
    await ann.save()
    assert (await found(ann)).is_admin is True


async def test_a_deleted_row_is_gone(shop: Any) -> None:
    ann = await shop.Person.create(email="ann@example.org")

    assert await ann.delete()

    assert await shop.Person.find(ann.pk) is None
    ann.age = 1
    await ann.save()
    assert await shop.Person.where(email="ann@example.org").count() == 1


async def test_updating_a_row_that_is_gone_is_an_error(shop: Any) -> None:
    ann = await shop.Person.create(email="ann@example.org")
    await (await found(ann)).delete()

    with pytest.raises(ModelNotFound):
        await ann.update(age=1)


async def test_what_the_database_refuses_has_a_type_and_names_the_column(shop: Any) -> None:
    await shop.Person.create(email="ann@example.org")

    with pytest.raises(UniqueViolation) as caught:
        await shop.Person.create(email="ann@example.org")

    assert caught.value.columns == ("email",)


async def test_first_or_create_makes_one(shop: Any) -> None:
    one = await shop.Topic.first_or_create(name="python")
    two = await shop.Topic.first_or_create(name="python")

    assert one == two
    assert await shop.Topic.query().count() == 1


async def test_many_rows_are_inserted_by_one_call(shop: Any) -> None:
    assert await shop.Topic.insert_many([{"name": f"t{number}"} for number in range(50)]) == 50
    assert await shop.Topic.query().count() == 50
    with pytest.raises(MassAssignmentError):
        await shop.Topic.insert_many([{"name": "x", "colour": "red"}])


async def test_hidden_columns_never_leave_in_json(shop: Any) -> None:
    ann = await shop.Person.create(email="ann@example.org", password="$argon2id$…")

    encoded = msgspec.json.decode(msgspec.json.encode([ann], enc_hook=encode_model))

    assert encoded[0]["email"] == "ann@example.org"
    assert "password" not in encoded[0]
    assert "argon2" not in repr(ann)


def test_a_column_that_would_hide_a_method_is_refused() -> None:
    with pytest.raises(ReservedName, match="save"):

        class Broken(Model):
            save = Varchar()  # type: ignore[assignment]


def test_a_primary_key_of_another_type_is_the_only_one() -> None:
    class Parcel(Model):
        code = UUID(primary_key=True)
        label = Varchar()

    assert [column._meta.name for column in Parcel._meta.columns] == ["code", "label"]
    assert Parcel._meta.tablename == "parcels"
