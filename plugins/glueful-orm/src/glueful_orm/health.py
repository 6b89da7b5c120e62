"""Whether the database answers."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .engines import Engine


async def ping(engine: "Engine") -> None:
    """Ask for nothing, over a connection of the pool: a busy pool fails the check as well.

    Raises:
        DatabaseError: no connection was free in time, or the database did not answer.
    """
    await engine.fetch("SELECT 1")
