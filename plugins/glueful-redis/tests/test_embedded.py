"""The embedded file, among processes that die, hold it, fill it and damage it."""

import asyncio
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from glueful_redis import Gap, Message, RedisSettings, StoreFull, StoreUnavailable, ValueTooLarge
from glueful_redis.embedded.schema import FileTooNew
from glueful_redis.stores import Stores

PROCESS = Path(__file__).with_name("process.py")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.sqlite3"


@pytest.fixture
async def new_stores(path: Path) -> AsyncIterator[Callable[..., Stores]]:
    """``new_stores()``: what a process has."""
    opened = []

    def new(**settings: Any) -> Stores:
        stores = Stores(RedisSettings(**{"embedded_path": str(path), "poll_seconds": 0.01, **settings}), None)
        opened.append(stores)
        return stores

    yield new
    for stores in opened:
        await stores.close()


@pytest.fixture
def stores(new_stores: Callable[..., Stores]) -> Stores:
    return new_stores()


@pytest.fixture
def start(path: Path) -> Iterator[Callable[[str], "subprocess.Popen[str]"]]:
    """``start("hold")``: another process, which has begun."""
    started = []

    def start(what: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen([sys.executable, PROCESS, path, what], stdout=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def is_sound(path: Path) -> bool:
    connection = sqlite3.connect(path)
    try:
        return bool(connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)])
    finally:
        connection.close()


def size(path: Path) -> int:
    return path.stat().st_size


async def test_a_lock_of_a_killed_process_is_free_after_its_time(
    stores: Stores, start: Callable[[str], Any], path: Path
) -> None:
    holder = start("hold")
    fence = int(line(holder))
    assert await stores.locks.try_acquire("import", ttl=1) is None
    holder.kill()
    begin = time.monotonic()

    lease = await stores.locks.acquire("import", ttl=1, wait=5)

    assert time.monotonic() - begin < 4
    assert lease.fence > fence
    assert is_sound(path)


async def test_a_process_that_is_killed_while_it_writes_damages_nothing(
    stores: Stores, start: Callable[[str], Any], path: Path
) -> None:
    for _ in range(3):
        writer = start("write")
        while not (last := line(writer)).isdigit() or int(last) < 50:
            pass
        writer.kill()
        assert writer.stdout is not None
        lines = [text for text in writer.stdout.read().splitlines(keepends=True) if text.endswith("\n")]
        confirmed = int(lines[-1]) if lines else int(last)

        stored = await stores.key_values.get("last")

        assert stored is not None
        assert int(stored) >= confirmed
        assert await stores.key_values.get(f"key{int(stored) % 1000}") == stored * 200
        await stores.key_values.set("mine", b"1", ttl=60)
        assert is_sound(path)


async def test_processes_count_together(stores: Stores, start: Callable[[str], Any]) -> None:
    others = [start("count"), start("count")]
    for _ in range(500):
        await stores.key_values.increment("counter", ttl=None)
    for other in others:
        assert await asyncio.to_thread(other.wait, 60) == 0

    assert await stores.key_values.get("counter") == b"1500"


async def test_messages_of_another_process_arrive_in_order(stores: Stores, start: Callable[[str], Any]) -> None:
    async with stores.pubsub.subscribe("news") as subscription:
        start("publish")
        async with asyncio.timeout(20):
            items = [await anext(subscription) for _ in range(200)]

    assert items == [Message("news", b"%d" % number) for number in range(200)]


async def test_a_process_that_stood_still_is_told_of_a_gap(new_stores: Callable[..., Stores]) -> None:
    still, publisher = new_stores(), new_stores()
    assert publisher.file is not None
    async with still.pubsub.subscribe("news") as subscription:
        still.pubsub._task.cancel()  # type: ignore[attr-defined]
        await publisher.pubsub.publish("news", b"1")
        publisher.file._clock = lambda: time.time() + 61
        await publisher.pubsub.publish("news", b"2")  # removes what is older than a minute
        still.pubsub._task = asyncio.create_task(still.pubsub._run())  # type: ignore[attr-defined]

        async with asyncio.timeout(20):
            assert [await anext(subscription), await anext(subscription)] == [Gap("purged"), Message("news", b"2")]


async def test_while_another_process_holds_the_file_reads_go_on_and_changes_end_in_time(
    new_stores: Callable[..., Stores], start: Callable[[str], Any]
) -> None:
    stores = new_stores(busy_timeout_seconds=0.3)
    await stores.key_values.set("key", b"value", ttl=60)
    holder = start("hold_file")
    line(holder)
    begin = time.monotonic()

    with pytest.raises(StoreUnavailable, match="database is locked"):
        await stores.key_values.set("key", b"new", ttl=60)

    assert 0.2 < time.monotonic() - begin < 2
    assert await stores.key_values.get("key") == b"value"
    holder.kill()
    holder.wait()
    await stores.key_values.set("key", b"new", ttl=60)


