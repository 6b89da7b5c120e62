"""Which route handler a request will reach, before it is routed."""

from typing import Any

from litestar.exceptions import HTTPException, MethodNotAllowedException
from litestar.utils import normalize_path


def find_handler(scope: Any, method: str) -> Any:
    """The route handler of a request, or None where there is none.

    Asks Litestar's router as Litestar will, so that the answer is in its cache by then.

    Args:
        scope: the ASGI scope of an HTTP request.
        method: its method, or another one.
    """
    try:
        return _ask(scope, method)
    except HTTPException:
        return None


def is_get_only(scope: Any) -> bool:
    """Whether the path of a request has a GET handler and none for HEAD."""
    try:
        _ask(scope, "HEAD")
    except MethodNotAllowedException:
        return find_handler(scope, "GET") is not None
    except HTTPException:
        return False
    return False


def _ask(scope: Any, method: Any) -> Any:
    path = scope["path"]
    if root_path := scope.get("root_path", ""):
        path = path.split(root_path, maxsplit=1)[-1]
    return scope["litestar_app"].asgi_router.handle_routing(path=normalize_path(path), method=method)[1]
