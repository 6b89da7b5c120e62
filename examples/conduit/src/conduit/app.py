"""The application: ``glueful --app conduit.app:app serve``."""

from pathlib import Path

from glueful_kernel import create_app
from litestar import Litestar, Router, get
from litestar.openapi.config import OpenAPIConfig

from .articles import ArticleController
from .comments import CommentController
from .models import Tag
from .plugin import ConduitPlugin
from .profiles import ProfileController
from .resources import TagList
from .sign_in import DEPENDENCIES
from .users import UserController

SETTINGS = Path(__file__).with_name("glueful.toml")
PLUGINS = ["auth", "edge", "errors", "health", "orm", "resources", "validation"]


@get("/tags", tags=["Tags"])
async def list_tags() -> TagList:
    return TagList(await Tag.order_by("name").limit(1_000).pluck("name"))


def make_app(settings: dict[str, dict[str, object]] | None = None) -> Litestar:
    """Build the application; settings come from its file and the environment unless they are given."""
    api = Router(
        "/api",
        route_handlers=[UserController, ProfileController, ArticleController, CommentController, list_tags],
        dependencies=DEPENDENCIES,
    )
    document = OpenAPIConfig(title="Conduit", version="1.1.0")
    return create_app(
        [api], plugins=[ConduitPlugin()], only=PLUGINS, settings=settings or SETTINGS, openapi_config=document
    )


app = make_app()
