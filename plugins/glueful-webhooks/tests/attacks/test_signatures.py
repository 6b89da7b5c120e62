"""Rows of attacks on what is received: every one is a 401 problem with bounded work, or handled once."""

import ast
import base64
import json
import random
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from statistics import fmean, variance
from time import perf_counter_ns
from typing import Any

import glueful_webhooks
import httpx2
import pytest
from glueful_webhooks import (
    ReceivedWebhook,
    SignedMessage,
    StandardWebhooks,
    Webhook,
    WebhookVerifier,
    new_secret,
    receive_webhooks,
)
from glueful_webhooks.keys import HmacKey

KEY, OLD_KEY = new_secret(), new_secret()
BODY = b'{"type":"invoice.paid","data":{"total":1}}'


@pytest.fixture
def handled() -> list[str]:
    return []


@pytest.fixture
async def client(
    application: Callable[..., Any], serve: Callable[..., Any], sqlite_url: str, clock: Any, handled: list[str]
) -> AsyncIterator[Any]:
    async def handle(message: SignedMessage) -> None:
        handled.append(message.id)

    verifier = WebhookVerifier([KEY.text, OLD_KEY.text], clock=lambda: clock().timestamp())
    app = application(
        sqlite_url, routes=[receive_webhooks("/in", verifier, handle, source="x", remember_days=0)], only=["errors"]
    )
    await serve(app)
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


@pytest.fixture
def signed(clock: Any) -> Callable[..., dict[str, str]]:
    def sign(name: str = "msg_1", offset: int = 0, key: Any = KEY, body: bytes = BODY) -> dict[str, str]:
        message = SignedMessage(name, int(clock().timestamp()) + offset, body)
        return StandardWebhooks().headers(message, [key])

    return sign


GOOD = "good"
"""Stands for the signature that fits."""


