"""The clauses of a query, and the statement that they make."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from piccolo.columns.base import Column

from ..engines import ROUTER
from ..model.errors import UnknownColumn, UnknownRelation
from ..model.plan import Plan, plan_of
from .aggregates import Aggregate
from .predicates import OPERATORS, PARTS, Comparison, InQuery, InSelect, Membership, Part, Predicate, Statement
from .tables import tables_read

if TYPE_CHECKING:
    from ..model.model import Model
    from .builder import Query

M = TypeVar("M", bound="Model")
Refinement = Callable[["Query[Any]"], "Query[Any]"]


class Clauses(Generic[M]):
    """What is asked of the rows of one model.

    Args:
        model: whose rows.
    """

    def __init__(self, model: type[M]) -> None:
        self.model = model
        self.joins = ""
        self.joined: tuple[str, ...] = ()
        self.predicates: tuple[Predicate, ...] = ()
        self.orders: tuple[tuple[str, bool], ...] = ()
        self.relations: dict[str, Refinement | None] = {}
        self.aggregates: tuple[Aggregate, ...] = ()
        self.left_out: frozenset[str] = frozenset()
        self.row_limit: int | None = None
        self.row_offset = 0
        self.lock = ""

    def altered(self, **changes: Any) -> Self:
        """A copy with other clauses."""
        query = self.__class__.__new__(type(self))
        query.__dict__ = {**self.__dict__, **changes}
        return query

    @property
    def plan(self) -> Plan:
        """The model's plan for the database in use."""
        return plan_of(self.model, ROUTER.engine.dialect)

    @property
    def tables(self) -> frozenset[str]:
        """Names of the tables that the query reads, with those of its relations; raw SQL in it is not looked into."""
        return tables_read(self)

    # --- which rows ---

    def where(self, *predicates: Any, **values: Any) -> Self:
        """Keep rows for which all hold.

        Args:
            predicates: Piccolo expressions: ``User.age > 3``, ``(Post.title == "a") | (Post.title == "b")``.
            values: ``name="x"`` for equality (None asks for NULL), ``age__gt=3``, ``id__in=[1, 2]``; operators are
                ``ne``, ``gt``, ``ge``, ``lt``, ``le``, ``in``, ``contains``, ``icontains``, ``startswith`` and
                ``endswith``, whose text has no wildcards. A model stands for its primary key.

        Raises:
            UnknownColumn: a name is no column, or its operator is unknown.
        """
        if values:
            plan = self.plan
            predicates = (*predicates, *[self._keyword(plan, key, value) for key, value in values.items()])
        return self.altered(predicates=(*self.predicates, *predicates))

    def _keyword(self, plan: Plan, key: str, value: Any) -> Predicate:
        name, _, operator = key.partition("__")
        column = plan.quoted.get(name)
        if column is None:
            raise UnknownColumn(self.model.__name__, name)
        if operator in OPERATORS:
            return Comparison(column, OPERATORS[operator], plan.searched(name, value))
        if operator == "in":
            return Membership(column, [plan.searched(name, one) for one in value])
        if operator not in PARTS:
            raise UnknownColumn(self.model.__name__, key)
        if name in plan.unsearchable:
            plan.searched(name, value)
        return Part(column, operator, str(value))

    def column(self, name: str) -> str:
        """The quoted name of an attribute's column.

        Raises:
            UnknownColumn: there is none of this name.
        """
        try:
            return self.plan.quoted[name]
        except KeyError:
            raise UnknownColumn(self.model.__name__, name) from None

    def among(self, name: str, select: str, *values: Any) -> Self:
        """Keep rows whose attribute stands among the rows of a select; its text has ``{0}``, ``{1}`` for values."""
        return self.altered(predicates=(*self.predicates, InSelect(self.column(name), select, values)))

    def among_query(self, name: str, query: "Clauses[Any]", key: str) -> Self:
        """Keep rows whose attribute stands among the values of attribute ``key`` of another query."""
        return self.altered(predicates=(*self.predicates, InQuery(self.column(name), query, query.column(key))))

    def where_has(self, path: str, refine: Refinement | None = None, *, at_least: int = 1) -> Self:
        """Keep rows that have related rows.

        Args:
            path: ``"posts"``, or ``"posts.comments"`` for posts that have comments.
            refine: what the related rows must be: ``lambda posts: posts.where(Post.is_draft == False)``.
            at_least: how many of them there must be.

        Raises:
            UnknownRelation: a name is no relation.
        """
        return self._has(path, refine, at_least, is_negated=False)

    def doesnt_have(self, path: str, refine: Refinement | None = None) -> Self:
        """Keep rows that have no such related rows; see ``where_has``."""
        return self._has(path, refine, 1, is_negated=True)

    def _has(self, path: str, refine: Refinement | None, at_least: int, *, is_negated: bool) -> Self:
        name, _, rest = path.partition(".")
        relation = self.relation(name)
        if rest:
            related = relation.source(lambda query: query.where_has(rest, refine, at_least=at_least))
            at_least = 1
        else:
            related = relation.source(refine)
        local = self.column(relation.local_name)
        return self.altered(predicates=(*self.predicates, InQuery(local, related[0], related[1], at_least, is_negated)))

    def relation(self, name: str) -> Any:
        """A relation of the model.

        Raises:
            UnknownRelation: there is none of this name.
        """
        found = self.model.__relations__.get(name)
        if found is None:
            raise UnknownRelation(self.model.__name__, name)
        return found

    # --- scopes ---

    def without_scopes(self, *names: str) -> Self:
        """Leave out global scopes, all without names.

        Raises:
            UnknownColumn: the model has no scope of this name.
        """
        known = self.model.__scopes__
        for name in names:
            if name not in known:
                raise UnknownColumn(self.model.__name__, f"{name} (as a global scope)")
        return self.altered(left_out=self.left_out | frozenset(names or known))

    def with_trashed(self) -> Self:
        """Also rows that are softly deleted."""
        return self.without_scopes("trashed")

    def only_trashed(self) -> Self:
        """Only rows that are softly deleted."""
        return self.without_scopes("trashed").where(deleted_at__ne=None)

    def scoped(self) -> Self:
        """With the clauses of the model's global scopes."""
        scopes = self.model.__scopes__
        if not scopes or scopes.keys() <= self.left_out:
            return self
        query = self.altered(left_out=frozenset(scopes))
        for name, scope in scopes.items():
            if name not in self.left_out:
                query = scope(query)
        return query

    def apply(self, scope: "Callable[..., Any]", *arguments: Any, **named: Any) -> Self:
        """Pass the query through a function: ``Post.query().apply(published, since=today)``."""
        query: Self = scope(self, *arguments, **named)
        return query

    # --- order and extent ---

    def order_by(self, *columns: "str | Column") -> Self:
        """Sort by columns or their names, ``-name`` for descending; later ones decide among equals.

        Raises:
            UnknownColumn: a name is no column, or a hidden one, whose order would tell of its values; pass the column
                itself for that. Text of users never becomes SQL.
        """
        orders = []
        known = self.plan.quoted
        for column in columns:
            if isinstance(column, str):
                is_descending = column[:1] == "-"
                name = column[1:] if is_descending else column
                is_refused = name in self.model.hidden
            else:
                name, is_descending, is_refused = str(column._meta.name), False, False
            if is_refused or name not in known:
                raise UnknownColumn(self.model.__name__, name)
            orders.append((name, is_descending))
        return self.altered(orders=(*self.orders, *orders))

    def limit(self, rows: int) -> Self:
        """At most so many rows; in a refinement of ``with_``, so many for each owner."""
        return self.altered(row_limit=max(int(rows), 0))

    def offset(self, rows: int) -> Self:
        """Skip so many rows."""
        return self.altered(row_offset=max(int(rows), 0))

    def for_update(self, *, skip_locked: bool = False) -> Self:
        """Lock the rows until the transaction ends; SQLite, where one transaction writes at a time, needs no lock."""
        return self.altered(lock=" FOR UPDATE" + (" SKIP LOCKED" if skip_locked else ""))

    # --- what comes along ---

    def with_(self, *paths: str, **refined: Refinement) -> Self:
        """Load relations with one statement for each relation and level.

        Args:
            paths: ``"comments"``, ``"comments.author"``.
            refined: a relation and what to do to its query: ``comments=lambda query: query.limit(3)``.

        Raises:
            UnknownRelation: a name is no relation; also where there is no row to load it for.
        """
        for path in (*paths, *refined):
            self._check_path(path)
        return self.altered(relations={**self.relations, **dict.fromkeys(paths), **refined})

    def _check_path(self, path: str) -> None:
        query: Clauses[Any] = self
        for name in path.split("."):
            relation = query.relation(name)
            if relation.is_to_several:
                return
            query = Clauses(relation.target)

    def with_count(self, *names: str, **refined: Refinement) -> Self:
        """Give each row the number of its related rows as ``<relation>_count``, by one statement a relation."""
        return self._aggregated("COUNT", None, {**dict.fromkeys(names), **refined})

    def with_exists(self, *names: str, **refined: Refinement) -> Self:
        """Give each row ``<relation>_exists``, by one statement a relation."""
        return self._aggregated("EXISTS", None, {**dict.fromkeys(names), **refined})

    def with_sum(self, name: str, column: str, refine: Refinement | None = None) -> Self:
        """Give each row the sum of a column of its related rows as ``<relation>_sum_<column>``; 0 without rows."""
        return self._aggregated("SUM", column, {name: refine})

    def with_max(self, name: str, column: str, refine: Refinement | None = None) -> Self:
        """Give each row the greatest value of a column of its related rows, as ``<relation>_max_<column>``, or None."""
        return self._aggregated("MAX", column, {name: refine})

    def with_min(self, name: str, column: str, refine: Refinement | None = None) -> Self:
        """Give each row the smallest value of a column of its related rows, as ``<relation>_min_<column>``, or None."""
        return self._aggregated("MIN", column, {name: refine})

    def _aggregated(self, function: str, column: str | None, relations: dict[str, Refinement | None]) -> Self:
        new = []
        for name, refine in relations.items():
            relation = self.relation(name)
            if column is not None and column not in plan_of(relation.target, self.plan.dialect).quoted:
                raise UnknownColumn(relation.target.__name__, column)
            new.append(Aggregate(name, function, column, refine))
        return self.altered(aggregates=(*self.aggregates, *new))

    # --- SQL ---

    def sql(self, head: str | None = None, *, is_ordered: bool = True) -> tuple[str, list[Any]]:
        """The statement and its values.

        Args:
            head: what to select instead of the model's columns.
            is_ordered: with order, limit, offset and lock.
        """
        statement = Statement(self.plan)
        return self.write(statement, head, is_ordered=is_ordered), statement.values

    def write(self, statement: Statement, head: str | None = None, *, is_ordered: bool = True) -> str:
        """The statement's text; its values are bound to ``statement``."""
        query, plan = self.scoped(), self.plan
        if head is None and not query.joins:
            text = plan.select
        else:
            text = f"SELECT {head or plan.fields} FROM {plan.table}{query.joins}"
        text += query.condition(statement)
        if not is_ordered:
            return text
        text += query.ordering()
        if query.row_limit is not None or (query.row_offset and plan.dialect == "sqlite"):
            text += f" LIMIT {-1 if query.row_limit is None else query.row_limit}"
        if query.row_offset:
            text += f" OFFSET {query.row_offset}"
        return text + (query.lock if plan.dialect == "postgres" else "")

    def condition(self, statement: Statement) -> str:
        """The WHERE clause, or nothing."""
        if not self.predicates:
            return ""
        return " WHERE " + " AND ".join([statement.write(predicate) for predicate in self.predicates])

    def ordering(self) -> str:
        """The ORDER BY clause, or nothing."""
        if not self.orders:
            return ""
        quoted = self.plan.quoted
        return " ORDER BY " + ", ".join([quoted[n] + " DESC" if down else quoted[n] for n, down in self.orders])

    def write_for_each(self, statement: Statement, head: str, key: str) -> str:
        """The statement's text with limit and offset counted for each value of ``key``."""
        query, plan = self.scoped(), self.plan
        order = query.ordering() or f" ORDER BY {plan.quoted[plan.key] if plan.key else key}"
        number = f"ROW_NUMBER() OVER (PARTITION BY {key}{order}) AS glueful_number"
        inner = f"SELECT {head}, {number} FROM {plan.table}{query.joins}{query.condition(statement)}"
        text = f"SELECT * FROM ({inner}) AS glueful_rows WHERE glueful_number > {query.row_offset}"
        if query.row_limit is not None:
            text += f" AND glueful_number <= {query.row_offset + query.row_limit}"
        return f"{text} ORDER BY glueful_number"
