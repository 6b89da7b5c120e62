"""The health report warns of a backlog."""

from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from glueful_webhooks import Webhook


@pytest.fixture
async def status(database_url: str, application: Callable[..., Any], serve: Callable[..., Any]) -> Callable[[], Any]:
    app = application(database_url, only=["health"])
    await serve(app)

    async def ask() -> Any:
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://test") as client:
            report = (await client.get("/health/ready")).json()
            return report["checks"]["webhooks.backlog"]

    return ask


async def test_a_backlog_that_nobody_takes_up_is_a_warning(
    status: Callable[[], Any], receiver: Any, clock: Any
) -> None:
    await Webhook.subscribe("*", receiver.url())
    await Webhook.dispatch("user.created", {"id": 1})

    assert (await status())["status"] == "pass"
    clock.advance(minutes=5, seconds=1)
    assert (await status())["status"] == "warn"
    await Webhook.current().worker.drain()
    assert (await status())["status"] == "pass"
