"""Queues are looked after over HTTP and on the command line; health and ``doctor`` say what is wrong."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
import svcs
from click.testing import CliRunner
from glueful_hookspecs import GluefulError, Plugin, Principal, Secret, Stage, Staged, hookimpl
from glueful_kernel import create_app
from glueful_kernel.cli import cli
from glueful_orm import Migrator, OrmSettings
from glueful_orm.plugin import OrmPlugin
from glueful_queue import FailedJob, Queues, QueueSettings, job
from glueful_queue.health import backlog
from glueful_queue.management import Management
from glueful_queue.plugin import QueuePlugin
from glueful_redis import RedisSettings
from glueful_redis.plugin import RedisPlugin
from litestar.middleware import ASGIMiddleware

ADMIN = {"Authorization": "ada queue:admin"}


class Identify(ASGIMiddleware):
    """``Authorization: ada queue:admin …`` is the id and the scopes of a caller."""

    async def handle(self, scope: Any, receive: Any, send: Any, next_app: Any) -> None:
        words = dict(scope["headers"]).get(b"authorization", b"").decode().split()
        scope["user"] = Principal(id=words[0], scopes=frozenset(words[1:])) if words else None
        await next_app(scope, receive, send)


class Callers(Plugin):
    @hookimpl
    def glueful_middleware(self) -> list[Staged]:
        return [Staged(Stage.IDENTIFY, Identify())]


@asynccontextmanager
async def running(url: str, redis_url: str | None = None, **settings: Any) -> AsyncIterator[tuple[Any, Queues]]:
    """A client of a running application, and its queues."""
    redis = RedisSettings(url=None if redis_url is None else Secret(redis_url))
    app = create_app(
        plugins=[
            OrmPlugin(OrmSettings(url=Secret(url))),
            RedisPlugin(redis),
            QueuePlugin(QueueSettings(run_worker="never", **settings)),
            Callers(),
        ],
        only=["errors"],
        settings={},
    )
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(app.lifespan())
        container = await stack.enter_async_context(svcs.Container(app.state.services))
        await (await container.aget(Migrator)).migrate()
        transport = httpx.ASGITransport(cast("Any", app), raise_app_exceptions=False)
        client = await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url="http://test"))
        yield client, await container.aget(Queues)


@pytest.fixture
async def served(kind: str, database_url: str, request: pytest.FixtureRequest) -> AsyncIterator[Any]:
    redis_url = request.getfixturevalue("redis_url") if kind == "redis" else None
    started: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    ended = asyncio.Event()

    async def serve() -> None:  # a lifespan ends in the task that it began in
        async with running(database_url, redis_url) as found:
            started.set_result(found)
            await ended.wait()

    task = asyncio.create_task(serve())
    await asyncio.wait([task, started], return_when=asyncio.FIRST_COMPLETED)
    if not started.done():
        await task  # it failed to start
    yield await started
    ended.set()
    await task


@pytest.fixture
def boom(declared: Any) -> Any:
    @job(name="boom", retries=1)
    async def boom(text: str) -> str:
        if text == "bad":
            raise ValueError("broken")
        return text

    return boom


async def work_off(queues: Queues) -> int:
    from glueful_queue import JobWorker

    worker = JobWorker(queues, queues.broker(), 1)
    await queues.outbox.relay()
    count = 0
    while jobs := await worker.broker.claim(worker.id, 1):
        await asyncio.create_task(worker._attempts.run(jobs[0], lambda: None))
        count += 1
    return count


async def test_an_administrator_sees_cancels_retries_and_forgets_jobs(served: Any, boom: Any) -> None:
    client, queues = served
    good, bad = await boom.enqueue("secret text"), await boom.enqueue("bad")
    waiting = await client.get("/queue/default/jobs", params={"status": "queued"}, headers=ADMIN)
    assert {one["key"] for one in waiting.json()} == {good.key, bad.key}
    assert "secret text" not in waiting.text

    assert (await client.post(f"/queue/default/jobs/{good.key}/cancel", headers=ADMIN)).status_code == 202
    assert await work_off(queues) == 1
    (stats,) = (await client.get("/queue", headers=ADMIN)).json()
    assert (stats["queued"], stats["failed"], stats["workers"], stats["is_paused"]) == (0, 1, 0, False)
    (failed,) = (await client.get("/queue/failed", headers=ADMIN)).json()
    assert (failed["key"], failed["reason"]) == (bad.key, "error")

    retried = await client.post("/queue/failed/retry", json={"ids": [failed["id"]]}, headers=ADMIN)
    assert (retried.status_code, retried.json()) == (202, {"retried": 1, "left": []})
    assert (await client.get("/queue/failed", headers=ADMIN)).json() == []
    assert await work_off(queues) == 1
    forgotten = await client.post("/queue/failed/forget", json={}, headers=ADMIN)
    assert forgotten.json() == {"forgotten": 1}


async def test_a_paused_queue_is_told_and_resumed(served: Any, boom: Any) -> None:
    client, queues = served
    await boom.enqueue("a")

    assert (await client.post("/queue/default/pause", headers=ADMIN)).status_code == 204
    assert await work_off(queues) == 0
    assert (await backlog(queues)).detail == "the queue default is paused"
    assert (await client.post("/queue/default/resume", headers=ADMIN)).status_code == 204
    assert await work_off(queues) == 1


@pytest.mark.parametrize(("caller", "status"), [(None, 401), ("eve", 403), ("eve queue other:admin", 403)])
async def test_nobody_else_gets_in(tmp_path: Path, caller: str | None, status: int) -> None:
    async with running(f"sqlite:///{tmp_path / 'a.sqlite3'}") as (client, _):
        headers = {} if caller is None else {"Authorization": caller}
        for path in ("/queue", "/queue/failed", "/queue/default/jobs"):
            assert (await client.get(path, headers=headers)).status_code == status
        for path in (
            "/queue/failed/retry",
            "/queue/failed/forget",
            "/queue/default/pause",
            "/queue/default/jobs/a/cancel",
        ):
            assert (await client.post(path, headers=headers, json={})).status_code == status


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("post", "/queue/default/jobs/none/cancel", 404, "queue.job_not_found"),
        ("get", "/queue/Bad%20name/jobs", 404, "queue.name_invalid"),
        ("get", "/queue/default/jobs?status=odd", 400, None),
        ("get", "/queue/failed?limit=100000", 400, None),
    ],
)
async def test_bad_input_is_answered(tmp_path: Path, method: str, path: str, status: int, code: str | None) -> None:
    async with running(f"sqlite:///{tmp_path / 'a.sqlite3'}") as (client, _):
        answer = await client.request(method, path, headers=ADMIN)

        assert answer.status_code == status
        if code is not None:
            assert answer.json()["code"] == code


async def test_a_job_that_cannot_be_read_stays_on_the_list(served: Any, boom: Any) -> None:
    _, queues = served
    handle = await boom.enqueue("bad")
    await work_off(queues)
    await FailedJob.where(key=handle.key).update(payload=b"{broken")

    outcome = await Management(queues).retry()

    assert (outcome.retried, outcome.left) == (0, (handle.key,))
    assert await FailedJob.where().count() == 1


async def test_health_warns_of_jobs_without_workers_and_of_old_ones(served: Any, boom: Any) -> None:
    _, queues = served
    assert (await backlog(queues)).status == "pass"

    await boom.enqueue("a")
    assert "1 jobs wait on default and no worker is there" in (await backlog(queues)).detail
    await queues.broker().worker_info("w", "default")
    assert (await backlog(queues)).status == "pass"
    queues.broker().clock = lambda: __import__("time").time() + 1_000
    await queues.broker().worker_info("w", "default")
    assert "waits for 1000 s: add workers" in (await backlog(queues)).detail


async def test_the_web_page_of_saq_is_behind_the_guard(tmp_path: Path, boom: Any) -> None:
    async with running(f"sqlite:///{tmp_path / 'a.sqlite3'}", web=True) as (client, _):
        await boom.enqueue("a")

        for path in ("/queue/web/queues/default", "/queue/web/api/queues", "/queue/web/static/app.js"):
            assert (await client.get(path)).status_code == 401
            assert (await client.get(path, headers={"Authorization": "eve"})).status_code == 403
            assert (await client.get(path, headers=ADMIN)).status_code == 200
        found = (await client.get("/queue/web/api/queues/default", headers=ADMIN)).json()
        assert [one["function"] for one in found["queue"]["jobs"]] == ["boom"]


async def test_the_broker_follows_the_urls(tmp_path: Path, redis_url: str, postgres_url: str) -> None:
    file = f"sqlite:///{tmp_path / 'a.sqlite3'}"
    async with running(file) as (_, queues):
        assert (queues.broker().kind, queues.is_transactional) == ("sqlite", True)
    async with running(postgres_url) as (_, queues):
        assert (queues.broker().kind, queues.is_transactional) == ("postgres", True)
    async with running(postgres_url, redis_url) as (_, queues):
        assert (queues.broker().kind, queues.is_transactional) == ("redis", False)
    async with running(file, redis_url, broker="sqlite") as (_, queues):
        assert queues.broker().kind == "sqlite"


@pytest.mark.parametrize(("broker", "message"), [("redis", "GLUEFUL_REDIS__URL"), ("postgres", "is sqlite")])
async def test_a_broker_that_is_not_there_stops_the_start(tmp_path: Path, broker: str, message: str) -> None:
    with pytest.raises(ExceptionGroup) as caught:
        async with running(f"sqlite:///{tmp_path / 'a.sqlite3'}", broker=broker):
            pass
    (error,) = caught.value.exceptions
    assert f'broker = "{broker}" is not available' in str(error)
    assert message in str(error)


# --- the command line ---

APP = """
from glueful_kernel import create_app
from glueful_kernel.cli import cli
from glueful_queue import job

