"""Dependency order. No I/O and no packaging: names and edges, so that properties can be tested."""

from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from heapq import heapify, heappop, heappush
from typing import TypeAlias

Edges: TypeAlias = Mapping[str, frozenset[str]]
"""A plugin's name to the names that come before it."""


def order(edges: Edges, ranks: Mapping[str, tuple[int, str]] | None = None) -> list[str]:
    """Every name after all that it needs; among those that could come next, the smallest rank first.

    Args:
        edges: every name is a key; what it needs but is no key is ignored.
        ranks: for ties; by default the name itself.

    Raises:
        graphlib.CycleError: there is a circle; see ``find_cycle``.
    """
    known = {name: {other for other in needed if other in edges} for name, needed in edges.items()}
    sorter = TopologicalSorter(known)
    sorter.prepare()
    rank = ranks or {name: (0, name) for name in edges}
    ready = [(rank[name], name) for name in sorter.get_ready()]
    heapify(ready)
    ordered = []
    while ready:
        _, name = heappop(ready)
        ordered.append(name)
        sorter.done(name)
        for other in sorter.get_ready():
            heappush(ready, (rank[other], other))
    return ordered


def find_cycle(edges: Edges) -> Sequence[str] | None:
    """A circle, each name needing the next and the first one standing again at the end; None if there is none."""
    sorter = TopologicalSorter({name: set(needed) & edges.keys() for name, needed in edges.items()})
    try:
        sorter.prepare()
    except CycleError as error:
        path: list[str] = list(reversed(error.args[1]))
        start = path.index(min(path))
        return [*path[start:-1], *path[:start], path[start]]
    return None


def with_soft_edges(hard: Edges, soft: Edges) -> tuple[Edges, list[tuple[str, str]]]:
    """Add each soft edge that closes no circle, in the order of names.

    Returns:
        the edges, and the soft edges (name, needed) that were dropped.
    """
    edges = {name: set(needed) for name, needed in hard.items()}
    dropped = []
    for name in sorted(soft):
        for needed in sorted(soft[name] & hard.keys() - edges[name]):
            if name == needed or name in requirements_of(needed, {n: frozenset(e) for n, e in edges.items()}):
                dropped.append((name, needed))
            else:
                edges[name].add(needed)
    return {name: frozenset(needed) for name, needed in edges.items()}, dropped


def requirements_of(name: str, edges: Edges) -> frozenset[str]:
    """All that a name needs, directly or not."""
    return _reach(name, edges)


def dependants_of(name: str, edges: Edges) -> frozenset[str]:
    """All that need a name, directly or not."""
    backwards: dict[str, set[str]] = {}
    for other, needed in edges.items():
        for one in needed:
            backwards.setdefault(one, set()).add(other)
    return _reach(name, {key: frozenset(value) for key, value in backwards.items()})


def _reach(name: str, edges: Edges) -> frozenset[str]:
    seen: set[str] = set()
    waiting = list(edges.get(name, ()))
    while waiting:
        if (one := waiting.pop()) not in seen:
            seen.add(one)
            waiting.extend(edges.get(one, ()))
    return frozenset(seen)
