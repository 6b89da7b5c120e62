"""Encryption of what must be read back: AES-256-GCM, with keys that can be rotated."""

import base64
import binascii
import hashlib
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .errors import EncryptionKeyMissing, SealBroken

if TYPE_CHECKING:
    from glueful_hookspecs import Secret

SHORTEST_KEY = 32
_NONCE = 12


class Vault:
    """Seals texts, bound to the place where they are stored: copied into another row, they do not open.

    Args:
        keys: at least 32 random characters each. The first seals, all open; without one, neither works.

    Raises:
        EncryptionKeyMissing: one is too short.
    """

    def __init__(self, keys: "Sequence[Secret]") -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        if any(len(key.reveal()) < SHORTEST_KEY for key in keys):
            raise EncryptionKeyMissing
        derived = [hashlib.sha256(b"glueful-webhooks\0" + key.reveal().encode()).digest() for key in keys]
        self._ciphers = {hashlib.sha256(raw).hexdigest()[:8]: AESGCM(raw) for raw in derived}

    def seal(self, text: str, place: str) -> str:
        """Encrypt.

        Args:
            text: any.
            place: where it will be stored, for example ``ep_1/keys``.

        Raises:
            EncryptionKeyMissing: there is no key.
        """
        if not self._ciphers:
            raise EncryptionKeyMissing
        name, cipher = next(iter(self._ciphers.items()))
        nonce = os.urandom(_NONCE)
        return f"{name}.{base64.b64encode(nonce + cipher.encrypt(nonce, text.encode(), place.encode())).decode()}"

    def open(self, sealed: str, place: str) -> str:
        """Decrypt.

        Raises:
            SealBroken: it was sealed with another key or for another place, or was changed, or there is no key.
        """
        from cryptography.exceptions import InvalidTag

        name, _, text = sealed.partition(".")
        try:
            raw = base64.b64decode(text, validate=True)
            return self._ciphers[name].decrypt(raw[:_NONCE], raw[_NONCE:], place.encode()).decode()
        except (KeyError, InvalidTag, binascii.Error, ValueError):
            raise SealBroken(place) from None

    def is_current(self, sealed: str) -> bool:
        """Whether it was sealed with the first key."""
        return sealed.startswith(f"{next(iter(self._ciphers))}.")
