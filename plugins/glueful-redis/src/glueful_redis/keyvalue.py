"""Keys and values with tags and expiry: the contract, and all of it that does not depend on where they are kept."""

import secrets
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from typing import Self

import msgspec

from .entries import (
    MARKS,
    TAGGED,
    TTL,
    integer,
    like,
    milliseconds,
    name_bytes,
    plain,
    tagged,
    tags_of,
    value_of,
    whole_milliseconds,
)
from .errors import NotAnInteger, StoreUnavailable, ValueTooLarge

MAX_TAGS = 64
STAMP_SECONDS = 3600.0
"""How long a stamp is good for, where no entry with its tags lives longer."""
ATTEMPTS = 100

KEEP = -1
"""In place of milliseconds: the expiry stays as it is."""


class Stamp(msgspec.Struct, frozen=True):
    """The state of some tags at one moment. An entry that is stored with it is as old as the stamp: an invalidation in
    between counts.
    """  # noqa: D205 - one thought

    tokens: dict[str, bytes]


class KeyValueStore(ABC):
    """Bytes by key, shared by the processes of an application: for caches, sessions, idempotency keys, counters.

    Keys and tags are text of 1 to 1,024 bytes in UTF-8, together with the namespace; values are bytes of at most
    ``redis.max_value_bytes``. An entry is gone as soon as it has expired, or one of its tags was invalidated.

    All methods raise ``StoreUnavailable`` (503 over HTTP), ``StoreFull`` and ``StoreRefused``; ``KeyInvalid`` and
    ``ValueTooLarge`` for what exceeds the limits, and ``ValueError`` for a ``ttl`` that is not greater than zero.

    Args:
        prefix: what the keys begin with in the store.
        max_value_bytes: greatest size of a value.
    """

    def __init__(self, prefix: str, max_value_bytes: int) -> None:
        self._prefix = prefix
        self._space = ""
        self._max_value_bytes = max_value_bytes

    def namespace(self, name: str) -> Self:
        """The part of this store whose keys and tags begin with ``name`` and a colon: ``clear`` leaves the rest."""
        part = copy(self)
        part._space = f"{self._space}{name}:"  # noqa: SLF001 - of the same class
        return part

    # --- reading ---

    async def get(self, key: str) -> bytes | None:
        """The value, or None."""
        (raw,) = await self._read([self._key(key)])
        if raw is None or raw[:1] not in MARKS:
            return raw
        return await self._living(raw)

    async def get_many(self, keys: Iterable[str]) -> dict[str, bytes]:
        """The values of those keys that there are."""
        names = list(dict.fromkeys(keys))
        if not names:
            return {}
        found = dict(zip(names, await self._read([self._key(name) for name in names]), strict=True))
        values = {name: await self._living(raw) for name, raw in found.items() if raw is not None}
        return {name: value for name, value in values.items() if value is not None}

    async def ttl(self, key: str) -> float | None:
        """Seconds until the key expires, ``math.inf`` for never, None where there is no such key."""
        if await self.get(key) is None:
            return None
        remaining = await self._remaining(self._key(key))
        return None if remaining is None else remaining / 1000

    # --- writing ---

    async def set(self, key: str, value: bytes, *, ttl: TTL, tags: Iterable[str] | Stamp = ()) -> None:
        """Store a value, whatever was there.

        Args:
            key: its name.
            value: at most ``redis.max_value_bytes``.
            ttl: seconds; None for ever.
            tags: names by which it may be invalidated, or a ``Stamp`` that was taken before the value was computed. An
                entry with tags needs a ``ttl``: an invalidated one stays in the store until then, although nobody
                sees it.
        """
        await self.set_many({key: value}, ttl=ttl, tags=tags)

    async def set_many(self, values: Mapping[str, bytes], *, ttl: TTL, tags: Iterable[str] | Stamp = ()) -> None:
        """Store several values; not all at once: another process may see some of them earlier."""
        raws = await self._raws(values, ttl, tags)
        if raws:
            await self._write(raws, milliseconds(ttl))

    async def add(self, key: str, value: bytes, *, ttl: TTL, tags: Iterable[str] | Stamp = ()) -> bool:
        """Store a value if there is none; whether it was stored. Of several callers at once, one is told True."""
        ((name, raw),) = (await self._raws({key: value}, ttl, tags)).items()
        for _ in range(ATTEMPTS):
            if await self._write_if_absent(name, raw, milliseconds(ttl)):
                return True
            (there,) = await self._read([name])
            if there is not None:
                if await self._living(there) is not None:
                    return False
                await self._swap(name, there, None, KEEP)
        raise self._contended(key)

    async def compare_and_set(self, key: str, expected: bytes, value: bytes, *, ttl: TTL) -> bool:
        """Replace the value if it is ``expected``; whether it was replaced. The tags stay."""
        name = self._key(key)
        (there,) = await self._read([name])
        if there is None or await self._living(there) != expected:
            return False
        if tags := tags_of(there):
            await self._tokens(list(tags), self._need_ttl(ttl))
        return await self._swap(name, there, like(there, self._checked(value)), milliseconds(ttl))

    async def compare_and_delete(self, key: str, expected: bytes) -> bool:
        """Delete the value if it is ``expected``; whether it was deleted."""
        name = self._key(key)
        (there,) = await self._read([name])
        return there is not None and await self._living(there) == expected and await self._swap(name, there, None, KEEP)

    async def increment(self, key: str, by: int = 1, *, ttl: TTL) -> int:
        """Add to an integer, which is stored in decimal, and begins as 0; the sum.

        Args:
            key: its name.
            by: what is added; may be negative.
            ttl: seconds from its beginning, not from the last change; None for ever.

        Raises:
            NotAnInteger: another value is there, or the sum needs more than 64 bits.
        """
        name, lifetime = self._key(key), milliseconds(ttl)
        if integer(b"%d" % by) is None:
            raise NotAnInteger(key)
        for _ in range(ATTEMPTS):
            total = await self._increment(name, by, lifetime)
            if total is not None:
                return total
            (there,) = await self._read([name])  # it has tags, or is no integer
            if there is None:
                continue
            value = await self._living(there)
            if value is None:
                await self._swap(name, there, None, KEEP)
                continue
            number = integer(value)
            if there[:1] != TAGGED or number is None or integer(b"%d" % (number + by)) is None:
                raise NotAnInteger(key)
            if await self._swap(name, there, like(there, b"%d" % (number + by)), KEEP):
                return number + by
        raise self._contended(key)

    async def touch(self, key: str, *, ttl: TTL) -> bool:
        """Let a key expire ``ttl`` seconds from now; whether there is one."""
        name, lifetime = self._key(key), milliseconds(ttl)
        for _ in range(ATTEMPTS):
            (there,) = await self._read([name])
            if there is None or await self._living(there) is None:
                return False
            if tags := tags_of(there):
                await self._tokens(list(tags), self._need_ttl(ttl))
            if await self._swap(name, there, there, lifetime):
                return True
        raise self._contended(key)

    async def delete(self, *keys: str) -> None:
        """Delete keys; those that are not there are none."""
        if keys:
            await self._remove([self._key(key) for key in keys])

    # --- tags ---

    async def stamp(self, *tags: str) -> Stamp:
        """The state of tags now, for an entry that is computed from now on. Good for an hour."""
        return Stamp(await self._tokens(self._full(tags), whole_milliseconds(STAMP_SECONDS)))

    async def invalidate_tags(self, *tags: str) -> None:
        """Let all entries with any of these tags be gone, in all processes, at once; costs the same for any number."""
        if tags:
            await self._remove_tags([tag.encode() for tag in self._full(tags)])

    async def clear(self) -> None:
        """Delete all keys and tags of this namespace; what is stored while it runs may stay or go."""
        await self._clear(self._space.encode())

    # --- what is the same everywhere ---

    def _key(self, key: str) -> bytes:
        return name_bytes("a key", f"{self._space}{key}" if key else "")

    def _checked(self, value: bytes) -> bytes:
        if not isinstance(value, bytes):
            raise TypeError(f"a value is bytes, not {type(value).__name__}")
        if len(value) > self._max_value_bytes:
            raise ValueTooLarge(len(value), self._max_value_bytes, "max_value_bytes")
        return value

    def _full(self, tags: Iterable[str]) -> list[str]:
        """The names of tags with that of the namespace."""
        names = list(dict.fromkeys(tags))
        if isinstance(tags, str) or len(names) > MAX_TAGS:
            raise ValueError(f"tags are at most {MAX_TAGS} names, and no single text")
        full = [f"{self._space}{name}" if name else "" for name in names]
        for name in full:
            name_bytes("a tag", name)
        return full

    async def _raws(self, values: Mapping[str, bytes], ttl: TTL, tags: Iterable[str] | Stamp) -> dict[bytes, bytes]:
        checked = {self._key(key): self._checked(value) for key, value in values.items()}
        lifetime = milliseconds(ttl)
        names = list(tags.tokens) if isinstance(tags, Stamp) else self._full(tags)
        if not names:
            return {key: plain(value) for key, value in checked.items()}
        if lifetime is None:
            raise ValueError("an entry with tags needs a ttl")
        tokens = await self._tokens(names, lifetime)
        if isinstance(tags, Stamp):
            tokens = tags.tokens
        return {key: tagged(tokens, value) for key, value in checked.items()}

    def _need_ttl(self, ttl: TTL) -> int:
        lifetime = milliseconds(ttl)
        if lifetime is None:
            raise ValueError("an entry with tags needs a ttl")
        return lifetime

    async def _tokens(self, tags: Sequence[str], milliseconds: int) -> dict[str, bytes]:
        if not tags:
            return {}
        found = await self._make_tags([tag.encode() for tag in tags], secrets.token_bytes(12), milliseconds)
        return dict(zip(tags, found, strict=True))

    async def _living(self, raw: bytes) -> bytes | None:
        """The value in what is stored, or None where a tag was invalidated."""
        tokens = tags_of(raw)
        if tokens:
            now = await self._read_tags([tag.encode() for tag in tokens])
            if now != list(tokens.values()):
                return None
        return value_of(raw)

    def _contended(self, key: str) -> StoreUnavailable:
        return StoreUnavailable(self.where, f"{key[:128]!r} is changed by too many callers at once")

    # --- what each implementation does ---

    @property
    @abstractmethod
    def where(self) -> str:
        """The store as errors name it, without credentials."""

    @abstractmethod
    async def _read(self, keys: Sequence[bytes]) -> list[bytes | None]: ...

    @abstractmethod
    async def _write(self, raws: Mapping[bytes, bytes], milliseconds: int | None) -> None: ...

    @abstractmethod
    async def _write_if_absent(self, key: bytes, raw: bytes, milliseconds: int | None) -> bool: ...

    @abstractmethod
    async def _swap(self, key: bytes, old: bytes, new: bytes | None, milliseconds: int | None) -> bool:
        """If ``old`` is there, put ``new`` in its place, or nothing."""

    @abstractmethod
    async def _increment(self, key: bytes, by: int, milliseconds: int | None) -> int | None:
        """None: what is there is no plain integer, or would be none afterwards."""

    @abstractmethod
    async def _remaining(self, key: bytes) -> float | None: ...

    @abstractmethod
    async def _remove(self, keys: Sequence[bytes]) -> None: ...

    @abstractmethod
    async def _read_tags(self, tags: Sequence[bytes]) -> list[bytes | None]: ...

    @abstractmethod
    async def _make_tags(self, tags: Sequence[bytes], token: bytes, milliseconds: int) -> list[bytes]:
        """The tokens of tags; one that has none gets ``token``. None expires within ``milliseconds``."""

    @abstractmethod
    async def _remove_tags(self, tags: Sequence[bytes]) -> None: ...

    @abstractmethod
    async def _clear(self, space: bytes) -> None: ...
