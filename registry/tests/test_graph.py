"""The algebra of order: properties for any graph."""

from graphlib import CycleError
from itertools import pairwise

import pytest
from glueful_registry.graph import dependants_of, find_cycle, order, requirements_of, with_soft_edges
from hypothesis import given
from hypothesis import strategies as st

NAMES = st.sampled_from([chr(ord("a") + index) for index in range(10)])


@st.composite
def acyclic(draw: st.DrawFn) -> dict[str, frozenset[str]]:
    """Each name may need any that stands before it in a random order."""
    names = draw(st.lists(NAMES, unique=True, max_size=10))
    return {
        name: frozenset(draw(st.sets(st.sampled_from(names[:i])) if i else st.just(set())))
        for i, name in enumerate(names)
    }


@st.composite
def any_graph(draw: st.DrawFn) -> dict[str, frozenset[str]]:
    names = draw(st.lists(NAMES, unique=True, min_size=1, max_size=10))
    return {name: frozenset(draw(st.sets(st.sampled_from(names)))) for name in names}


@given(acyclic())
def test_each_name_comes_after_all_that_it_needs(edges: dict[str, frozenset[str]]) -> None:
    ordered = order(edges)

    assert sorted(ordered) == sorted(edges)
    for name, needed in edges.items():
        assert all(ordered.index(other) < ordered.index(name) for other in needed)


@given(acyclic(), st.randoms())
def test_the_order_does_not_depend_on_the_order_of_discovery(edges: dict[str, frozenset[str]], random: object) -> None:
    names = list(edges)
    random.shuffle(names)  # type: ignore[attr-defined]

    assert order({name: edges[name] for name in names}) == order(edges)


@given(acyclic())
def test_names_that_could_come_next_come_by_name(edges: dict[str, frozenset[str]]) -> None:
    ordered = order(edges)

    for index, name in enumerate(ordered):
        done = set(ordered[:index])
        ready = {other for other in ordered[index:] if edges[other] <= done}
        assert name == min(ready)


@given(any_graph())
def test_a_cycle_is_real_and_found_exactly_when_there_is_one(edges: dict[str, frozenset[str]]) -> None:
    cycle = find_cycle(edges)

    if cycle is None:
        order(edges)
        return
    assert cycle[0] == cycle[-1]
    assert all(needed in edges[name] for name, needed in pairwise(cycle))
    assert len(set(cycle)) == len(cycle) - 1
    with pytest.raises(CycleError):
        order(edges)


@given(acyclic(), any_graph())
def test_soft_edges_never_close_a_circle_and_are_kept_wherever_they_can(
    hard: dict[str, frozenset[str]], wishes: dict[str, frozenset[str]]
) -> None:
    soft = {name: wishes.get(name, frozenset()) for name in hard}

    edges, dropped = with_soft_edges(hard, soft)

    order(edges)
    assert all(hard[name] <= edges[name] for name in hard)
    for name, needed in dropped:
        assert name == needed or name in requirements_of(needed, edges)


@given(acyclic())
def test_requirements_and_dependants_are_two_sides_of_one_relation(edges: dict[str, frozenset[str]]) -> None:
    for one in edges:
        for other in edges:
            assert (other in requirements_of(one, edges)) == (one in dependants_of(other, edges))
