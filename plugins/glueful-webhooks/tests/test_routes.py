"""The management API over HTTP: what an owner may do, and what nobody else learns."""

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from statistics import median
from time import perf_counter
from typing import Any

import httpx2
import pytest
from glueful_hookspecs import Plugin, Principal, Stage, Staged, hookimpl
from glueful_webhooks import Webhook
from litestar.middleware import ASGIMiddleware


class Identify(ASGIMiddleware):
    """``Authorization: acme webhooks …`` is the id and the scopes of a caller."""

    async def handle(self, scope: Any, receive: Any, send: Any, next_app: Any) -> None:
        words = dict(scope["headers"]).get(b"authorization", b"").decode().split()
        scope["user"] = Principal(id=words[0], scopes=frozenset(words[1:])) if words else None
        await next_app(scope, receive, send)


class SignIn(Plugin):
    @hookimpl
    def glueful_middleware(self) -> list[Staged]:
        return [Staged(Stage.IDENTIFY, Identify())]


@pytest.fixture
async def client(database_url: str, application: Callable[..., Any], serve: Callable[..., Any]) -> AsyncIterator[Any]:
    app = application(database_url, plugins=[SignIn()], only=["errors"])
    await serve(app)
    transport = httpx2.ASGITransport(app=app)
    headers = {"authorization": "acme webhooks"}
    async with httpx2.AsyncClient(transport=transport, base_url="http://test", headers=headers) as client:
        yield client


async def drain() -> None:
    await Webhook.current().worker.drain()


async def subscribe(client: Any, receiver: Any, **more: Any) -> dict[str, Any]:
    answer = await client.post("/webhooks", json={"url": receiver.url(), "events": ["*"], **more})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_an_owner_makes_sees_changes_and_deletes_an_endpoint(client: Any, receiver: Any) -> None:
    made = await subscribe(client, receiver, headers={"X-Key": "hidden"}, description="mine")
    path = f"/webhooks/{made['endpoint']['id']}"

    assert made["key"].startswith("whsec_")
    assert made["endpoint"]["owner"] == "acme"
    assert (await client.get("/webhooks")).json() == [made["endpoint"]]
    shown = await client.get(path)
    assert shown.json() == made["endpoint"]
    assert "whsec_" not in shown.text
    assert "hidden" not in shown.text
    changed = await client.patch(path, json={"events": ["user.*"], "rate_per_minute": 60})
    assert (changed.json()["events"], changed.json()["rate_per_minute"]) == (["user.*"], 60)
    assert changed.json()["description"] == "mine"
    assert (await client.patch(path, json={"rate_per_minute": None})).json()["rate_per_minute"] is None
    assert (await client.delete(path)).status_code == 204
    assert (await client.get(path)).status_code == 404


async def test_an_event_of_the_owner_arrives_and_is_listed_with_its_attempts(client: Any, receiver: Any) -> None:
    made = await subscribe(client, receiver)
    receiver.answers = [(500, "", b"\xff oh"), 200]
    message_id = await Webhook.dispatch("user.created", {"id": 1}, owner="acme")
    await drain()

    path = f"/webhooks/{made['endpoint']['id']}"
    (delivery,) = (await client.get(f"{path}/deliveries")).json()
    details = (await client.get(f"/webhooks/deliveries/{delivery['id']}")).json()
    retried = await client.post(f"/webhooks/deliveries/{delivery['id']}/retry")
    await drain()

    assert (delivery["message_id"], delivery["status"]) == (message_id, "retrying")
    assert [(one["status_code"], one["response_body"]) for one in details["attempts"]] == [(500, "\ufffd oh")]
    assert retried.status_code == 202
    assert (await client.get(f"{path}/stats")).json() == {
        "pending": 0,
        "retrying": 0,
        "delivered": 1,
        "failed": 0,
        "disabled": 0,
    }
    assert (await client.get(f"{path}/deliveries?status=failed")).json() == []


async def test_a_test_goes_the_way_of_every_event(client: Any, receiver: Any) -> None:
    made = await subscribe(client, receiver, events=["order.paid"])
    other = await subscribe(client, receiver)

    sent = await client.post(f"/webhooks/{made['endpoint']['id']}/test")
    await drain()

    (request,) = receiver.requests
    assert sent.status_code == 202
    assert request.headers["webhook-id"] == sent.json()["message_id"]
    assert request.json["type"] == "webhook.test"
    assert other["endpoint"]["last_sequence"] == 0


