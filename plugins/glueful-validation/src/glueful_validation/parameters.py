"""Query, path, header and cookie parameters: text that stands for the declared types."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple
from urllib.parse import parse_qsl

import msgspec
from litestar.enums import ParamType
from litestar.params import KwargDefinition, SkipValidationMarker

from .context import ABSENT, INVALID
from .errors import Location, MalformedQuery
from .screening import find_offences
from .settings import ValidationSettings
from .shape.compiler import Resolve, compile_tree
from .shape.leaf import Leaf
from .shape.node import Node
from .shape.unions import UnionNode
from .shape.walk import EnoughErrors, Found, Pending, Walk
from .support import is_supported

if TYPE_CHECKING:
    from litestar._kwargs.kwargs_model import KwargsModel
    from litestar.connection import ASGIConnection
    from litestar.handlers import HTTPRouteHandler
    from litestar.typing import FieldDefinition

_CONSTRAINTS = ("gt", "ge", "lt", "le", "multiple_of", "pattern", "min_length", "max_length")


class Parameter(NamedTuple):
    """One parameter of an operation."""

    field: str
    """The handler's or dependency's argument."""
    alias: str
    """The name in the request."""
    location: Location
    node: Node | None
    """None where the type is one that only Litestar can make; it is passed on as text."""
    is_required: bool
    is_sequence: bool
    default: Any


class ParametersRead(NamedTuple):
    """What is left to do with parameters."""

    errors: list[Found]
    pending: list[Pending]


def annotation_of(field: "FieldDefinition") -> Any:
    """The annotation of an argument with the constraints that were declared beside it in Litestar's own way."""
    metadata: list[Any] = list(field.metadata)
    definition = field.kwarg_definition
    if isinstance(definition, KwargDefinition):
        constraints = {name: value for name in _CONSTRAINTS if (value := getattr(definition, name)) is not None}
        if definition.min_items is not None:
            constraints["min_length"] = definition.min_items
        if definition.max_items is not None:
            constraints["max_length"] = definition.max_items
        if constraints:
            metadata.append(msgspec.Meta(**constraints))
    return Annotated[field.annotation, *metadata] if metadata else field.annotation


class ParameterReader:
    """Reads the parameters of one operation.

    What is plainly good is handed on as text, and Litestar converts it as it always does: digits for an integer, text
    for a string. Everything else is converted here, parameter by parameter.

    Args:
        parameters: all of them.
        settings: limits.
        dec_hook: makes types that msgspec does not know.
    """

    def __init__(
        self,
        parameters: Iterable[Parameter],
        settings: ValidationSettings,
        dec_hook: Callable[[type, Any], Any] | None,
    ) -> None:
        self.parameters = tuple(parameters)
        self.settings = settings
        self.dec_hook = dec_hook
        self._ruled = [p for p in self.parameters if p.node is not None and p.node.has_rules]
        self._steps = [(p, p.field, None if self._ruled else plainly_good(p.node)) for p in self.parameters]
        self._path = [(p.alias, p.field) for p in self.parameters if p.location == "path"]
        self._query = {p.alias: p for p in self.parameters if p.location == "query"}
        self._singles = {alias: p.field for alias, p in self._query.items() if not p.is_sequence}
        self._cookies = {p.alias: p for p in self.parameters if p.location == "cookie"}
        self._headers = {p.alias.lower().encode("latin-1"): p for p in self.parameters if p.location == "header"}

    def read(self, connection: "ASGIConnection[Any, Any, Any, Any]", values: dict[str, Any]) -> ParametersRead | None:
        """Put what was sent into ``values``.

        Returns:
            Errors and rules, None if there is neither.

        Raises:
            MalformedQuery: the query string cannot be read.
        """
        raw, duplicates = self._raw(connection)
        errors: list[Found] = []
        for parameter, field, is_good in self._steps:
            if field not in raw:
                if parameter.is_required:
                    errors.append(Found((parameter.alias,), "required", location=parameter.location))
                else:
                    values[field] = parameter.default
            elif is_good is not None and not duplicates and is_good(raw[field]):
                values[field] = raw[field]
            elif field in duplicates:
                errors.append(Found((parameter.alias,), "duplicate", location=parameter.location))
            else:
                errors.extend(self._convert(parameter, raw[field], values))
        if not errors and not self._ruled:
            return None
        return ParametersRead(errors, list(self._gather(values, raw)))

    def _raw(self, connection: "ASGIConnection[Any, Any, Any, Any]") -> tuple[dict[str, Any], set[str]]:
        scope = connection.scope
        raw: dict[str, Any] = {}
        duplicates: set[str] = set()
        if self._path:
            params = scope["path_params"]
            raw = {field: params[alias] for alias, field in self._path if alias in params}
        if self._query and (query := scope["query_string"]):
            pairs = parse_query(query, self.settings.max_form_fields)
            for name, text in pairs:
                if (argument := self._singles.get(name)) is not None and argument not in raw:
                    raw[argument] = text
                elif (parameter := self._query.get(name)) is not None:
                    _take(parameter, text, raw, duplicates)
        if self._headers:
            for field, content in scope["headers"]:
                if (parameter := self._headers.get(field)) is not None:
                    _take(parameter, content.decode("latin-1"), raw, duplicates)
        if self._cookies:
            cookies = connection.cookies
            raw.update({p.field: cookies[alias] for alias, p in self._cookies.items() if alias in cookies})
        return raw, duplicates

    def _convert(self, parameter: Parameter, value: Any, values: dict[str, Any]) -> list[Found]:
        """Put the decoded value into ``values``, or name what is wrong with it."""
        if parameter.node is None:
            values[parameter.field] = value
            return []
        walk = Walk(self.settings.max_errors, lax=True, dec_hook=self.dec_hook)
        path = (parameter.alias,)
        try:
            if parameter.node.collect(value, path, walk):
                decoded = walk.convert(value, parameter.node.annotation)
                for offence in find_offences(value, parameter.node, self.settings.max_string_length):
                    walk.add((*path, *offence.path), offence.kind)
                values[parameter.field] = decoded
        except EnoughErrors:
            pass
        except msgspec.ValidationError:
            walk.add(path, "invalid")
        return [error._replace(location=parameter.location) for error in walk.errors]

    def _gather(self, values: Mapping[str, Any], raw: Mapping[str, Any]) -> Iterator[Pending]:
        """The rules of the parameters that are good or were not sent."""

        def sibling(name: str) -> Any:
            return values.get(name, INVALID if name in raw else ABSENT)

        for parameter in self._ruled:
            if parameter.field in values and parameter.node is not None:
                value = values[parameter.field] if parameter.field in raw else ABSENT
                pending: list[Pending] = []
                parameter.node.gather(value, (parameter.alias,), parameter.field, sibling, pending)
                yield from (item._replace(location=parameter.location) for item in pending)


