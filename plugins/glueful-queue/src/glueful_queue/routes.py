"""The management API, and SAQ's web page, for administrators."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from litestar import Controller, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter, SkipValidation
from litestar.status_codes import HTTP_200_OK, HTTP_202_ACCEPTED, HTTP_204_NO_CONTENT
from saq.job import Status

from .guards import queue_scope
from .management import Management, QueueStats, Retried
from .settings import QueueSettings
from .views import Chosen, FailedView, Forgotten, JobView, failed_view, job_view

if TYPE_CHECKING:
    from .service import Queues

Current: TypeAlias = NamedDependency[SkipValidation[Management]]
Limit: TypeAlias = Annotated[int, QueryParameter(ge=1, le=1_000)]
Before: TypeAlias = Annotated[int, QueryParameter(ge=0, le=2**63 - 1)]


class QueueController(Controller):
    """Queues and their jobs."""

    tags = ["Queue"]  # noqa: RUF012 - Litestar's way

    @get("/")
    async def stats(self, management: Current) -> list[QueueStats]:
        """All queues."""
        return await management.stats()

    @get("/failed")
    async def failed(
        self, management: Current, queue: FromQuery[str | None] = None, before: Before = 0, limit: Limit = 100
    ) -> list[FailedView]:
        """Failed jobs, the latest first; ``before`` is the last id that the caller has."""
        return [failed_view(row) for row in await management.failed(queue, before or None, limit)]

    @post("/failed/retry", status_code=HTTP_202_ACCEPTED)
    async def retry(self, management: Current, data: JSONBody[Chosen]) -> Retried:
        """Enqueue failed jobs anew."""
        return await management.retry(data.ids)

    @post("/failed/forget", status_code=HTTP_200_OK)
    async def forget(self, management: Current, data: JSONBody[Chosen]) -> Forgotten:
        """Take failed jobs off the list for good."""
        return Forgotten(await management.forget(data.ids))

    @get("/{queue:str}/jobs")
    async def jobs(
        self,
        management: Current,
        queue: FromPath[str],
        status: FromQuery[Status | None] = None,
        limit: Limit = 100,
    ) -> list[JobView]:
        """Jobs of a queue."""
        return [job_view(job) for job in await management.jobs(queue, status, limit)]

    @post("/{queue:str}/jobs/{key:str}/cancel", status_code=HTTP_202_ACCEPTED)
    async def cancel(self, management: Current, queue: FromPath[str], key: FromPath[str]) -> None:
        """Cancel a job: at once if it waits, else its worker stops it."""
        await management.cancel(queue, key)

    @post("/{queue:str}/pause", status_code=HTTP_204_NO_CONTENT)
    async def pause(self, management: Current, queue: FromPath[str]) -> None:
        """Take no more jobs from a queue."""
        await management.pause(queue)

    @post("/{queue:str}/resume", status_code=HTTP_204_NO_CONTENT)
    async def resume(self, management: Current, queue: FromPath[str]) -> None:
        """Take jobs from a queue again."""
        await management.resume(queue)


def management_routes(settings: QueueSettings, queues: "Callable[[], Queues]") -> Router:
    """The API below ``settings.path``, and SAQ's page below ``<path>/web`` where ``settings.web`` is on.

    Args:
        settings: path and scope.
        queues: gives those of the running application.
    """

    async def current() -> Management:
        # A function of its own: Litestar copies what it is given, and would copy the plugin behind a method.
        return Management(queues())

    handlers: list[Any] = [QueueController]
    if settings.web:
        from .web import web_page

        handlers.append(web_page(f"{settings.path.rstrip('/')}/web", queues))
    return Router(
        path=settings.path,
        route_handlers=handlers,
        guards=[queue_scope(settings.scope)],
        dependencies={"management": Provide(current)},
    )
