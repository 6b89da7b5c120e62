"""What the management API takes and gives."""

from datetime import datetime
from typing import Annotated, Any, TypeAlias

import msgspec

from .filters import Scalar
from .tables import WebhookAttempt, WebhookDelivery, WebhookEndpoint

SHOWN_BODY_BYTES = 65_536
FilterValues: TypeAlias = dict[str, Scalar | list[Scalar]]
Rate: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] | None


class NewEndpoint(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """An endpoint to be made."""

    url: Annotated[str, msgspec.Meta(max_length=2_048)]
    events: Annotated[list[Annotated[str, msgspec.Meta(max_length=128)]], msgspec.Meta(min_length=1, max_length=100)]
    description: Annotated[str, msgspec.Meta(max_length=255)] = ""
    filters: FilterValues = {}
    headers: dict[str, str] = {}
    rate_per_minute: Rate = None
    asymmetric: bool = False
    """Sign with Ed25519 instead of a shared secret."""


class EndpointChange(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What is to be changed; what is left out stays."""

    url: Annotated[str, msgspec.Meta(max_length=2_048)] | msgspec.UnsetType = msgspec.UNSET
    events: list[str] | msgspec.UnsetType = msgspec.UNSET
    description: Annotated[str, msgspec.Meta(max_length=255)] | msgspec.UnsetType = msgspec.UNSET
    filters: FilterValues | msgspec.UnsetType = msgspec.UNSET
    headers: dict[str, str] | msgspec.UnsetType = msgspec.UNSET
    rate_per_minute: Rate | msgspec.UnsetType = msgspec.UNSET

    def given(self) -> dict[str, Any]:
        """The fields that were sent."""
        return {name: value for name, value in msgspec.structs.asdict(self).items() if value is not msgspec.UNSET}


class Since(msgspec.Struct, forbid_unknown_fields=True):
    """From when on."""

    since: Annotated[datetime, msgspec.Meta(tz=True)]


class EndpointView(msgspec.Struct):
    """An endpoint; never its secret, nor the values of its headers."""

    id: str
    owner: str
    url: str
    description: str
    events: list[str]
    filters: dict[str, Any]
    rate_per_minute: int | None
    is_enabled: bool
    disabled_reason: str | None
    failing_since: datetime | None
    last_sequence: int
    created_at: datetime
    updated_at: datetime


class EndpointWithKey(msgspec.Struct):
    """A new endpoint, or a new key: the only time that the key is shown."""

    endpoint: EndpointView
    key: str
    """``whsec_…``, the shared secret, or ``whpk_…``, the public key."""


class DeliveryView(msgspec.Struct):
    """A delivery."""

    id: str
    message_id: str
    endpoint_id: str
    sequence: int
    status: str
    attempts: int
    next_attempt_at: datetime | None
    last_status_code: int | None
    last_failure: str | None
    delivered_at: datetime | None
    created_at: datetime


class AttemptView(msgspec.Struct):
    """One request, and what came back."""

    number: int
    started_at: datetime
    duration_ms: int
    status_code: int | None
    failure: str | None
    response_body: str | None
    """As text; bytes that are no UTF-8 are replaced."""


class DeliveryDetails(msgspec.Struct):
    """A delivery with its attempts."""

    delivery: DeliveryView
    attempts: list[AttemptView]


class EventTypeView(msgspec.Struct):
    """An event that can be subscribed to."""

    name: str
    summary: str


class Resent(msgspec.Struct):
    """How many deliveries will be attempted."""

    deliveries: int


class Sent(msgspec.Struct):
    """The message that was sent."""

    message_id: str


def endpoint_view(row: WebhookEndpoint) -> EndpointView:
    """An endpoint as it is shown."""
    return msgspec.convert({**row.visible(), "events": row.patterns}, EndpointView)


def delivery_view(row: WebhookDelivery) -> DeliveryView:
    """A delivery as it is shown."""
    values = row.visible()
    if row.lease is not None:
        values["next_attempt_at"] = None
    return msgspec.convert(values, DeliveryView)


def attempt_view(row: WebhookAttempt) -> AttemptView:
    """An attempt as it is shown."""
    body = row.response_body
    text = None if body is None else bytes(body)[:SHOWN_BODY_BYTES].decode(errors="replace")
    return msgspec.convert({**row.visible(), "response_body": text}, AttemptView)
