"""The health report: contributed checks, pings of services, and plugins in quarantine."""

import asyncio
from collections.abc import Sequence

import msgspec
import structlog
import svcs
from glueful_hookspecs import Contribution, HealthCheck, HealthResult, HealthStatus
from glueful_registry import Report, State

from .errors import HealthCheckNameTaken

log = structlog.stdlib.get_logger("glueful.health")


class HealthReport(msgspec.Struct):
    """The outcome of all checks."""

    status: HealthStatus
    checks: dict[str, HealthResult]


async def ask(check: HealthCheck) -> tuple[HealthResult, Exception | None]:
    """Run one check within its time limit; an error or a late answer is a failure, or a warning if not critical."""
    failed = HealthStatus.FAIL if check.is_critical else HealthStatus.WARN
    try:
        async with asyncio.timeout(check.timeout_seconds):
            result = await check.check() or HealthResult(HealthStatus.PASS)
    except TimeoutError:
        return HealthResult(failed, f"no answer within {check.timeout_seconds} s"), None
    except Exception as error:
        return HealthResult(failed, type(error).__name__), error
    if result.status is HealthStatus.FAIL:
        return HealthResult(failed, result.detail), None
    return result, None


class Examiner:
    """Asks all checks at once. Answers tell strangers no names; operators find in the log which check changed.

    Args:
        checks: contributed by plugins.

    Raises:
        HealthCheckNameTaken: two checks have one name.
    """

    def __init__(self, checks: Sequence[Contribution]) -> None:
        self._checks: list[HealthCheck] = []
        self._last: dict[str, HealthStatus] = {}
        owners: dict[str, str] = {}
        for plugin, contributed in checks:
            for check in contributed:
                if check.name in owners:
                    raise HealthCheckNameTaken(check.name, owners[check.name], plugin)
                owners[check.name] = plugin
                self._checks.append(check)

    async def examine(self, services: svcs.Container, plugins: Report) -> HealthReport:
        """Ask. The pings of services are checks, too; a quarantined plugin is a warning."""
        checks = [*self._checks, *ping_checks(services)]
        results: dict[str, HealthResult] = {}
        for check, (result, error) in zip(checks, await asyncio.gather(*map(ask, checks)), strict=True):
            results[check.name] = result
            self._log_change(check.name, result, error)
        for status in plugins.plugins:
            if status.state in (State.FAILED, State.BLOCKED):
                results[f"plugin.{status.info.name}"] = HealthResult(HealthStatus.WARN, f"quarantined: {status.state}")
        found = {result.status for result in results.values()}
        worst = next((s for s in (HealthStatus.FAIL, HealthStatus.WARN) if s in found), HealthStatus.PASS)
        return HealthReport(worst, results)

    def _log_change(self, name: str, result: HealthResult, error: Exception | None) -> None:
        if self._last.get(name, HealthStatus.PASS) is not result.status:
            say = log.info if result.status is HealthStatus.PASS else log.warning
            say("health changed", check=name, status=str(result.status), detail=result.detail, exc_info=error)
        self._last[name] = result.status


def ping_checks(services: svcs.Container) -> list[HealthCheck]:
    """A check for each service that was registered with a ``ping``."""
    return [HealthCheck(name=f"service.{ping.name}", check=ping.aping) for ping in services.get_pings()]
