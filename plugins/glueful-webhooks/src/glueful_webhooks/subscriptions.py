"""Endpoints: who gets which events, with which keys."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from glueful_http import HttpClient
from glueful_orm import after_commit, transaction

from .catalogue import check_pattern
from .disabling import disable
from .endpoint_keys import EndpointKeys, StoredKey
from .errors import EndpointNotFound, EndpointsExhausted, SubscriptionInvalid
from .filters import Filters, check_filters
from .ids import new_id
from .keys import SigningKey, new_key_pair, new_secret, signing_key
from .tables import WebhookEndpoint

if TYPE_CHECKING:
    from .settings import WebhookSettings

MOST_PATTERNS, MOST_HEADERS, LONGEST_HEADER = 100, 20, 1_024
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")
_HEADER_VALUE = re.compile(r"[\x20-\x7e]*")
_OURS = re.compile(
    r"(?i)(webhook-.*|x-webhook-.*|host|content-.*|transfer-encoding|connection|te|trailer|upgrade|expect|user-agent|"
    r"accept-encoding|proxy-.*|keep-alive)"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def check_text(name: str, text: str) -> None:
    """Refuse what cannot be stored.

    Raises:
        SubscriptionInvalid: it is too long, or has a control character.
    """
    if len(text) > 255:
        raise SubscriptionInvalid(name, "has more than 255 characters")
    if _CONTROL.search(text):
        raise SubscriptionInvalid(name, "has a control character")


class Subscriptions:
    """Makes and changes endpoints.

    Args:
        settings: limits.
        client: judges URLs.
        keys: seals secrets.
        clock: the time, in UTC.
        wake: called once an endpoint is there, in the process that made it.
        disabled: told of every endpoint that somebody disables: its id, its owner, the reason.
    """

    def __init__(
        self,
        settings: "WebhookSettings",
        client: HttpClient,
        keys: EndpointKeys,
        clock: Callable[[], datetime],
        wake: Callable[[], None],
        disabled: Callable[[str, str, str], Awaitable[object]] | None = None,
    ) -> None:
        self._settings, self._client, self._keys, self._clock = settings, client, keys, clock
        self._wake, self._disabled = wake, disabled

    async def subscribe(
        self,
        events: str | Sequence[str],
        url: str,
        *,
        owner: str = "",
        secret: str | None = None,
        description: str = "",
        filters: Filters | None = None,
        headers: Mapping[str, str] | None = None,
        rate_per_minute: int | None = None,
        asymmetric: bool = False,
    ) -> tuple[WebhookEndpoint, SigningKey]:
        """Make an endpoint. Its key is returned here and never again.

        Args:
            events: names or patterns: ``user.created``, ``user.*``, ``*``.
            url: where to; checked now and at every delivery.
            owner: the tenant or user whose it is; empty for the application's own.
            secret: ``whsec_…`` or ``whsk_…`` of one's own; by default a new one.
            description: for people.
            filters: paths of payload fields, and the value or values wanted there.
            headers: sent with every delivery; stored encrypted.
            rate_per_minute: greatest number of deliveries a minute; None for no limit.
            asymmetric: make an Ed25519 key instead of a shared secret.

        Raises:
            UrlRefused, HostUnreachable: the URL may not be called.
            EventUndeclared, PatternInvalid: a pattern fits no event.
            SubscriptionInvalid: something else is wrong.
            EndpointsExhausted: the owner has as many as are allowed.
        """
        patterns = self._patterns([events] if isinstance(events, str) else events)
        self._check(filters or {}, headers or {}, rate_per_minute, owner, description)
        key = signing_key(secret) if secret is not None else new_key_pair() if asymmetric else new_secret()
        checked = await self._client.check(url)
        name, now = new_id("ep"), self._clock()
        async with transaction():
            if await WebhookEndpoint.where(owner=owner).count() >= self._settings.max_endpoints_per_owner:
                raise EndpointsExhausted(self._settings.max_endpoints_per_owner)
            endpoint = await WebhookEndpoint.create(
                id=name,
                owner=owner,
                url=checked,
                description=description,
                patterns=patterns,
                filters=dict(filters or {}),
                sealed_keys=self._keys.seal(name, [StoredKey(key.text)]),
                sealed_headers=self._keys.seal_headers(name, dict(headers or {})),
                rate_per_minute=rate_per_minute,
                created_at=now,
                updated_at=now,
            )
        await after_commit(self._wake)
        return endpoint, key

    async def update(self, endpoint_id: str, *, owner: str | None = None, **changes: Any) -> WebhookEndpoint:
        """Change an endpoint.

        Args:
            endpoint_id: which.
            owner: whose it must be; None for anybody's.
            changes: ``events``, ``url``, ``description``, ``filters``, ``headers``, ``rate_per_minute``.

        Raises:
            EndpointNotFound: there is none, or it is another owner's.
        """
        endpoint = await self.find(endpoint_id, owner=owner)
        self._check(
            changes.get("filters") or {},
            changes.get("headers") or {},
            changes.get("rate_per_minute"),
            "",
            changes.get("description") or "",
        )
        values: dict[str, Any] = {
            name: changes[name] for name in ("description", "filters", "rate_per_minute") if name in changes
        }
        if "events" in changes:
            values["patterns"] = self._patterns(changes["events"])
        if "url" in changes:
            values["url"] = await self._client.check(changes["url"])
        if "headers" in changes:
            values["sealed_headers"] = self._keys.seal_headers(endpoint_id, dict(changes["headers"]))
        await endpoint.update(**values, updated_at=self._clock())
        return endpoint

    async def find(self, endpoint_id: str, *, owner: str | None = None) -> WebhookEndpoint:
        """An endpoint; another owner's is as unknown as one that does not exist.

        Raises:
            EndpointNotFound: there is none, or it is another owner's.
        """
        query = WebhookEndpoint.where(id=endpoint_id)
        endpoint = await (query if owner is None else query.where(owner=owner)).first()
        if endpoint is None:
            raise EndpointNotFound
        return endpoint

    async def rotate(self, endpoint_id: str, *, owner: str | None = None, secret: str | None = None) -> SigningKey:
        """Give an endpoint a new key; the old one signs as well until the overlap ends.

        Raises:
            EndpointNotFound: there is none, or it is another owner's.
        """
        async with transaction():
            await self.find(endpoint_id, owner=owner)
            endpoint = await WebhookEndpoint.where(id=endpoint_id).for_update().first_or_fail()
            current = self._keys.unseal(endpoint_id, endpoint.sealed_keys)[0]
            made = new_key_pair() if current.text.startswith("whsk_") else new_secret()
            key = made if secret is None else signing_key(secret)
            now, overlap = self._clock(), timedelta(hours=self._settings.secret_overlap_hours)
            sealed = self._keys.rotated(endpoint_id, endpoint.sealed_keys, key, now, overlap)
            await WebhookEndpoint.where(id=endpoint_id).update(sealed_keys=sealed, updated_at=now)
        return key

    async def enable(self, endpoint_id: str, *, owner: str | None = None) -> None:
        """Let an endpoint be called again; what waited stays as it is until it is recovered.

        Raises:
            EndpointNotFound: there is none, or it is another owner's.
        """
        await self.find(endpoint_id, owner=owner)
        await WebhookEndpoint.where(id=endpoint_id).update(
            is_enabled=True, disabled_reason=None, failing_since=None, blocked_until=None, updated_at=self._clock()
        )

    async def disable(self, endpoint_id: str, reason: str = "manual", *, owner: str | None = None) -> bool:
        """Call an endpoint no more; what is not delivered yet waits for ``recover``.

        Returns:
            False if it was disabled already.

        Raises:
            EndpointNotFound: there is none, or it is another owner's.
        """
        endpoint = await self.find(endpoint_id, owner=owner)
        async with transaction():
            is_new = await disable(endpoint, reason, self._clock())
        if is_new and self._disabled is not None:
            await self._disabled(endpoint.id, endpoint.owner, reason)
        return is_new

    async def unsubscribe(self, endpoint_id: str, *, owner: str | None = None) -> None:
        """Delete an endpoint and its deliveries.

        Raises:
            EndpointNotFound: there is none, or it is another owner's.
        """
        await self.find(endpoint_id, owner=owner)
        await WebhookEndpoint.where(id=endpoint_id).delete()

    @staticmethod
    def _patterns(events: Sequence[str]) -> list[str]:
        if not 0 < len(events) <= MOST_PATTERNS:
            raise SubscriptionInvalid("events", f"must be 1 to {MOST_PATTERNS}")
        return [check_pattern(pattern) for pattern in dict.fromkeys(events)]

    @staticmethod
    def _check(
        filters: Filters, headers: Mapping[str, str], rate_per_minute: int | None, owner: str, description: str
    ) -> None:
        check_filters(filters)
        if rate_per_minute is not None and not 0 < rate_per_minute <= 1_000_000:
            raise SubscriptionInvalid("rate_per_minute", "must be 1 to 1,000,000")
        check_text("owner", owner)
        check_text("description", description)
        if len(headers) > MOST_HEADERS:
            raise SubscriptionInvalid("headers", f"are more than {MOST_HEADERS}")
        for name, value in headers.items():
            if not _HEADER_NAME.fullmatch(name) or _OURS.fullmatch(name):
                raise SubscriptionInvalid("headers", "have a name that cannot be set")
            if len(value) > LONGEST_HEADER or not _HEADER_VALUE.fullmatch(value):
                raise SubscriptionInvalid("headers", "have a value that is too long or not printable ASCII")
