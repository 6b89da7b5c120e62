"""Locks on Redis."""

import time
from collections.abc import Callable

from ..locks import Locks
from .commands import Commands, Script

FENCE_MILLISECONDS = 30 * 86_400_000

# A fence is the server's time in microseconds, or one more than the last: it grows also when the server lost its data.
ACQUIRE = Script("""
local held = redis.call('GET', KEYS[1])
if held then
    local size = string.len(ARGV[1])
    if string.sub(held, 1, size) ~= ARGV[1] then return false end
    redis.call('PEXPIRE', KEYS[1], ARGV[2])
    return string.sub(held, size + 2)
end
local time = redis.call('TIME')
local last = tonumber(redis.call('GET', KEYS[2]) or '0')
local fence = string.format('%.0f', math.max(time[1] * 1000000 + time[2], last + 1))
redis.call('SET', KEYS[2], fence, 'PX', ARGV[3])
redis.call('SET', KEYS[1], ARGV[1] .. ':' .. fence, 'PX', ARGV[2])
return fence
""")

EXTEND = Script("""
local held = redis.call('GET', KEYS[1])
if not held or string.sub(held, 1, string.len(ARGV[1])) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
""")

RELEASE = Script("""
local held = redis.call('GET', KEYS[1])
if held and string.sub(held, 1, string.len(ARGV[1])) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
""")


class RedisLocks(Locks):
    """Locks on Redis: one key each, in one server. A failover may forget one that was just taken: use its fence.

    Args:
        commands: how scripts are sent.
        poll_seconds: how often somebody who waits looks at first.
        monotonic: the clock of leases, in seconds.
    """

    def __init__(
        self, commands: Commands, poll_seconds: float, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(poll_seconds, monotonic)
        self._commands = commands

    def _names(self, name: str) -> list[bytes]:
        # In a cluster, what is between braces decides on the slot: one for both.
        tag = name.replace("%", "%25").replace("{", "%7B").replace("}", "%7D")
        return [f"{self._commands.clients.prefix}:{kind}:{{{tag}}}".encode() for kind in ("lock", "fence")]

    async def _acquire(self, name: str, token: str, milliseconds: int) -> int | None:
        fence = await self._commands.script(
            ACQUIRE, self._names(name), token, milliseconds, FENCE_MILLISECONDS, repeatable=True
        )
        return None if fence is None else int(fence)

    async def _extend(self, name: str, token: str, milliseconds: int) -> bool:
        return bool(await self._commands.script(EXTEND, self._names(name)[:1], token, milliseconds, repeatable=True))

    async def _release(self, name: str, token: str) -> None:
        await self._commands.script(RELEASE, self._names(name)[:1], token, repeatable=True)
