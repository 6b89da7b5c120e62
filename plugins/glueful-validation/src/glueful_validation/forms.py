"""Forms: the fields of a multipart or URL-encoded body, in the shape that the declared type has."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from litestar.datastructures import UploadFile
from litestar.exceptions import ClientException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge

from .errors import MalformedBody
from .shape.containers import MappingNode
from .shape.node import AnyNode, Node, RuledNode
from .shape.objects import ObjectNode
from .shape.unions import UnionNode, bare
from .shape.walk import Found

if TYPE_CHECKING:
    from litestar.connection import Request


async def read_multipart(request: "Request[Any, Any, Any]", max_fields: int) -> list[tuple[str, Any]]:
    """The parts of a ``multipart/form-data`` body (RFC 7578): text, and ``UploadFile`` for those with a file name.

    Args:
        request: its body is not read yet.
        max_fields: greatest number of parts.

    Raises:
        MalformedBody: it cannot be read.
        RequestEntityTooLarge: it is larger than the route allows.
    """
    try:
        form = await request.form()
    except RequestEntityTooLarge:
        raise
    except ClientException as error:
        raise MalformedBody("multipart/form-data", "the boundary or a part is wrong, or there are too many") from error
    except (UnicodeError, LookupError) as error:
        raise MalformedBody("multipart/form-data", "a part is not in the charset that it names") from error
    except ValueError as error:
        raise MalformedBody("multipart/form-data", "the boundary is wrong") from error
    items = list(form.items())
    if len(items) > max_fields:
        raise MalformedBody("multipart/form-data", f"it has more than {max_fields} parts")
    return items


def read_urlencoded(body: bytes, max_fields: int) -> list[tuple[str, Any]]:
    """The fields of an ``application/x-www-form-urlencoded`` body (WHATWG URL).

    Args:
        body: percent-encoded.
        max_fields: greatest number of fields.

    Raises:
        MalformedBody: it is not ASCII, does not stand for UTF-8, or has too many fields.
    """
    kind = "application/x-www-form-urlencoded"
    try:
        text = body.decode("ascii")
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=max_fields)
    except UnicodeDecodeError:
        raise MalformedBody(kind, "it is not percent-encoded UTF-8") from None
    except ValueError:
        raise MalformedBody(kind, f"it has more than {max_fields} fields") from None


def fields_for(tree: Node, items: Iterable[tuple[str, Any]]) -> tuple[Any, list[Found]]:
    """Bring fields into the shape of a type: lists where it has arrays, single values elsewhere.

    A type that is no object takes the values alone: an ``UploadFile`` the first file, an array all values.

    Returns:
        Plain data, and an error for each field that was given more than once.
    """
    node = bare(tree)
    items = list(items)
    if not isinstance(node, ObjectNode | MappingNode | AnyNode):
        values = [value for _, value in items]
        if node.kind == "array":
            return values, []
        files = [value for value in values if isinstance(value, UploadFile)]
        return (files or values or [None])[0], []
    fields: dict[str, Any] = {}
    repeated: dict[str, None] = {}
    for name, value in items:
        member = next(iter(node.children(name)), None)
        kind = "any" if member is None else bare(member).kind
        if kind == "array":
            fields.setdefault(name, []).append(value)
        elif name not in fields:
            fields[name] = None if value == "" and member is not None and _is_nullable(member) else value
        elif kind == "any":
            fields[name] = [*fields[name], value] if isinstance(fields[name], list) else [fields[name], value]
        else:
            repeated[name] = None
    return fields, [Found((name,), "duplicate") for name in repeated]


def _is_nullable(node: Node) -> bool:
    """Whether an empty field may mean None: it may be None and may not be a string."""
    while isinstance(node, RuledNode):
        node = node.inner
    kinds = node.kinds if isinstance(node, UnionNode) else []
    return "null" in kinds and "string" not in kinds
