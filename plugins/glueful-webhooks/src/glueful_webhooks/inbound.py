"""Receiving: is a request from whom it says, is it fresh, was it here before."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from .errors import SignatureInvalid
from .keys import verifying_key
from .schemes import SignatureScheme, SignedMessage, StandardWebhooks

if TYPE_CHECKING:
    from glueful_hookspecs import Secret


class WebhookVerifier:
    """Verifies webhooks that others send.

    Args:
        keys: ``whsec_…`` or ``whpk_…``; during a rotation the old one and the new one.
        scheme: how they sign; by default Standard Webhooks 1.0.
        tolerance_seconds: greatest difference between their clock and ours, both ways; it is within.
        clock: seconds since 1970.

    Raises:
        KeyUnfit: a key has none of the forms, or there is none.
    """

    def __init__(
        self,
        keys: "Sequence[str | Secret]",
        *,
        scheme: SignatureScheme | None = None,
        tolerance_seconds: int = 300,
        clock: Callable[[], float] = time.time,
    ) -> None:
        from .errors import KeyUnfit

        if not keys:
            raise KeyUnfit("is missing")
        self._keys = [verifying_key(key if isinstance(key, str) else key.reveal()) for key in keys]
        self._scheme = scheme or StandardWebhooks()
        self.tolerance_seconds = tolerance_seconds
        self._clock = clock

    def now(self) -> datetime:
        """The time, in UTC."""
        return datetime.fromtimestamp(self._clock(), UTC)

    def verify(self, headers: Mapping[str, str] | Iterable[tuple[bytes, bytes]], body: bytes) -> SignedMessage:
        """Check the signature and the time of a request.

        Whether a message was here before is for ``is_new`` to say, by its ``replay_key``; ``receive_webhooks`` asks it.

        Args:
            headers: of the request, in any case.
            body: the bytes received, not decoded JSON.

        Raises:
            SignatureInvalid: 401; the text does not say which key or which part of the signature was wrong.
        """
        message = self._scheme.verify(_lower(headers), body, self._keys)
        if abs(int(self._clock()) - message.timestamp) > self.tolerance_seconds:
            raise SignatureInvalid("the timestamp is too old or too new")
        return message


def verify(
    headers: Mapping[str, str] | Iterable[tuple[bytes, bytes]],
    body: bytes,
    *keys: "str | Secret",
    tolerance_seconds: int = 300,
) -> SignedMessage:
    """Verify one request that is signed by Standard Webhooks 1.0; see ``WebhookVerifier``.

    Raises:
        SignatureInvalid: 401.
        KeyUnfit: a key has none of the forms, or there is none.
    """
    return WebhookVerifier(keys, tolerance_seconds=tolerance_seconds).verify(headers, body)


def _lower(headers: Mapping[str, str] | Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    if isinstance(headers, Mapping):
        return {name.lower(): value for name, value in headers.items()}
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}
