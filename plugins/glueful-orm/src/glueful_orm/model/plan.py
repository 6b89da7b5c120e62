"""What is known of a model before any query runs: SQL texts, and a function that turns rows into instances."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from piccolo.columns import Serial
from piccolo.columns.base import Column

from .casts import cast_of
from .codecs import decoder, encoder, native_type

if TYPE_CHECKING:
    from .model import Model


class _Never:
    """The type of no value."""


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
        self.table = meta.get_formatted_tablename()
        self.quoted = {name: f'"{meta.tablename}"."{c._meta.db_column_name}"' for name, c in self.columns.items()}
        self.key = "" if model.__keyless__ else meta.primary_key._meta.name
        self.encoders = {n: e for n, c in self.columns.items() if (e := encoder(c, dialect)) is not None}
        self.decoders = {n: d for n, c in self.columns.items() if (d := decoder(c, dialect)) is not None}
        # A class of its own where every value has to be encoded.
        self.natives = {n: native_type(c, dialect) or _Never for n, c in self.columns.items()}
        for name, declared in model.casts.items():
            self.natives[name] = _Never
            cast = cast_of(declared, self.columns[name])
            self.encoders[name], self.decoders[name] = cast.encode, cast.decode
        # A unary plus hides the declared type, so that converters which Piccolo registers for the process do not run.
        mark = "+" if dialect == "sqlite" else ""
        self.fields = ", ".join(f"{mark}{self.quoted[name]}" for name in self.names)
        self.select = f"SELECT {self.fields} FROM {self.table}"
        by_key = f" WHERE {self.quoted[self.key]} = {self.placeholder(1)}" if self.key else ""
        self.find = self.select + by_key
        self.delete = f"DELETE FROM {self.table}{by_key}"
        is_serial = bool(self.key) and isinstance(meta.primary_key, Serial)
        self.inserted = tuple(name for name in self.names if not (is_serial and name == self.key))
        self.insert = self.insertion(self.inserted) + (f" RETURNING {self.stored_name(self.key)}" if self.key else "")
        self._row_encoders: dict[tuple[str, ...], Callable[[Any], Any]] = {}
        self._updates: dict[tuple[str, ...], str] = {}
        self.hydrate: Callable[[Sequence[Any], list[Any], int], list[Any]] = self._compile_hydrator(model)

    def placeholder(self, number: int) -> str:
        """The n-th bind parameter, counted from 1."""
        return f"${number}" if self.dialect == "postgres" else "?"

    def stored_name(self, name: str) -> str:
        """The quoted name of an attribute's column, without its table."""
        return f'"{self.columns[name]._meta.db_column_name}"'

    def insertion(self, names: tuple[str, ...]) -> str:
        """The statement that inserts one row of these attributes."""
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
                    scope[f"encode{index}"], scope[f"native{index}"] = self.encoders[name], self.natives[name]
                    value = f"(v if (v := {value}) is None or type(v) is native{index} else encode{index}(v))"
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
        """A value of an attribute as the driver takes it."""
        codec = self.encoders.get(name)
        return value if value is None or codec is None else codec(value)

    def _compile_hydrator(self, model: "type[Model]") -> Callable[[Sequence[Any], list[Any], int], list[Any]]:
        """Generate the loop over rows, as dataclasses and attrs generate theirs: no work a column that needs none."""
        scope: dict[str, Any] = {"new": model.__new__, "model": model}
        values = []
        for index, name in enumerate(self.names):
            value = f"row[{index}]"
            if name in self.decoders:
                scope[f"decode{index}"] = self.decoders[name]
                value = f"None if row[{index}] is None else decode{index}(row[{index}])"
            values.append(f"{name!r}: {value}")
        loop = (
            "        for row in rows:\n"
            "            one = new(model)\n"
            f"            one.__dict__ = {{{', '.join(values)}}}\n"
            "            one._stored = STORED\n"
            "            one._siblings = found\n"
            "            add(one)\n"
        )
        source = (
            "def hydrate(rows, found, width):\n"
            "    add = found.append\n"
            "    if not rows or len(rows[0]) == width:\n"
            f"{loop.replace('STORED', 'row')}"
            "    else:\n"
            f"{loop.replace('STORED', 'tuple(row)[:width]')}"
            "    return found\n"
        )
        exec(source, scope)  # noqa: S102 - made of attribute names, which are identifiers
        hydrate: Callable[[Sequence[Any], list[Any], int], list[Any]] = scope["hydrate"]
        return hydrate


def plan_of(model: "type[Model]", dialect: str) -> Plan:
    """The plan of a model, compiled at its first use."""
    plans: dict[str, Plan] = model.__dict__.get("_plans") or {}
    plan = plans.get(dialect)
    if plan is None:
        plan = Plan(model, dialect)
        model._plans = {**plans, dialect: plan}
    return plan
