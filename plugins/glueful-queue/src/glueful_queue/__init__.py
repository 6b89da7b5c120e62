"""Background jobs for Glueful on SAQ: at least once, on SQLite, PostgreSQL or Redis."""

from typing import TYPE_CHECKING

from glueful_hookspecs import lazy_exports

if TYPE_CHECKING:
    from .attempts import GiveUp, RetryLater
    from .background import BackgroundWorker
    from .backoff import Backoff, Delays
    from .broker import Broker, ClaimLost
    from .chains import Chain, Group, chain, group
    from .context import JobContext, current_job
    from .database_queue import DatabaseQueue
    from .errors import (
        BrokerUnavailable,
        BrokerUnreachable,
        JobArgumentsInvalid,
        JobDeclaredTwice,
        JobFailed,
        JobNotFound,
        JobUndeclared,
        JobUnfit,
        QueueNameInvalid,
        QueueNotBound,
        QueueNotMigrated,
        ScheduleInvalid,
    )
    from .handles import GroupHandle, JobHandle
    from .job_types import JobType, Options, Prepared, job
    from .record import QueuedJob
    from .schedules import Schedule
    from .service import Queues
    from .settings import QueueSettings
    from .tables import FailedJob
    from .worker import JobWorker

__all__ = [
    "BackgroundWorker",
    "Backoff",
    "Broker",
    "BrokerUnavailable",
    "BrokerUnreachable",
    "Chain",
    "ClaimLost",
    "DatabaseQueue",
    "Delays",
    "FailedJob",
    "GiveUp",
    "Group",
    "GroupHandle",
    "JobArgumentsInvalid",
    "JobContext",
    "JobDeclaredTwice",
    "JobFailed",
    "JobHandle",
    "JobNotFound",
    "JobType",
    "JobUndeclared",
    "JobUnfit",
    "JobWorker",
    "Options",
    "Prepared",
    "QueueNameInvalid",
    "QueueNotBound",
    "QueueNotMigrated",
    "QueueSettings",
    "QueuedJob",
    "Queues",
    "RetryLater",
    "Schedule",
    "ScheduleInvalid",
    "chain",
    "current_job",
    "group",
    "job",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "BackgroundWorker": ".background",
        "Backoff": ".backoff",
        "Broker": ".broker",
        "BrokerUnavailable": ".errors",
        "BrokerUnreachable": ".errors",
        "Chain": ".chains",
        "ClaimLost": ".broker",
        "DatabaseQueue": ".database_queue",
        "Delays": ".backoff",
        "FailedJob": ".tables",
        "GiveUp": ".attempts",
        "Group": ".chains",
        "GroupHandle": ".handles",
        "JobArgumentsInvalid": ".errors",
        "JobContext": ".context",
        "JobDeclaredTwice": ".errors",
        "JobFailed": ".errors",
        "JobHandle": ".handles",
        "JobNotFound": ".errors",
        "JobType": ".job_types",
        "JobUndeclared": ".errors",
        "JobUnfit": ".errors",
        "JobWorker": ".worker",
        "Options": ".job_types",
        "Prepared": ".job_types",
        "QueueNameInvalid": ".errors",
        "QueueNotBound": ".errors",
        "QueueNotMigrated": ".errors",
        "QueueSettings": ".settings",
        "QueuedJob": ".record",
        "Queues": ".service",
        "RetryLater": ".attempts",
        "Schedule": ".schedules",
        "ScheduleInvalid": ".errors",
        "chain": ".chains",
        "current_job": ".context",
        "group": ".chains",
        "job": ".job_types",
    },
)
