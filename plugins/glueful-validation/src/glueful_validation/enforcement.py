"""Running rules: those of single values first, then those that ask the database, all values of a column at once."""

from collections.abc import Awaitable, Iterable, Mapping, Sequence
from inspect import isawaitable
from typing import Any

from .context import ABSENT, RequestContext, RuleContext
from .errors import RowLookupMissing, RuleMisused
from .hookspecs import RowLookup
from .pointer import Path
from .rules.rows import NamedColumn, RowRule, Unique
from .rules.rule import Failure, Rule, Verdict
from .shape.walk import Found, Pending, Siblings

ROWS_AT_ONCE = 10_000
"""Values of one statement: SQLite takes 32,766 parameters."""


class RowLookups:
    """The row lookups of one application, asked in plugin order.

    Args:
        lookups: what plugins contributed.
    """

    def __init__(self, lookups: Iterable[RowLookup] = ()) -> None:
        self._lookups = tuple(lookups)

    def find(self, rule: RowRule, place: str) -> RowLookup:
        """The lookup that knows a rule's column.

        Args:
            rule: ``Unique`` or ``Exists``.
            place: the field that carries it, for the error.

        Raises:
            RowLookupMissing: there is none.
        """
        for lookup in self._lookups:
            if lookup.accepts(rule.column):
                return lookup
        raise RowLookupMissing(repr(rule), place)


async def run_rules(
    pending: Sequence[Pending], request: RequestContext, lookups: RowLookups, limit: int
) -> list[Found]:
    """Run rules on values whose type holds.

    Args:
        pending: rules and values; a value that fails a rule of its own is not looked up in the database.
        request: passed to each rule.
        lookups: for ``Unique`` and ``Exists``.
        limit: how many errors are wanted.

    Returns:
        The errors, at most ``limit`` + 1.
    """
    errors: list[Found] = []
    failed: set[Path] = set()
    rows: list[Pending] = []
    judged: dict[type[Rule], int] = {}
    for item in pending:
        if getattr(item.rule, "is_batched", False):
            rows.append(item)
            continue
        rule, value = item.rule, item.value
        most = getattr(rule, "max_values", None)
        if most is not None:
            judged[type(rule)] = judged.get(type(rule), 0) + 1
            if judged[type(rule)] > most:
                errors.append(Found(item.path, "too_many", {"max": most}, location=item.location))
                return errors
        verdict = rule.check(None if value is ABSENT else value, RuleContext(request, item.field, item.sibling))
        if verdict is True:
            continue
        if isawaitable(verdict):
            verdict = await _settle(verdict)
        if verdict is not True:
            errors.append(_found(item, verdict=verdict))
            failed.add(item.path)
            if len(errors) > limit:
                return errors
    if rows:
        errors.extend(await _check_rows([item for item in rows if item.path not in failed], request, lookups))
    return errors[: limit + 1]


async def _settle(verdict: Awaitable[Verdict]) -> Verdict:
    return await verdict


def _found(item: Pending, *, verdict: Verdict) -> Found:
    rule = item.rule
    default = getattr(type(rule), "message", None)
    default = default if isinstance(default, str) else None
    if isinstance(verdict, Failure):
        params = _in_json(verdict.params, item)
        return Found(item.path, verdict.code, params, verdict.message, default, item.location, _variant(item.value))
    if verdict is not False:
        raise RuleMisused(
            type(rule).__name__, item.field or "a value", f"returned {verdict!r}", "return True, False or a Failure"
        )
    own = vars(rule).get("message") if hasattr(rule, "__dict__") else None
    params = _in_json(getattr(rule, "params", {}), item)
    return Found(item.path, rule.code, params, own, default, item.location, _variant(item.value))


def _variant(value: Any) -> str:
    if isinstance(value, list | tuple | set | frozenset):
        return "items"
    return "members" if isinstance(value, dict) else ""


def _in_json(params: Mapping[str, Any], item: Pending) -> Mapping[str, Any]:
    """Parameters in which other fields have the names that the client knows."""
    siblings = getattr(item.rule, "siblings", None)
    if siblings is None or not isinstance(item.sibling, Siblings):
        return params
    names = {name: item.sibling.json_name(name) for name in siblings(item.field)}

    def renamed(value: Any) -> Any:
        if isinstance(value, list):
            return [renamed(one) for one in value]
        return names.get(value, value) if isinstance(value, str) else value

    return {name: renamed(value) for name, value in params.items()}


async def _check_rows(items: Sequence[Pending], request: RequestContext, lookups: RowLookups) -> list[Found]:
    groups: dict[Any, list[tuple[Pending, RowRule, Any]]] = {}
    errors = []
    for item in items:
        rule: RowRule = item.rule  # type: ignore[assignment]
        value = rule.normalize(item.value) if rule.normalize is not None else item.value
        if not _is_scalar(value):  # where the type says nothing, an object may have been sent
            errors.append(Found(item.path, "invalid", location=item.location))
            continue
        column = rule.column if isinstance(rule.column, NamedColumn) else id(rule.column)
        groups.setdefault((column, rule.ignored_pk(request)), []).append((item, rule, value))
    for (_, ignored), members in groups.items():
        first, rule, _ = members[0]
        lookup = lookups.find(rule, first.field or "a value")
        values = list({value for _, _, value in members})
        existing: set[Any] = set()
        for start in range(0, len(values), ROWS_AT_ONCE):
            some = values[start : start + ROWS_AT_ONCE]
            existing.update(await lookup.existing(rule.column, some, ignore_pk=ignored))
        seen: set[tuple[int, Any]] = set()
        for item, rule, value in members:
            holds = (value in existing) is rule.must_exist
            if isinstance(rule, Unique):
                holds = holds and (id(rule), value) not in seen
                seen.add((id(rule), value))
            if not holds:
                errors.append(_found(item, verdict=False))
    return errors


def _is_scalar(value: Any) -> bool:
    """Whether a value can stand in a column and be looked for."""
    try:
        hash(value)
    except TypeError:
        return False
    return True
