"""How a message is signed on the wire: Standard Webhooks 1.0, and a single header for receivers that expect one."""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from .errors import SignatureInvalid
from .keys import HmacKey, SigningKey, VerifyingKey

MOST_SIGNATURES = 16
LONGEST_HEADER = 4_096
_ID = re.compile(r"[!-\-/-~]{1,255}")
_TIMESTAMP = re.compile(r"[0-9]{1,12}", re.ASCII)


class SignedMessage(msgspec.Struct, frozen=True):
    """What is signed."""

    id: str
    """The same at every attempt: receivers recognise duplicates by it."""
    timestamp: int
    """Seconds since 1970, of this attempt."""
    body: bytes
    """The very bytes that are sent."""
    replay_key: str = ""
    """What stays the same when somebody sends a recorded request again; set by verification."""


class SignatureScheme(Protocol):
    """Headers that carry a signature."""

    def headers(self, message: SignedMessage, keys: Sequence[SigningKey]) -> dict[str, str]:
        """Sign with every key; during a rotation there are two."""
        ...

    def verify(self, headers: Mapping[str, str], body: bytes, keys: Sequence[VerifyingKey]) -> SignedMessage:
        """Check the signature; not the time.

        Args:
            headers: with names in lower case.
            body: as received.
            keys: one of them must fit.

        Raises:
            SignatureInvalid: none fits, or a header is missing or malformed.
        """
        ...


class StandardWebhooks:
    """Standard Webhooks 1.0: ``webhook-id``, ``webhook-timestamp`` and ``webhook-signature: v1,… v1a,…``."""

    def headers(self, message: SignedMessage, keys: Sequence[SigningKey]) -> dict[str, str]:
        """The three headers."""
        content = _content(message)
        return {
            "webhook-id": message.id,
            "webhook-timestamp": str(message.timestamp),
            "webhook-signature": " ".join(
                f"{key.version},{base64.b64encode(key.sign(content)).decode()}" for key in keys
            ),
        }

    def verify(self, headers: Mapping[str, str], body: bytes, keys: Sequence[VerifyingKey]) -> SignedMessage:
        """See ``SignatureScheme``; signatures of unknown versions are passed over."""
        given = _header(headers, "webhook-signature")
        name = _header(headers, "webhook-id")
        if not _ID.fullmatch(name):
            raise SignatureInvalid("webhook-id is malformed")
        message = SignedMessage(name, _seconds(_header(headers, "webhook-timestamp")), body, name)
        content = _content(message)
        for part in given.split(" ")[:MOST_SIGNATURES]:
            version, _, text = part.partition(",")
            fitting = [key for key in keys if key.version == version]
            if fitting and (signature := _base64(text)) and any(key.verify(signature, content) for key in fitting):
                return message
        raise SignatureInvalid("no signature fits")


class TimestampedHeader:
    """One header, ``t=<seconds>,v1=<hex>``: HMAC-SHA256 over ``<t>.<body>`` with the secret's text as the key.

    Args:
        header: name of the header.
        id_header: where the id of the message stands; it is not signed.
    """

    def __init__(self, header: str = "X-Webhook-Signature", id_header: str = "X-Webhook-ID") -> None:
        self.header, self.id_header = header, id_header

    def headers(self, message: SignedMessage, keys: Sequence[SigningKey]) -> dict[str, str]:
        """The signature, the id and ``X-Webhook-Timestamp``. Keys that are no shared secrets sign nothing here."""
        content = b"%d.%b" % (message.timestamp, message.body)
        signatures = [f"v1={key.sign_with_text(content).hex()}" for key in keys if isinstance(key, HmacKey)]
        return {
            self.header: ",".join([f"t={message.timestamp}", *signatures]),
            self.id_header: message.id,
            "X-Webhook-Timestamp": str(message.timestamp),
        }

    def verify(self, headers: Mapping[str, str], body: bytes, keys: Sequence[VerifyingKey]) -> SignedMessage:
        """See ``SignatureScheme``."""
        parts = [part.strip().partition("=") for part in _header(headers, self.header.lower()).split(",")]
        times = [value for name, _, value in parts if name == "t"]
        if len(times) != 1:
            raise SignatureInvalid(f"{self.header} has no timestamp, or several")
        timestamp = _seconds(times[0])
        content = b"%d.%b" % (timestamp, body)
        expected = [key.sign_with_text(content).hex() for key in keys if isinstance(key, HmacKey)]
        given = [value for name, _, value in parts[: MOST_SIGNATURES + 1] if name == "v1" and value.isascii()]
        if not any(hmac.compare_digest(text, value) for text in expected for value in given):
            raise SignatureInvalid("no signature fits")
        replayed = hashlib.sha256(content).hexdigest()
        name = headers.get(self.id_header.lower(), "")
        return SignedMessage(name if _ID.fullmatch(name) else replayed, timestamp, body, replayed)


def _content(message: SignedMessage) -> bytes:
    return b"%b.%d.%b" % (message.id.encode(), message.timestamp, message.body)


def _header(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(name, "")
    if not value:
        raise SignatureInvalid(f"{name} is missing")
    if len(value) > LONGEST_HEADER:
        raise SignatureInvalid(f"{name} is too long")
    return value


def _seconds(text: str) -> int:
    if not _TIMESTAMP.fullmatch(text):
        raise SignatureInvalid("the timestamp is malformed")
    return int(text)


def _base64(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