@pytest.mark.parametrize(
    ("change", "body"),
    [
        ({}, BODY.replace(b"1", b"2")),
        ({"webhook-id": "msg_2"}, BODY),
        ({"webhook-timestamp": "1700000000"}, BODY),
        ({"webhook-signature": f"{GOOD}:-4"}, BODY),
        ({"webhook-signature": f"{GOOD}:-1"}, BODY),
        ({"webhook-signature": f"v2,{GOOD}"}, BODY),
        ({"webhook-signature": "v1"}, BODY),
        ({"webhook-signature": "no comma"}, BODY),
        ({"webhook-signature": ""}, BODY),
        ({"webhook-signature": "v1,"}, BODY),
        ({"webhook-signature": "v1,not base64!"}, BODY),
        ({"webhook-signature": " ".join(["v1,AAAA"] * 1_000)}, BODY),
        ({"webhook-signature": "v1," + "A" * 1_000_000}, BODY),
        ({"webhook-id": "a" * 1_000_000}, BODY),
        ({"webhook-timestamp": "1" * 1_000_000}, BODY),
    ],
    ids=[
        "tampered body",
        "tampered id",
        "tampered timestamp",
        "truncated signature",
        "truncated padding",
        "v2 only",
        "version alone",
        "no comma",
        "empty",
        "empty signature",
        "not base64",
        "1,000 signatures",
        "signature of 1 MB",
        "id of 1 MB",
        "timestamp of 1 MB",
    ],
)
async def test_a_signature_that_does_not_fit_is_a_401_problem_with_bounded_work(
    change: dict[str, str],
    body: bytes,
    client: Any,
    signed: Callable[..., dict[str, str]],
    handled: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    headers = signed()
    good = headers["webhook-signature"].partition(",")[2]
    for name, value in change.items():
        text = value.replace(GOOD, good)
        headers[name] = f"v1,{good[: int(text.rpartition(':')[2])]}" if ":-" in text else text
    made = 0
    sign = HmacKey.sign

    def counted(key: HmacKey, content: bytes) -> bytes:
        nonlocal made
        made += 1
        return sign(key, content)

    monkeypatch.setattr(HmacKey, "sign", counted)

    answer = await client.post("/in", content=body, headers=headers)

    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "webhooks.signature_invalid"
    assert len(answer.content) < 1_000
    assert made <= 2 * 16
    assert handled == []


async def test_the_second_of_two_signatures_and_one_beside_unknown_versions_are_accepted(
    client: Any, signed: Callable[..., dict[str, str]], handled: list[str]
) -> None:
    stranger = new_secret()
    for number, form in enumerate(["{bad} {good}", "v9,AAAA {good}", "v1a,AAAA {good}", "{good} v2,x", "{old}"]):
        name = f"msg_{number}"
        parts = {
            "good": signed(name)["webhook-signature"],
            "bad": signed(name, key=stranger)["webhook-signature"],
            "old": signed(name, key=OLD_KEY)["webhook-signature"],
        }
        headers = signed(name) | {"webhook-signature": form.format(**parts)}
        assert (await client.post("/in", content=BODY, headers=headers)).status_code == 204, form

    assert len(handled) == 5


@pytest.mark.parametrize(
    ("offset", "status"), [(-301, 401), (-300, 204), (-299, 204), (0, 204), (299, 204), (300, 204), (301, 401)]
)
async def test_the_tolerance_of_five_minutes_is_exact(
    offset: int, status: int, client: Any, signed: Callable[..., dict[str, str]]
) -> None:
    answer = await client.post("/in", content=BODY, headers=signed(offset=offset))

    assert answer.status_code == status


@pytest.mark.parametrize("text", ["NaN", "1.5", "1e9", "-1700000000", "+1700000000", "9" * 20, "0x65", "1_700_000_000"])
async def test_a_timestamp_that_is_no_whole_number_is_refused_even_if_it_is_signed(
    text: str, client: Any, clock: Any
) -> None:
    content = f"msg_1.{text}.".encode() + BODY
    signature = base64.b64encode(KEY.sign(content)).decode()
    headers = {"webhook-id": "msg_1", "webhook-timestamp": text, "webhook-signature": f"v1,{signature}"}

    assert (await client.post("/in", content=BODY, headers=headers)).status_code == 401


async def test_the_same_id_within_and_after_the_tolerance_is_acknowledged_and_not_handled_again(
    client: Any, signed: Callable[..., dict[str, str]], handled: list[str], clock: Any
) -> None:
    """Ids are kept for twice the tolerance at least, whatever ``remember_days`` says."""
    recorded = signed()
    statuses = [(await client.post("/in", content=BODY, headers=recorded)).status_code]
    clock.advance(seconds=300)
    statuses.append((await client.post("/in", content=BODY, headers=recorded)).status_code)
    clock.advance(seconds=1)
    statuses.append((await client.post("/in", content=BODY, headers=recorded)).status_code)
    statuses.append((await client.post("/in", content=BODY, headers=signed())).status_code)
    await Webhook.current().retention.prune()
    statuses.append((await client.post("/in", content=BODY, headers=signed())).status_code)

    assert statuses == [204, 204, 401, 204, 204]
    assert handled == ["msg_1"]
    row = await ReceivedWebhook.query().first_or_fail()
    assert row.forget_at >= clock() + timedelta(seconds=298)


def test_no_signature_is_compared_by_equality() -> None:
    """A rule on the code finds what a measurement on a busy machine may miss."""
    compared, digests = [], 0
    for path in (Path(glueful_webhooks.__file__).parent).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("compare_digest"):
                digests += 1
            if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq | ast.NotEq):
                text = ast.unparse(node)
                if any(word in text for word in ("signature", "digest", "expected", "sign(")):
                    compared.append(f"{path.name}: {text}")

    assert compared == []
    assert digests >= 2


RUNS = 100_000
COPIES = 256
SIGNIFICANT = 4.5
"""Welch's t beyond which a difference counts as a leak, as in dudect."""


def significance(verify: Callable[[bytes], object], good: bytes, runs: int) -> float:
    """Welch's t for the times of a verification whose first byte is wrong and of one whose last byte is.

    By turns in a random order; what took longer than nine of ten is the machine's doing and left out. Each signature is
    there in many copies, made by turns, since where a copy lies in memory tells, too.
    """
    kinds = (bytes([good[0] ^ 1]) + good[1:], good[:-1] + bytes([good[-1] ^ 1]))
    wrong = [tuple(bytes(bytearray(kind)) for kind in kinds) for _ in range(COPIES)]
    taken: tuple[list[int], list[int]] = ([], [])
    chance = random.Random(7)
    for _ in range(runs):
        for index in (0, 1) if chance.random() < 0.5 else (1, 0):
            signature = chance.choice(wrong)[index]
            began = perf_counter_ns()
            verify(signature)
            taken[index].append(perf_counter_ns() - began)
    most = sorted(taken[0] + taken[1])[int(runs * 2 * 0.9)]
    first, last = ([one for one in some if one <= most] for some in taken)
    error: float = (variance(first) / len(first) + variance(last) / len(last)) ** 0.5
    return (fmean(last) - fmean(first)) / error


