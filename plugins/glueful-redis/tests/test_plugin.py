"""What an application gets, with and without a URL."""

import logging
import os
import sqlite3
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

import pytest
import svcs
from glueful_kernel import create_app, service
from glueful_redis import KeyValueStore, Locks, PubSub, RedisClients, StoreUnavailable
from glueful_registry import discover
from litestar import get
from litestar.di import NamedDependency
from litestar.testing import AsyncTestClient
from redis.asyncio import Redis


@pytest.fixture(params=["embedded", "redis"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Any]:
    """Section ``[redis]`` of both kinds."""
    if request.param == "embedded":
        return {"embedded_path": str(tmp_path / "store.sqlite3")}
    return {"url": request.getfixturevalue("redis_url")}


async def test_handlers_get_keys_locks_and_messages(settings: dict[str, Any]) -> None:
    dependencies = {"key_values": service(KeyValueStore), "locks": service(Locks), "pubsub": service(PubSub)}

    @get("/count", dependencies=dependencies)
    async def count(
        key_values: NamedDependency[KeyValueStore], locks: NamedDependency[Locks], pubsub: NamedDependency[PubSub]
    ) -> int:
        async with locks.hold("counting"), pubsub.subscribe("counts") as counts:
            number = await key_values.increment("count", ttl=60)
            await pubsub.publish("counts", b"%d" % number)
            return int((await anext(counts)).data)  # type: ignore[union-attr]

    app = create_app([count], settings={"redis": settings}, only=["redis"])
    for expected in ((1, 2), (3, 4)):  # the application is stopped and started again
        async with AsyncTestClient(app) as client:
            assert ((await client.get("/count")).json(), (await client.get("/count")).json()) == expected


async def test_without_a_url_it_is_said_once_where_everything_is(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "glueful.redis")
    path = tmp_path / "store.sqlite3"
    async with AsyncTestClient(create_app([], settings={"redis": {"embedded_path": str(path)}}, only=["redis"])):
        pass

    (text,) = [record.getMessage() for record in caplog.records if record.name == "glueful.redis"]
    assert text.startswith("redis.url is not set: keys, locks and messages are in ")
    assert text.endswith(f"{path}, for the processes of this machine alone")


async def test_without_a_url_there_is_no_client(tmp_path: Path) -> None:
    app = create_app([], settings={"redis": {"embedded_path": str(tmp_path / "s")}}, only=["redis"])
    async with AsyncTestClient(app), svcs.Container(app.state.services) as container:
        for kind in (RedisClients, Redis):
            with pytest.raises(svcs.exceptions.ServiceNotFoundError):
                await container.aget(kind)


async def test_a_file_that_cannot_be_made_stops_the_start(tmp_path: Path) -> None:
    settings = {"redis": {"embedded_path": str(tmp_path / "nowhere" / "store.sqlite3")}}
    app = create_app([], settings=settings, only=["redis"])
    with pytest.raises(BaseExceptionGroup) as caught:
        async with app.lifespan():
            pass
    assert "nowhere is not there, or not writable" in "".join(traceback.format_exception(caught.value))


async def test_the_file_is_made_when_it_is_needed_and_pinged_from_then_on(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    app = create_app([], settings={"redis": {"embedded_path": str(path)}}, only=["redis"])
    async with app.lifespan(), svcs.Container(app.state.services) as container:
        (ping,) = container.get_pings()
        await ping.aping()
        assert os.listdir(tmp_path) == []  # noqa: PTH208 - a folder of this test

        key_values = await container.aget(KeyValueStore)
        await key_values.set("key", b"value", ttl=60)
        await ping.aping()
        with sqlite3.connect(path) as connection:
            connection.execute("DROP TABLE entries")
        connection.close()
        with pytest.raises(StoreUnavailable, match="no such table"):
            await ping.aping()


@pytest.mark.parametrize(("variables", "code"), [({}, 1), ({"GLUEFUL_REDIS__URL": "redis://cache.example:6379"}, 0)])
def test_doctor_refuses_the_file_in_production(tmp_path: Path, variables: dict[str, str], code: int) -> None:
    others = ",".join(sorted({info.name for info in discover()} - {"redis"}))
    result = subprocess.run(
        [sys.executable, "-m", "glueful_kernel.cli", "doctor", "--production"],
        env={**os.environ, "GLUEFUL_PLUGINS__DISABLED": others, **variables},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == code, result.stdout + result.stderr
    message = "redis.url is not set: keys, locks and messages are shared on one machine only"
    assert (message in result.stdout) == bool(code)
