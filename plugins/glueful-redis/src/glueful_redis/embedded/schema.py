"""The tables of the embedded file. They hold nothing that an application could not do without: no migrations."""

import sqlite3

from glueful_hookspecs import GluefulError

VERSION = 1

TABLES = """
CREATE TABLE entries (key BLOB NOT NULL PRIMARY KEY, value BLOB NOT NULL, expires_at INTEGER);
CREATE INDEX entries_expires_at ON entries (expires_at) WHERE expires_at IS NOT NULL;
CREATE TABLE tags (tag BLOB NOT NULL PRIMARY KEY, token BLOB NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX tags_expires_at ON tags (expires_at);
CREATE TABLE locks (name BLOB NOT NULL PRIMARY KEY, token TEXT NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE fence (last INTEGER NOT NULL);
INSERT INTO fence VALUES (0);
CREATE TABLE messages (id INTEGER PRIMARY KEY AUTOINCREMENT, channel BLOB NOT NULL, data BLOB NOT NULL,
    published_at INTEGER NOT NULL);
"""


class FileTooNew(GluefulError):
    """The file was made by a later version."""

    code = "redis.file_too_new"

    def __init__(self, version: int) -> None:
        self.version = version
        super().__init__(
            what=f"the embedded store has version {version}, and this glueful-redis knows {VERSION}",
            fix="update glueful-redis, or name another file in redis.embedded_path",
        )


def create(connection: sqlite3.Connection) -> None:
    """Make the tables, once.

    Raises:
        FileTooNew: there are those of a later version.
    """
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        raise FileTooNew(version)
    if version == VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version == 0:
            for statement in TABLES.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version={VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
