"""Endpoints: who may have which, and how their secrets are kept."""

from collections.abc import Callable
from typing import Any

import pytest
from glueful_http import HostUnreachable, UrlRefused
from glueful_kernel import create_app
from glueful_webhooks import (
    Ed25519Key,
    EncryptionKeyMissing,
    EndpointNotFound,
    EndpointsExhausted,
    EventUndeclared,
    KeyUnfit,
    PatternInvalid,
    SealBroken,
    SignatureInvalid,
    SubscriptionInvalid,
    Webhook,
    WebhookEndpoint,
    WebhookVerifier,
)


async def test_a_secret_is_shown_once_and_stored_encrypted(webhooks: Any, receiver: Any) -> None:
    endpoint, key = await Webhook.subscribe("*", receiver.url(), headers={"Authorization": "Bearer hidden"})

    (row,) = await WebhookEndpoint.select()
    stored = repr(row)
    assert key.text.startswith("whsec_")
    assert key.text not in stored
    assert key.text.removeprefix("whsec_") not in stored
    assert "hidden" not in stored
    assert not {"sealed_keys", "sealed_headers"} & endpoint.visible().keys()


async def test_a_sealed_secret_opens_nowhere_else(webhooks: Any, receiver: Any) -> None:
    first, _ = await Webhook.subscribe("*", receiver.url())
    second, _ = await Webhook.subscribe("*", receiver.url())

    with pytest.raises(SealBroken):
        webhooks.keys.unseal(second.id, first.sealed_keys)
    with pytest.raises(SealBroken):
        webhooks.keys.unseal(first.id, first.sealed_keys[:-4] + "AAAA")


def test_encryption_keys_can_be_rotated() -> None:
    from glueful_hookspecs import Secret
    from glueful_webhooks.encryption import Vault

    old, new = Secret("o" * 32), Secret("n" * 32)
    sealed = Vault([old]).seal("text", "here")

    both = Vault([new, old])
    assert both.open(sealed, "here") == "text"
    assert not both.is_current(sealed)
    assert both.is_current(both.seal("text", "here"))
    with pytest.raises(SealBroken, match="put the key that encrypted it back"):
        Vault([new]).open(sealed, "here")


@pytest.fixture
def in_production(sqlite_url: str) -> Callable[..., Any]:
    """Builds an application as it is in production, on settings alone."""

    def build(**settings: Any) -> Any:
        return create_app(only=["orm", "http", "webhooks"], settings={"orm": {"url": sqlite_url}, "webhooks": settings})

    return build


async def test_without_a_key_nobody_subscribes_in_production(
    serve: Callable[..., Any], in_production: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "glueful.webhooks")
    await serve(in_production(run_worker=False))

    assert "nobody can subscribe: webhooks.encryption_keys is not set" in caplog.text
    with pytest.raises(EncryptionKeyMissing, match="GLUEFUL_WEBHOOKS__ENCRYPTION_KEYS="):
        await Webhook.subscribe("*", "https://93.184.215.14/")
    assert await WebhookEndpoint.query().count() == 0


def test_a_missing_key_is_found_before_a_deployment() -> None:
    from glueful_hookspecs import Secret
    from glueful_webhooks import WebhookSettings
    from glueful_webhooks.plugin import WebhooksPlugin

    (found,) = WebhooksPlugin(WebhookSettings()).glueful_production_findings()
    assert (found.code, found.fix[:36]) == ("webhooks.encryption_key_missing", "GLUEFUL_WEBHOOKS__ENCRYPTION_KEYS=$(")
    assert WebhooksPlugin(WebhookSettings(encryption_keys=(Secret("k" * 32),))).glueful_production_findings() == []


async def test_a_short_key_stops_the_start(serve: Callable[..., Any], in_production: Callable[..., Any]) -> None:
    with pytest.RaisesGroup(pytest.RaisesExc(Exception, match="a key of less than 32 characters")):
        await serve(in_production(encryption_keys=["short"]))