def _take(parameter: Parameter, value: str, raw: dict[str, Any], duplicates: set[str]) -> None:
    if parameter.is_sequence:
        raw.setdefault(parameter.field, []).append(value)
    elif parameter.field in raw:
        duplicates.add(parameter.field)
    else:
        raw[parameter.field] = value


def plainly_good(node: Node | None) -> Callable[[Any], bool] | None:
    """A quick test that only good values of a type pass, though not all of them; None where there is none.

    Good is what msgspec accepts for text and what keeps the limits on single values.
    """
    if isinstance(node, UnionNode):
        options = [option for option in node.options if option.kind != "null"]
        node = options[0] if len(options) == 1 else None
    if not isinstance(node, Leaf):
        return None
    if node.bare is int and not node.constraints:
        return _is_short_integer
    if node.bare is str and not node.constraints:
        return _is_text
    return None


def _is_short_integer(value: Any) -> bool:
    if type(value) is str:
        return value.isdigit() and value.isascii() and len(value) < 19 and (value[0] != "0" or value == "0")
    return type(value) is int and -(2**63) <= value < 2**63


def _is_text(value: Any) -> bool:
    return type(value) is str and "\x00" not in value


def parse_query(query: bytes, max_fields: int) -> tuple[tuple[str, str], ...]:
    """Read a query string (WHATWG URL, ``application/x-www-form-urlencoded``).

    Args:
        query: as sent, percent-encoded.
        max_fields: greatest number of fields.

    Raises:
        MalformedQuery: it is not ASCII, does not stand for UTF-8, or has too many fields.
    """
    return _parse_cached(query, max_fields) if len(query) <= 1_024 else _parse(query, max_fields)


def _parse(query: bytes, max_fields: int) -> tuple[tuple[str, str], ...]:
    try:
        text = query.decode("ascii")
        return tuple(parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=max_fields))
    except UnicodeDecodeError:
        raise MalformedQuery("it is not percent-encoded UTF-8") from None
    except ValueError:
        raise MalformedQuery(f"it has more than {max_fields} fields") from None


_parse_cached = lru_cache(512)(_parse)


def parameters_of(
    handler: "HTTPRouteHandler", model: "KwargsModel", resolve: Resolve, place: str
) -> Iterator[Parameter]:
    """The parameters of a handler and of its dependencies, as Litestar has sorted them by location.

    Args:
        handler: registered with an application.
        model: the handler's, for one route.
        resolve: see ``compile_tree``.
        place: the operation, for errors.

    Raises:
        RuleMisused: a rule stands where it cannot work.
    """
    fields = dict(_fields(handler))
    names = sorted(fields)
    for location, definitions in (
        ("path", model.expected_path_params),
        ("query", model.expected_query_params),
        ("header", model.expected_header_params),
        ("cookie", model.expected_cookie_params),
    ):
        for definition in sorted(definitions, key=lambda item: item.field_name):
            field = fields.get(definition.field_name)
            is_parameter = definition.param_type is not ParamType.DEPENDENCY
            node = None
            if field is not None and is_parameter and not field.has_metadata(SkipValidationMarker):
                node = _node(field, f"{place} {definition.field_alias}", names, resolve)
            yield Parameter(
                definition.field_name,
                definition.field_alias,
                location,  # type: ignore[arg-type]
                node,
                definition.is_required,
                definition.is_sequence,
                definition.default,
            )


def _node(field: "FieldDefinition", place: str, siblings: list[str], resolve: Resolve) -> Node | None:
    annotation = annotation_of(field)
    return compile_tree(annotation, place, resolve, siblings) if is_supported(annotation, place) else None


def _fields(handler: "HTTPRouteHandler") -> Iterator[tuple[str, "FieldDefinition"]]:
    """Arguments by name: of layers first, then of dependencies, last the handler's own, which win."""
    yield from handler.resolve_layered_parameters().items()
    dependencies = handler.resolve_dependencies()
    todo, seen = [name for name in handler.parsed_fn_signature.parameters if name in dependencies], set()
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        inner = dependencies[name].parsed_fn_signature.parameters
        todo.extend(other for other in inner if other in dependencies)
        yield from ((key, field) for key, field in inner.items() if key not in dependencies)
    yield from (
        (key, field) for key, field in handler.parsed_fn_signature.parameters.items() if key not in dependencies
    )
