"""Whether jobs are worked off in time."""

from glueful_hookspecs import HealthResult, HealthStatus

from .service import Queues


async def backlog(queues: Queues) -> HealthResult:
    """Warn of jobs that wait for too long, and of jobs that no worker is there for. Raising means fail."""
    problems = []
    for broker in queues.known:
        waiting = await broker.waiting()
        if waiting.is_paused:
            problems.append(f"the queue {broker.name} is paused")
        elif waiting.queued and not (await broker.info())["workers"]:
            problems.append(f"{waiting.queued} jobs wait on {broker.name} and no worker is there: glueful queue work")
        elif waiting.oldest_seconds > queues.settings.backlog_warning_seconds:
            problems.append(f"a job on {broker.name} waits for {waiting.oldest_seconds:.0f} s: add workers")
    return HealthResult(HealthStatus.WARN, "; ".join(problems)) if problems else HealthResult(HealthStatus.PASS)
