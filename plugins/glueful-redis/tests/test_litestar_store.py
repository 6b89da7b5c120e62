"""Litestar's stores over keys and values: its sessions, its response cache."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from glueful_kernel import create_app
from glueful_redis import KeyValueBackedStore, KeyValueStore
from litestar import Litestar, Request, get, post
from litestar.middleware.session.server_side import ServerSideSessionConfig
from litestar.stores.memory import MemoryStore
from litestar.testing import AsyncTestClient

Advance = Callable[[float], Awaitable[None]]


@pytest.fixture
def store(key_values: KeyValueStore) -> KeyValueBackedStore:
    return KeyValueBackedStore(key_values)


async def test_it_does_what_litestar_asks_of_a_store(store: KeyValueBackedStore, advance: Advance) -> None:
    assert await store.get("key") is None
    assert not await store.exists("key")
    await store.set("key", "täxt", expires_in=100)
    assert await store.get("key") == "täxt".encode()
    assert await store.exists("key")
    assert await store.expires_in("key") in (99, 100)
    await advance(101)
    assert not await store.exists("key")
    assert await store.expires_in("key") is None

    await store.set("key", b"\x00")
    assert await store.expires_in("key") is None
    await store.delete("key")
    await store.delete("key")
    assert await store.get("key") is None


async def test_reading_renews_whole_days_too(store: KeyValueBackedStore, advance: Advance) -> None:
    """Litestar's own RedisStore deletes the key: it takes ``timedelta.seconds``, which is 0."""
    await store.set("key", b"value", expires_in=10)
    assert await store.get("key", renew_for=timedelta(days=1)) == b"value"
    await advance(86_000)
    assert await store.get("key", renew_for=20) == b"value"
    await advance(21)
    assert await store.get("key") is None

    await store.set("endless", b"value")
    await store.get("endless", renew_for=10)
    assert await store.expires_in("endless") is None


async def test_a_store_that_is_cleared_leaves_the_others(store: KeyValueBackedStore) -> None:
    sessions, cache = store.with_namespace("sessions"), store.with_namespace("cache")
    await sessions.set("key", b"1", expires_in=60)
    await cache.set("key", b"2", expires_in=60)

    await cache.delete_all()

    assert await sessions.get("key") == b"1"
    assert await cache.get("key") is None


async def test_what_has_ended_already_is_not_stored(store: KeyValueBackedStore) -> None:
    await store.set("key", b"old", expires_in=60)
    await store.set("key", b"new", expires_in=timedelta(0))
    assert await store.get("key") is None


def application(settings: dict[str, Any], **options: Any) -> Litestar:
    @post("/login", sync_to_thread=False)
    def login(request: Request[Any, Any, Any]) -> None:
        request.set_session({"user": 7})

    @get("/me", sync_to_thread=False)
    def me(request: Request[Any, Any, Any]) -> dict[str, Any]:
        return dict(request.session)

    middleware = [ServerSideSessionConfig(max_age=86_400 * 14).middleware]
    return create_app([login, me], only=["redis"], settings={"redis": settings}, middleware=middleware, **options)


async def test_sessions_are_shared_by_processes_when_the_settings_ask_for_it(tmp_path: Path, redis_url: str) -> None:
    for place in ({"embedded_path": str(tmp_path / "store.sqlite3")}, {"url": redis_url}):
        settings = {"litestar_stores": True, **place}
        async with (
            AsyncTestClient(application(settings)) as one,
            AsyncTestClient(application(settings)) as two,
        ):
            two.cookies.update((await one.post("/login")).cookies)
            assert (await two.get("/me")).json() == {"user": 7}


async def test_without_being_asked_and_against_the_application_nothing_changes(tmp_path: Path) -> None:
    path = str(tmp_path / "store.sqlite3")
    plain = application({"embedded_path": path})
    own = application({"embedded_path": path, "litestar_stores": True}, stores={"mine": MemoryStore()})
    assert isinstance(plain.stores.get("sessions"), MemoryStore)
    assert isinstance(own.stores.get("sessions"), MemoryStore)
    asked = application({"embedded_path": path, "litestar_stores": True})
    assert isinstance(asked.stores.get("sessions"), KeyValueBackedStore)
