"""Signing keys in the forms of Standard Webhooks 1.0: ``whsec_`` (HMAC), ``whsk_`` and ``whpk_`` (Ed25519)."""

import base64
import binascii
import hashlib
import hmac
import secrets
from typing import TypeAlias

from .errors import KeyUnfit

SHORTEST_SECRET, LONGEST_SECRET = 24, 64
ED25519_BYTES = 32


class HmacKey:
    """A shared secret; never prints.

    Args:
        text: ``whsec_`` and the base64 of 24 to 64 bytes.

    Raises:
        KeyUnfit: it has another form or length.
    """

    version = "v1"
    __slots__ = ("_raw", "_text")

    def __init__(self, text: str) -> None:
        self._raw = _decoded(text, "whsec_", range(SHORTEST_SECRET, LONGEST_SECRET + 1))
        self._text = text

    @property
    def text(self) -> str:
        """The secret as the receiver gets it."""
        return self._text

    def sign(self, content: bytes) -> bytes:
        """HMAC-SHA256 with the decoded secret."""
        return hmac.digest(self._raw, content, hashlib.sha256)

    def sign_with_text(self, content: bytes) -> bytes:
        """HMAC-SHA256 with the secret's text itself as the key, which schemes older than the standard use."""
        return hmac.digest(self._text.encode(), content, hashlib.sha256)

    def verify(self, signature: bytes, content: bytes) -> bool:
        """Whether a signature is right, in constant time."""
        return hmac.compare_digest(self.sign(content), signature)

    def __repr__(self) -> str:
        return "HmacKey('***')"


class Ed25519Key:
    """A private key; never prints.

    Args:
        text: ``whsk_`` and the base64 of the 32 bytes of the seed, or of these and the public key.

    Raises:
        KeyUnfit: it has another form or length.
    """

    version = "v1a"
    __slots__ = ("_key", "_text")

    def __init__(self, text: str) -> None:
        from cryptography.hazmat.primitives.asymmetric import ed25519

        raw = _decoded(text, "whsk_", (ED25519_BYTES, 2 * ED25519_BYTES))
        self._key = ed25519.Ed25519PrivateKey.from_private_bytes(raw[:ED25519_BYTES])
        self._text = text

    @property
    def text(self) -> str:
        """The private key; only for storing it encrypted."""
        return self._text

    @property
    def public(self) -> "Ed25519PublicKey":
        """What the receiver gets."""
        return Ed25519PublicKey("whpk_" + base64.b64encode(self._key.public_key().public_bytes_raw()).decode())

    def sign(self, content: bytes) -> bytes:
        """Ed25519 (RFC 8032)."""
        return self._key.sign(content)

    def verify(self, signature: bytes, content: bytes) -> bool:
        """Whether a signature is right."""
        return self.public.verify(signature, content)

    def __repr__(self) -> str:
        return "Ed25519Key('***')"


class Ed25519PublicKey:
    """A public key.

    Args:
        text: ``whpk_`` and the base64 of 32 bytes.

    Raises:
        KeyUnfit: it has another form or length.
    """

    version = "v1a"
    __slots__ = ("_key", "text")

    def __init__(self, text: str) -> None:
        from cryptography.hazmat.primitives.asymmetric import ed25519

        self._key = ed25519.Ed25519PublicKey.from_public_bytes(_decoded(text, "whpk_", (ED25519_BYTES,)))
        self.text = text

    def verify(self, signature: bytes, content: bytes) -> bool:
        """Whether a signature is right."""
        from cryptography.exceptions import InvalidSignature

        try:
            self._key.verify(signature, content)
        except InvalidSignature:
            return False
        return True

    def __repr__(self) -> str:
        return f"Ed25519PublicKey({self.text!r})"


SigningKey: TypeAlias = HmacKey | Ed25519Key
VerifyingKey: TypeAlias = HmacKey | Ed25519PublicKey | Ed25519Key


def new_secret() -> HmacKey:
    """A new shared secret of 32 random bytes."""
    return HmacKey("whsec_" + base64.b64encode(secrets.token_bytes(32)).decode())


def new_key_pair() -> Ed25519Key:
    """A new Ed25519 key; its ``public.text`` is for the receiver."""
    return Ed25519Key("whsk_" + base64.b64encode(secrets.token_bytes(ED25519_BYTES)).decode())


def signing_key(text: str) -> SigningKey:
    """Read a key by its prefix.

    Raises:
        KeyUnfit: it has none of the forms.
    """
    return Ed25519Key(text) if text.startswith("whsk_") else HmacKey(text)


def verifying_key(text: str) -> VerifyingKey:
    """Read what a receiver was given, by its prefix.

    Raises:
        KeyUnfit: it has none of the forms.
    """
    return Ed25519PublicKey(text) if text.startswith("whpk_") else signing_key(text)


def _decoded(text: str, prefix: str, lengths: "range | tuple[int, ...]") -> bytes:
    if not text.startswith(prefix):
        raise KeyUnfit(f"does not begin with {prefix}")
    body = text.removeprefix(prefix)
    try:
        raw = base64.b64decode(body + "=" * (-len(body) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise KeyUnfit("is not base64") from None
    if len(raw) not in lengths:
        raise KeyUnfit(f"has {len(raw)} bytes; allowed are {lengths[0]} to {lengths[-1]}")
    return raw
