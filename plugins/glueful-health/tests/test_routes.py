"""The health report over HTTP."""

import asyncio
from typing import Any

import pytest
import svcs
from glueful_health.plugin import HealthPlugin
from glueful_hookspecs import GluefulError, HealthCheck, HealthResult, HealthStatus, Plugin, hookimpl
from glueful_kernel import create_app
from litestar import Litestar
from litestar.testing import TestClient
from structlog.testing import capture_logs


def make(*plugins: object, settings: Any = None) -> Litestar:
    return create_app(plugins=[HealthPlugin(), *plugins], only=[], settings=settings or {})


def test_health_tells_ready_from_not_ready_and_hides_details() -> None:
    async def down() -> HealthResult:
        return HealthResult(HealthStatus.FAIL, "disk full on db-7")

    class Checks(Plugin):
        @hookimpl
        def glueful_health_checks(self) -> list[HealthCheck]:
            return [HealthCheck(name="demo.disk", check=down)]

    with TestClient(make(Checks())) as client:
        assert client.get("/health/live").json() == {"status": "pass"}
        response = client.get("/health/ready")
    assert (response.status_code, response.json()) == (503, {"status": "fail"})

    with TestClient(make(Checks(), settings={"kernel": {"environment": "development"}})) as client:
        assert client.get("/health/ready").json()["checks"]["demo.disk"]["detail"] == "disk full on db-7"


def test_a_late_or_raising_check_fails_and_one_that_is_not_critical_warns() -> None:
    async def late() -> None:
        await asyncio.Event().wait()

    async def raising() -> None:
        raise ConnectionError("password=hunter2")

    class Checks(Plugin):
        @hookimpl
        def glueful_health_checks(self) -> list[HealthCheck]:
            return [
                HealthCheck(name="late", check=late, timeout_seconds=0.01, is_critical=False),
                HealthCheck(name="raising", check=raising, is_critical=False),
            ]

    with TestClient(make(Checks(), settings={"kernel": {"environment": "development"}})) as client:
        response = client.get("/health/ready")

    assert response.status_code == 200
    assert {name: check["status"] for name, check in response.json()["checks"].items()} == {
        "late": "warn",
        "raising": "warn",
    }
    assert "hunter2" not in response.text


def test_the_ping_of_a_service_is_a_check() -> None:
    class Database: ...

    class DatabasePlugin(Plugin):
        is_up = True

        @hookimpl
        def glueful_services(self, services: svcs.Registry) -> None:
            async def ping(_: Database) -> None:
                if not self.is_up:
                    raise ConnectionError

            services.register_value(Database, Database(), ping=ping)

    plugin = DatabasePlugin()
    with TestClient(make(plugin)) as client:
        assert client.get("/health/ready").status_code == 200
        plugin.is_up = False
        assert client.get("/health/ready").status_code == 503


def test_a_check_that_changes_is_logged_once_and_again_when_it_recovers() -> None:
    class Checks(Plugin):
        status = HealthStatus.FAIL

        @hookimpl
        def glueful_health_checks(self) -> list[HealthCheck]:
            async def disk() -> HealthResult:
                return HealthResult(self.status, "91 % used")

            return [HealthCheck(name="demo.disk", check=disk)]

    plugin = Checks()
    with TestClient(make(plugin)) as client, capture_logs() as logs:
        for status in ("fail", "fail", "pass", "pass"):
            plugin.status = HealthStatus(status)
            client.get("/health/ready")

    assert [(line["check"], line["status"], line["log_level"]) for line in logs] == [
        ("demo.disk", "fail", "warning"),
        ("demo.disk", "pass", "info"),
    ]


def test_two_checks_of_one_name_stop_the_start() -> None:
    async def fine() -> None: ...

    class One(Plugin):
        @hookimpl
        def glueful_health_checks(self) -> list[HealthCheck]:
            return [HealthCheck(name="disk", check=fine)]

    class Two(One): ...

    with pytest.raises(GluefulError, match="two contributes the health check disk, which one contributes already"):
        make(One(), Two())
