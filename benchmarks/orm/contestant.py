"""What each contestant can do. Rows of ``authors()`` come as dictionaries; results are whatever is natural to it."""

from collections.abc import Sequence
from typing import Any, Protocol

Values = dict[str, Any]


class Contestant(Protocol):
    """One way to use one database. A method that it does not have is left out of the table."""

    timestamp: str
    """The declared type of timestamps on SQLite."""

    async def open(self, url: str) -> None:
        """Connect: ``sqlite:////path`` or ``postgres://…``; the tables exist."""

    async def close(self) -> None:
        """Disconnect."""

    async def insert_in_transaction(self, rows: Sequence[Values]) -> None:
        """One statement a row in one transaction, each with the new key known afterwards."""

    async def insert(self, row: Values) -> None:
        """One row, committed, with its key."""

    async def insert_bulk(self, rows: Sequence[Values]) -> None:
        """All rows in the quickest documented way."""

    async def fetch_dicts(self) -> list[dict[str, Any]]:
        """Every author as a dictionary of Python values."""

    async def fetch_objects(self) -> Sequence[Any]:
        """Every author as an object with attributes."""

    async def get(self, key: int) -> Any:
        """One author by its key, as an object."""

    async def eager(self, highest: int) -> int:
        """Authors up to a key with their books as lists; the number of books."""

    async def load(self, highest: int) -> Sequence[Any]:
        """Authors up to a key, to be given to ``update_each``."""

    async def update_each(self, authors: Sequence[Any]) -> None:
        """A year added to each author's age, one statement a row in one transaction."""

    async def json(self) -> bytes:
        """Every author as one JSON array."""

    async def page(self, above: int) -> Sequence[Any]:
        """The next 20 authors after a key, as objects."""

    async def serve(self, keys: Sequence[int], row: Values | None) -> None:
        """One request of the mix: ``get`` of each key, ``page`` after the first one, ``insert`` of the row if any."""


class Concurrent:
    """A request as coroutines of one event loop run it."""

    async def serve(self: Any, keys: Sequence[int], row: Values | None) -> None:
        for key in keys:
            await self.get(key)
        await self.page(keys[0])
        if row is not None:
            await self.insert(row)
