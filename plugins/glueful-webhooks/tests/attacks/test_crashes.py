"""Rows of faults of our own side: nothing is lost, nothing is doubled where it can be helped, and duplicates are equal.

``tests/chaos`` does the same to whole processes, at random.
"""

import asyncio
import json
import os
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from glueful_orm import transaction
from glueful_webhooks import Webhook, WebhookAttempt, WebhookDelivery, WebhookMessage

APP = """
import msgspec
from glueful_kernel import create_app
from glueful_webhooks import webhook_event

@webhook_event("user.created")
class UserCreated(msgspec.Struct):
    "Somebody signed up."
    id: int
    name: str = ""
    country: str = ""

app = create_app([], only=["orm", "http", "webhooks"])
"""
DISPATCHER = """
import asyncio, os, sys
from app import app
from glueful_orm import transaction
from glueful_webhooks import Webhook

async def main():
    async with app.lifespan():
        async with transaction():
            print(await Webhook.dispatch("user.created", {"id": 1}), flush=True)
        os.kill(os.getpid(), 9)

asyncio.run(main())
"""


@pytest.fixture
def process(database_url: str, tmp_path: Path) -> Callable[..., Any]:
    """Starts a program in a process of its own, on the database of this test."""
    (tmp_path / "app.py").write_text(APP)
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(tmp_path),
        "GLUEFUL_KERNEL__ENVIRONMENT": "development",
        "GLUEFUL_ORM__URL": database_url,
        "GLUEFUL_HTTP__ALLOW_LOCALHOST": "true",
        "GLUEFUL_WEBHOOKS__ENCRYPTION_KEYS": json.dumps(["k" * 32]),
        "GLUEFUL_WEBHOOKS__RUN_WORKER": "false",
        "GLUEFUL_WEBHOOKS__CONCURRENCY": "4",
    }

    async def start(*command: str, **more: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *command,
            cwd=tmp_path,
            env=environment | more,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    return start


async def test_a_crash_between_commit_and_relay_loses_nothing(
    application: Callable[..., Any],
    serve: Callable[..., Any],
    database_url: str,
    process: Callable[..., Any],
    receiver: Any,
    tmp_path: Path,
) -> None:
    webhooks = await serve(application(database_url))
    await webhooks.subscribe("*", receiver.url())
    died = await process(sys.executable, "-c", DISPATCHER)
    out, err = await died.communicate()
    assert died.returncode == -9, err.decode()

    await webhooks.worker.drain()

    assert [request.headers["webhook-id"] for request in receiver.requests] == [out.decode().strip()]


async def test_a_crash_between_sending_and_storing_sends_the_same_id_and_bytes_again(
    webhooks: Any, receiver: Any, clock: Any
) -> None:
    await Webhook.subscribe("*", receiver.url())
    message_id = await Webhook.dispatch("user.created", {"id": 1, "name": "\N{SNOWMAN}"})
    await webhooks.relay.relay_all()
    (claim,) = await webhooks.worker._claims.claim(1, lambda _: 1)
    await webhooks.deliverer._send(claim, clock())  # and here the process ends

    clock.advance(seconds=webhooks.settings.lease_seconds)
    await webhooks.worker.drain()

    first, second = receiver.requests
    assert {first.headers["webhook-id"], second.headers["webhook-id"]} == {message_id}
    assert first.body == second.body
    assert await WebhookDelivery.query().pluck("status") == ["delivered"]


async def test_two_worker_processes_send_nothing_twice_when_nothing_fails(
    application: Callable[..., Any],
    serve: Callable[..., Any],
    database_url: str,
    process: Callable[..., Any],
    receiver: Any,
) -> None:
    """Both relay, claim and deliver while this process goes on dispatching."""
    count = 300
    webhooks = await serve(application(database_url))
    await webhooks.subscribe("*", receiver.url())
    quick = {"GLUEFUL_WEBHOOKS__POLL_SECONDS": "0.05"}
    glueful = str(Path(sys.executable).parent / "glueful")
    workers = [
        await process(glueful, "webhooks", "work", **quick, GLUEFUL_WEBHOOKS__USER_AGENT=name)
        for name in ("first", "second")
    ]
    for worker in workers:
        assert await worker.stdout.readline() == b"delivering webhooks\n"

    sent = {await Webhook.dispatch("user.created", {"id": number}) for number in range(count)}
    async with asyncio.timeout(60):
        while len(receiver.requests) < count:
            async with receiver.came:
                await receiver.came.wait()
    for worker in workers:
        worker.terminate()
        assert await worker.wait() == 0

    ids = [request.headers["webhook-id"] for request in receiver.requests]
    assert (len(ids), set(ids)) == (count, sent)
    by_worker = Counter(request.headers["user-agent"] for request in receiver.requests)
    assert min(by_worker["first"], by_worker["second"]) > 0
    assert sorted(await WebhookDelivery.query().pluck("sequence")) == list(range(1, count + 1))
    assert await WebhookMessage.where(relayed_at=None).count() == 0
    assert await WebhookAttempt.query().count() == count


async def test_an_acknowledgement_that_comes_while_postgresql_restarts_is_stored_and_nothing_is_sent_again(
    application: Callable[..., Any],
    serve: Callable[..., Any],
    postgres_server: Any,
    postgres_url: str,
    receiver: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    if os.environ.get("GLUEFUL_TEST_POSTGRES_URL"):
        pytest.fail("this test restarts PostgreSQL: unset GLUEFUL_TEST_POSTGRES_URL")
    webhooks = await serve(application(postgres_url))
    await Webhook.subscribe("*", receiver.url())
    await Webhook.dispatch("user.created", {"id": 1})
    loop = asyncio.get_running_loop()

    async def restart() -> int:
        postgres_server.stop()
        loop.call_later(0.3, postgres_server.start)
        return 200

    receiver.answers = [restart]
    await webhooks.worker.step()
    while webhooks.worker._running:
        await asyncio.wait(webhooks.worker._running)

    assert "1 outcomes of webhooks wait for the database" in caplog.text
    delivery: Any = await WebhookDelivery.query().first_or_fail()
    assert (delivery.status, delivery.attempts, delivery.lease) == ("delivered", 1, None)
    assert len(receiver.requests) == 1


@pytest.mark.parametrize("is_committed", [True, False])
async def test_a_commit_whose_answer_is_lost_is_looked_for_and_not_stored_twice(
    is_committed: bool,
    application: Callable[..., Any],
    serve: Callable[..., Any],
    postgres_url: str,
    receiver: Any,
    proxy_to: Callable[..., Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    proxy = await proxy_to(postgres_url)
    webhooks = await serve(application(proxy.url))
    await Webhook.subscribe("*", receiver.url())
    await Webhook.dispatch("user.created", {"id": 1})
    await webhooks.relay.relay_all()
    (delivery_id,) = await WebhookDelivery.query().pluck("id")

    async def cut() -> int:
        # The next that names the delivery is the statement that stores the outcome, which commits by itself.
        proxy.cut_at(delivery_id.encode(), after_delivery=is_committed)
        return 200

    receiver.answers = [cut]
    outcome = await webhooks.deliver(delivery_id)

    assert outcome is not None
    assert (outcome.status, outcome.attempt) == ("delivered", 1)
    assert "wait for the database" in caplog.text
    assert "attempted by another process" not in caplog.text
    assert await WebhookAttempt.query().count() == 1
    assert await WebhookDelivery.query().pluck("status") == ["delivered"]


async def test_what_is_acknowledged_is_not_given_back_at_a_stop(webhooks: Any, receiver: Any) -> None:
    """The grace period ends while an outcome is being stored."""
    await Webhook.subscribe("*", receiver.url())
    await Webhook.dispatch("user.created", {"id": 1})
    held, may_store = asyncio.Event(), asyncio.Event()
    store = webhooks.deliverer.recorder._store

    async def late(*arguments: Any, **options: Any) -> Any:
        held.set()
        await may_store.wait()
        return await store(*arguments, **options)

    webhooks.deliverer.recorder._store = late
    await webhooks.worker.step()
    await held.wait()

    asyncio.get_running_loop().call_later(0.05, may_store.set)
    await webhooks.worker.stop(0.01)

    delivery: Any = await WebhookDelivery.query().first_or_fail()
    assert (delivery.status, delivery.lease) == ("delivered", None)


async def test_a_rotation_while_a_thousand_deliveries_are_under_way_breaks_no_verification(
    application: Callable[..., Any], serve: Callable[..., Any], sqlite_url: str, receiver: Any, clock: Any
) -> None:
    """A receiver with the old key verifies all until the window ends; one with the new key, all after it got it."""
    from glueful_webhooks import SignatureInvalid, WebhookVerifier

    webhooks = await serve(application(sqlite_url, endpoint_concurrency=20))
    endpoint, old = await webhooks.subscribe("*", receiver.url())
    keys, rotated_at = [old], []

    def fits(key: Any, request: Any) -> bool:
        verifier = WebhookVerifier([key.text], clock=lambda: clock().timestamp())
        try:
            return verifier.verify(request.headers, request.body) is not None
        except SignatureInvalid:
            return False

    async with transaction():
        for number in range(1_000):
            await webhooks.dispatch("user.created", {"id": number})

    async def rotate() -> None:
        for after in (200, 500):
            await receiver.until(after)
            keys.append(await webhooks.subscriptions.rotate(endpoint.id))
            rotated_at.append(len(receiver.requests))

    rotating = asyncio.create_task(rotate())
    await webhooks.worker.drain()
    await rotating

    assert len(receiver.requests) == 1_000
    assert all(fits(old, request) for request in receiver.requests)
    for key, index in zip(keys[1:], rotated_at, strict=True):
        # What was claimed before the rotation may be on its way with the keys of then.
        assert all(fits(key, request) for request in receiver.requests[index + 20 :])
    assert not any(fits(keys[1], request) for request in receiver.requests[:100])

    clock.advance(hours=24, seconds=1)
    await webhooks.dispatch("user.created", {"id": 1})
    await webhooks.worker.drain()
    assert [fits(key, receiver.requests[-1]) for key in keys] == [False, False, True]
