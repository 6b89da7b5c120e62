"""Settings of section ``[redis]``."""

import re

import msgspec
from glueful_hookspecs import Secret

from .address import Address

_PREFIX = re.compile(r"[A-Za-z0-9._-]{1,64}")


class RedisSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Section ``[redis]``, variables ``GLUEFUL_REDIS__<FIELD>``."""

    url: Secret | None = None
    """``redis://[user:password@]host[:6379][/database]``, ``rediss://`` with TLS, ``unix:///path[?db=0]``,
    ``redis+sentinel://host[:26379],host/service[/database]``, ``redis+cluster://host[:6379],host``; the last two with
    ``rediss+`` for TLS. None: keys, locks and messages are kept in ``embedded_path``, for one machine."""
    prefix: str = "glueful"
    """What each key and channel begins with, so that several applications may share one Redis: 1 to 64 letters, digits,
    ``.``, ``_``, ``-``."""
    max_connections: int = 50
    """Connections of one process to Redis, in the shared client; in a cluster to each node."""
    acquire_timeout_seconds: float = 5.0
    """How long a command waits for a free connection."""
    connect_timeout_seconds: float = 2.0
    """How long the opening of a connection may take, with TLS and greeting."""
    timeout_seconds: float = 2.0
    """How long the answer to a command may take."""
    reconnect_seconds: float = 1.0
    """How long a command that found no connection, and so has had no effect, tries to reach the server again."""
    ping_after_seconds: float = 15.0
    """A connection that was idle for longer is pinged before it is used; 0 for never."""
    ca_file: str | None = None
    """PEM file of the certificate authorities that are trusted instead of the system's."""
    embedded_path: str = "glueful-store.sqlite3"
    """Without a URL: the SQLite file that the processes of this machine share, relative to the working directory;
    ``:memory:`` for a temporary one of this process alone, as in tests. It belongs on a local disk: SQLite's locks do
    not work over a network."""
    embedded_max_bytes: int = 268_435_456
    """Greatest size of that file."""
    busy_timeout_seconds: float = 5.0
    """How long a change of that file waits for other processes."""
    poll_seconds: float = 0.05
    """How often a process looks for messages of other processes in that file, while it subscribes; how often a caller
    looks whether a lock that it waits for is free."""
    max_value_bytes: int = 8_388_608
    """Greatest size of a stored value."""
    max_message_bytes: int = 1_048_576
    """Greatest size of a published message."""
    litestar_stores: bool = False
    """Keep Litestar's stores here, where the application names none itself: sessions, response cache and others."""

    def __post_init__(self) -> None:
        if _PREFIX.fullmatch(self.prefix) is None:
            raise ValueError("prefix is not 1 to 64 letters, digits, '.', '_' or '-'")
        for name in ("acquire_timeout_seconds", "connect_timeout_seconds", "timeout_seconds", "poll_seconds"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} is not greater than 0")
        if self.max_connections < 1:
            raise ValueError("max_connections is less than 1")
        if self.url is not None:
            Address.parse(self.url)