@job(name="boom", retries=1)
async def boom(text: str) -> None:
    raise ValueError("broken " + text)

app = create_app()
"""


@pytest.fixture
def glueful(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, others: str) -> Callable[..., Any]:
    """Runs a command as the script ``glueful`` does, with the plugins that are needed."""
    (tmp_path / "app.py").write_text(APP)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("GLUEFUL_PLUGINS__DISABLED", others)
    for variable in ("GLUEFUL_PLUGINS__ON_ERROR", "GLUEFUL_LOG_LEVEL"):  # commands set them for good
        monkeypatch.setenv(variable, "stop" if "ERROR" in variable else "WARNING")
    monkeypatch.delitem(sys.modules, "app", raising=False)

    def run(*arguments: str, status: int = 0) -> str:
        result = CliRunner().invoke(cli, arguments)
        refusal = str(result.exception) if isinstance(result.exception, GluefulError) else ""
        assert result.exit_code == status, (result.output, result.exception)
        return result.output + refusal

    return run


def test_the_command_line_does_the_same(glueful: Any, tmp_path: Path) -> None:
    assert "the database has no tables of glueful-queue" in glueful("queue", "stats", status=1)
    glueful("db", "migrate")
    asyncio.run(fill(f"sqlite:///{tmp_path / 'glueful.sqlite3'}"))

    (stats,) = json.loads(glueful("queue", "stats", "--json"))
    assert (stats["queued"], stats["failed"]) == (1, 2)
    assert "unknown" in glueful("queue", "failed")
    glueful("queue", "pause")
    assert "paused" in glueful("queue", "stats")
    assert "enqueued 1 jobs" in glueful("queue", "retry", "1")
    assert "forgot 1 jobs" in glueful("queue", "forget", "--all")
    assert "give ids" in glueful("queue", "forget", status=2)
    assert "cancelled c" in glueful("queue", "cancel", "c")
    listed = json.loads(glueful("queue", "list", "--json"))
    assert sorted((one["key"], one["status"]) for one in listed) == [("a", "queued"), ("b", "failed"), ("c", "aborted")]
    assert "there is no job 'z'" in glueful("queue", "cancel", "z", status=1)


async def fill(url: str) -> None:
    async with running(url) as (_, queues):
        for key in "ab":
            await queues.broker().put([queues.broker().new_job("none", key=key)])
        await work_off(queues)
        await queues.broker().put([queues.broker().new_job("none", key="c")])


def test_doctor_refuses_the_embedded_broker_in_production(glueful: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "queue.single_machine" in glueful("doctor", "--production", "--json", status=1)
    monkeypatch.setenv("GLUEFUL_ORM__URL", "postgresql://user@nowhere/database")
    monkeypatch.delitem(sys.modules, "app")
    assert "queue.single_machine" not in CliRunner().invoke(cli, ["doctor", "--production"]).output
