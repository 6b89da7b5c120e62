"""What is known of a model before any query runs: SQL texts, and a function that turns rows into instances."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from piccolo.columns import UUID, Serial
from piccolo.columns.base import Column

from ..errors import DataError, NumericOverflow, StoredValueInvalid
from .casts import cast_of, chained
from .codecs import decoder, encoder, held, native_test
from .errors import NotSearchable
from .hydration import Hydrator, hydrator

if TYPE_CHECKING:
    from .model import Model

UNREADABLE = (ValueError, TypeError, ArithmeticError, msgspec.MsgspecError)
"""What decoders raise for a stored value that they do not know."""


class Plan:
    """A model compiled for one dialect.

    Args:
        model: the model.
        dialect: ``sqlite`` or ``postgres``.
    """

    def __init__(self, model: "type[Model]", dialect: str) -> None:
        meta = model._meta
        self.dialect = dialect
        self.columns: dict[str, Column] = {column._meta.name: column for column in meta.columns}
        self.names = tuple(self.columns)
        self.model_name, self.tablename = model.__name__, meta.tablename
        self.table = meta.get_formatted_tablename()
        self.quoted = {name: f'"{meta.tablename}"."{c._meta.db_column_name}"' for name, c in self.columns.items()}
        self.key = "" if model.__keyless__ else meta.primary_key._meta.name
        self.encoders = {n: e for n, c in self.columns.items() if (e := encoder(c, dialect)) is not None}
        self.decoders = {n: d for n, c in self.columns.items() if (d := decoder(c, dialect)) is not None}
        self.native_tests = {n: test for n, c in self.columns.items() if (test := native_test(c, dialect)) is not None}
        self.unsearchable: set[str] = set()
        for name, declared in model.casts.items():
            self.native_tests.pop(name, None)
            cast = cast_of(declared, self.columns[name])
            if not getattr(cast, "is_searchable", True):
                self.unsearchable.add(name)
            cast = chained(cast, self.encoders.get(name), self.decoders.get(name))
            self.encoders[name], self.decoders[name] = cast.encode, cast.decode
        # A unary plus hides the declared type, so that converters which Piccolo registers for the process do not run.
        mark = "+" if dialect == "sqlite" else ""
        self.fields = ", ".join(f"{mark}{self.quoted[name]}" for name in self.names)
        self.select = f"SELECT {self.fields} FROM {self.table}"
        by_key = f" WHERE {self.quoted[self.key]} = {self.placeholder(1)}" if self.key else ""
        self.find = self.select + by_key
        self.delete = f"DELETE FROM {self.table}{by_key}"
        self._insertions: dict[tuple[str, ...], str] = {}
        self.generated = self.key if self.key and isinstance(meta.primary_key, Serial) else ""
        """The key that the database makes; empty where the application does."""
        self.inserted = tuple(name for name in self.names if name != self.generated)
        # SQLite's driver knows the key of the row that it inserted, and needs no RETURNING.
        returning = f" RETURNING {self.stored_name(self.key)}" if self.generated and dialect == "postgres" else ""
        self.insert = self.insertion(self.inserted) + returning
        self._row_encoders: dict[tuple[str, ...], Callable[[Any], Any]] = {}
        self._updates: dict[tuple[str, ...], str] = {}
        self._model = model
        self._hydrators: dict[str, Hydrator] = {}
        self.hydrate = self.hydrator("")

    def placeholder(self, number: int) -> str:
        """The n-th bind parameter, counted from 1."""
        return f"${number}" if self.dialect == "postgres" else "?"

    def stored_name(self, name: str) -> str:
        """The quoted name of an attribute's column, without its table."""
        return f'"{self.columns[name]._meta.db_column_name}"'

    def insertion(self, names: tuple[str, ...]) -> str:
        """The statement that inserts one row of these attributes; compiled once for each choice."""
        text = self._insertions.get(names)
        if text is None:
            text = self._insertions[names] = self._insertion(names)
        return text

    def _insertion(self, names: tuple[str, ...]) -> str:
        if not names:
            return f"INSERT INTO {self.table} DEFAULT VALUES"
        columns = ", ".join(map(self.stored_name, names))
        values = ", ".join(self.placeholder(index + 1) for index in range(len(names)))
        return f"INSERT INTO {self.table} ({columns}) VALUES ({values})"

    def update(self, names: tuple[str, ...]) -> str:
        """The statement that changes these attributes of one row; compiled once for each combination."""
        text = self._updates.get(names)
        if text is None:
            changes = ", ".join(f"{self.stored_name(n)} = {self.placeholder(i + 1)}" for i, n in enumerate(names))
            where = f"{self.quoted[self.key]} = {self.placeholder(len(names) + 1)}"
            text = self._updates[names] = f"UPDATE {self.table} SET {changes} WHERE {where}"
        return text

    def row_encoder(self, names: tuple[str, ...]) -> Callable[[Mapping[str, Any]], Sequence[Any]]:
        """What turns the attributes of a row, all given, into values for the driver; generated once for each choice."""
        encode = self._row_encoders.get(names)
        if encode is None:
            scope: dict[str, Any] = {}
            values = []
            for index, name in enumerate(names):
                value = f"row[{name!r}]"
                if name in self.encoders:
                    scope[f"encode{index}"] = self.encoders[name]
                    test = f" or ({test})" if (test := self.native_tests.get(name)) else ""
                    value = f"(v if (v := {value}) is None{test} else encode{index}(v))"
                values.append(value)
            encode = eval(f"lambda row: [{', '.join(values)}]", scope)  # noqa: S307 - made of attribute names
            self._row_encoders[names] = encode
        return encode

    def dict_decoder(self, names: Sequence[str]) -> Callable[[Sequence[Any]], list[dict[str, Any]]]:
        """What turns rows of these attributes into dictionaries."""
        scope: dict[str, Any] = {}
        values = []
        for index, name in enumerate(names):
            value = f"row[{index}]"
            if name in self.decoders:
                scope[f"decode{index}"] = self.decoders[name]
                value = f"None if {value} is None else decode{index}({value})"
            values.append(f"{name!r}: {value}")
        source = f"lambda rows: [{{{', '.join(values)}}} for row in rows]"
        decode: Callable[[Sequence[Any]], list[dict[str, Any]]] = eval(source, scope)  # noqa: S307 - the same
        return decode

    def encode(self, name: str, value: Any) -> Any:
        """A value of an attribute as the driver takes it.

        Raises:
            DataError: the column cannot hold it.
        """
        codec = self.encoders.get(name)
        if value is None or codec is None:
            return value
        try:
            return codec(value)
        except DataError as error:
            raise error.of(self.tablename, name) from None

    def searched(self, name: str, value: Any) -> Any:
        """A value that an attribute is compared with, as the driver takes it; a model stands for its primary key.

        Raises:
            DataError: the column cannot hold it.
            NotSearchable: equal values of the attribute are stored differently.
        """
        if name in self.unsearchable and value is not None:
            raise NotSearchable(self.model_name, name)
        return self.encode(name, value.pk if hasattr(value, "_meta") else value)

    def encoded_key(self, key: Any) -> Any:
        """A primary key as the driver takes it; None for one that no row can have: too great, or no UUID.

        Raises:
            DataError: it is of another type.
        """
        try:
            return self.encode(self.key, key)
        except DataError as error:
            if isinstance(error, NumericOverflow) or (
                isinstance(key, str) and isinstance(held(self.columns[self.key]), UUID)
            ):
                return None
            raise

    def located(self, error: DataError, names: Sequence[str], row: Mapping[str, Any]) -> DataError:
        """An error about one value of a row, with the attribute's name where it can be told."""
        if error.columns:
            return error
        for name in names:
            value = row.get(name)
            try:
                self.encode(name, value)
                if isinstance(value, str):
                    value.encode()
            except DataError as found:
                return found
            except UnicodeError:
                return error.of(self.tablename, name)
        if error.argument is not None and error.argument <= len(names):
            return error.of(self.tablename, names[error.argument - 1])
        return error

    def hydrator(self, key: str) -> Hydrator:
        """What turns rows into instances in groups by an attribute; generated once for each choice."""
        found = self._hydrators.get(key)
        if found is None:
            found = self._hydrators[key] = hydrator(self._model, self.names, self.decoders, key)
        return found

    def unreadable(self, rows: Sequence[Sequence[Any]], names: Sequence[str] = ()) -> StoredValueInvalid | None:
        """What to tell of rows of these attributes, by default all, that could not be read; None if each value can."""
        for row in rows:
            for index, name in enumerate(names or self.names):
                try:
                    if name in self.decoders and row[index] is not None:
                        self.decoders[name](row[index])
                except UNREADABLE:
                    return StoredValueInvalid(self.tablename, name)
        return None


def plan_of(model: "type[Model]", dialect: str) -> Plan:
    """The plan of a model, compiled at its first use."""
    plans: dict[str, Plan] = model.__dict__.get("_plans") or {}
    plan = plans.get(dialect)
    if plan is None:
        plan = Plan(model, dialect)
        model._plans = {**plans, dialect: plan}
    return plan
