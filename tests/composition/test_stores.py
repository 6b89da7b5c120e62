"""glueful-redis beside the plugins that report health and errors."""

from pathlib import Path
from typing import Any

import pytest
from glueful_kernel import create_app
from glueful_redis import LockTaken, StoreUnavailable
from litestar import get
from litestar.params import FromPath
from litestar.testing import AsyncTestClient


@pytest.fixture(params=["embedded", "redis"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Any]:
    """Section ``[redis]`` of both kinds."""
    if request.param == "embedded":
        return {"embedded_path": str(tmp_path / "store.sqlite3")}
    return {"url": request.getfixturevalue("redis_url")}


async def test_errors_of_stores_are_problems_that_say_when_to_try_again(settings: dict[str, Any]) -> None:
    @get("/{what:str}")
    async def fail(what: FromPath[str]) -> None:
        if what == "lock":
            raise LockTaken("import")
        raise StoreUnavailable("redis://db.internal:6379", "Connection refused")

    app = create_app([fail], settings={"redis": settings}, only=["redis", "errors"])
    async with AsyncTestClient(app) as client:
        lock, unavailable = await client.get("/lock"), await client.get("/unavailable")

    assert (lock.status_code, lock.json()["code"]) == (409, "redis.lock_taken")
    assert (unavailable.status_code, unavailable.json()["code"]) == (503, "redis.unavailable")
    assert unavailable.headers["retry-after"] == "1"
    assert "db.internal" not in unavailable.text


async def test_the_health_report_asks_redis_and_the_file(settings: dict[str, Any]) -> None:
    async with AsyncTestClient(create_app([], settings={"redis": settings}, only=["redis", "health"])) as client:
        answer = await client.get("/health/ready")

    assert (answer.status_code, answer.json()["status"]) == (200, "pass")


async def test_an_application_without_its_redis_is_not_ready() -> None:
    settings = {"url": "redis://127.0.0.1:1", "reconnect_seconds": 0.0}
    async with AsyncTestClient(create_app([], settings={"redis": settings}, only=["redis", "health"])) as client:
        assert (await client.get("/health/ready")).status_code == 503