def test_the_time_of_a_comparison_does_not_tell_where_a_signature_is_wrong() -> None:
    """A comparison that ends at the first difference is found out by the same measurement."""
    content = b"msg_1.1700000000." + b"x" * 500
    good = KEY.sign(content)

    def naive(signature: bytes) -> bool:
        return all(one == other for one, other in zip(signature, KEY.sign(content), strict=True))

    assert significance(naive, good, RUNS // 10) > 10 * SIGNIFICANT
    # A difference that is there is there each time; one of the machine's is not.
    rounds = (abs(significance(lambda one: KEY.verify(one, content), good, RUNS)) for _ in range(5))
    assert any(found < SIGNIFICANT for found in rounds)


def backup(folder: Path) -> str:
    return "".join(path.read_bytes().decode("latin-1") for path in folder.glob("test.sqlite3*"))


async def test_a_secret_is_shown_once_and_stands_nowhere_else(
    application: Callable[..., Any],
    serve: Callable[..., Any],
    sqlite_url: str,
    tmp_path: Path,
    receiver: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Answers of the API, logs, reprs, errors, and the file of the database as a backup would copy it."""
    import logging

    from glueful_hookspecs import Plugin, Principal, Stage, Staged, hookimpl
    from glueful_orm import DatabaseError
    from litestar.middleware import ASGIMiddleware

    class Identify(ASGIMiddleware):
        async def handle(self, scope: Any, receive: Any, send: Any, next_app: Any) -> None:
            scope["user"] = Principal(id="acme", scopes=frozenset({"webhooks"}))
            await next_app(scope, receive, send)

    class SignIn(Plugin):
        @hookimpl
        def glueful_middleware(self) -> list[Staged]:
            return [Staged(Stage.IDENTIFY, Identify())]

    caplog.set_level(logging.DEBUG)
    app = application(sqlite_url, plugins=[SignIn()], only=["errors"])
    webhooks = await serve(app)
    said: list[str] = []
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
        body = {"url": receiver.url("/canary-of-a-url"), "events": ["*"], "headers": {"X-Token": "canary-of-a-header"}}
        made = (await client.post("/webhooks", json=body)).json()
        path = f"/webhooks/{made['endpoint']['id']}"
        secrets = [made["key"], (await client.post(f"{path}/rotate")).json()["key"]]
        receiver.answers = [500]
        await Webhook.dispatch("user.created", {"id": 1})
        await webhooks.worker.drain()
        (delivery,) = (await client.get(f"{path}/deliveries")).json()
        for place in ("/webhooks", path, f"{path}/deliveries", f"{path}/events", f"{path}/stats"):
            answer = await client.get(place)
            said.append(answer.text)
        said.append((await client.get(f"/webhooks/deliveries/{delivery['id']}")).text)
        said.append((await client.patch(path, json={"headers": {"X Token": "canary-of-a-header"}})).text)
        said.append((await client.patch(path, json={"description": "new"})).text)
    endpoint = await webhooks.subscriptions.find(made["endpoint"]["id"])
    claims = await webhooks.worker._claims.claim(1, lambda _: 1)
    said += [repr(endpoint), str(endpoint), repr(webhooks.keys.unseal(endpoint.id, endpoint.sealed_keys)), repr(claims)]
    said += [repr(KEY), str(KEY), repr(webhooks.settings), json.dumps(endpoint.visible(), default=str)]
    try:
        await type(endpoint).where(id=endpoint.id).update(sealed_keys=None)
    except DatabaseError as error:
        said.append(repr(error) + str(error))
    ours = [record.getMessage() for record in caplog.records if record.levelno >= logging.INFO]
    assert "canary-of-a-url" not in "".join(ours)
    said.append(caplog.text)
    said.append(backup(tmp_path))

    hidden = [*secrets, *(secret.removeprefix("whsec_") for secret in secrets), "canary-of-a-header", "k" * 32]
    assert len(said[-1]) > 10_000
    assert [(secret, text[:80]) for secret in hidden for text in said if secret in text] == []
