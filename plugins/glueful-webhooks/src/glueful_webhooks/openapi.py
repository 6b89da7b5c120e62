"""The event catalogue as the ``webhooks`` of the OpenAPI document (OpenAPI 3.1, section 4.8.1)."""

from dataclasses import dataclass, field
from typing import Any

import msgspec
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import (
    OpenAPIMediaType,
    OpenAPIResponse,
    Operation,
    Parameter,
    PathItem,
    RequestBody,
    Schema,
)
from litestar.openapi.spec.enums import OpenAPIType

from .catalogue import DECLARED, EventType

HEADERS = {
    "webhook-id": "Id of the message; the same at every attempt.",
    "webhook-timestamp": "Time of this attempt, in seconds since 1970.",
    "webhook-signature": "Signatures of `id.timestamp.body`, divided by spaces: `v1,` HMAC-SHA256, `v1a,` Ed25519.",
}


@dataclass
class _Written(Schema):
    """A JSON schema that msgspec wrote."""

    text: dict[str, Any] = field(default_factory=dict)

    def to_schema(self) -> dict[str, Any]:
        return self.text


def describe(config: OpenAPIConfig) -> None:
    """Add every declared event.

    Args:
        config: changed in place.
    """
    if not DECLARED:
        return
    operations = {name: PathItem(post=_operation(DECLARED[name])) for name in sorted(DECLARED)}
    config.webhooks = {**(config.webhooks or {}), **operations}


def _operation(declared: EventType) -> Operation:
    # Litestar writes `components` itself, so what a payload refers to stands beside it.
    place = f"#/webhooks/{declared.name}/post/requestBody/content/application~1json/schema/$defs/{{name}}"
    (data,), types = msgspec.json.schema_components([declared.payload], ref_template=place)
    envelope = {
        "type": "object",
        "required": ["type", "timestamp", "data"],
        "properties": {
            "type": {"const": declared.name},
            "timestamp": {"type": "string", "format": "date-time", "description": "When the event was sent first."},
            "data": data,
        },
        "$defs": types,
    }
    return Operation(
        operation_id="webhook_" + declared.name.replace(".", "_"),
        summary=declared.summary,
        description=declared.description,
        parameters=[
            Parameter(
                name=name, param_in="header", required=True, description=text, schema=Schema(type=OpenAPIType.STRING)
            )
            for name, text in HEADERS.items()
        ],
        request_body=RequestBody(
            content={"application/json": OpenAPIMediaType(schema=_Written(text=envelope))}, required=True
        ),
        responses={
            "2XX": OpenAPIResponse(description="Received. Everything else is sent again later."),
            "410": OpenAPIResponse(description="No more of these: the endpoint is disabled."),
        },
    )
