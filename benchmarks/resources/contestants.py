"""Each contestant makes the JSON of 1,000 posts, alone or as an answer through ASGI, without a socket."""

import datetime as dt
import json
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import msgspec
from rows import Author, AuthorModel, Post, PostModel, by_hand, by_hand_of_models, models, structs

Contestant = Callable[[], Awaitable[bytes]]


def through_asgi(app: Any) -> Contestant:
    async def call() -> bytes:
        parts: list[bytes] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            parts.append(message.get("body", b""))

        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
            "path": "/", "raw_path": b"/", "query_string": b"", "root_path": "", "state": {},
            "headers": [(b"host", b"localhost"), (b"accept", b"*/*")],
            "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
        }  # fmt: skip
        await app(scope, receive, send)
        return b"".join(parts)

    return call


def dicts_by_hand() -> Contestant:
    posts = structs()

    async def call() -> bytes:
        return msgspec.json.encode({"data": by_hand(posts)})

    return call


def dicts_of_models_by_hand() -> Contestant:
    posts = models()

    async def call() -> bytes:
        return msgspec.json.encode({"data": by_hand_of_models(posts)})

    return call


def resources() -> tuple[Any, Any]:
    from glueful_resources import Resource

    class AuthorResource(Resource[Author]):
        id: int
        name: str
        email: str
        joined_at: dt.datetime

    class PostResource(Resource[Post]):
        id: int
        title: str
        body: str
        rating: int
        created_at: dt.datetime
        author: AuthorResource

    class AuthorModelResource(Resource[AuthorModel], name="author"):
        id: int
        name: str
        email: str
        joined_at: dt.datetime

    class PostModelResource(Resource[PostModel], name="post"):
        id: int
        title: str
        body: str
        rating: int
        created_at: dt.datetime
        author: AuthorModelResource

    for resource, inner in ((PostResource, AuthorResource), (PostModelResource, AuthorModelResource)):
        resource.__annotations__["author"] = inner
    return PostResource, PostModelResource


def alone(resource: Any, posts: list[Any]) -> Contestant:
    """A resource without a request around it."""
    from glueful_orm.resource_source import ModelSource
    from glueful_resources.annotations import Announced
    from glueful_resources.application import ApplicationResources
    from glueful_resources.operation import OperationResources

    operation = OperationResources(
        Announced(resource, "many"), ApplicationResources(sources=[ModelSource()]), "the benchmark"
    )

    async def call() -> bytes:
        document: Any = operation.respond(resource.collection(posts), None)  # type: ignore[arg-type]
        if not hasattr(document, "body"):
            document = await document
        return msgspec.json.encode(document.body)

    return call


def resource_of_structs() -> Contestant:
    return alone(resources()[0], structs())


def resource_of_models() -> Contestant:
    return alone(resources()[1], models())


def litestar_by_hand() -> Contestant:
    from litestar import Litestar, get

    posts = structs()

    @get("/", sync_to_thread=False)
    def handler() -> dict[str, Any]:
        return {"data": by_hand(posts)}

    return through_asgi(Litestar([handler], openapi_config=None, logging_config=None))


def litestar_with_resource() -> Contestant:
    from glueful_resources import ResourceResponses
    from litestar import Litestar, get

    posts, resource = structs(), resources()[0]

    def handler() -> Any:
        return posts

    handler.__annotations__["return"] = Annotated[list[Post], resource]
    route = get("/", sync_to_thread=False)(handler)
    return through_asgi(Litestar([route], plugins=[ResourceResponses()], openapi_config=None, logging_config=None))


def fastapi() -> Contestant:
    import fastapi
    import pydantic

    class AuthorOut(pydantic.BaseModel):
        model_config = pydantic.ConfigDict(from_attributes=True)
        id: int
        name: str
        email: str
        joined_at: dt.datetime

    class PostOut(pydantic.BaseModel):
        model_config = pydantic.ConfigDict(from_attributes=True)
        id: int
        title: str
        body: str
        rating: int
        created_at: dt.datetime
        author: AuthorOut

    class Answer(pydantic.BaseModel):
        data: list[PostOut]

    app, posts = fastapi.FastAPI(), structs()

    @app.get("/", response_model=Answer)
    async def handler() -> Any:
        return {"data": posts}

    return through_asgi(app)


def rest_framework() -> Contestant:
    import django
    from django.conf import settings

    settings.configure(USE_TZ=True, TIME_ZONE="UTC", REST_FRAMEWORK={}, INSTALLED_APPS=["rest_framework"])
    django.setup()
    from rest_framework import serializers
    from rest_framework.renderers import JSONRenderer

    class AuthorSerializer(serializers.Serializer):
        id = serializers.IntegerField()
        name = serializers.CharField()
        email = serializers.CharField()
        joined_at = serializers.DateTimeField()

    class PostSerializer(serializers.Serializer):
        id = serializers.IntegerField()
        title = serializers.CharField()
        body = serializers.CharField()
        rating = serializers.IntegerField()
        created_at = serializers.DateTimeField()
        author = AuthorSerializer()

    posts = structs()

    async def call() -> bytes:
        return JSONRenderer().render({"data": PostSerializer(posts, many=True).data})

    return call


ALONE: dict[str, Callable[[], Contestant]] = {
    "dicts by hand, of Structs": dicts_by_hand,
    "resource of Structs": resource_of_structs,
    "dicts by hand, of models": dicts_of_models_by_hand,
    "resource of models": resource_of_models,
    "Django REST framework": rest_framework,
}
THROUGH_ASGI: dict[str, Callable[[], Contestant]] = {
    "Litestar, dicts by hand": litestar_by_hand,
    "Litestar, resource": litestar_with_resource,
    "FastAPI, response_model": fastapi,
}


def same(one: bytes, other: bytes) -> bool:
    return bool(json.loads(one) == json.loads(other))
