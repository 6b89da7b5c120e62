"""Rows of attacks on where webhooks go: nothing that an owner writes, and nothing that DNS answers, leads inside."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from glueful_http import HostUnreachable, UrlRefused
from glueful_http.testing import hostile_urls
from glueful_webhooks import Webhook, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from glueful_webhooks.ids import new_id

PUBLIC, PUBLIC6 = "93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"
GREATEST_STORED = 2_048


async def stored(urls: Sequence[str], like: Any) -> None:
    """Endpoints as they would be if a URL had been accepted once: by an older version, or before a name changed."""
    made = await WebhookEndpoint.find_or_fail(like.id)
    now = datetime.now(UTC)
    rows = [
        {**made.to_dict(), "id": new_id("ep"), "url": url, "created_at": now, "updated_at": now, "last_sequence": 0}
        for url in urls
    ]
    await WebhookEndpoint.insert_many(
        [
            {**row, "sealed_keys": made.sealed_keys, "sealed_headers": "", "patterns": ["*"], "filters": {}}
            for row in rows
        ]
    )


async def test_no_notation_of_a_private_address_is_accepted_or_called(
    guarded: Callable[..., Any], canary: Any, listen: Callable[..., Any]
) -> None:
    receiver = await listen()
    await guarded(canary.port, receiver.port)
    for url in hostile_urls(canary.port):
        with pytest.raises((UrlRefused, HostUnreachable)):
            await Webhook.subscribe("*", url)

    assert await WebhookEndpoint.query().count() == 0
    assert canary.connections == 0


async def test_an_endpoint_whose_url_leads_inside_is_refused_at_delivery(
    guarded: Callable[..., Any], canary: Any, listen: Callable[..., Any]
) -> None:
    receiver = await listen()
    webhooks = await guarded(canary.port, receiver.port)
    good, _ = await Webhook.subscribe("user.deleted", f"http://127.0.0.2:{receiver.port}/")
    # No database stores NUL, and no column a URL of this length.
    urls = [url for url in hostile_urls(canary.port) if len(url) <= GREATEST_STORED]
    sealed = webhooks.keys.unseal(good.id, good.sealed_keys)
    await stored(urls, good)
    for row in await WebhookEndpoint.where(id__ne=good.id):
        await WebhookEndpoint.where(id=row.id).update(sealed_keys=webhooks.keys.seal(row.id, sealed))

    await Webhook.dispatch("user.created", {"id": 1})
    await webhooks.worker.drain()

    attempts = await WebhookAttempt.all()
    assert len(attempts) == len(urls)
    assert {attempt.failure for attempt in attempts} == {"refused", "unreachable"}
    assert {attempt.status_code for attempt in attempts} == {None}
    assert (canary.connections, receiver.requests) == (0, [])


@pytest.mark.parametrize(
    "answers",
    [
        ["127.0.0.1"],
        [PUBLIC, "127.0.0.1"],
        [PUBLIC6, "::1"],
        [*[PUBLIC] * 63, "127.0.0.1"],
        ["::ffff:127.0.0.1"],
        ["fe80::1%lo"],
    ],
    ids=["CNAME to private", "public and private together", "the same in IPv6", "64 answers", "mapped", "a zone"],
)
async def test_a_name_with_a_bad_address_is_refused_at_registration_and_at_delivery(
    answers: list[str], guarded: Callable[..., Any], names: Any, canary: Any
) -> None:
    names.answers = {"bad.example": [answers], "later.example": [[PUBLIC], answers]}
    webhooks = await guarded(canary.port)

    with pytest.raises(HostUnreachable):
        await Webhook.subscribe("*", f"http://bad.example:{canary.port}/")
    await Webhook.subscribe("*", f"http://later.example:{canary.port}/")
    await Webhook.dispatch("user.created", {"id": 1})
    await webhooks.worker.drain()

    attempts: list[Any] = await WebhookAttempt.all()
    assert [attempt.failure for attempt in attempts] == ["unreachable"]
    assert canary.connections == 0


async def test_a_name_that_changes_between_check_and_connect_reaches_the_address_that_was_checked(
    guarded: Callable[..., Any], names: Any, canary: Any, listen: Callable[..., Any]
) -> None:
    receiver = await listen(port=canary.port)
    names.answers["rebind.example"] = [["127.0.0.2"], ["127.0.0.2"], ["127.0.0.1"]]
    webhooks = await guarded(canary.port)
    await Webhook.subscribe("*", f"http://rebind.example:{canary.port}/")

    await Webhook.dispatch("user.created", {"id": 1})
    await webhooks.worker.drain()

    assert names.asked == ["rebind.example"] * 2
    assert (len(receiver.requests), canary.connections) == (1, 0)
    assert f"Host: rebind.example:{canary.port}".encode() in receiver.requests[0]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_inside_to_plain_http_or_to_itself_is_not_followed_and_is_a_failure(
    status: int, guarded: Callable[..., Any], canary: Any, listen: Callable[..., Any]
) -> None:
    receivers = [await listen() for _ in range(3)]
    itself = f"http://127.0.0.2:{receivers[2].port}/"
    targets = ["http://169.254.169.254/latest/meta-data", f"http://127.0.0.1:{canary.port}/", itself]
    webhooks = await guarded(canary.port, *(receiver.port for receiver in receivers))
    for receiver, target in zip(receivers, targets, strict=True):

        async def redirect(_: Any, writer: Any, target: str = target) -> None:
            writer.write(f"HTTP/1.1 {status} Moved\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode())

        receiver.behave = redirect
        await Webhook.subscribe("*", f"http://127.0.0.2:{receiver.port}/")

    await Webhook.dispatch("user.created", {"id": 1})
    await webhooks.worker.drain()

    deliveries: list[Any] = await WebhookDelivery.all()
    assert {(one.status, one.last_status_code, one.last_failure) for one in deliveries} == {
        ("retrying", status, "status")
    }
    assert [len(receiver.requests) for receiver in receivers] == [1, 1, 1]
    assert canary.connections == 0


async def test_outside_development_a_plain_http_url_and_an_unusual_port_are_refused(
    guarded: Callable[..., Any], names: Any
) -> None:
    names.answers["hooks.example"] = [[PUBLIC]]
    await guarded(http={"require_https": None})

    for url in ("http://hooks.example/", *(f"https://hooks.example:{port}/" for port in (22, 25, 6379, 8443))):
        with pytest.raises(UrlRefused):
            await Webhook.subscribe("*", url)
    assert await Webhook.subscribe("*", "https://hooks.example/")


async def test_proxies_and_netrc_of_the_environment_are_ignored(
    guarded: Callable[..., Any], canary: Any, listen: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    receiver = await listen()
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{canary.port}")
    monkeypatch.setenv("NO_PROXY", "")
    (tmp_path / "netrc").write_text("machine 127.0.0.2 login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    webhooks = await guarded(canary.port, receiver.port)
    await Webhook.subscribe("*", f"http://127.0.0.2:{receiver.port}/")

    await Webhook.dispatch("user.created", {"id": 1})
    await webhooks.worker.drain()

    (request,) = receiver.requests
    assert b"uthorization" not in request
    assert canary.connections == 0


async def test_what_cannot_be_reached_is_the_same_to_its_owner_whatever_is_there(
    guarded: Callable[..., Any], names: Any, canary: Any, listen: Callable[..., Any], clock: Any
) -> None:
    """Neither the refusal nor the delivery tells a blocked address from a closed port or an unknown name."""
    receiver = await listen()
    names.answers = {
        "inside.example": [[PUBLIC], ["127.0.0.1"]],
        "unknown.example": [[PUBLIC], []],
        "closed.example": [["127.0.0.2"]],
    }
    webhooks = await guarded(canary.port, receiver.port)
    refusals = set()
    for name in ("inside", "unknown"):
        await Webhook.subscribe("*", f"http://{name}.example:{canary.port}/")
        with pytest.raises(HostUnreachable) as refused:
            await Webhook.subscribe("*", f"http://{name}.example:{canary.port}/")
        refusals.add(str(refused.value))
    await Webhook.subscribe("*", f"http://closed.example:{canary.port}/")

    await Webhook.dispatch("user.created", {"id": 1})
    await webhooks.worker.drain()

    deliveries: list[Any] = await WebhookDelivery.all()
    assert len(deliveries) == 3
    assert {(one.status, one.last_failure, one.last_status_code) for one in deliveries} == {
        ("retrying", "unreachable", None)
    }
    assert len(refusals) == 1
    assert canary.connections == 0
