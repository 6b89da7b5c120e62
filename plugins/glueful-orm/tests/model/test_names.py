"""Two packages may have models of one name."""

from typing import Any

import pytest
from glueful_orm import HasMany, Model, has_many
from glueful_orm.model.errors import AmbiguousModel, UnknownRelation
from glueful_orm.model.registry import Registry
from piccolo.columns import Integer


def model(name: str, module: str) -> Any:
    return type(name, (), {"__module__": module, "__qualname__": name})


def test_the_nearest_model_of_a_name_is_meant() -> None:
    registry = Registry()
    ours, theirs = model("Page", "glueful_wiki.models"), model("Page", "glueful_cms.tables")
    author = model("Author", "glueful_wiki.people")
    for one in (ours, theirs, author):
        registry.add(one)

    for name, near, meant in (
        ("Page", author, ours),
        ("Page", model("X", "glueful_cms.tables"), theirs),
        ("glueful_cms.Page", author, theirs),
        ("glueful_cms.tables.Page", author, theirs),
        ("Author", theirs, author),
        ("Nobody", theirs, None),
        ("glueful_blog.Page", author, None),
    ):
        assert registry.named(name, near) is meant


def test_a_name_that_two_strangers_have_is_refused() -> None:
    registry = Registry()
    registry.add(model("Page", "glueful_wiki.models"))
    registry.add(model("Page", "glueful_cms.tables"))

    with pytest.raises(AmbiguousModel, match=r"glueful_wiki\.models\.Page, glueful_cms\.tables\.Page"):
        registry.named("Page", model("Comment", "shop.models"))


def test_a_model_that_is_declared_again_replaces_the_earlier_one() -> None:
    registry = Registry()
    first, second = model("Page", "notebook"), model("Page", "notebook")
    registry.add(first)
    registry.add(second)

    assert list(registry) == [second]


def test_a_relation_to_a_model_that_is_not_there_says_so() -> None:
    class Shelf(Model):
        books: HasMany[Any] = has_many("NoSuchBook", key="shelf_id")
        size = Integer()

    with pytest.raises(UnknownRelation, match="books -> NoSuchBook"):
        Shelf.books.target  # noqa: B018 - read for its error