async def test_a_consumer_heals_its_gaps_by_pulling(client: Any, receiver: Any) -> None:
    made = await subscribe(client, receiver)
    for number in range(5):
        await Webhook.dispatch("user.created", {"id": number})
    await drain()

    path = f"/webhooks/{made['endpoint']['id']}/events"
    first = (await client.get(f"{path}?limit=2")).json()
    rest = (await client.get(f"{path}?after={first[-1]['sequence']}")).json()

    assert [event["sequence"] for event in first + rest] == [1, 2, 3, 4, 5]
    pushed = sorted((request.headers["webhook-id"], request.body) for request in receiver.requests)
    pulled = (await client.get(path)).content
    assert all(body in pulled for _, body in pushed)
    assert sorted(event["message_id"] for event in first + rest) == [message_id for message_id, _ in pushed]


async def test_a_disabled_endpoint_is_enabled_and_recovers_what_waited(client: Any, receiver: Any) -> None:
    made = await subscribe(client, receiver)
    path = f"/webhooks/{made['endpoint']['id']}"
    begin = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    assert (await client.post(f"{path}/disable")).status_code == 204
    await Webhook.dispatch("user.created", {"id": 1})
    await drain()
    assert receiver.requests == []
    assert (await client.post(f"{path}/test")).status_code == 409

    assert (await client.post(f"{path}/enable")).status_code == 204
    recovered = await client.post(f"{path}/recover", json={"since": begin})
    await drain()

    types = [request.json["type"] for request in receiver.requests]
    assert sorted(types) == ["user.created", "webhook.endpoint_disabled"]
    assert recovered.json() == {"deliveries": 2}
    replayed = await client.post(f"{path}/replay", json={"since": begin})
    await drain()
    assert replayed.json() == {"deliveries": 2}
    ids = [request.headers["webhook-id"] for request in receiver.requests]
    assert (len(ids), len(set(ids))) == (4, 2)


async def test_the_owners_other_endpoints_learn_that_one_was_disabled(
    client: Any, receiver: Any, other_receiver: Any
) -> None:
    gone = await subscribe(client, receiver, events=["user.created"])
    await subscribe(client, other_receiver, events=["webhook.*"])
    receiver.answers = [410]
    await Webhook.dispatch("user.created", {"id": 1}, owner="acme")
    await drain()

    (request,) = other_receiver.requests
    assert request.json["data"] == {
        "endpoint_id": gone["endpoint"]["id"],
        "url": receiver.url(),
        "reason": "gone",
    }


async def test_a_rotation_answers_with_the_new_key(client: Any, receiver: Any) -> None:
    made = await subscribe(client, receiver, asymmetric=True)

    rotated = await client.post(f"/webhooks/{made['endpoint']['id']}/rotate")

    assert rotated.json()["key"].startswith("whpk_")
    assert rotated.json()["key"] != made["key"]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"url": "http://169.254.169.254/"}, "/url"),
        ({"url": "https://name.invalid/"}, "/url"),
        ({"url": "gopher://x/"}, "/url"),
        ({"events": ["nothing.*"]}, "/events"),
        ({"events": ["user"]}, "/events"),
        ({"headers": {"Host": "x"}}, "/headers"),
        ({"filters": {"..": 1}}, "/filters"),
    ],
)
async def test_what_cannot_be_is_answered_with_422_and_the_field(
    change: dict[str, Any], pointer: str, client: Any, receiver: Any
) -> None:
    answer = await client.post("/webhooks", json={"url": receiver.url(), "events": ["*"], **change})

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def is_problem(answer: Any) -> bool:
    problem = answer.json()
    return bool(
        400 <= answer.status_code < 500
        and answer.headers["content-type"] == "application/problem+json"
        and problem["status"] == answer.status_code
        and {"type", "title", "detail", "code"} <= problem.keys()
    )


BODIES = [
    b"",
    b"[]",
    b"{",
    b"null",
    b"\xff",
    b'{"more": 1, "url": "https://x.example/", "events": ["*"], "since": "2026-01-01T00:00:00Z"}',
]


async def test_a_malformed_body_is_a_problem_at_every_route_that_takes_one(client: Any, receiver: Any) -> None:
    made = await subscribe(client, receiver)
    path = f"/webhooks/{made['endpoint']['id']}"
    headers = {"content-type": "application/json"}
    calls = [("POST", "/webhooks"), ("PATCH", path), ("POST", f"{path}/recover"), ("POST", f"{path}/replay")]

    for method, place in calls:
        for body in BODIES:
            answer = await client.request(method, place, content=body, headers=headers)
            assert is_problem(answer), (method, place, body, answer.text)
    assert (await client.get(path)).json() == made["endpoint"]


