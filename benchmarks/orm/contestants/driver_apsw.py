"""APSW in the event loop's thread, as in ``driver_sqlite3``."""

from typing import Any

import apsw

from .driver_sqlite3 import Driver


class OtherDriver(Driver):
    def connected(self, path: str) -> Any:
        return apsw.Connection(path, statementcachesize=512)


contestant = OtherDriver
