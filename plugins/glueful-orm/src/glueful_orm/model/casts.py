"""Casts: attributes whose Python type is not that of their column."""

import base64
import enum
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
from glueful_hookspecs import GluefulError
from piccolo.columns import column_types as ct

from ..engines import ROUTER
from ..errors import DataError
from .errors import DecryptionFailed, EncryptionKeyMissing

if TYPE_CHECKING:
    from piccolo.columns.base import Column

Codec = Callable[[Any], Any]


class Cast(Protocol):
    """Turns an attribute's value into what its column holds, and back; never asked for None.

    ``is_searchable = False`` refuses queries by such an attribute: equal values are stored differently.
    """

    def encode(self, value: Any) -> Any:
        """What the column holds."""

    def decode(self, stored: Any) -> Any:
        """What the attribute is."""


class Encrypted:
    """Text that is encrypted before it is stored (AES-256-GCM), with the setting ``key``; needs ``cryptography``.

    The column is a ``Text``. Equal values have different ciphertexts: it cannot be searched.
    """

    is_searchable = False

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

    def __init__(self, kind: Any, *, is_json: bool) -> None:
        self.kind, self.is_json = kind, is_json
        self._decode = msgspec.json.Decoder(kind).decode

    def known(self, value: Any) -> Any:
        """A value as the type."""
        if isinstance(self.kind, type) and isinstance(value, self.kind):
            return value
        return msgspec.convert(value, self.kind)

    def encode(self, value: Any) -> Any:
        try:
            known = self.known(value)
            return msgspec.json.encode(known).decode() if self.is_json else msgspec.to_builtins(known)
        except (TypeError, ValueError, msgspec.MsgspecError):
            wanted = self.kind.__name__ if type(self.kind) is type else self.kind
            raise DataError(f"a {type(value).__name__} that is no {wanted}") from None

    def decode(self, stored: Any) -> Any:
        return self._decode(stored) if self.is_json else msgspec.convert(stored, self.kind)


class _Chained:
    """A cast upon what the column itself needs."""

    def __init__(self, cast: Cast, encode: Codec | None, decode: Codec | None) -> None:
        self._cast, self._encode, self._decode = cast, encode, decode

    def encode(self, value: Any) -> Any:
        held = self._cast.encode(value)
        return held if held is None or self._encode is None else self._encode(held)

    def decode(self, stored: Any) -> Any:
        return self._cast.decode(stored if self._decode is None else self._decode(stored))


def chained(cast: Cast, encode: Codec | None, decode: Codec | None) -> Cast:
    """A cast together with the codecs of its column."""
    if isinstance(cast, _Converted) and cast.is_json:
        return cast
    return _Chained(cast, encode, decode)


def default_cast(declared: Any, column: "Column", value: Any) -> Any:
    """A column's default as the attribute's type."""
    cast = cast_of(declared, column)
    return cast.known(value) if isinstance(cast, _Converted) and value is not None else value


def cast_of(declared: Any, column: "Column") -> Cast:
    """The cast that a model declares for a column: an enumeration, a Struct or another type, or a ``Cast``."""
    if hasattr(declared, "encode") and hasattr(declared, "decode"):  # an enumeration of texts has one of them
        cast: Cast = declared() if isinstance(declared, type) else declared
        return cast
    is_enum = isinstance(declared, type) and issubclass(declared, enum.Enum)
    is_json = isinstance(column, ct.JSON | ct.JSONB) or (isinstance(column, ct.Text | ct.Varchar) and not is_enum)
    return _Converted(declared, is_json=is_json)
