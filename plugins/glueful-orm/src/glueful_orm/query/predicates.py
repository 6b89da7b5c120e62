"""Predicates as SQL with bind parameters: Piccolo's expressions, keywords, and membership by one parameter."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
from piccolo.columns.base import Column
from piccolo.columns.combination import And, Or, Where, WhereRaw
from piccolo.columns.operators import comparison
from piccolo.querystring import QueryString

from ..model.codecs import plain
from ..model.plan import Plan, plan_of

_OF_THE_COLUMNS_TYPE = frozenset(
    {
        comparison.Equal,
        comparison.NotEqual,
        comparison.GreaterThan,
        comparison.GreaterEqualThan,
        comparison.LessThan,
        comparison.LessEqualThan,
    }
)
OPERATORS = {"": "=", "ne": "<>", "gt": ">", "ge": ">=", "lt": "<", "le": "<="}


class Comparison(NamedTuple):
    """A column against a value as the driver takes it; a value of None asks for NULL."""

    column: str
    operator: str
    value: Any


AS_THEY_ARE = frozenset({int, str})
"""Types of keys that every driver takes, looked at first: there may be thousands."""


class Membership(NamedTuple):
    """A column among values as the driver takes them: one bind parameter and constant SQL, however many values."""

    column: str
    values: Sequence[Any]


class Part(NamedTuple):
    """A column that holds a text somewhere; no character of it has a meaning, and case matters on both databases."""

    column: str
    place: str
    """A key of ``PARTS``."""
    text: str


class InSelect(NamedTuple):
    """A column among the rows of a select, whose text has ``{0}``, ``{1}`` … where its values are bound."""

    column: str
    select: str
    values: Sequence[Any]


class InQuery(NamedTuple):
    """A column among the values that ``key`` has in the rows of a query, with at least so many rows a value."""

    column: str
    query: Any
    key: str
    at_least: int = 1
    is_negated: bool = False


class Beyond(NamedTuple):
    """Rows that stand after given values in an order; columns with whether they descend."""

    columns: Sequence[tuple[str, bool]]
    values: Sequence[Any]


PARTS = {
    "contains": ("instr({0}, {1}) > 0", "strpos({0}, {1}) > 0"),
    "icontains": ("instr(lower({0}), lower({1})) > 0", "strpos(lower({0}), lower({1})) > 0"),
    "startswith": ("substr({0}, 1, {2}) = {1}", "left({0}, {2}) = {1}"),
    "endswith": ("substr({0}, -{2}) = {1}", "right({0}, {2}) = {1}"),
}
"""By operator: SQL of SQLite and of PostgreSQL, for a column, a text and its length."""

Predicate = Comparison | Membership | Part | InSelect | InQuery | Beyond | Where | And | Or | WhereRaw | QueryString


class Statement:
    """Collects the values of one statement while its text is written."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.values: list[Any] = []

    def bind(self, value: Any) -> str:
        """Add a value; its placeholder."""
        self.values.append(plain(value, self._plan.dialect))
        return self._plan.placeholder(len(self.values))

    def write(self, predicate: Any) -> str:
        """The text of a predicate."""
        if isinstance(predicate, Comparison):
            if predicate.value is None:
                return f"{predicate.column} IS {'NOT ' if predicate.operator == '<>' else ''}NULL"
            return f"{predicate.column} {predicate.operator} {self.bind(predicate.value)}"
        if isinstance(predicate, Membership):
            return self._member(predicate.column, predicate.values)
        if isinstance(predicate, Part):
            template = PARTS[predicate.place][self._plan.dialect == "postgres"]
            if not predicate.text:
                return f"{predicate.column} IS NOT NULL"
            # A cast, since PostgreSQL cannot tell the type of a parameter of these functions.
            value = self.bind(predicate.text) + ("::text" if self._plan.dialect == "postgres" else "")
            return template.format(predicate.column, value, len(predicate.text))
        if isinstance(predicate, InSelect):
            inner = predicate.select.format(*(self.bind(value) for value in predicate.values))
            return f"{predicate.column} IN ({inner})"
        if isinstance(predicate, InQuery):
            return self._among(predicate)
        if isinstance(predicate, Beyond):
            return self._beyond(predicate)
        if isinstance(predicate, And):
            return f"({self.write(predicate.first)} AND {self.write(predicate.second)})"
        if isinstance(predicate, Or):
            return f"({self.write(predicate.first)} OR {self.write(predicate.second)})"
        if isinstance(predicate, QueryString):
            return self.write_querystring(predicate)
        if isinstance(predicate, WhereRaw):
            return f"({self.write_querystring(predicate.querystring)})"
        return self._expression(predicate)

    def write_querystring(self, querystring: QueryString) -> str:
        """The text of Piccolo's own SQL: functions, arithmetic, paths into JSON, ``WhereRaw``."""
        _, fragments, values = querystring.bundle(start_index=1)
        text = ""
        remaining = iter(values)
        for fragment in fragments:
            text += fragment.prefix + ("" if fragment.no_arg else self.bind(next(remaining)))
        return text

    def _among(self, predicate: InQuery) -> str:
        query = predicate.query
        if predicate.is_negated:
            query = query.altered(predicates=(*query.predicates, Comparison(predicate.key, "<>", None)))
        inner = query.write(self, predicate.key, is_ordered=False)
        if predicate.at_least > 1:
            inner += f" GROUP BY {predicate.key} HAVING COUNT(*) >= {int(predicate.at_least)}"
        if predicate.is_negated:
            return f"({predicate.column} IS NULL OR {predicate.column} NOT IN ({inner}))"
        return f"{predicate.column} IN ({inner})"

    def _beyond(self, predicate: Beyond) -> str:
        branches = []
        for index, (column, is_descending) in enumerate(predicate.columns):
            equal = [
                f"{name} = {self.bind(value)}"
                for (name, _), value in zip(predicate.columns[:index], predicate.values, strict=False)
            ]
            last = f"{column} {'<' if is_descending else '>'} {self.bind(predicate.values[index])}"
            branches.append("(" + " AND ".join([*equal, last]) + ")")
        return "(" + " OR ".join(branches) + ")"

    def _member(self, column: str, values: Sequence[Any]) -> str:
        dialect = self._plan.dialect
        found = [value if type(value) in AS_THEY_ARE else plain(value, dialect) for value in values]
        if self._plan.dialect == "postgres":
            self.values.append(found)
            return f"{column} = ANY(${len(self.values)})"
        self.values.append(msgspec.json.encode(found).decode())
        return f"{column} IN (SELECT value FROM json_each(?))"

    def _expression(self, predicate: Any) -> str:
        """A comparison written with a column: ``User.age > 3``, ``Post.author_id.name == "x"``."""
        column: Column = predicate.column
        if column._meta.call_chain:
            return self._through(predicate)
        name = quoted(column)
        template = predicate.operator.template
        if "{values}" in template:
            negation = "NOT " if "NOT" in template else ""
            if isinstance(predicate.values, QueryString):
                return f"{name} {negation}IN ({self.write_querystring(predicate.values)})"
            text = self._member(name, [self._searched(column, value) for value in predicate.values])
            return f"NOT ({text})" if negation else text
        if "{value}" in template:
            return str(template.format(name=name, value=self._operand(predicate)))
        return str(template.format(name=name))

    def _operand(self, predicate: Any) -> str:
        value = predicate.value
        if isinstance(value, Column):
            return quoted(value)
        if isinstance(value, QueryString):
            return self.write_querystring(value)
        if predicate.operator in _OF_THE_COLUMNS_TYPE:
            value = self._searched(predicate.column, value)
        return self.bind(value)

    def _searched(self, column: Column, value: Any) -> Any:
        table: Any = column._meta.table
        return (
            plan_of(table, self._plan.dialect).searched(column._meta.name, value) if hasattr(table, "casts") else value
        )

    def _through(self, predicate: Any) -> str:
        """A comparison with a column of the table that a foreign key points to."""
        key, *rest = predicate.column._meta.call_chain
        target = key._foreign_key_meta.resolved_target_column
        beyond = predicate.column.copy()
        beyond._meta.call_chain = rest
        query = target._meta.table.query().where(
            Where(column=beyond, value=predicate.value, values=predicate.values, operator=predicate.operator)
        )
        return self._among(InQuery(quoted(key), query, quoted(target)))


def quoted(column: Column) -> str:
    """The name of a column as SQL."""
    return f'"{column._meta.table._meta.tablename}"."{column._meta.db_column_name}"'
