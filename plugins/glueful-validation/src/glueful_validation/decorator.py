"""``@validate`` and ``@limits``: validation declared at the handler."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from typing import Annotated, Any, TypeVar, cast

import msgspec
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg

from .errors import RuleMisused
from .fieldtypes import RuleSpec
from .request_types import struct_from_rules, to_plain
from .shape.compiler import split

F = TypeVar("F", bound=Callable[..., Any])
H = TypeVar("H")

DEPTH_OPTION = "validation_max_depth"
"""Key in ``opt`` of a route, controller or router: greatest nesting of its bodies."""


class ValidatedRequest(Mapping[str, Any]):
    """What ``@validate`` hands to a handler: the declared fields that were sent, and nothing else.

    Args:
        data: the validated body.
    """

    def __init__(self, data: msgspec.Struct) -> None:
        self._fields: dict[str, Any] = to_plain(data)

    def validated(self) -> dict[str, Any]:
        """All of them, as a new dict."""
        return dict(self._fields)

    def only(self, *names: str) -> dict[str, Any]:
        """Those of the given names that were sent."""
        return {name: self._fields[name] for name in names if name in self._fields}

    def without(self, *names: str) -> dict[str, Any]:
        """All but those of the given names."""
        return {name: value for name, value in self._fields.items() if name not in names}

    def __getitem__(self, name: str) -> Any:
        return self._fields[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __repr__(self) -> str:
        return f"ValidatedRequest({', '.join(self._fields)})"


def validate(
    rules: Mapping[str, RuleSpec], *, forbid_unknown: bool = False, name: str | None = None
) -> Callable[[F], F]:
    """Declare the body of a handler by rules instead of a type.

    ::

        @post("/users")
        @validate({"email": "required|email|unique:users", "name": "required|string|max:255"})
        async def store(data: ValidatedRequest) -> dict[str, Any]: ...

    The handler's ``data`` is a ``ValidatedRequest``, or a plain dict where it is annotated as one. A rule ``file`` or
    ``image`` makes the body a multipart form.

    Args:
        rules: by field; see ``struct_from_rules`` for nested ones. A field without ``required`` may be left out.
        forbid_unknown: whether a field that is not declared is an error; else it is ignored.
        name: of the type in OpenAPI; by default made from the handler's name.

    Raises:
        RuleMisused: the rules are wrong, or the handler has no ``data``.
    """

    def decorate(function: F) -> F:
        words = function.__name__.split("_")
        struct = struct_from_rules(
            name or "".join(word.title() for word in words) + "Request", rules, forbid_unknown=forbid_unknown
        )
        signature = inspect.signature(function)
        if "data" not in signature.parameters:
            raise RuleMisused(
                "@validate", function.__qualname__, "is on a handler without `data`", "add data: ValidatedRequest"
            )
        wants_dict = _is_dict(function.__annotations__.get("data"))
        media_type = RequestEncodingType.MULTI_PART if _has_files(struct) else RequestEncodingType.JSON
        body: Any = Annotated[struct, BodyKwarg(media_type=media_type)]

        def adapt(arguments: dict[str, Any]) -> dict[str, Any]:
            data = arguments["data"]
            return {**arguments, "data": to_plain(data) if wants_dict else ValidatedRequest(data)}

        if inspect.iscoroutinefunction(function):

            @wraps(function)
            async def wrapper(*args: Any, **kwargs: Any) -> Any:
                return await function(*args, **adapt(kwargs))
        else:

            @wraps(function)
            def wrapper(*args: Any, **kwargs: Any) -> Any:
                return function(*args, **adapt(kwargs))

        wrapper.__annotations__ = {**function.__annotations__, "data": body}
        parameters = [p.replace(annotation=body) if p.name == "data" else p for p in signature.parameters.values()]
        wrapper.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
        return cast("F", wrapper)

    return decorate


def _is_dict(annotation: Any) -> bool:
    if isinstance(annotation, str):
        return annotation.startswith(("dict", "Dict"))
    bare = split(annotation)[0]
    return bare is dict or getattr(bare, "__origin__", None) is dict


def _has_files(struct: type[msgspec.Struct]) -> bool:
    for field in msgspec.structs.fields(struct):
        arguments = getattr(field.type, "__args__", ())
        for annotation in (field.type, *arguments):
            if split(annotation)[0] is UploadFile:
                return True
    return False


def limits(*, depth: int | None = None, size: int | None = None) -> Callable[[H], H]:
    """Change the limits of one route; stands on top of ``@post`` and the like.

    For a controller or router set ``opt["validation_max_depth"]`` and ``request_max_body_size``.

    Args:
        depth: greatest nesting of the body; the default is the setting ``validation.max_depth``.
        size: greatest number of bytes of the body; the default is the setting ``kernel.max_body_bytes``.
    """

    def decorate(handler: H) -> H:
        route: Any = handler
        if depth is not None:
            route.opt[DEPTH_OPTION] = depth
        if size is not None:
            route.request_max_body_size = size
        return handler

    return decorate
