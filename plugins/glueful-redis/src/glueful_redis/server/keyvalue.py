"""Keys and values on Redis."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ..keyvalue import KEEP, KeyValueStore
from .commands import Commands, Script

SCAN_COUNT = 1000

SWAP = Script("""
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[2] == 'delete' then redis.call('DEL', KEYS[1])
elseif ARGV[2] == 'keep' then redis.call('SET', KEYS[1], ARGV[3], 'KEEPTTL')
elseif ARGV[2] == 'forever' then redis.call('SET', KEYS[1], ARGV[3])
else redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[2]) end
return 1
""")

# The sum is read again as text: a number of Lua has 53 bits. What is no integer is answered by false.
INCREMENT = Script("""
local is_new = redis.call('EXISTS', KEYS[1]) == 0
local done = redis.pcall('INCRBY', KEYS[1], ARGV[1])
if type(done) == 'table' and done.err then
    if string.find(done.err, 'integer') or string.find(done.err, 'overflow') then return false end
    return done
end
if is_new and ARGV[2] ~= 'forever' then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return redis.call('GET', KEYS[1])
""")

MAKE_TAGS = Script("""
local tokens = {}
for i, key in ipairs(KEYS) do
    local token = redis.call('GET', key)
    if not token then
        token = ARGV[1]
        redis.call('SET', key, token, 'PX', ARGV[2])
    elseif redis.call('PTTL', key) < tonumber(ARGV[2]) then
        redis.call('PEXPIRE', key, ARGV[2])
    end
    tokens[i] = token
end
return tokens
""")


class RedisKeyValueStore(KeyValueStore):
    """Keys and values on Redis.

    Args:
        commands: how they are sent.
        max_value_bytes: greatest size of a value.
    """

    def __init__(self, commands: Commands, max_value_bytes: int) -> None:
        super().__init__(commands.clients.prefix, max_value_bytes)
        self._commands = commands
        self._keys = f"{self._prefix}:kv:".encode()
        self._tags = f"{self._prefix}:tag:".encode()

    @property
    def where(self) -> str:
        """The address of the server, without credentials."""
        return self._commands.where

    async def _read(self, keys: Sequence[bytes]) -> list[bytes | None]:
        return await self._get([self._keys + key for key in keys])

    async def _get(self, names: Sequence[bytes]) -> list[bytes | None]:
        if len(names) == 1:
            return [await self._commands.run("GET", names[0])]
        if self._commands.clients.is_cluster:
            return await self._commands.run_all([("GET", name) for name in names], repeatable=True)
        found: list[bytes | None] = await self._commands.run("MGET", *names)
        return found

    async def _write(self, raws: Mapping[bytes, bytes], milliseconds: int | None) -> None:
        expiry = _expiry(milliseconds)
        commands = [("SET", self._keys + key, raw, *expiry) for key, raw in raws.items()]
        if len(commands) == 1:
            await self._commands.run(*commands[0])
        else:
            await self._commands.run_all(commands, repeatable=True)

    async def _write_if_absent(self, key: bytes, raw: bytes, milliseconds: int | None) -> bool:
        return bool(await self._commands.run("SET", self._keys + key, raw, *_expiry(milliseconds), "NX"))

    async def _swap(self, key: bytes, old: bytes, new: bytes | None, milliseconds: int | None) -> bool:
        if new is None:
            how: Any = "delete"
        else:
            how = {KEEP: "keep", None: "forever"}.get(milliseconds, milliseconds)
        return bool(await self._commands.script(SWAP, [self._keys + key], old, how, new or b""))

    async def _increment(self, key: bytes, by: int, milliseconds: int | None) -> int | None:
        expiry = "forever" if milliseconds is None else milliseconds
        total = await self._commands.script(INCREMENT, [self._keys + key], by, expiry)
        return None if total is None else int(total)

    async def _remaining(self, key: bytes) -> float | None:
        milliseconds: int = await self._commands.run("PTTL", self._keys + key)
        return {-2: None, -1: math.inf}.get(milliseconds, milliseconds)

    async def _remove(self, keys: Sequence[bytes]) -> None:
        await self._unlink([self._keys + key for key in keys])

    async def _unlink(self, names: Sequence[bytes]) -> None:
        if self._commands.clients.is_cluster:
            await self._commands.run_all([("UNLINK", name) for name in names], repeatable=True)
        else:
            await self._commands.run("UNLINK", *names, repeatable=True)

    async def _read_tags(self, tags: Sequence[bytes]) -> list[bytes | None]:
        return await self._get([self._tags + tag for tag in tags])

    async def _make_tags(self, tags: Sequence[bytes], token: bytes, milliseconds: int) -> list[bytes]:
        names = [self._tags + tag for tag in tags]
        groups = [[name] for name in names] if self._commands.clients.is_cluster else [names]
        tokens: list[bytes] = []
        for group in groups:
            tokens += await self._commands.script(MAKE_TAGS, group, token, milliseconds, repeatable=True)
        return tokens

    async def _remove_tags(self, tags: Sequence[bytes]) -> None:
        await self._unlink([self._tags + tag for tag in tags])

    async def _clear(self, space: bytes) -> None:
        for beginning in (self._keys, self._tags):
            await self._remove_matching(_escaped(beginning + space) + b"*")

    async def _remove_matching(self, pattern: bytes) -> None:
        batch: list[bytes] = []
        async for name in self._commands.scan(pattern, SCAN_COUNT):
            batch.append(name)
            if len(batch) >= SCAN_COUNT:
                await self._unlink(batch)
                batch = []
        if batch:
            await self._unlink(batch)


def _expiry(milliseconds: int | None) -> tuple[Any, ...]:
    return () if milliseconds is None else ("PX", milliseconds)


def _escaped(text: bytes) -> bytes:
    """What matches ``text`` itself in a pattern of Redis."""
    return b"".join(b"\\" + bytes([byte]) if byte in b"*?[]\\^" else bytes([byte]) for byte in text)