WRONG_FIELDS: list[dict[str, Any]] = [
    {"url": 1},
    {"url": None},
    {"url": ""},
    {"url": "x" * 3_000},
    {"url": "https://a.example/\u0000"},
    {"events": "*"},
    {"events": []},
    {"events": ["*"] * 101},
    {"events": [1]},
    {"events": ["x" * 200]},
    {"events": ["user.created\u0000"]},
    {"description": "x" * 256},
    {"description": 1},
    {"description": "\u0000"},
    {"filters": []},
    {"filters": {"a": {"b": 1}}},
    {"filters": {"": 1}},
    {"filters": {"a": [1] * 51}},
    {"filters": {str(number): 1 for number in range(11)}},
    {"headers": {"X-A": "a\r\nX-B: b"}},
    {"headers": {"X-A": "\u0000"}},
    {"headers": {"": "x"}},
    {"headers": {"Content-Length": "1"}},
    {"headers": {"X-A": 1}},
    {"headers": {f"X-{number}": "x" for number in range(21)}},
    {"rate_per_minute": 0},
    {"rate_per_minute": -1},
    {"rate_per_minute": 1.5},
    {"rate_per_minute": 10**30},
    {"id": "ep_mine"},
    {"owner": "other"},
    {"is_enabled": False},
    {"sealed_keys": "x"},
]


async def test_a_wrong_field_is_a_problem_when_an_endpoint_is_made_and_when_it_is_changed(
    client: Any, receiver: Any
) -> None:
    made = await subscribe(client, receiver)
    path = f"/webhooks/{made['endpoint']['id']}"

    for change in WRONG_FIELDS:
        for answer in [
            await client.post("/webhooks", json={"url": receiver.url(), "events": ["*"], **change}),
            await client.patch(path, json=change),
        ]:
            assert is_problem(answer), (change, answer.text)
            assert answer.json()["errors"], (change, answer.text)
    assert (await client.get("/webhooks")).json() == [made["endpoint"]]


WRONG_PLACES = [
    "{path}/events?limit=0",
    "{path}/events?limit=101",
    "{path}/events?limit=1e3",
    "{path}/events?limit=",
    "{path}/events?after=-1",
    "{path}/events?after=x",
    "{path}/events?after=99999999999999999999999",
    "{path}/deliveries?status=lost",
    "{path}/deliveries?status=%00",
    "{path}/deliveries?before=%00",
    "{path}/deliveries?before=nonsense",
    "{path}/deliveries?limit=-1",
    "/webhooks/deliveries?status=lost",
    "/webhooks?limit=0",
    "/webhooks?after=%00",
    "/webhooks?after=nonsense",
    "/webhooks/%00",
    "/webhooks/ep_%27%3B--",
    "/webhooks/deliveries/%00",
    "/webhooks/deliveries/x",
    "/webhooks/" + "x" * 5_000,
]


async def test_a_wrong_query_or_path_is_a_problem(client: Any, receiver: Any) -> None:
    made = await subscribe(client, receiver)

    for place in WRONG_PLACES:
        answer = await client.get(place.replace("{path}", f"/webhooks/{made['endpoint']['id']}"))
        assert is_problem(answer), (place, answer.status_code, answer.text)


async def test_an_owner_that_cannot_be_is_a_problem(client: Any) -> None:
    admin = {"authorization": "root webhooks:admin"}

    for owner in ("%00", "x" * 256):
        for place in ("/webhooks", "/webhooks/deliveries"):
            answer = await client.get(f"{place}?owner={owner}", headers=admin)
            assert is_problem(answer), (place, answer.text)


async def test_deliveries_to_all_endpoints_are_listed_page_by_page(client: Any, receiver: Any) -> None:
    for _ in range(2):
        await subscribe(client, receiver)
    await Webhook.dispatch("user.created", {"id": 1}, owner="acme")
    await drain()

    first = (await client.get("/webhooks/deliveries?limit=1&status=delivered")).json()
    second = (await client.get(f"/webhooks/deliveries?before={first[-1]['id']}")).json()

    assert len({one["endpoint_id"] for one in first + second}) == 2
    assert (await client.get(f"/webhooks/deliveries?before={second[-1]['id']}")).json() == []
    assert (await client.get("/webhooks/deliveries?status=failed")).json() == []
    assert (await client.get("/webhooks/deliveries", headers={"authorization": "other webhooks"})).json() == []


def same(answer: Any) -> dict[str, Any]:
    """A problem without what tells requests apart."""
    return {name: value for name, value in answer.json().items() if name not in ("instance", "request_id")}


@pytest.fixture
def statements(client: Any) -> Iterator[list[str]]:
    """What is sent to the database from now on, without values."""
    from glueful_orm.engines import ROUTER

    found: list[str] = []
    engine = ROUTER.engine
    engine.observe = lambda sql, *_: found.append(sql)
    yield found
    engine.observe = None


