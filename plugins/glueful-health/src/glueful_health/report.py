"""The health report: contributed checks, pings of services, and plugins in quarantine."""

import asyncio
from collections.abc import Sequence

import msgspec
import structlog
import svcs
from glueful_hookspecs import HealthCheck, HealthResult, HealthStatus
from glueful_registry import Report, State

log = structlog.stdlib.get_logger("glueful.health")


class HealthReport(msgspec.Struct):
    """The outcome of all checks."""

    status: HealthStatus
    checks: dict[str, HealthResult]


async def ask(check: HealthCheck) -> HealthResult:
    """Run one check within its time limit; an error or a late answer is a failure, or a warning if not critical."""
    failed = HealthStatus.FAIL if check.is_critical else HealthStatus.WARN
    try:
        async with asyncio.timeout(check.timeout_seconds):
            result = await check.check() or HealthResult(HealthStatus.PASS)
    except TimeoutError:
        return HealthResult(failed, f"no answer within {check.timeout_seconds} s")
    except Exception as error:
        log.warning("health check failed", check=check.name, exc_info=True)
        return HealthResult(failed, type(error).__name__)
    if result.status is HealthStatus.FAIL:
        return HealthResult(failed, result.detail)
    return result


async def examine(checks: Sequence[HealthCheck], plugins: Report) -> HealthReport:
    """Ask all checks at once. A quarantined plugin is a warning."""
    results = dict(zip([c.name for c in checks], await asyncio.gather(*map(ask, checks)), strict=True))
    for status in plugins.plugins:
        if status.state in (State.FAILED, State.BLOCKED):
            results[f"plugin.{status.info.name}"] = HealthResult(HealthStatus.WARN, f"quarantined: {status.state}")
    found = {result.status for result in results.values()}
    worst = next((s for s in (HealthStatus.FAIL, HealthStatus.WARN) if s in found), HealthStatus.PASS)
    return HealthReport(worst, results)


def ping_checks(services: svcs.Container) -> list[HealthCheck]:
    """A check for each service that was registered with a ``ping``."""
    return [HealthCheck(name=f"service.{ping.name}", check=ping.aping) for ping in services.get_pings()]
