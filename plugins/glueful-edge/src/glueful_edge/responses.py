"""JSON that is sent says what the handler returned: a number that JSON does not have is not sent as ``null``."""

from collections.abc import Awaitable, Callable
from typing import Any

from glueful_hookspecs import refuse_not_finite
from litestar.handlers import HTTPRouteHandler
from litestar.response import Response
from litestar.serialization import default_serializer, get_serializer
from litestar.types import Empty

After = Callable[[Any], Awaitable[Any]]


def check_responses(handler: HTTPRouteHandler) -> None:
    """Check what a handler answers: data by its response class, a ``Response`` of its own after ``after_request``.

    Args:
        handler: the application's own copy, registered; a second call changes nothing.
    """
    base = handler.resolve_response_class()
    if getattr(base, "refuses_not_finite", False):
        return
    made = checked_class(base)
    handler.response_class = handler._resolved_response_class = made  # noqa: SLF001 - resolved above
    nearest: list[Any] = [layer.after_request for layer in handler.ownership_layers if layer.after_request]
    handler.after_request = _checking(nearest[-1] if nearest else None, made)
    # Litestar's copies share what was made of the first one: another application may have been asked already.
    handler._response_handler_mapping = {"default_handler": Empty, "response_type_handler": Empty}  # noqa: SLF001


def checked_class(base: type[Response[Any]]) -> type[Response[Any]]:
    """A response class like ``base`` that refuses such a number.

    Args:
        base: what applies to the handler.
    """
    render: Any = base.render

    class CheckedResponse(base):  # type: ignore[misc, valid-type]
        """Compares what was rendered with what was to be rendered."""

        __slots__ = ()
        refuses_not_finite = True

        def render(self, content: Any, media_type: str, enc_hook: Any = default_serializer) -> bytes:
            """See ``Response``.

            Raises:
                NumberNotFinite: the content has NaN or an infinity where JSON is sent.
            """
            body: bytes = render(self, content, media_type, enc_hook)
            if body.rfind(b"null") >= 0:  # several times as fast as ``in``
                _compare(body, content, media_type, enc_hook)
            return body

    return CheckedResponse


def _checking(after: After | None, checked: type[Response[Any]]) -> Any:
    async def check(response: Any) -> Any:
        if after is not None:
            response = await after(response)
        if type(response) is checked or not isinstance(response, Response):
            return response
        return _Checked(response)

    return check


class _Checked:
    """A response that the handler made, checked when it has become bytes; Litestar asks it for nothing else.

    Args:
        response: what the handler answers.
    """

    def __init__(self, response: Response[Any]) -> None:
        self._response = response

    def to_asgi_response(self, app: Any, request: Any, **options: Any) -> Any:
        """See ``Response``.

        Raises:
            NumberNotFinite: the content has NaN or an infinity where JSON is sent.
        """
        response = self._response
        made = response.to_asgi_response(app, request, **options)
        body = getattr(made, "body", b"")
        if body.rfind(b"null") >= 0:
            encoders = {**(options.get("type_encoders") or {}), **response.response_type_encoders}
            _compare(body, response.content, made.headers.get("content-type", ""), get_serializer(encoders))
        return made


def _compare(body: bytes, content: Any, media_type: str, enc_hook: Any) -> None:
    if "json" in media_type and not isinstance(content, str | bytes):
        refuse_not_finite(body, content, enc_hook)