@pytest.mark.parametrize(
    ("events", "options", "error"),
    [
        ([], {}, SubscriptionInvalid),
        (["*"] * 101, {}, SubscriptionInvalid),
        ("users", {}, EventUndeclared),
        ("usr.*", {}, EventUndeclared),
        ("user.*.x", {}, PatternInvalid),
        ("user.create'; --", {}, PatternInvalid),
        ("*", {"filters": {"a..b": 1}}, SubscriptionInvalid),
        ("*", {"filters": {"a": {"b": 1}}}, SubscriptionInvalid),
        ("*", {"filters": {str(number): 1 for number in range(11)}}, SubscriptionInvalid),
        ("*", {"headers": {"Host": "x"}}, SubscriptionInvalid),
        ("*", {"headers": {"Webhook-Signature": "x"}}, SubscriptionInvalid),
        ("*", {"headers": {"Content-Length": "1"}}, SubscriptionInvalid),
        ("*", {"headers": {"X-A": "a\r\nX-B: b"}}, SubscriptionInvalid),
        ("*", {"headers": {"X A": "a"}}, SubscriptionInvalid),
        ("*", {"headers": {f"X-{number}": "" for number in range(21)}}, SubscriptionInvalid),
        ("*", {"rate_per_minute": 0}, SubscriptionInvalid),
        ("*", {"owner": "x" * 256}, SubscriptionInvalid),
        ("*", {"secret": "whsec_short"}, KeyUnfit),
        ("*", {"url": "http://10.0.0.1/"}, UrlRefused),
        ("*", {"url": "https://name.invalid/"}, HostUnreachable),
        ("*", {"url": "https://user:pw@example.com/"}, UrlRefused),
    ],
)
async def test_what_cannot_be_subscribed_is_refused(
    events: Any, options: dict[str, Any], error: type[Exception], sqlite_webhooks: Any, receiver: Any
) -> None:
    url = options.pop("url", receiver.url())
    with pytest.raises(error):
        await Webhook.subscribe(events, url, **options)

    assert await WebhookEndpoint.query().count() == 0


async def test_an_owner_may_have_so_many_endpoints(
    application: Callable[..., Any], serve: Callable[..., Any], sqlite_url: str, receiver: Any
) -> None:
    await serve(application(sqlite_url, max_endpoints_per_owner=2))
    for _ in range(2):
        await Webhook.subscribe("*", receiver.url(), owner="acme")

    with pytest.raises(EndpointsExhausted):
        await Webhook.subscribe("*", receiver.url(), owner="acme")
    await Webhook.subscribe("*", receiver.url(), owner="other")


async def test_a_rotation_signs_with_both_keys_until_the_overlap_ends(webhooks: Any, receiver: Any, clock: Any) -> None:
    endpoint, old = await Webhook.subscribe("*", receiver.url())
    new = await webhooks.subscriptions.rotate(endpoint.id)

    async def accepted() -> tuple[bool, bool]:
        await Webhook.dispatch("user.created", {"id": 1})
        await webhooks.worker.drain()
        request = receiver.requests[-1]

        def fits(key: Any) -> bool:
            try:
                WebhookVerifier([key.text], clock=lambda: clock().timestamp()).verify(request.headers, request.body)
            except SignatureInvalid:
                return False
            return True

        return fits(old), fits(new)

    assert await accepted() == (True, True)
    clock.advance(hours=23, minutes=59)
    assert await accepted() == (True, True)
    clock.advance(minutes=1)
    assert await accepted() == (False, True)


async def test_an_endpoint_may_have_an_ed25519_key(webhooks: Any, receiver: Any) -> None:
    _, key = await Webhook.subscribe("*", receiver.url(), asymmetric=True)

    await Webhook.dispatch("user.created", {"id": 1})
    await webhooks.worker.drain()

    (request,) = receiver.requests
    assert request.headers["webhook-signature"].startswith("v1a,")
    assert isinstance(key, Ed25519Key)
    assert WebhookVerifier([key.public.text]).verify(request.headers, request.body)


async def test_another_owners_endpoint_is_as_unknown_as_none(sqlite_webhooks: Any, receiver: Any) -> None:
    endpoint, _ = await Webhook.subscribe("*", receiver.url(), owner="acme")
    found = sqlite_webhooks.subscriptions

    for call in (found.find, found.rotate, found.enable, found.disable, found.unsubscribe, found.update):
        with pytest.raises(EndpointNotFound) as others:
            await call(endpoint.id, owner="other")
        with pytest.raises(EndpointNotFound) as nobodys:
            await call("ep_none", owner="other")
        assert str(others.value) == str(nobodys.value)


async def test_an_endpoint_can_be_changed(webhooks: Any, receiver: Any) -> None:
    endpoint, _ = await Webhook.subscribe("user.created", receiver.url())

    await webhooks.subscriptions.update(
        endpoint.id, events=["user.deleted"], url=receiver.url("/new"), headers={"X-Key": "k"}, description="mine"
    )
    await Webhook.dispatch("user.created", {"id": 1})
    await Webhook.dispatch("user.deleted", {"id": 1})
    await webhooks.worker.drain()

    (request,) = receiver.requests
    assert (request.path, request.headers["x-key"], request.json["type"]) == ("/new", "k", "user.deleted")


async def test_a_deleted_endpoint_takes_its_deliveries_with_it(webhooks: Any, receiver: Any) -> None:
    from glueful_webhooks import WebhookAttempt, WebhookDelivery

    endpoint, _ = await Webhook.subscribe("*", receiver.url())
    await Webhook.dispatch("user.created", {"id": 1})
    await webhooks.worker.drain()

    await webhooks.subscriptions.unsubscribe(endpoint.id)

    assert (await WebhookDelivery.query().count(), await WebhookAttempt.query().count()) == (0, 0)
