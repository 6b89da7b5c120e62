"""SAQ's own web page, behind the guard of the management API: it has none itself."""

from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from litestar import asgi
from litestar.handlers import ASGIRouteHandler

from .errors import WebPageMissing

if TYPE_CHECKING:
    from litestar.types import Receive, Scope, Send

    from .service import Queues


def web_page(root_path: str, queues: "Callable[[], Queues]") -> ASGIRouteHandler:
    """The page, mounted at ``/web`` of the API.

    Args:
        root_path: where it is, for its links.
        queues: gives those of the running application; SAQ keeps one set of queues for a process.

    Raises:
        WebPageMissing: Starlette is not installed.
    """
    if find_spec("starlette") is None:
        raise WebPageMissing
    page: list[Any] = []

    @asgi("/web", is_mount=True, copy_scope=True)
    async def web(scope: "Scope", receive: "Receive", send: "Send") -> None:
        if not page:
            from saq.web.starlette import saq_web

            page.append(saq_web(root_path, queues().known))  # type: ignore[arg-type]
        # Litestar ends the path of what it mounts with a slash, and Starlette would redirect to the one without.
        path = scope["path"].rstrip("/") or "/"
        await page[0]({**scope, "path": path, "root_path": ""}, receive, send)

    return web
