"""Several jobs as one: after each other, or beside each other with something at the end."""

from collections.abc import Sequence
from secrets import token_hex

from glueful_orm import after_commit, in_transaction

from .binding import current_queues
from .handles import GroupHandle, JobHandle
from .job_types import Prepared
from .record import packed

GROUP_TTL_SECONDS = 7 * 86_400.0


class Chain:
    """Jobs that run one after the other; each is enqueued in the step in which the one before completes.

    When one fails for good, or is cancelled, those behind it are never enqueued; retried from the list of failed jobs,
    it goes on from there. Keys are ``<chain>:<number>``.
    """

    def __init__(self, *jobs: Prepared) -> None:
        if not jobs:
            raise ValueError("a chain needs a job")
        self._jobs = jobs

    async def enqueue(self) -> list[JobHandle]:
        """Enqueue the first; handles of all. Inside a transaction: if and only if that is committed.

        Raises:
            JobArgumentsInvalid: of any of them.
            BrokerUnreachable: the broker did not take it.
        """
        queues = current_queues()
        name = token_hex(12)
        jobs = [queues.make(prepared, key=f"{name}:{number}") for number, prepared in enumerate(self._jobs, 1)]
        jobs[0].meta["then"] = [packed(job).decode() for job in jobs[1:]]
        first = await queues.enqueue_job(jobs[0], by_outbox=any(_by_outbox(prepared) for prepared in self._jobs))
        return [first, *(JobHandle(queues.broker(job.get_queue().name), job.key, None) for job in jobs[1:])]


class Group:
    """Jobs that run beside each other, and are counted. Keys are ``<group>:<number>``.

    Args:
        jobs: at least one, all without a queue of their own or on any queues.
        then: enqueued when all have ended, however they ended.
    """

    def __init__(self, jobs: Sequence[Prepared], then: Prepared | None = None) -> None:
        if not jobs:
            raise ValueError("a group needs a job")
        self._jobs, self._then = list(jobs), then

    async def enqueue(self) -> GroupHandle:
        """Enqueue all. Inside a transaction: if and only if that is committed.

        Raises:
            JobArgumentsInvalid: of any of them.
            BrokerUnreachable: the broker did not take them.
        """
        queues = current_queues()
        name = token_hex(12)
        jobs = [queues.make(prepared, key=f"{name}:{number}") for number, prepared in enumerate(self._jobs, 1)]
        for job in jobs:
            job.meta["group"] = name
        follow = None if self._then is None else queues.make(self._then, key=f"{name}:then")
        handle = GroupHandle(queues.broker(jobs[0].get_queue().name), name)
        if queues.is_transactional or not in_transaction():
            await queues.put_group(name, jobs, follow, GROUP_TTL_SECONDS)
        else:
            await after_commit(lambda: queues.put_group(name, jobs, follow, GROUP_TTL_SECONDS))
        return handle


def chain(*jobs: Prepared) -> Chain:
    """Put jobs one after the other, to be enqueued as one: ``chain(fetch.prepare(url), resize.prepare())``."""
    return Chain(*jobs)


def group(*jobs: Prepared, then: Prepared | None = None) -> Group:
    """Put jobs beside each other, to be enqueued as one and counted; ``then`` comes after all."""
    return Group(jobs, then)


def _by_outbox(prepared: Prepared) -> bool:
    return bool(prepared.job_type.outbox if prepared.options.outbox is None else prepared.options.outbox)
