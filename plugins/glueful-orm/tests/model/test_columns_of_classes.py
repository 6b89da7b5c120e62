"""One name for two things: a column of the class, and the value of a row."""

import inspect

import pytest
from glueful_orm import Model
from piccolo.columns import Boolean, Column, Integer, Varchar


class Named(Model, abstract=True):
    name = Varchar(100)


class Aged:
    """A mixin that knows nothing of models."""

    age = Integer()


class Cat(Named, Aged):
    is_tame = Boolean()


class Kitten(Cat):
    age = Integer(default=0)


def test_the_class_has_columns_and_a_row_has_values() -> None:
    tom = Cat(name="Tom", age=3, is_tame=True)

    assert isinstance(Cat.is_tame, Column)
    assert tom.is_tame is True
    tom.is_tame = False
    assert tom.is_tame is False
    assert isinstance(Cat.is_tame, Column)


def test_a_value_is_a_plain_attribute_and_no_descriptor_stands_before_it() -> None:
    assert "is_tame" in vars(Cat(name="Tom"))
    assert not any("is_tame" in vars(base) for base in Cat.__mro__)


@pytest.mark.parametrize("name", ["id", "name", "age", "is_tame"])
def test_inherited_columns_belong_to_the_model(name: str) -> None:
    for model in (Cat, Kitten):
        column = getattr(model, name)

        assert column._meta.table is model
        assert column in model._meta.columns
    assert getattr(Cat, name) is not getattr(Kitten, name)


def test_columns_keep_the_order_of_their_declaration() -> None:
    assert [column._meta.name for column in Cat._meta.columns] == ["id", "age", "name", "is_tame"]


def test_a_nearer_base_that_has_the_name_wins() -> None:
    class Shouting:
        @property
        def name(self) -> str:
            return "TOM"

    class Loud(Shouting, Named, tablename="loud"):  # type: ignore[override]
        pass

    assert [column._meta.name for column in Loud._meta.columns] == ["id"]
    assert Loud().name == "TOM"


def test_what_is_no_column_is_told_as_python_tells_it() -> None:
    with pytest.raises(AttributeError, match="Cat has no attribute 'tail'"):
        _ = Cat.tail  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match="'Cat' object has no attribute 'tail'"):
        _ = Cat().tail  # type: ignore[attr-defined]


def test_columns_are_listed_for_those_who_look() -> None:
    assert {"id", "name", "age", "is_tame", "find"} <= set(dir(Cat))
    assert dict(inspect.getmembers(Cat))["is_tame"] is Cat.is_tame
