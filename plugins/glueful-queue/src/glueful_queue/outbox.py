"""The outbox: jobs as rows of the caller's transaction, and the relay that puts them on the queue."""

import asyncio
import logging
from datetime import UTC, datetime
from secrets import token_hex
from typing import TYPE_CHECKING

from glueful_orm import after_commit, transaction

from .outage import Outage
from .record import QueuedJob, decode_payload, encode_payload
from .tables import QueueOutbox

if TYPE_CHECKING:
    from .service import Queues

BATCH = 100
_log = logging.getLogger("glueful.queue")


class Outbox:
    """Writes jobs into the outbox, and relays them. A broker that is the database needs neither.

    A row is deleted in the transaction in which its job was put on the queue; a process that dies in between leaves
    the row, and the broker, which remembers the keys that it got from an outbox for a day, refuses the second one.

    Args:
        queues: of the application.
    """

    name = "queue.outbox"

    def __init__(self, queues: "Queues") -> None:
        self._queues = queues
        self._news = asyncio.Event()
        self._is_stopping = False

    async def add(self, job: QueuedJob) -> None:
        """Write a job into the outbox, as part of the transaction of this context."""
        now = self._queues.clock()
        due_at = datetime.fromtimestamp(job.scheduled, UTC) if job.scheduled else None
        if job.delay_seconds:
            due_at = datetime.fromtimestamp(now.timestamp() + job.delay_seconds, UTC)
        row = {
            "queue": job.get_queue().name,
            "key": job.key,
            "due_at": due_at,
            "unique_seconds": job.unique_seconds,
            "mark": token_hex(16),
            "payload": encode_payload(job),
            "created_at": now,
        }
        await QueueOutbox.insert_many([row])
        await after_commit(self._news.set)

    async def relay(self, limit: int = BATCH) -> int:
        """Put the oldest jobs of the outbox on the queue, but for those that another process is relaying.

        Returns:
            How many there were.

        Raises:
            BrokerUnreachable: the broker did not take them; they stay in the outbox.
        """
        if not await QueueOutbox.where().limit(1).exists():
            return 0
        async with transaction():
            rows = await QueueOutbox.where().order_by("id").limit(limit).for_update(skip_locked=True)
            by_queue: dict[str, list[QueueOutbox]] = {}
            for row in rows:
                by_queue.setdefault(row.queue, []).append(row)
            for name, members in by_queue.items():
                jobs = [self._job(row) for row in members]
                await self._queues.put_all(name, jobs, once=[row.mark for row in members])
            await QueueOutbox.where(id__in=[row.id for row in rows]).delete()
        return len(rows)

    def _job(self, row: QueueOutbox) -> QueuedJob:
        broker = self._queues.broker(row.queue)
        values, _ = decode_payload(bytes(row.payload), broker.max_payload_bytes)
        values["scheduled"] = 0.0 if row.due_at is None else row.due_at.timestamp()
        return broker.new_job(**values, key=row.key, unique_seconds=row.unique_seconds)

    # --- as a worker ---

    async def run(self) -> None:
        """Relay until ``stop``."""
        outage = Outage("the outbox cannot be relayed")
        while not self._is_stopping:
            try:
                relayed = await self.relay()
            except Exception as error:
                await outage.wait(error)
                continue
            outage.ended()
            if relayed < BATCH:
                await self._wait()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(self._queues.settings.relay_seconds):
                await self._news.wait()
        except TimeoutError:
            pass
        self._news.clear()

    async def stop(self, grace_seconds: float) -> None:  # noqa: ARG002 - it ends after the batch
        """Relay no further batch."""
        self._is_stopping = True
        self._news.set()
