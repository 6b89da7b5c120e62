"""Casts: attributes whose Python type is not that of their column."""

import base64
import enum
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
from glueful_hookspecs import GluefulError
from piccolo.columns import column_types as ct

from ..engines import ROUTER
from .errors import DecryptionFailed, EncryptionKeyMissing

if TYPE_CHECKING:
    from piccolo.columns.base import Column

Codec = Callable[[Any], Any]


class Cast(Protocol):
    """Turns an attribute's value into what its column holds, and back; never asked for None."""

    def encode(self, value: Any) -> Any:
        """What the column holds."""

    def decode(self, stored: Any) -> Any:
        """What the attribute is."""


class Encrypted:
    """Text that is encrypted before it is stored (AES-256-GCM), with the setting ``key``; needs ``cryptography``.

    The column is a ``Text``. Equal values have different ciphertexts: it cannot be searched.
    """

    def encode(self, value: str) -> str:
        """The ciphertext, base64url."""
        import os

        nonce = os.urandom(12)
        return base64.urlsafe_b64encode(nonce + _cipher().encrypt(nonce, value.encode(), None)).decode()

    def decode(self, stored: str) -> str:
        """The text.

        Raises:
            DecryptionFailed: another key encrypted it, or it was altered.
        """
        from cryptography.exceptions import InvalidTag

        cipher = _cipher()
        try:
            raw = base64.urlsafe_b64decode(stored)
            return bytes(cipher.decrypt(raw[:12], raw[12:], None)).decode()
        except (InvalidTag, ValueError):
            raise DecryptionFailed from None


def _cipher() -> Any:
    key = ROUTER.engine.encryption_key
    if key is None:
        raise EncryptionKeyMissing
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    except ImportError as error:
        raise GluefulError(
            "an encrypted attribute needs the package cryptography", "pip install 'glueful-orm[encryption]'"
        ) from error
    return AESGCM(key)


class _Converted:
    """A type that msgspec knows, in a column of JSON or of a plain value."""

    def __init__(self, kind: type[Any], *, is_json: bool) -> None:
        self.kind, self._is_json = kind, is_json

    def encode(self, value: Any) -> Any:
        return msgspec.json.encode(value).decode() if self._is_json else msgspec.to_builtins(value)

    def decode(self, stored: Any) -> Any:
        if self._is_json and isinstance(stored, str | bytes):
            return msgspec.json.decode(stored, type=self.kind)
        return msgspec.convert(stored, self.kind)


def default_cast(declared: Any, column: "Column", value: Any) -> Any:
    """A column's default as the attribute's type."""
    cast = cast_of(declared, column)
    if value is None or not isinstance(cast, _Converted) or isinstance(value, cast.kind):
        return value
    return cast.decode(value)


def cast_of(declared: Any, column: "Column") -> Cast:
    """The cast that a model declares for a column: an enumeration, a Struct or another type, or a ``Cast``."""
    if isinstance(declared, type) and not hasattr(declared, "encode"):
        is_json = isinstance(column, ct.JSON | ct.JSONB) or (
            isinstance(column, ct.Text | ct.Varchar) and not issubclass(declared, enum.Enum)
        )
        return _Converted(declared, is_json=is_json)
    cast: Cast = declared() if isinstance(declared, type) else declared
    return cast
