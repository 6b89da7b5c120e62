"""What can go wrong with Redis, and with keys, locks and messages on it or on the embedded file."""

from glueful_hookspecs import GluefulError


class RedisNotConfigured(GluefulError):
    """A Redis client is wanted, and no URL is set."""

    code = "redis.not_configured"

    def __init__(self) -> None:
        super().__init__(what="redis.url is not set", fix="GLUEFUL_REDIS__URL=redis://localhost:6379/0")


class StoreError(GluefulError):
    """A key, lock or message could not be read or written. On both implementations these are the only errors."""

    code = "redis.error"


class StoreUnavailable(StoreError):
    """The server or file cannot be reached, does not answer in time, or accepts no changes now.

    What was to be changed may have been changed, or not.

    Args:
        where: the store, without credentials.
        problem: what happened.
    """

    code = "redis.unavailable"

    def __init__(self, where: str, problem: str) -> None:
        self.where, self.problem = where, problem
        super().__init__(
            what=f"{where}: {problem}",
            fix="look whether it runs and is reachable; `glueful plugin doctor` shows the setting",
        )


class StoreFull(StoreError):
    """There is no room for another value."""

    code = "redis.full"

    def __init__(self, where: str) -> None:
        self.where = where
        super().__init__(
            what=f"{where} is full", fix="raise maxmemory of Redis, or redis.embedded_max_bytes, or store less"
        )


class StoreRefused(StoreError):
    """The server answers with an error that waiting does not mend: wrong password, missing permission, wrong type."""

    code = "redis.refused"

    def __init__(self, where: str, problem: str) -> None:
        self.where, self.problem = where, problem
        super().__init__(what=f"{where} refuses: {problem}", fix="check redis.url and the rights of its user")


class KeyInvalid(StoreError):
    """A key, tag, lock name or channel is empty or too long."""

    code = "redis.key_invalid"

    def __init__(self, what: str, size: int, limit: int) -> None:
        self.size, self.limit = size, limit
        super().__init__(what=f"{what} has {size} bytes, not 1 to {limit}", fix="hash what is long: hashlib.sha256")


class ValueTooLarge(StoreError):
    """A value or message is larger than allowed."""

    code = "redis.value_too_large"

    def __init__(self, size: int, limit: int, setting: str) -> None:
        self.size, self.limit = size, limit
        super().__init__(
            what=f"a value has {size} bytes, more than {limit}", fix=f"raise redis.{setting}, or make it smaller"
        )


class NotAnInteger(StoreError):
    """A value that was to be incremented is not an integer of 64 bits, or would leave that range."""

    code = "redis.not_an_integer"

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(what=f"the value of {key[:128]!r} is not an integer of 64 bits", fix="use another key")


class LockTaken(StoreError):
    """Somebody else holds the lock, for as long as one was ready to wait."""

    code = "redis.lock_taken"

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(what=f"the lock {name!r} is held by somebody else", fix="wait longer, or try again later")


class LeaseLost(StoreError):
    """A lock is not held any more: its time ran out, and somebody else may hold it."""

    code = "redis.lease_lost"

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(
            what=f"the lock {name!r} was lost: it was not extended in time",
            fix="ask for a longer ttl, and give the fence of the lease to what it protects",
        )
