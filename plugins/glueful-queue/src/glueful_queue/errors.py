"""What can go wrong with jobs, for callers and operators."""

from collections.abc import Sequence
from typing import ClassVar

from glueful_hookspecs import GluefulError
from litestar.exceptions import PermissionDeniedException


class WorkerInvalid(GluefulError):
    """A plugin contributed something that is no worker."""

    code = "queue.worker_invalid"

    def __init__(self, plugin: str, found: str) -> None:
        self.plugin, self.found = plugin, found
        super().__init__(
            what=f"glueful_workers of {plugin} returned {found}",
            fix="return objects with name, async run() and async stop(grace_seconds)",
        )


class JobDeclaredTwice(GluefulError):
    """Two functions declare one job."""

    code = "queue.job_declared_twice"

    def __init__(self, name: str, first: str, second: str) -> None:
        self.name = name
        super().__init__(
            what=f"the job {name} is declared by {first} and by {second}", fix='give one of them @job(name="...")'
        )


class JobUnfit(GluefulError):
    """A function or class cannot be a job."""

    code = "queue.job_unfit"

    def __init__(self, name: str, problem: str) -> None:
        self.name, self.problem = name, problem
        super().__init__(
            what=f"{name} cannot be a job: {problem}",
            fix="annotate every parameter with a type that msgspec decodes; a class needs a method run()",
        )


class JobUndeclared(GluefulError):
    """No such job was declared."""

    code = "queue.job_undeclared"

    def __init__(self, name: str, known: Sequence[str]) -> None:
        self.name = name
        super().__init__(
            what=f"{name[:128]!r} is no declared job" + (f"; there are {', '.join(known[:20])}" if known else ""),
            fix="declare it with @job, in a module that the application imports or a plugin returns from glueful_jobs",
        )


class JobArgumentsInvalid(GluefulError):
    """Arguments do not fit what the job declares, or are too large."""

    code = "queue.arguments_invalid"

    def __init__(self, name: str, problem: str) -> None:
        self.name, self.problem = name, problem
        super().__init__(what=f"the arguments of {name}: {problem}", fix="enqueue what the job's signature says")


class QueueNotBound(GluefulError):
    """Code that needs the queue runs in no application that has one."""

    code = "queue.not_bound"

    def __init__(self) -> None:
        super().__init__(
            what="no queue is running here",
            fix="enqueue in a handler, a job or inside `async with app.lifespan()`, with glueful-queue active",
        )


class BrokerUnreachable(GluefulError):
    """The broker did not take a job, or did not answer a question."""

    code = "queue.broker_unreachable"

    def __init__(self, broker: str, problem: str) -> None:
        self.broker, self.problem = broker, problem
        super().__init__(
            what=f"the {broker} broker of the queue does not answer: {problem}",
            fix="start it; or enqueue with outbox=True, which needs only the database",
        )


class BrokerUnavailable(GluefulError):
    """The settings ask for a broker that this application does not have."""

    code = "queue.broker_unavailable"

    def __init__(self, broker: str, fix: str) -> None:
        self.broker = broker
        super().__init__(what=f'[queue] broker = "{broker}" is not available', fix=fix)


class QueueNotMigrated(GluefulError):
    """The tables of the queue are not there."""

    code = "queue.not_migrated"

    def __init__(self) -> None:
        super().__init__(what="the database has no tables of glueful-queue", fix="glueful db migrate")


class JobNotFound(GluefulError):
    """There is no such job, any more."""

    code = "queue.job_not_found"

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(what=f"there is no job {key[:128]!r}", fix="glueful queue list   or   glueful queue failed")


class JobFailed(GluefulError):
    """A job whose result was awaited failed or was cancelled."""

    code = "queue.job_failed"

    def __init__(self, key: str, status: str, problem: str) -> None:
        self.key, self.status, self.problem = key, status, problem
        super().__init__(what=f"the job {key[:128]} {status}: {problem}", fix="glueful queue failed")


class ScheduleInvalid(GluefulError):
    """A schedule cannot be read."""

    code = "queue.schedule_invalid"

    def __init__(self, name: str, problem: str) -> None:
        self.name, self.problem = name, problem
        super().__init__(
            what=f"the schedule {name}: {problem}", fix='write cron="30 3 * * *" and timezone="Europe/Berlin"'
        )


class QueueNameInvalid(GluefulError):
    """The name of a queue has the wrong form."""

    code = "queue.name_invalid"

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(
            what=f"{name[:128]!r} is no name of a queue", fix="use 1 to 64 of a-z, 0-9, dot, dash and underscore"
        )


class QueueScopeMissing(PermissionDeniedException):
    """The caller's credential lacks the scope for looking after queues: 403."""

    code: ClassVar[str] = "queue.scope_missing"

    def __init__(self, scope: str) -> None:
        challenge = f'Bearer error="insufficient_scope", scope="{scope}"'
        super().__init__("The credential lacks a scope.", headers={"WWW-Authenticate": challenge})


class WebPageMissing(GluefulError):
    """``[queue] web`` is on, and what serves SAQ's page is not installed."""

    code = "queue.web_missing"

    def __init__(self) -> None:
        super().__init__(
            what="[queue] web = true needs Starlette, which is not installed", fix="pip install 'glueful-queue[web]'"
        )
