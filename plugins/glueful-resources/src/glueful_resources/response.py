"""The response class of operations that return resources: the application's own, which knows documents."""

from typing import Any

from litestar.response import Response, Stream

from .document import Document


def responding(base: type[Response[Any]]) -> type[Response[Any]]:
    """A response class like ``base`` that takes a ``Document`` as its content.

    Args:
        base: the ``response_class`` of the layer.
    """

    class ResourceResponse(base):  # type: ignore[misc, valid-type]
        """Takes what the handler put around its resource, and streams what is too long to be held."""

        def __init__(self, content: Any, **options: Any) -> None:
            document = content if isinstance(content, Document) else Document(body=content)
            inner = document.response
            if inner is not None:
                options["status_code"] = inner.status_code or options.get("status_code")
                options["background"] = inner.background or options.get("background")
                options["media_type"] = inner.media_type or options.get("media_type")
                options["cookies"] = [*inner.cookies, *(options.get("cookies") or ())]
                options["headers"] = {**(options.get("headers") or {}), **inner.headers}
            options["headers"] = {**document.headers, **(options.get("headers") or {})}
            self._document = document
            super().__init__(content=document.body, **options)

        def to_asgi_response(self, app: Any, request: Any, **options: Any) -> Any:
            """See ``Response``."""
            if self._document.chunks is None:
                return super().to_asgi_response(app, request, **options)
            options["media_type"] = self._document.media_type
            options.pop("type_encoders", None)
            stream = Stream(
                self._document.chunks,
                background=self.background,
                cookies=self.cookies,
                headers=self.headers,
                media_type=self._document.media_type,
                status_code=self.status_code,
            )
            return stream.to_asgi_response(app, request, **options)

    return ResourceResponse
