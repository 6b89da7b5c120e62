"""The statements of the database broker.

``$1`` is the time in milliseconds, or NULL for the server's own, ``$2`` the queue, unless a statement says otherwise.
"""

import re
from functools import cached_property

COLUMNS = (
    "key, state, attempts, token, worker, queued_ms, started_ms, touched_ms, finished_ms, progress, error, result, "
    "due_ms, unique_until_ms, CASE WHEN length(payload) <= {limit} THEN payload END"
)
COLUMN_COUNT = 15
_FREE_OF_ITS_KEY = """(one.ordering_key IS NULL OR (
    NOT EXISTS (SELECT 1 FROM queue_jobs other WHERE other.queue = one.queue AND other.active_key = one.ordering_key)
    AND NOT EXISTS (SELECT 1 FROM queue_jobs earlier WHERE earlier.ordering_key = one.ordering_key
        AND earlier.queue = one.queue AND earlier.id < one.id
        AND (earlier.state = 'queued'
            OR (earlier.state = 'scheduled' AND earlier.attempts > 0 AND one.ordering_key <> '~lost')))))"""


class Statements:
    """SQL for one dialect.

    Args:
        dialect: ``"sqlite"`` or ``"postgres"``.
        limit: payloads that are longer, in bytes, are not fetched.
    """

    def __init__(self, dialect: str, limit: int) -> None:
        self._is_postgres = dialect == "postgres"
        self._now = (
            "COALESCE(CAST($1 AS BIGINT), CAST(EXTRACT(EPOCH FROM statement_timestamp()) * 1000 AS BIGINT))"
            if self._is_postgres
            else "$1"
        )
        self._locked = "FOR UPDATE SKIP LOCKED" if self._is_postgres else ""
        self._columns = COLUMNS.format(limit=int(limit))

    def sql(self, text: str) -> str:
        """Put the time, the columns and the lock into a statement, and make its placeholders the dialect's."""
        text = text.replace("{now}", self._now).replace("{locked}", self._locked).replace("{columns}", self._columns)
        return text if self._is_postgres else re.sub(r"\$(\d+)", r"?\1", text)

    def put(self, count: int) -> str:
        """Insert ``count`` jobs; a key whose job is done, and unique no more, is used again. Returns the keys taken.

        ``$2`` is the queue; eight values a job follow.
        """
        rows = ", ".join(
            f"($2, ${n}, ${n + 1}, ${n + 2}, ${n + 3}, "
            f"CASE WHEN CAST(${n + 4} AS BIGINT) > 0 THEN CAST(${n + 4} AS BIGINT) "
            f"ELSE {self._now} + CAST(${n + 5} AS BIGINT) END, "
            f"{self._now}, {self._now} + CAST(${n + 6} AS BIGINT), ${n + 7}, 0.0, 0, 0, 0, 0)"
            for n in range(3, 3 + count * 8, 8)
        )
        return self.sql(
            "INSERT INTO queue_jobs (queue, key, state, priority, ordering_key, due_ms, queued_ms, unique_until_ms, "
            f"payload, progress, attempts, started_ms, touched_ms, finished_ms) VALUES {rows} "
            "ON CONFLICT (queue, key) DO UPDATE SET state = excluded.state, priority = excluded.priority, "
            "ordering_key = excluded.ordering_key, due_ms = excluded.due_ms, queued_ms = excluded.queued_ms, "
            "unique_until_ms = excluded.unique_until_ms, payload = excluded.payload, progress = 0.0, attempts = 0, "
            "started_ms = 0, touched_ms = 0, finished_ms = 0, error = NULL, result = NULL, token = NULL, worker = NULL "
            "WHERE queue_jobs.state IN ('complete', 'failed', 'aborted') "
            "AND queue_jobs.unique_until_ms <= excluded.queued_ms RETURNING key"
        )

    def claim(self, *, ordered: bool) -> str:
        """Claim jobs: queue, limit, token, worker, lease. Without ``ordered`` only those without an ordering key."""
        free = _FREE_OF_ITS_KEY if ordered else "one.ordering_key IS NULL"
        return self.sql(
            "UPDATE queue_jobs SET state = 'active', token = $4, worker = $5, attempts = attempts + 1, "
            "started_ms = {now}, touched_ms = {now}, due_ms = {now} + CAST($6 AS BIGINT), active_key = ordering_key "
            "WHERE id IN (SELECT one.id FROM queue_jobs one WHERE one.queue = $2 AND one.state = 'queued' "
            f"AND {free} AND NOT EXISTS (SELECT 1 FROM queue_pauses pause WHERE pause.queue = $2) "
            "ORDER BY one.priority, one.due_ms, one.id LIMIT $3 {locked}) "
            "RETURNING priority, id, {columns}"
        )

    @cached_property
    def claim_ordered(self) -> str:
        """Claim jobs with and without an ordering key."""
        return self.claim(ordered=True)

    @cached_property
    def claim_unordered(self) -> str:
        """Claim jobs without an ordering key."""
        return self.claim(ordered=False)

    @cached_property
    def due(self) -> str:
        """Make scheduled jobs of a queue that are due claimable; at most 1,000."""
        return self.sql(
            "UPDATE queue_jobs SET state = 'queued' WHERE id IN (SELECT id FROM queue_jobs WHERE state = 'scheduled' "
            "AND due_ms <= {now} AND queue = $2 ORDER BY due_ms LIMIT 1000 {locked}) RETURNING key"
        )

    @cached_property
    def renew(self) -> str:
        """Prolong a worker's claims: queue, worker, lease, the tokens that it holds as a list in JSON.

        A claim whose answer was lost on its way is not among these, and so ends.
        """
        tokens = "json_array_elements_text(CAST($5 AS JSON))" if self._is_postgres else "value FROM json_each($5)"
        return self.sql(
            "UPDATE queue_jobs SET due_ms = {now} + CAST($4 AS BIGINT), touched_ms = {now} "
            "WHERE worker = $3 AND queue = $2 AND state IN ('active', 'aborting') "
            f"AND token IN (SELECT {tokens}) RETURNING key, token, state"
        )

    @cached_property
    def release(self) -> str:
        """Give a job back: queue, key, token, delay in ms, error, attempts to take back, an ordering key or NULL."""
        return self.sql(
            "UPDATE queue_jobs SET state = CASE WHEN CAST($5 AS BIGINT) > 0 THEN 'scheduled' ELSE 'queued' END, "
            "due_ms = {now} + CAST($5 AS BIGINT), token = NULL, worker = NULL, active_key = NULL, error = $6, "
            "attempts = attempts - CAST($7 AS INTEGER), finished_ms = 0, result = NULL, progress = 0.0, "
            "ordering_key = COALESCE(ordering_key, CAST($8 AS VARCHAR)) "
            "WHERE queue = $2 AND key = $3 AND COALESCE(token, '') = $4 AND state <> 'aborting'"
        )

    @cached_property
    def settle(self) -> str:
        """Store an outcome: queue, key, token, state, result, error, ms to keep it, progress."""
        return self.sql(
            "UPDATE queue_jobs SET state = CAST($5 AS VARCHAR), result = $6, "
            "error = COALESCE(CAST($7 AS TEXT), CASE WHEN CAST($5 AS VARCHAR) = 'aborted' THEN error END), "
            "finished_ms = {now}, "
            "due_ms = {now} + CAST($8 AS BIGINT), progress = $9, token = NULL, worker = NULL, active_key = NULL, "
            "unique_until_ms = CASE WHEN CAST($5 AS VARCHAR) = 'complete' THEN unique_until_ms ELSE 0 END "
            "WHERE queue = $2 AND key = $3 AND COALESCE(token, '') = $4"
        )

    @cached_property
    def remove(self) -> str:
        """Remove a job whose outcome is not kept: queue, key, token; without the time."""
        return self.sql("DELETE FROM queue_jobs WHERE queue = $1 AND key = $2 AND COALESCE(token, '') = $3")

    @cached_property
    def lost(self) -> str:
        """Take over jobs whose lease has ended: queue, limit, token, lease. States stay, so that aborts are known."""
        return self.sql(
            "UPDATE queue_jobs SET token = $4, worker = NULL, due_ms = {now} + CAST($5 AS BIGINT) WHERE id IN ("
            "SELECT id FROM queue_jobs WHERE state IN ('active', 'aborting') AND due_ms <= {now} AND queue = $2 "
            "ORDER BY due_ms LIMIT $3 {locked}) RETURNING {columns}"
        )

    @cached_property
    def expired(self) -> str:
        """Remove outcomes that are kept no longer: queue, limit."""
        return self.sql(
            "DELETE FROM queue_jobs WHERE id IN (SELECT id FROM queue_jobs WHERE queue = $2 AND due_ms <= {now} "
            "AND unique_until_ms <= {now} AND state IN ('complete', 'failed', 'aborted') LIMIT $3 {locked})"
        )

    @cached_property
    def progress(self) -> str:
        """Store progress, payload and state (NULL: as they are) and error: queue, key, token, these."""
        return self.sql(
            "UPDATE queue_jobs SET touched_ms = {now}, progress = $5, payload = COALESCE($6, payload), "
            "state = COALESCE($7, state), error = $8 WHERE queue = $2 AND key = $3 AND COALESCE(token, '') = $4"
        )

    @cached_property
    def abort_waiting(self) -> str:
        """Cancel a job that nobody has: queue, key, error, ms to keep it."""
        return self.sql(
            "UPDATE queue_jobs SET state = 'aborted', error = $4, finished_ms = {now}, "
            "due_ms = {now} + CAST($5 AS BIGINT) WHERE queue = $2 AND key = $3 AND state IN ('queued', 'scheduled')"
        )

    @cached_property
    def abort_active(self) -> str:
        """Ask the worker of a job to stop it: queue, key, error; without the time."""
        return self.sql(
            "UPDATE queue_jobs SET state = 'aborting', error = $3 WHERE queue = $1 AND key = $2 AND state = 'active'"
        )

    @cached_property
    def waiting(self) -> str:
        """Counts of a queue, and since when the oldest due job waits."""
        return self.sql(
            "SELECT SUM(CASE WHEN state = 'queued' OR (state = 'scheduled' AND due_ms <= {now}) THEN 1 ELSE 0 END), "
            "SUM(CASE WHEN state = 'scheduled' AND due_ms > {now} THEN 1 ELSE 0 END), "
            "SUM(CASE WHEN state IN ('active', 'aborting') THEN 1 ELSE 0 END), "
            "MIN(CASE WHEN state = 'queued' OR (state = 'scheduled' AND due_ms <= {now}) THEN due_ms END), {now}, "
            "(SELECT COUNT(*) FROM queue_pauses WHERE queue = $2) "
            "FROM queue_jobs WHERE queue = $2 AND state IN ('queued', 'scheduled', 'active', 'aborting')"
        )
