"""Clauses with a name."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from glueful_orm import Engine, Model, Query, UnknownColumn, global_scope, scope
from piccolo.columns import Boolean, Integer, Varchar


class Article(Model):
    title = Varchar()
    tenant = Integer(default=1)
    is_draft = Boolean(default=False)

    @scope
    def published(query: Query[Any], longer_than: int = 0) -> Query[Any]:  # noqa: N805 - a scope takes the query
        found = query.where(is_draft=False)
        return found.where(Article.title.like("_" * longer_than + "%")) if longer_than else found

    @global_scope
    def own(query: Query[Any]) -> Query[Any]:  # noqa: N805 - a scope takes the query
        return query.where(tenant=1)


@pytest.fixture
async def articles(engine: Engine, created: Callable[..., Awaitable[None]]) -> None:
    await created(Article)
    await Article.insert_many(
        [
            {"title": "a"},
            {"title": "long"},
            {"title": "draft", "is_draft": True},
            {"title": "foreign", "tenant": 2},
        ]
    )


async def test_a_scope_is_a_method_of_the_model_and_of_its_queries(articles: None) -> None:
    assert sorted(await Article.published().pluck("title")) == ["a", "long"]
    assert await Article.published(3).pluck("title") == ["long"]
    assert await Article.where(title="a").published().count() == 1


async def test_a_global_scope_holds_for_every_statement(articles: None) -> None:
    foreign = await Article.query().without_scopes("own").where(tenant=2).first_or_fail()

    assert await Article.find(foreign.id) is None
    assert await Article.query().update(title="x") == 3
    assert await Article.query().delete() == 3
    assert await Article.query().without_scopes().pluck("title") == ["foreign"]


async def test_an_unknown_scope_is_an_error(articles: None) -> None:
    with pytest.raises(AttributeError, match="no method or scope 'publisht'"):
        Article.query().publisht()
    with pytest.raises(UnknownColumn):
        Article.query().without_scopes("others")
