"""Code that makes answers of rows, generated once for each selection: no reflection, and no call, for a plain field."""

from collections.abc import Callable, Sequence
from types import MethodType
from typing import Any, NamedTuple

from msgspec import UNSET

from .annotations import AnyResource
from .declaration import FieldPlan
from .errors import ResourceMismatch
from .fields import Presence, Route
from .nodes import Node
from .times import UTC, converter_of, in_utc

Calls = tuple[Any, ...]
"""Bound methods that the code calls, in the order of ``Generated.calls``."""
LinkTemplates = Callable[[Route], Callable[..., str]]


class Generated(NamedTuple):
    """The functions of a tree."""

    one: Callable[[Any, Calls], Any]
    """A row to what msgspec encodes."""
    many: Callable[[Sequence[Any], Calls], list[Any]]
    """The same for several rows."""
    calls: list[tuple[AnyResource, Callable[..., Any]]]
    """The methods: the class whose ``self`` they take, and the function."""
    source: str

    def bind(self, selves: "dict[AnyResource, Any]") -> Calls:
        """The methods for one response.

        Args:
            selves: a resource for each class in ``calls``.
        """
        return tuple(MethodType(function, selves[owner]) for owner, function in self.calls)


class _Writer:
    """Writes the functions of all nodes of a tree into one module.

    Args:
        link_of: what fills a route's path.
        is_mapping: whether rows of the root are mappings of its columns.
    """

    def __init__(self, link_of: LinkTemplates, *, is_mapping: bool) -> None:
        self.link_of = link_of
        self.is_mapping = is_mapping
        self.scope: dict[str, Any] = {"UNSET": UNSET, "UTC": UTC, "in_utc": in_utc, "row_missing": row_missing}
        self.names: dict[int, str] = {}
        self.constants: dict[Any, str] = {}
        self.calls: dict[tuple[AnyResource, Callable[..., Any]], int] = {}
        self.functions: list[str] = []
        self.temporaries = 0

    def constant(self, value: Any, prefix: str) -> str:
        name = self.constants.get(value)
        if name is None:
            name = self.constants[value] = f"{prefix}{len(self.constants)}"
            self.scope[name] = value
        return name

    def call(self, owner: AnyResource, function: Callable[..., Any], row: str) -> str:
        index = self.calls.setdefault((owner, function), len(self.calls))
        return f"calls[{index}]({row})"

    def temporary(self) -> str:
        self.temporaries += 1
        return f"t{self.temporaries}"

    def function(self, node: Node) -> str:
        """The suffix of the functions ``one_…`` and ``many_…`` of a node."""
        suffix = self.names.get(id(node))
        if suffix is None:
            suffix = self.names[id(node)] = str(len(self.names))
            body, made = self.body(node, "r", suffix, is_root=suffix == "0")
            lines = [f"def one_{suffix}(r, calls):", *(f"    {line}" for line in body), f"    return {made}"]
            lines += [
                f"def many_{suffix}(rows, calls):",
                "    made = []",
                "    add = made.append",
                "    for r in rows:",
            ]
            lines += [*(f"        {line}" for line in body), f"        add({made})", "    return made"]
            self.functions.append("\n".join(lines))
        return suffix

    def body(self, node: Node, row: str, suffix: str, *, is_root: bool) -> tuple[list[str], str]:
        """Statements about one row, and the expression that makes the answer of it."""
        shape = node.shape
        lines: list[str] = []
        values, related = f"d{suffix}", f"l{suffix}"
        if shape.source is not None:
            is_plain = is_root and self.is_mapping
            lines.append(f"{values} = {row}" if is_plain else f"{values} = {row}.{shape.source.values}")
            if any(plan.child is not None and plan.source not in shape.columns for _, plan in node.shown):
                lines.append(f"{related} = {row}.{shape.source.related}")
        elif shape.is_mapping:
            values = row
        conditions: dict[Any, str] = {}
        made = ["UNSET"] * len(shape.fields)
        for index, plan in node.shown:
            for condition in plan.conditions:
                if condition not in conditions:
                    conditions[condition] = name = self.temporary()
                    lines.append(f"{name} = {self.call(*condition, row)}")
            tests = " and ".join(conditions[condition] for condition in plan.conditions)
            made[index] = self.field(node, plan, row, values, related, tests, lines)
        while made[-1] == "UNSET" and len(made) > 1:
            made.pop()
        return lines, f"{self.constant(shape.struct, 'S')}({', '.join(made)})"

    def field(
        self, node: Node, plan: FieldPlan, row: str, values: str, related: str, tests: str, lines: list[str]
    ) -> str:
        if plan.child is not None:
            return self.relation(node, plan, row, values, related, tests, lines)
        presence = plan.spec.presence
        read, maybe = self.reading(node, plan, row, values)
        temporary = self.temporary()
        if presence is Presence.HAS:
            value = f"({self.converted(plan, temporary)}) if ({temporary} := {maybe}) is not UNSET else UNSET"
        elif presence is Presence.PIVOT:
            pivot = f"getattr({row}, 'pivot', None)"
            found = self.converted(plan, f"{temporary}.{plan.source}")
            value = f"({found}) if ({temporary} := {pivot}) is not None else UNSET"
        elif presence is Presence.NOT_NULL:
            value = f"({self.converted(plan, temporary)}) if ({temporary} := {read}) is not None else UNSET"
        else:
            value = self.converted(plan, read)
        return f"(({value}) if {tests} else UNSET)" if tests else f"({value})" if " " in value else value

    def reading(self, node: Node, plan: FieldPlan, row: str, values: str) -> tuple[str, str]:
        """The expression of a field's value, and the one that is UNSET where there is none."""
        source = plan.source
        if plan.spec.function is not None:
            called = self.call(plan.owner, plan.spec.function, row)
            return called, called
        if plan.spec.routes is not None:
            parts = []
            for name, route in plan.spec.routes.items():
                arguments = ", ".join(
                    f"{parameter}={self.attribute(node, attribute, row, values)}"
                    for parameter, attribute in route.parameters.items()
                )
                parts.append(f"{name!r}: {self.constant(self.link_of(route), 'link')}({arguments})")
            return (text := f"{{{', '.join(parts)}}}"), text
        read = self.attribute(node, source, row, values)
        is_item = node.shape.source is not None or node.shape.is_mapping
        return read, f"{values}.get({source!r}, UNSET)" if is_item else f"getattr({row}, {source!r}, UNSET)"

    def attribute(self, node: Node, source: str, row: str, values: str) -> str:
        is_item = source in node.shape.columns or node.shape.is_mapping
        return f"{values}[{source!r}]" if is_item else f"{row}.{source}"

    def converted(self, plan: FieldPlan, value: str) -> str:
        convert = converter_of(plan.annotation)
        if convert is None:
            return value
        if convert is not in_utc:
            return f"{self.constant(convert, 'convert')}({value})"
        name = self.temporary()
        return f"{name} if ({name} := {value}) is None or {name}.tzinfo is UTC else in_utc({name})"

    def relation(
        self, node: Node, plan: FieldPlan, row: str, values: str, related: str, tests: str, lines: list[str]
    ) -> str:
        child = node.children[plan.name]
        found, source = self.temporary(), plan.source
        is_loaded = plan.spec.presence is Presence.LOADED
        if node.shape.source is not None and source not in node.shape.columns:
            read = f"{related}.get({source!r}, UNSET)" if is_loaded else f"{related}[{source!r}]"
        elif is_loaded:
            read = self.reading(node, plan, row, values)[1]
        else:
            read = self.attribute(node, source, row, values)
        if tests:
            read = f"{read} if {tests} else UNSET"
        lines.append(f"{found} = {read}")
        if not plan.is_optional_row:
            lines.append(f"if {found} is None: row_missing({plan.owner.__name__ + '.' + plan.name!r})")
        absent = [found + " is UNSET"] if is_loaded or tests else []
        absent += [found + " is None"] if plan.is_optional_row else []
        if plan.is_many:
            made = f"many_{self.function(child)}({found}, calls)"
        elif absent or child.children:
            made = f"one_{self.function(child)}({found}, calls)"
        else:
            inside, made = self.body(child, found, f"_{found}", is_root=False)
            lines.extend(inside)
        return f"({found} if {' or '.join(absent)} else {made})" if absent else made


def row_missing(place: str) -> None:
    """Refuse a relation without the row that its type promises.

    Raises:
        ResourceMismatch: always.
    """
    raise ResourceMismatch(f"a row for {place}", "none")


def generate(root: Node, link_of: LinkTemplates, *, is_mapping: bool = False) -> Generated:
    """The functions of a tree.

    Args:
        root: of the tree.
        link_of: what fills a route's path.
        is_mapping: whether the rows are mappings of the root's columns.
    """
    writer = _Writer(link_of, is_mapping=is_mapping)
    writer.function(root)
    text = "\n".join(writer.functions)
    exec(compile(text, f"<glueful resource {root.shape.resource.__name__}>", "exec"), writer.scope)  # noqa: S102 - attribute names
    return Generated(writer.scope["one_0"], writer.scope["many_0"], list(writer.calls), text)
