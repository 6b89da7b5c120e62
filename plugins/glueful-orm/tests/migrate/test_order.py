"""The order of apps."""

from itertools import pairwise
from pathlib import Path

import pytest
from glueful_orm.migrate.errors import AppDuplicated, AppMissing, MigrationCycle
from glueful_orm.migrate.order import in_order, required_by
from glueful_orm.migrate.sources import MigrationSource
from hypothesis import given
from hypothesis import strategies as st


def source(app: str, *requires: str) -> MigrationSource:
    return MigrationSource(app, Path(app), requires=requires)


def test_what_is_required_comes_first_and_the_rest_as_contributed() -> None:
    ordered = in_order([source("shop", "users"), source("blog", "users"), source("users"), source("tags")])

    assert [item.app for item in ordered] == ["users", "shop", "blog", "tags"]


@given(st.data())
def test_any_acyclic_graph_is_ordered_by_its_requirements_whatever_the_order_of_discovery(data: st.DataObject) -> None:
    apps = [f"a{number}" for number in range(data.draw(st.integers(1, 9)))]
    sources = [
        source(app, *data.draw(st.lists(st.sampled_from(apps[:index]), unique=True)) if index else ())
        for index, app in enumerate(apps)
    ]

    ordered = [item.app for item in in_order(data.draw(st.permutations(sources)))]

    assert sorted(ordered) == sorted(apps)
    for item in sources:
        assert all(ordered.index(required) < ordered.index(item.app) for required in item.requires)


@given(st.permutations(["a", "b", "c", "d"]))
def test_a_cycle_is_named_with_its_whole_path(order: list[str]) -> None:
    sources = {"a": source("a", "b"), "b": source("b", "c"), "c": source("c", "a"), "d": source("d", "a")}

    with pytest.raises(MigrationCycle) as caught:
        in_order([sources[name] for name in order])

    path = caught.value.path
    assert path[0] == path[-1]
    assert set(path) == {"a", "b", "c"}
    assert all(second in sources[first].requires for first, second in pairwise(path))


def test_a_required_app_that_nobody_contributes_is_named() -> None:
    with pytest.raises(AppMissing) as caught:
        in_order([source("blog", "users"), source("tags")])

    assert (caught.value.app, caught.value.missing) == ("blog", "users")
    assert str(caught.value) == (
        "the migrations of blog require users, which is no app that an active plugin contributes\n"
        "  fix: install or enable its plugin; known: blog, tags"
    )


def test_two_sources_with_one_name_are_refused() -> None:
    with pytest.raises(AppDuplicated, match="two migration sources are called blog"):
        in_order([source("blog"), source("blog")])


def test_requirements_are_followed_to_the_end() -> None:
    assert required_by("c", [source("a"), source("b", "a"), source("c", "b"), source("d")]) == {"a", "b"}
