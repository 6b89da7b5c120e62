"""What attempts came to is stored together, where the claims still hold, and what a store costs does not grow."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from glueful_orm.testing import recorded_queries
from glueful_webhooks import Webhook
from glueful_webhooks.claims import Claim
from glueful_webhooks.outcome import Answer
from glueful_webhooks.postgres import STORE
from glueful_webhooks.recording import Attempt
from glueful_webhooks.tables import WebhookAttempt, WebhookDelivery

ARRAYS = "NULL::varchar[], " * 3 + (
    "NULL::int[], NULL::int[], NULL::timestamptz[], NULL::int[], NULL::varchar[], NULL::timestamptz[], "
    "NULL::timestamptz[], NULL::int[], NULL::bytea[]"
)


async def claimed(webhooks: Any, receiver: Any, count: int) -> list[Claim]:
    """Claims of so many deliveries to one endpoint, in their order."""
    await Webhook.subscribe("*", receiver.url())
    for number in range(count):
        await Webhook.dispatch("user.created", {"id": number})
    await webhooks.relay.relay_all()
    found: list[Claim] = await webhooks.worker._claims.claim(count, lambda _: count)
    assert len(found) == count
    return found


async def test_successes_failures_and_lost_claims_of_one_batch_are_told_apart(
    webhooks: Any, receiver: Any, clock: Any
) -> None:
    claims = await claimed(webhooks, receiver, 5)
    answers = [
        Answer(7, 204, body=b""),
        Answer(8, 500, "status", b"oops"),
        Answer(9, None, "timeout"),
        Answer(10, 200, body=b"\x00\xff"),
        Answer(11, 200, body=b"late"),
    ]
    lost = claims[4].delivery
    await WebhookDelivery.where(id=lost.id).update(lease="ls_another")
    recorder = webhooks.deliverer.recorder

    with recorded_queries() as statements:
        outcomes = await asyncio.gather(
            *[recorder.record(Attempt(one, clock(), answer)) for one, answer in zip(claims, answers, strict=True)]
        )

    assert [outcome and outcome.status for outcome in outcomes] == [
        *("delivered", "retrying", "retrying", "delivered"),
        None,
    ]
    rows = {row.id: row for row in await WebhookDelivery.all()}
    stored = [rows[claim.delivery.id] for claim in claims]
    assert [(one.status, one.attempts, one.failures, one.lease) for one in stored] == [
        ("delivered", 1, 0, None),
        ("retrying", 1, 1, None),
        ("retrying", 1, 1, None),
        ("delivered", 1, 0, None),
        ("pending", 0, 0, "ls_another"),
    ]
    assert [(one.last_status_code, one.last_failure, one.delivered_at) for one in stored[:4]] == [
        *((204, None, clock()), (500, "status", None)),
        *((None, "timeout", None), (200, None, clock())),
    ]
    until = clock() + timedelta(seconds=webhooks.settings.lease_seconds)
    next_attempts = [*(outcome.next_attempt_at for outcome in outcomes[:4]), until]
    assert [one.next_attempt_at for one in stored] == next_attempts
    attempts = {one.delivery_id: one for one in await WebhookAttempt.all()}
    told = [attempts[claim.delivery.id] for claim in claims[:4]]
    assert len(attempts) == 4
    assert [(one.number, one.duration_ms, one.status_code, one.failure) for one in told] == [
        *((1, 7, 204, None), (1, 8, 500, "status"), (1, 9, None, "timeout"), (1, 10, 200, None)),
    ]
    assert [one.response_body for one in told] == [b"", b"oops", None, b"\x00\xff"]
    assert len([one for one in statements if "INTO" in one.sql and "webhook_attempts" in one.sql]) == 1


async def test_two_claims_of_one_delivery_in_a_batch_count_once(webhooks: Any, receiver: Any, clock: Any) -> None:
    (old,) = await claimed(webhooks, receiver, 1)
    clock.advance(seconds=webhooks.settings.lease_seconds)
    (new,) = await webhooks.worker._claims.claim(1, lambda _: 1)
    recorder = webhooks.deliverer.recorder

    late, right = await asyncio.gather(
        recorder.record(Attempt(old, clock() - timedelta(seconds=1), Answer(1, 500, "status", b""))),
        recorder.record(Attempt(new, clock(), Answer(1, 200, body=b""))),
    )

    assert late is None
    assert right.is_delivered
    assert await WebhookAttempt.query().pluck("status_code") == [200]
    assert await WebhookDelivery.query().pluck("status") == ["delivered"]


async def test_successes_on_postgresql_take_one_statement_each_way(
    application: Callable[..., Any], serve: Callable[..., Any], postgres_url: str, receiver: Any, clock: Any
) -> None:
    webhooks = await serve(application(postgres_url))
    await claimed(webhooks, receiver, 4)
    clock.advance(seconds=webhooks.settings.lease_seconds)
    recorder = webhooks.deliverer.recorder

    with recorded_queries() as statements:
        claims = await webhooks.worker._claims.claim(4, lambda _: 4)
        await asyncio.gather(*[recorder.record(Attempt(one, clock(), Answer(1, 200, body=b""))) for one in claims])

    assert [one.sql.split()[0] for one in statements] == ["SELECT", "WITH", "WITH"]


async def test_postgresql_finds_what_it_stores_by_an_index_among_many(
    application: Callable[..., Any], serve: Callable[..., Any], postgres_url: str, receiver: Any, clock: Any
) -> None:
    import asyncpg

    webhooks = await serve(application(postgres_url))
    (claim,) = await claimed(webhooks, receiver, 1)
    connection = await asyncpg.connect(postgres_url)
    try:
        await connection.execute(
            "INSERT INTO webhook_deliveries (id, message_id, endpoint_id, sequence, status, created_at, attempts, "
            "failures) SELECT 'dlv_' || i, $1, $2, i + 10, 'delivered', $3, 1, 0 FROM generate_series(1, 12000) i",
            claim.message.id,
            claim.endpoint.id,
            clock(),
        )
        await connection.execute("ANALYZE")
        await connection.execute("SET plan_cache_mode = force_generic_plan")
        await connection.execute(f"PREPARE store AS {STORE}")
        rows = await connection.fetch(f"EXPLAIN EXECUTE store({ARRAYS})")
    finally:
        await connection.close()
    plan = "\n".join(row[0] for row in rows)

    assert "webhook_deliveries_pkey" in plan
    assert "Seq Scan on webhook_deliveries" not in plan
