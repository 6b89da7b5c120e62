"""Settings of the plugin: section ``[orm]``, variables ``GLUEFUL_ORM__<FIELD>``."""

from typing import Literal

import msgspec
from glueful_hookspecs import Secret

MINIMUM_KEY = 32


class OrmSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Section ``[orm]``."""

    url: Secret = Secret("sqlite:///glueful.sqlite3")
    """The database: ``sqlite:///file`` (relative to the working directory), ``sqlite:////absolute/file``,
    ``sqlite://:memory:`` or ``postgresql://user:password@host:port/database``. Never shown: it may hold a password."""
    key: Secret | None = None
    """Encrypts the attributes that are ``Encrypted``, and signs cursors: at least 32 random characters, the same in all
    processes. None: such attributes cannot be used, and cursors are signed with ``url``."""
    n_plus_one: Literal["auto", "warn", "raise"] = "auto"
    """What happens when a relation is touched on a row of a result without having been loaded with the query: ``auto``
    loads it for all rows of the result by one statement, ``warn`` does so and logs model, relation, number of rows and
    line of code, ``raise`` refuses."""
    migration_url: Secret | None = None
    """The database as ``glueful db`` reaches it, where that differs: the owner of the tables instead of a restricted
    role, or a direct connection past PgBouncer, which cannot hold the migration lock. None: ``url``."""
    pool_size: int = 10
    """Greatest number of PostgreSQL connections of one process."""
    readers: int = 4
    """Number of SQLite connections that read, beside the one that writes, in one process."""
    acquire_timeout_seconds: float = 10.0
    """How long to wait for a free connection, or for SQLite's write lock in this process; then 503."""
    connect_timeout_seconds: float = 10.0
    """How long the opening of a PostgreSQL connection may take, and how long a start tries to reach the server."""
    statement_timeout_seconds: float | None = 30.0
    """Greatest duration of a statement; None for no limit. ``glueful db`` has none."""
    busy_timeout_seconds: float = 10.0
    """How long SQLite waits for a lock that another process holds."""
    statement_cache_size: int = 256
    """Prepared statements kept for each connection; 0 behind PgBouncer in transaction mode."""
    slow_query_ms: float = 500.0
    """Statements that take longer, in milliseconds, are logged with their text and without values; 0 for none."""
    ddl_lock_timeout_seconds: float = 10.0
    """How long a migration on PostgreSQL waits for the lock of a table before it gives up, so that statements of the
    running application do not queue up behind it."""
    migration_lock_timeout_seconds: float = 300.0
    """How long ``glueful db migrate`` waits while another process migrates."""
    big_table_rows: int = 100_000
    """From this number of rows on, a change that locks the table while it works is refused in production without
    ``--allow-unsafe``."""

    def __post_init__(self) -> None:
        if self.key is not None and len(self.key.reveal()) < MINIMUM_KEY:
            raise ValueError(f"key has fewer than {MINIMUM_KEY} characters")
