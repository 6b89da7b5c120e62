"""``/health/live`` and ``/health/ready``."""

from typing import Any

import svcs
from glueful_hookspecs import HealthStatus
from glueful_registry import Report
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import SkipValidation

from .report import Examiner

NO_STORE = {"cache-control": "no-store"}


def health_routes(path: str, examiner: Examiner) -> list[HTTPRouteHandler]:
    """``<path>/live`` answers 200 while the process serves; ``<path>/ready`` answers 503 when a critical check fails.

    Bodies hold the status alone, except in development: names and details of checks are for operators, in the log.

    Args:
        path: prefix of both, with a leading slash.
        examiner: asks the checks.
    """

    @get(f"{path}/live", name="glueful.health.live", sync_to_thread=False, include_in_schema=False)
    def live() -> Response[dict[str, HealthStatus]]:
        return Response({"status": HealthStatus.PASS}, headers=NO_STORE)

    @get(f"{path}/ready", name="glueful.health.ready", include_in_schema=False)
    async def ready(
        request: Request[Any, Any, Any], services: NamedDependency[SkipValidation[svcs.Container]]
    ) -> Response[Any]:
        report = await examiner.examine(services, services.get(Report))
        content = report if request.app.debug else {"status": report.status}
        return Response(content, status_code=503 if report.status is HealthStatus.FAIL else 200, headers=NO_STORE)

    return [live, ready]