async def test_another_tenant_learns_nothing(client: Any, receiver: Any, statements: list[str]) -> None:
    """Neither from what is answered, nor from what it takes: the statements are the same, and so is the time."""
    made = await subscribe(client, receiver)
    await Webhook.dispatch("user.created", {"id": 1})
    await drain()
    path = f"/webhooks/{made['endpoint']['id']}"
    (delivery,) = (await client.get(f"{path}/deliveries")).json()
    since = {"since": "2026-01-01T00:00:00Z"}
    calls = [
        ("GET", path, None),
        ("PATCH", path, {"events": ["*"]}),
        ("DELETE", path, None),
        ("POST", f"{path}/rotate", None),
        ("POST", f"{path}/enable", None),
        ("POST", f"{path}/disable", None),
        ("POST", f"{path}/test", None),
        ("POST", f"{path}/recover", since),
        ("POST", f"{path}/replay", since),
        ("GET", f"{path}/stats", None),
        ("GET", f"{path}/events", None),
        ("GET", f"{path}/deliveries", None),
        ("GET", f"/webhooks/deliveries/{delivery['id']}", None),
        ("POST", f"/webhooks/deliveries/{delivery['id']}/retry", None),
    ]
    stranger = {"authorization": "other webhooks"}

    def unknown(there: str) -> str:
        endpoint, sent = made["endpoint"]["id"], delivery["id"]
        return there.replace(endpoint, "ep_" + "0" * (len(endpoint) - 3)).replace(sent, "dlv_" + "0" * (len(sent) - 4))

    for method, there, body in calls:
        statements.clear()
        theirs = await client.request(method, there, json=body, headers=stranger)
        for_theirs = list(statements)
        statements.clear()
        nobodys = await client.request(method, unknown(there), json=body, headers=stranger)
        assert for_theirs == statements, (method, there)
        assert for_theirs
        assert (theirs.status_code, nobodys.status_code) == (404, 404), (method, there)
        for answer in (theirs, nobodys):
            assert answer.headers["content-type"] == "application/problem+json"
        assert same(theirs) == same(nobodys)
    assert (await client.get("/webhooks", headers=stranger)).json() == []
    assert (await client.get(path)).json()["is_enabled"]
    assert len(receiver.requests) == 1
    for there in (path, f"/webhooks/deliveries/{delivery['id']}"):
        theirs, nobodys = await took(client, stranger, (there, unknown(there)), times=200)
        assert abs(theirs - nobodys) < 0.2 * min(theirs, nobodys), there


async def took(client: Any, headers: dict[str, str], paths: tuple[str, str], *, times: int) -> list[float]:
    """Medians of what requests take, one path and the other by turns, each as often the first of the two."""
    seconds: dict[str, list[float]] = {path: [] for path in paths}
    for number in range(times):
        for path in paths if number % 2 else reversed(paths):
            began = perf_counter()
            await client.get(path, headers=headers)
            seconds[path].append(perf_counter() - began)
    return [median(seconds[path]) for path in paths]


@pytest.mark.parametrize(("caller", "status"), [("", 401), ("acme", 403), ("acme orders:read", 403)])
async def test_without_the_scope_nobody_gets_in(caller: str, status: int, client: Any) -> None:
    answers = [
        await client.get("/webhooks", headers={"authorization": caller}),
        await client.get("/webhooks/catalogue", headers={"authorization": caller}),
        await client.post("/webhooks", json={}, headers={"authorization": caller}),
        await client.get("/webhooks/deliveries/x", headers={"authorization": caller}),
    ]

    assert {answer.status_code for answer in answers} == {status}


async def test_an_administrator_sees_all_and_acts_for_an_owner(client: Any, receiver: Any) -> None:
    made = await subscribe(client, receiver)
    admin = {"authorization": "root webhooks:admin"}

    everybodys = (await client.get("/webhooks", headers=admin)).json()
    others = (await client.get("/webhooks?owner=other", headers=admin)).json()
    shown = await client.get(f"/webhooks/{made['endpoint']['id']}", headers=admin)
    for_other = await client.post("/webhooks?owner=other", json={"url": receiver.url(), "events": ["*"]}, headers=admin)

    assert [endpoint["id"] for endpoint in everybodys] == [made["endpoint"]["id"]]
    assert others == []
    assert shown.status_code == 200
    assert for_other.json()["endpoint"]["owner"] == "other"


async def test_an_owner_cannot_act_for_another_by_the_query(client: Any, receiver: Any) -> None:
    answer = await client.post("/webhooks?owner=other", json={"url": receiver.url(), "events": ["*"]})

    assert answer.json()["endpoint"]["owner"] == "acme"


async def test_the_catalogue_names_the_events(client: Any) -> None:
    names = {event["name"]: event["summary"] for event in (await client.get("/webhooks/catalogue")).json()}

    assert names["user.created"] == "Somebody signed up."
    assert {"webhook.test", "webhook.endpoint_disabled"} <= names.keys()
