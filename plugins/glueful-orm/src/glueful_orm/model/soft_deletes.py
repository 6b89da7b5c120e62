"""Rows that are marked as deleted, and can come back."""

import datetime as dt
from typing import Any, ClassVar, Self

from piccolo.columns import Timestamptz

from ..events import EVENTS
from ..query.builder import Query
from ..query.loading import load
from ..transactions import transaction
from . import storing
from .hybrid import hybrid
from .model import Model
from .scopes import global_scope


class SoftDeletes(Model, abstract=True):
    """``delete`` sets ``deleted_at``; queries leave such rows out.

    Class attributes:
        cascades: relations whose rows are deleted and restored along, each with its events; they need ``SoftDeletes``,
            too.
    """

    deleted_at = Timestamptz(null=True, default=None)

    not_replicated = frozenset({"deleted_at"})
    cascades: ClassVar[tuple[str, ...]] = ()

    @global_scope
    def trashed(query: Query[Any]) -> Query[Any]:  # noqa: N805 - a scope takes the query
        """Leave out what is deleted."""
        return query.where(deleted_at=None)

    @classmethod
    def trash_values(cls) -> dict[str, Any]:
        """See ``Model``."""
        return {"deleted_at": dt.datetime.now(dt.UTC)}

    @classmethod
    def with_trashed(cls) -> Query[Self]:
        """All rows, also those that are deleted."""
        return cls.query().with_trashed()

    @classmethod
    def only_trashed(cls) -> Query[Self]:
        """The rows that are deleted."""
        return cls.query().only_trashed()

    @property
    def is_trashed(self) -> bool:
        """Whether the row is marked as deleted."""
        return self.__dict__["deleted_at"] is not None

    @hybrid
    async def delete(self) -> bool:
        """Mark the row, and those of ``cascades``, as deleted, in one transaction.

        Returns:
            False if a plugin or observer vetoed it by returning ``False``.
        """
        return await self._trash(dt.datetime.now(dt.UTC))

    async def _trash(self, now: dt.datetime) -> bool:
        if self.is_trashed:
            return True
        if EVENTS.is_observed and not await EVENTS.fire("deleting", self):
            return False
        async with transaction():
            for one in await self._dependants(lambda query: query):
                await one._trash(now)
            await self._mark(now)
        if EVENTS.is_observed:
            await EVENTS.fire("deleted", self)
        return True

    async def restore(self) -> bool:
        """Take the mark away, also from the rows of ``cascades`` that were deleted along.

        Returns:
            False if a plugin or observer vetoed it by returning ``False``.
        """
        if not self.is_trashed:
            return True
        if EVENTS.is_observed and not await EVENTS.fire("restoring", self):
            return False
        since = self.__dict__["deleted_at"]
        async with transaction():
            await self._mark(None)
            for one in await self._dependants(lambda query: query.only_trashed().where(deleted_at=since)):
                await one.restore()
        if EVENTS.is_observed:
            await EVENTS.fire("restored", self)
        return True

    async def force_delete(self) -> bool:
        """Delete the row for good.

        Returns:
            False if a plugin or observer vetoed it by returning ``False``.
        """
        return bool(await super().delete())

    async def _mark(self, moment: dt.datetime | None) -> None:
        before = self.__dict__["deleted_at"]
        self.__dict__["deleted_at"] = moment
        try:
            await storing.update(self, storing.changes(self))
        except BaseException:
            self.__dict__["deleted_at"] = before
            raise
        storing.remember(self)

    async def _dependants(self, refine: Any) -> list[Any]:
        found: list[Any] = []
        for name in self.cascades:
            related = getattr(self, name)
            related.forget()
            await load(type(self), [self], {name: refine})
            value = related.loaded
            found += value if isinstance(value, list) else [value] if value is not None else []
            related.forget()
        return found
