"""The signing keys of an endpoint, and their rotation."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache

import msgspec

from .encryption import Vault
from .keys import SigningKey, signing_key

MOST_OPENED = 128
"""Endpoints whose signing keys are kept in memory, so that not every delivery decrypts them."""


class StoredKey(msgspec.Struct, frozen=True):
    """A key, and how long it signs."""

    text: str
    until: datetime | None = None
    """None for the current one."""

    def __repr__(self) -> str:
        return f"StoredKey(until={self.until})"


class EndpointKeys:
    """Reads and writes the sealed keys of endpoints.

    Args:
        vault: seals them.
    """

    def __init__(self, vault: Vault) -> None:
        self.vault = vault
        # By the sealed text, which each rotation makes anew.
        self._opened = lru_cache(MOST_OPENED)(self._open)

    def seal(self, endpoint_id: str, keys: Sequence[StoredKey]) -> str:
        """As it is stored."""
        return self.vault.seal(msgspec.json.encode(list(keys)).decode(), f"{endpoint_id}/keys")

    def unseal(self, endpoint_id: str, sealed: str) -> list[StoredKey]:
        """All that are stored, the current one first."""
        return msgspec.json.decode(self.vault.open(sealed, f"{endpoint_id}/keys"), type=list[StoredKey])

    def signing(self, endpoint_id: str, sealed: str, now: datetime) -> list[SigningKey]:
        """Those that sign at a time, the current one first."""
        return [key for key, until in self._opened(endpoint_id, sealed) if until is None or until > now]

    def _open(self, endpoint_id: str, sealed: str) -> list[tuple[SigningKey, datetime | None]]:
        return [(signing_key(key.text), key.until) for key in self.unseal(endpoint_id, sealed)]

    def rotated(self, endpoint_id: str, sealed: str, new: SigningKey, now: datetime, overlap: timedelta) -> str:
        """The sealed keys with a new current one; the one before it signs until the overlap ends."""
        before = self.unseal(endpoint_id, sealed)
        kept = [
            msgspec.structs.replace(key, until=key.until or now + overlap)
            for key in before
            if key.until is None or key.until > now
        ]
        return self.seal(endpoint_id, [StoredKey(new.text), *kept[:2]])

    def seal_headers(self, endpoint_id: str, headers: dict[str, str]) -> str:
        """Custom headers as they are stored: they may hold credentials."""
        return self.vault.seal(msgspec.json.encode(headers).decode(), f"{endpoint_id}/headers") if headers else ""

    def headers(self, endpoint_id: str, sealed: str) -> dict[str, str]:
        """Custom headers."""
        if not sealed:
            return {}
        return msgspec.json.decode(self.vault.open(sealed, f"{endpoint_id}/headers"), type=dict[str, str])
