"""The application: ``glueful --app conduit.app:app serve``."""

import os

from glueful_kernel import create_app
from litestar import Router, get

from .articles import ArticleController
from .comments import CommentController
from .models import Tag
from .plugin import ConduitPlugin
from .profiles import ProfileController
from .sign_in import DEPENDENCIES
from .users import UserController
from .views import TagsResponse


@get("/tags", tags=["Tags"])
async def list_tags() -> TagsResponse:
    return TagsResponse(await Tag.order_by("name").limit(1_000).pluck("name"))


def make_app(settings: dict[str, dict[str, object]] | None = None):  # noqa: ANN201 - what create_app returns
    """Build the application; settings come from the environment unless they are given."""
    api = Router(
        "/api",
        route_handlers=[UserController, ProfileController, ArticleController, CommentController, list_tags],
        dependencies=DEPENDENCIES,
    )
    os.environ.setdefault("GLUEFUL_AUTH__SCHEMES", "Token,Bearer")
    return create_app([api], plugins=[ConduitPlugin()], settings=settings)


app = make_app()
