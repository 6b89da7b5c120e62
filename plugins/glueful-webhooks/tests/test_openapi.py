"""The event catalogue stands in the OpenAPI document."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import jsonschema
import msgspec
import pytest
from glueful_hookspecs import Plugin, hookimpl
from glueful_webhooks.catalogue import encode_payload
from litestar.testing import AsyncTestClient
from openapi_spec_validator import validate


class Contributing(Plugin):
    def __init__(self, types: Sequence[type[Any]]) -> None:
        super().__init__()
        self.types = types

    @hookimpl
    def glueful_webhook_events(self) -> Sequence[type[Any]]:
        return self.types


async def test_declared_events_are_described(application: Callable[..., Any], sqlite_url: str, events: Any) -> None:
    app = application(sqlite_url, plugins=[Contributing(list(events.values()))])
    async with AsyncTestClient(app) as client:
        document = (await client.get("/schema/openapi.json")).json()

    validate(document)
    operation = document["webhooks"]["user.created"]["post"]
    assert operation["summary"] == "Somebody signed up."
    assert {parameter["name"] for parameter in operation["parameters"]} == {
        "webhook-id",
        "webhook-timestamp",
        "webhook-signature",
    }
    place = "#/webhooks/user.created/post/requestBody/content/application~1json/schema"
    schema = {**document, "$ref": place}
    body = msgspec.json.decode(encode_payload("user.created", {"id": 1}, datetime.now(UTC)))
    jsonschema.validate(body, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(body | {"data": {"id": "1"}}, schema)


def test_a_contributed_type_that_is_no_event_stops_the_start(application: Callable[..., Any], sqlite_url: str) -> None:
    class Forgotten(msgspec.Struct):
        pass

    with pytest.raises(Exception, match="'Forgotten' is no declared event"):
        application(sqlite_url, plugins=[Contributing([Forgotten])])