async def test_a_full_file_refuses_and_makes_room_of_what_has_expired(
    new_stores: Callable[..., Stores], path: Path
) -> None:
    stores = new_stores(embedded_max_bytes=1_000_000)
    assert stores.file is not None
    await stores.key_values.set("small", b"value", ttl=3600)
    with pytest.raises(StoreFull, match=r"raise maxmemory of Redis, or redis\.embedded_max_bytes"):
        for number in range(100):
            await stores.key_values.set(f"key{number}", b"x" * 50_000, ttl=10)

    assert await stores.key_values.get("small") == b"value"
    assert size(path) <= 1_100_000
    large = [stores.key_values.set(f"large{n}", b"x" * 200_000, ttl=10) for n in range(5)]
    results = await asyncio.gather(*large, stores.key_values.increment("n", ttl=10), return_exceptions=True)
    assert results[-1] == 1  # one that fits does not suffer from those that do not

    stores.file._clock = lambda: time.time() + 20
    for number in range(10):
        await stores.key_values.set(f"new{number}", b"x" * 50_000, ttl=10)
    assert is_sound(path)


async def test_what_has_expired_is_removed(stores: Stores, path: Path) -> None:
    assert stores.file is not None
    for number in range(100):
        await stores.key_values.set(f"key{number}", b"x", ttl=5, tags=[f"tag{number}"])
    stores.file._clock = lambda: time.time() + 60
    await stores.key_values.set("key", b"x", ttl=5)

    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT (SELECT count(*) FROM entries), (SELECT count(*) FROM tags)")
        assert rows.fetchone() == (1, 0)


async def test_nobody_else_may_read_the_file(stores: Stores, path: Path) -> None:
    await stores.key_values.set("session", b"secret", ttl=60)

    modes = {stat.S_IMODE(file.stat().st_mode) for file in path.parent.glob("store.sqlite3*")}
    assert modes == {0o600}


def test_a_file_that_is_something_else_is_refused_and_left_alone(path: Path) -> None:
    content = b"this is no database, and longer than the header of one " * 10
    path.write_bytes(content)
    stores = Stores(RedisSettings(embedded_path=str(path)), None)
    with pytest.raises(StoreUnavailable, match="file is not a database"):
        asyncio.run(stores.key_values.get("key"))
    assert path.read_bytes() == content


async def test_a_folder_that_is_not_there_is_named(new_stores: Callable[..., Stores], tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match=r"nowhere/store\.sqlite3: No such file or directory"):
        await new_stores(embedded_path=str(tmp_path / "nowhere" / "store.sqlite3")).key_values.get("key")


async def test_a_file_of_a_later_version_is_refused(new_stores: Callable[..., Stores], path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version=99")
    connection.close()
    with pytest.raises(FileTooNew, match="has version 99, and this glueful-redis knows 1"):
        await new_stores().key_values.get("key")


async def test_a_temporary_file_is_gone_when_it_is_closed(new_stores: Callable[..., Stores]) -> None:
    stores = new_stores(embedded_path=":memory:")
    await stores.key_values.set("key", b"value", ttl=60)
    assert await stores.key_values.get("key") == b"value"
    assert stores.file is not None
    there = stores.file._path
    assert size(Path(there)) > 0

    await stores.close()

    with pytest.raises(FileNotFoundError):
        size(Path(there))
    assert await stores.key_values.get("key") is None


async def test_a_fault_in_a_change_is_its_callers_alone(stores: Stores) -> None:
    assert stores.file is not None

    def fault(*_: Any) -> None:
        raise ValueTooLarge(2, 1, "max_value_bytes")

    results = await asyncio.gather(
        stores.key_values.increment("n", ttl=60),
        stores.file.write(fault),
        stores.key_values.increment("n", ttl=60),
        return_exceptions=True,
    )
    assert (results[0], results[2]) == (1, 2)
    assert isinstance(results[1], ValueTooLarge)


async def test_closing_waits_for_the_changes_that_were_given(new_stores: Callable[..., Stores]) -> None:
    stores = new_stores()
    changes = [asyncio.create_task(stores.key_values.increment("n", ttl=60)) for _ in range(500)]
    await asyncio.sleep(0)
    await stores.close()

    assert sorted(await asyncio.gather(*changes)) == list(range(1, 501))
