"""What PostgreSQL does in one statement, and so in one round trip and one commit; SQLite needs no round trips.

Lists are arrays, so that a statement is the same, and stays prepared, for any number of rows.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .tables import WebhookDelivery, WebhookMessage

if TYPE_CHECKING:
    from glueful_orm import Engine

# In the order of an index, and ids are made in the order of sequences: what a claim costs does not depend on how many
# are due.
CLAIM = """WITH due AS (
    SELECT one.id FROM webhook_deliveries one
    WHERE one.endpoint_id = $1 AND one.next_attempt_at <= $2 AND (one.ordering_key IS NULL OR NOT EXISTS (
        SELECT 1 FROM webhook_deliveries earlier WHERE earlier.endpoint_id = one.endpoint_id
        AND earlier.ordering_key = one.ordering_key AND earlier.sequence < one.sequence
        AND earlier.status IN ('pending', 'retrying')))
    ORDER BY one.next_attempt_at, one.id LIMIT $3 FOR UPDATE SKIP LOCKED
), taken AS (
    UPDATE webhook_deliveries SET lease = $4, next_attempt_at = $5
    FROM unnest(ARRAY(SELECT id FROM due)) AS one (id) WHERE webhook_deliveries.id = one.id
    RETURNING webhook_deliveries.*
)
SELECT
    taken.id, taken.message_id, taken.endpoint_id, taken.sequence, taken.status, taken.attempts, taken.failures,
    taken.ordering_key, taken.next_attempt_at, taken.lease, taken.last_status_code, taken.last_failure,
    taken.delivered_at, taken.created_at,
    message.id, message.event, message.owner, message.endpoint_id, message.ordering_key, message.body,
    message.created_at, message.relayed_at
FROM taken JOIN webhook_messages message ON message.id = taken.message_id ORDER BY taken.sequence"""
"""The columns are those of the two tables, in their order. Of an array PostgreSQL expects ten elements, and looks them
up one by one; of what it is made from it would expect a part of all rows, and read them all."""
DELIVERY_COLUMNS = 14

STORE = """WITH told AS (
    SELECT * FROM unnest(
        $1::varchar[], $2::varchar[], $3::varchar[], $4::integer[], $5::integer[], $6::timestamptz[], $7::integer[],
        $8::varchar[], $9::timestamptz[], $10::timestamptz[], $11::integer[], $12::bytea[]
    ) AS told (id, lease, status, attempts, failures, next_at, status_code, failure, delivered_at, started_at,
        duration_ms, body)
), stored AS (
    UPDATE webhook_deliveries delivery SET status = told.status, attempts = told.attempts, failures = told.failures,
        lease = NULL, next_attempt_at = told.next_at, last_status_code = told.status_code,
        last_failure = told.failure, delivered_at = told.delivered_at
    FROM told WHERE delivery.id = ANY($1::varchar[]) AND delivery.id = told.id AND delivery.lease = told.lease
        AND delivery.status || '' IN ('pending', 'retrying')
    RETURNING told.*
), noted AS (
    INSERT INTO webhook_attempts (delivery_id, number, started_at, duration_ms, status_code, failure, response_body)
    SELECT id, attempts, started_at, duration_ms, status_code, failure, body FROM stored
)
SELECT id, lease FROM stored"""
"""The index of statuses is kept out by an expression: a plan from when few were pending would read all that are now."""

INSERT = """INSERT INTO webhook_deliveries (
    id, message_id, endpoint_id, sequence, status, ordering_key, next_attempt_at, created_at, attempts, failures)
SELECT *, 0, 0 FROM unnest($1::varchar[], $2::varchar[], $3::varchar[], $4::bigint[], $5::varchar[], $6::varchar[],
    $7::timestamptz[], $8::timestamptz[])"""


def engine() -> "Engine":
    """That of this context."""
    found: Any = WebhookDelivery._meta.db  # noqa: SLF001 - Piccolo's way to it
    return found.engine  # type: ignore[no-any-return]


def is_postgres() -> bool:
    """Whether this context has PostgreSQL."""
    return engine().dialect == "postgres"


async def claim(
    endpoint_id: str, now: datetime, limit: int, lease: str, until: datetime
) -> list[tuple[WebhookDelivery, WebhookMessage]]:
    """Take up to ``limit`` deliveries of an endpoint that are due; they are held until ``until``."""
    rows = await engine().fetch(CLAIM, (endpoint_id, now, limit, lease, until))
    deliveries = await WebhookDelivery.hydrated(rows)
    messages = await WebhookMessage.hydrated([row[DELIVERY_COLUMNS:] for row in rows])
    return list(zip(deliveries, messages, strict=True))


async def store(rows: Sequence[tuple[Any, ...]]) -> set[tuple[str, str]]:
    """Store what attempts came to, where their leases still hold; ids and leases of these.

    Args:
        rows: id and lease; status, attempts, failures, time of the next one, status code, failure and time of delivery
            of the delivery; beginning, duration in milliseconds and answer of the attempt.
    """
    stored = await engine().fetch(STORE, [list(column) for column in zip(*rows, strict=True)])
    return {(row[0], row[1]) for row in stored}


async def insert(rows: Sequence[dict[str, Any]]) -> None:
    """Insert deliveries that were not attempted yet."""
    names = ("id", "message_id", "endpoint_id", "sequence", "status", "ordering_key", "next_attempt_at", "created_at")
    await engine().execute(INSERT, [[row[name] for row in rows] for name in names])
