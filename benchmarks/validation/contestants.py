"""Each contestant: a coroutine function that takes a path and a body and returns whether it was found valid.

Frameworks are called through ASGI, without a socket; msgspec and the serializers of Django REST framework are called
alone, so their figures have no request in them.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import msgspec
from types_of_msgspec import TYPES, Small, User

Contestant = Callable[[str, bytes], Awaitable[bool]]
HEADERS = [
    (b"host", b"localhost"),
    (b"user-agent", b"bench"),
    (b"accept", b"*/*"),
    (b"content-type", b"application/json"),
]


def through_asgi(app: Any) -> Contestant:
    async def call(path: str, body: bytes) -> bool:
        statuses: list[int] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])

        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
            "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "state": {},
            "headers": [*HEADERS, (b"content-length", str(len(body)).encode())],
            "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
        }  # fmt: skip
        await app(scope, receive, send)
        return statuses[0] < 300

    return call


def decoder() -> Contestant:
    decoders = {path: msgspec.json.Decoder(annotation) for path, annotation in TYPES.items()}

    async def call(path: str, body: bytes) -> bool:
        try:
            decoders[path].decode(body)
        except msgspec.ValidationError:
            return False
        return True

    return call


def litestar(*plugins: Any) -> Contestant:
    from litestar import Litestar, post
    from litestar.params import JSONBody

    @post("/small")
    async def small(data: JSONBody[Small]) -> None: ...

    @post("/nested")
    async def nested(data: JSONBody[User]) -> None: ...

    @post("/many")
    async def many(data: JSONBody[list[User]]) -> None: ...

    handlers = [small, nested, many]
    return through_asgi(Litestar(handlers, plugins=plugins, openapi_config=None, logging_config=None))


def litestar_by_hand() -> Contestant:
    """What nobody should write: the handler decodes, and knows of no limits, content types or further errors."""
    from litestar import Litestar, post
    from litestar.exceptions import ValidationException
    from litestar.params import RawBody

    def handler(path: str, annotation: Any) -> Any:
        decode = msgspec.json.Decoder(annotation).decode

        @post(path)
        async def handle(body: RawBody) -> None:
            try:
                decode(body)
            except msgspec.ValidationError as error:
                raise ValidationException(str(error)) from error

        return handle

    handlers = [handler(path, annotation) for path, annotation in TYPES.items()]
    return through_asgi(Litestar(handlers, openapi_config=None, logging_config=None))


def glueful() -> Contestant:
    from glueful_validation import RequestValidation

    return litestar(RequestValidation())


def fastapi() -> Contestant:
    from fastapi import FastAPI
    from pydantic import BaseModel, EmailStr, Field

    class SmallModel(BaseModel):
        name: Annotated[str, Field(min_length=1, max_length=50)]
        age: Annotated[int, Field(ge=0, strict=True)]

    class AddressModel(BaseModel):
        street: str
        city: str
        zip: Annotated[str, Field(min_length=5, max_length=5)]

    class UserModel(BaseModel):
        name: Annotated[str, Field(min_length=1, max_length=50)]
        email: EmailStr
        age: Annotated[int, Field(ge=0, strict=True)]
        tags: list[str]
        address: AddressModel

    app = FastAPI()

    @app.post("/small", status_code=204)
    async def small(data: SmallModel) -> None: ...

    @app.post("/nested", status_code=204)
    async def nested(data: UserModel) -> None: ...

    @app.post("/many", status_code=204)
    async def many(data: list[UserModel]) -> None: ...

    return through_asgi(app)


def rest_framework() -> Contestant:
    import django
    from django.conf import settings

    settings.configure(INSTALLED_APPS=["rest_framework"], USE_I18N=False)
    django.setup()
    from rest_framework import serializers

    class StrictInteger(serializers.IntegerField):
        def to_internal_value(self, data: Any) -> Any:
            if not isinstance(data, int):
                self.fail("invalid")
            return super().to_internal_value(data)

    class SmallSerializer(serializers.Serializer[Any]):
        name = serializers.CharField(max_length=50)
        age = StrictInteger(min_value=0)

    class AddressSerializer(serializers.Serializer[Any]):
        street = serializers.CharField()
        city = serializers.CharField()
        zip = serializers.CharField(min_length=5, max_length=5)

    class UserSerializer(serializers.Serializer[Any]):
        name = serializers.CharField(max_length=50)
        email = serializers.EmailField()
        age = StrictInteger(min_value=0)
        tags = serializers.ListField(child=serializers.CharField())
        address = AddressSerializer()

    kinds = {"/small": (SmallSerializer, False), "/nested": (UserSerializer, False), "/many": (UserSerializer, True)}

    async def call(path: str, body: bytes) -> bool:
        serializer, many = kinds[path]
        return bool(serializer(data=json.loads(body), many=many).is_valid())

    return call


CONTESTANTS: dict[str, Callable[[], Contestant]] = {
    "msgspec alone, no request": decoder,
    "Litestar, decoded by hand": litestar_by_hand,
    "Litestar, data: Struct": litestar,
    "glueful-validation": glueful,
    "FastAPI, pydantic 2": fastapi,
    "DRF serializer, no request": rest_framework,
}
