"""Which tables a query reads: what a cache of its result depends on."""

from typing import TYPE_CHECKING, Any

from piccolo.columns.combination import And, Or, Where

from .predicates import InQuery

if TYPE_CHECKING:
    from .clauses import Clauses


def tables_read(query: "Clauses[Any]") -> frozenset[str]:
    """Names of the tables that a query reads, with those of its relations; raw SQL in it is not looked into."""
    scoped = query.scoped()
    found = {query.model._meta.tablename, *scoped.joined}
    for predicate in scoped.predicates:
        found |= _of_predicate(predicate)
    for path in query.relations:
        found |= _of_path(query.model, path)
    for aggregate in query.aggregates:
        found |= _of_path(query.model, aggregate.relation)
    return frozenset(found)


def _of_predicate(predicate: Any) -> set[str]:
    if isinstance(predicate, InQuery):
        return set(tables_read(predicate.query))
    if isinstance(predicate, And | Or):
        return _of_predicate(predicate.first) | _of_predicate(predicate.second)
    if isinstance(predicate, Where):
        chain = getattr(getattr(predicate.column, "_meta", None), "call_chain", ())
        return {key._foreign_key_meta.resolved_references._meta.tablename for key in chain}
    return set()


def _of_path(model: Any, path: str) -> set[str]:
    found: set[str] = set()
    for name in path.split("."):
        relation = model.__relations__[name]
        if relation.is_to_several:
            return found | {target._meta.tablename for target in relation.targets.values()}
        found |= tables_read(relation.source()[0])
        model = relation.target
    return found
