"""The keys of a database: derived from one secret, one for each purpose."""

import hashlib
import hmac

from glueful_hookspecs import Secret

from .engine import Engine


def set_keys(engine: Engine, url: str, key: Secret | None) -> None:
    """Give an engine its keys.

    Args:
        engine: any.
        url: of the database; signs cursors where there is no key.
        key: the secret, at least 32 characters.
    """
    secret = key.reveal() if key is not None else url
    engine.signing_key = _derived(secret, b"cursor")
    engine.encryption_key = None if key is None else _derived(secret, b"encryption")


def _derived(secret: str, purpose: bytes) -> bytes:
    return hmac.digest(secret.encode(), b"glueful-orm " + purpose, hashlib.sha256)
