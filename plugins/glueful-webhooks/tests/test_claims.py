"""What a claim costs does not grow with what was delivered, nor with what waits."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from glueful_orm.testing import recorded_queries
from glueful_webhooks import Webhook

FILL = """INSERT INTO webhook_deliveries
(id, message_id, endpoint_id, sequence, status, next_attempt_at, created_at, attempts, failures)
SELECT 'dlv_' || i, $1, $2, i, CASE WHEN i <= 10000 THEN 'delivered' ELSE 'pending' END,
CASE WHEN i <= 10000 THEN NULL ELSE $3::timestamptz END, $3, 0, 0 FROM generate_series(1, 12000) i"""


async def test_postgresql_finds_due_deliveries_by_an_index_among_many(
    postgres_url: str, application: Callable[..., Any], serve: Callable[..., Any], receiver: Any, clock: Any
) -> None:
    import asyncpg

    webhooks = await serve(application(postgres_url))
    endpoint, _ = await Webhook.subscribe("*", receiver.url())
    message_id = await Webhook.dispatch("user.created", {"id": 1})
    connection = await asyncpg.connect(postgres_url)
    try:
        await connection.execute(FILL, message_id, endpoint.id, clock() - timedelta(minutes=1))
        await connection.execute("ANALYZE")
        with recorded_queries() as statements:
            claims = await webhooks.worker._claims.claim(5, lambda _: 5)
        # Planned without values, as a statement that is kept.
        await connection.execute("SET plan_cache_mode = force_generic_plan")
        plans = []
        for statement in statements:
            if "webhook_deliveries" in statement.sql:
                name = f"claim_{len(plans)}"
                await connection.execute(f"PREPARE {name} AS {statement.sql}")
                values = ", ".join(["NULL"] * max(map(int, re.findall(r"\$(\d+)", statement.sql))))
                rows = await connection.fetch(f"EXPLAIN EXECUTE {name}({values})")
                plans.append("\n".join(row[0] for row in rows))
    finally:
        await connection.close()

    assert [claim.delivery.sequence for claim in claims] == [10_001, 10_002, 10_003, 10_004, 10_005]
    assert len(plans) == 2
    for plan in plans:
        assert "Index" in plan
        assert "webhook_deliveries_due" in plan
        assert "Seq Scan on webhook_deliveries" not in plan
        assert "Bitmap" not in plan
