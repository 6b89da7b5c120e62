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
        handler: the application's own copy, registered.
    """
    handler._response_handler_mapping = _ResponseHandlers(handler)  # type: ignore[assignment]  # noqa: SLF001


class _ResponseHandlers(dict[str, Any]):
    """What Litestar keeps for a handler: how data becomes a response, and what is done to a response.

    Both are made when the first is asked for: every other plugin has had its say about the route by then. Copies of a
    handler, also those of other applications, would share Litestar's own.

    Args:
        handler: whose they are.
    """

    def __init__(self, handler: HTTPRouteHandler) -> None:
        super().__init__()
        self._handler = handler

    def __missing__(self, name: str) -> Any:
        handler = self._handler
        base, after = handler.resolve_response_class(), handler.after_request
        layers: list[Any] = [layer.after_request for layer in handler.ownership_layers if layer.after_request]
        checked = checked_class(base)
        checking = _checking(layers[-1] if layers else None, checked)
        try:
            handler._resolved_response_class = checked  # noqa: SLF001 - what is declared stays to be seen
            handler.after_request = checking if layers else None  # where nothing replaces a response, a call less
            for_data = self._made()
            handler.after_request = checking
            for_responses = self._made()["response_type_handler"]
        finally:
            handler._resolved_response_class, handler.after_request = base, after  # noqa: SLF001 - as above
            handler._response_handler_mapping = self  # type: ignore[assignment]  # noqa: SLF001 - as above
        default = for_data["default_handler"]
        is_for_responses = default is for_data["response_type_handler"]
        self.update(default_handler=for_responses if is_for_responses else default, response_type_handler=for_responses)
        return self[name]

    def _made(self) -> dict[str, Any]:
        made: Any = {"default_handler": Empty, "response_type_handler": Empty}
        self._handler._response_handler_mapping = made  # noqa: SLF001 - filled by the next call
        self._handler.get_response_handler()
        return dict(made)


def checked_class(base: type[Response[Any]]) -> type[Response[Any]]:
    """A response class like ``base`` that refuses such a number.

    Args:
        base: what applies to the handler.
    """
    render: Any = base.render

    class CheckedResponse(base):  # type: ignore[misc, valid-type]
        """Compares what was rendered with what was to be rendered."""

        __slots__ = ()

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
