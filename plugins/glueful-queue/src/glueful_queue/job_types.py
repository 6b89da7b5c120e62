"""Declared jobs: ``@job()`` above a function or a class. A worker runs nothing else."""

import hashlib
import inspect
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar, overload

import msgspec

from .arguments import Arguments
from .backoff import Backoff, Delays, backoff_of
from .context import JobContext
from .errors import JobDeclaredTwice, JobUnfit, QueueNameInvalid

if TYPE_CHECKING:
    from .handles import JobHandle

P = ParamSpec("P")
R = TypeVar("R")
QUEUE_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How a job is enqueued; None is what the job, or the settings, say."""

    queue: str | None = None
    """The queue that it waits on."""
    key: str | None = None
    """Refuses another job with the same key while this one is not done. By default random."""
    delay: float | timedelta | None = None
    """Seconds until it is due."""
    at: datetime | None = None
    """When it is due; aware."""
    priority: int | None = None
    """Smaller ones run earlier; 0 by default."""
    ordering_key: str | None = None
    """Jobs with one ordering key run one after the other, in the order of their enqueueing."""
    outbox: bool | None = None
    """Write it into the database with the data of this transaction, for a relay to put on the queue."""


class JobType(Generic[P, R]):
    """A declared job. Calling it runs the function, without any queue."""

    def __init__(
        self,
        function: Callable[P, Any],
        name: str,
        *,
        queue: str = "default",
        retries: int | None = None,
        timeout: float | None = None,
        backoff: Backoff | Delays,
        unique: bool | float = False,
        priority: int = 0,
        result_ttl: float | None = None,
        outbox: bool = False,
        version: int = 1,
    ) -> None:
        self.function = function
        self.name = name
        self.queue = queue
        self.retries = retries
        self.timeout = timeout
        self.backoff = backoff
        self.unique = unique
        self.priority = priority
        self.result_ttl = result_ttl
        self.outbox = outbox
        self.version = version
        self.is_class = inspect.isclass(function)
        target = getattr(function, "run", None) if self.is_class else function
        self.is_async = inspect.iscoroutinefunction(target)
        self.arguments = Arguments(name, function)
        self.__doc__ = function.__doc__
        self.__name__ = getattr(function, "__name__", name)
        self.__module__ = function.__module__

    def __repr__(self) -> str:
        return f"<job {self.name}>"

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Any:
        """Run the function, or make an instance of the class."""
        return self.function(*args, **kwargs)

    async def enqueue(self, *args: P.args, **kwargs: P.kwargs) -> "JobHandle":
        """Enqueue it, with the arguments that the function takes.

        Inside a transaction it is enqueued if and only if that is committed.

        Raises:
            JobArgumentsInvalid: the arguments do not fit the signature.
            BrokerUnreachable: the broker did not take it.
            QueueNotBound: no application with a queue runs here.
        """
        return await Prepared(self, Options(), args, kwargs).enqueue()

    def using(self, **options: Any) -> "Configured[P, R]":
        """Enqueue it differently: ``await send_mail.using(delay=60, key="welcome:7").enqueue("a@example.com")``.

        Args:
            options: see ``Options``.
        """
        return Configured(self, Options(**options))

    def prepare(self, *args: P.args, **kwargs: P.kwargs) -> "Prepared":
        """The job with its arguments, not enqueued: for ``chain`` and ``group``."""
        return Prepared(self, Options(), args, kwargs)

    def key_of(self, kwargs: dict[str, Any]) -> str:
        """The key of a unique job: its name, and a hash of its arguments."""
        digest = hashlib.sha256(msgspec.json.encode(kwargs, order="sorted")).hexdigest()
        return f"{self.name[:180]}:{digest[:40]}"


class Configured(Generic[P, R]):
    """A declared job with options."""

    def __init__(self, job_type: JobType[P, R], options: Options) -> None:
        self._job_type, self._options = job_type, options

    async def enqueue(self, *args: P.args, **kwargs: P.kwargs) -> "JobHandle":
        """See ``JobType.enqueue``."""
        return await self.prepare(*args, **kwargs).enqueue()

    def prepare(self, *args: P.args, **kwargs: P.kwargs) -> "Prepared":
        """See ``JobType.prepare``."""
        return Prepared(self._job_type, self._options, args, kwargs)


class Prepared:
    """A declared job with options and arguments."""

    def __init__(
        self, job_type: JobType[Any, Any], options: Options, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        self.job_type, self.options, self.args, self.kwargs = job_type, options, args, kwargs

    async def enqueue(self) -> "JobHandle":
        """See ``JobType.enqueue``."""
        from .binding import current_queues

        return await current_queues().enqueue(self)

    def due_at(self) -> float:
        """Seconds since 1970, or 0 where no moment was given."""
        at = self.options.at
        if at is None:
            return 0.0
        if at.tzinfo is None:
            raise ValueError("at= needs a time zone")
        return max(at.astimezone(UTC).timestamp(), 0.001)

    def delay_seconds(self) -> float:
        """Seconds until it is due."""
        delay = self.options.delay
        return max(delay.total_seconds() if isinstance(delay, timedelta) else float(delay or 0), 0.0)


DECLARED: dict[str, JobType[Any, Any]] = {}
"""Every declared job of this process, by name."""


class JobDecorator(Protocol):
    """What ``@job(…)`` gives: ``enqueue`` takes what the function takes, but for a first ``JobContext``."""

    @overload
    def __call__(self, function: Callable[Concatenate[JobContext, P], R], /) -> JobType[P, R]: ...
    @overload
    def __call__(self, function: Callable[P, R], /) -> JobType[P, R]: ...


@overload
def job(function: Callable[Concatenate[JobContext, P], R], /) -> JobType[P, R]: ...
@overload
def job(function: Callable[P, R], /) -> JobType[P, R]: ...
@overload
def job(
    *,
    name: str | None = None,
    queue: str = "default",
    retries: int | None = None,
    timeout: float | None = None,
    backoff: float | Sequence[float] | Backoff | Delays | None = None,
    unique: bool | float = False,
    priority: int = 0,
    result_ttl: float | None = None,
    outbox: bool = False,
    version: int = 1,
) -> JobDecorator: ...
def job(function: Callable[..., Any] | None = None, /, **options: Any) -> Any:
    """Declare a job: above a function, a coroutine function, or a class with a method ``run``.

    Type checkers ignore what a decorator makes of a class: write ``report = job(name="report")(Report)`` for them.

    Args:
        function: its parameters need types that msgspec decodes; one annotated with ``JobContext`` is filled in.
        options: as follows.
        name: stable and unique; by default module and name of the function. Jobs that wait carry it.
        queue: that it waits on.
        retries: greatest number of attempts; by default ``[queue] retries``.
        timeout: greatest duration of an attempt, in seconds; 0 for none; by default ``[queue] timeout_seconds``.
        backoff: seconds before another attempt; one for all, a list, or a ``Backoff``.
        unique: True: refuse a job with the same arguments while one is not done; a number: also for so many seconds.
        priority: smaller ones run earlier.
        result_ttl: how long the outcome is kept, in seconds; -1: not at all; 0: for ever.
        outbox: enqueue by way of the outbox, always.
        version: of the arguments; a worker whose version is lower puts the job on the list of failed ones.

    Raises:
        JobUnfit: parameters have no types, or the class has no ``run``.
        JobDeclaredTwice: another function has the name.
    """

    def declare(target: Callable[..., Any]) -> JobType[..., Any]:
        return _declare(target, **options)

    return declare if function is None else declare(function)


def _declare(
    function: Callable[..., Any], *, name: str | None = None, backoff: Any = None, **options: Any
) -> JobType[..., Any]:
    where = f"{function.__module__}.{function.__qualname__}"
    found = name or where.replace(".<locals>", "")
    if len(found) > 255 or not found.isprintable():
        raise JobUnfit(found[:255], "its name has more than 255 characters, or unprintable ones")
    if inspect.isclass(function) and not callable(getattr(function, "run", None)):
        raise JobUnfit(found, "the class has no method run()")
    if not QUEUE_NAME.fullmatch(options.get("queue", "default")):
        raise QueueNameInvalid(options["queue"])
    try:
        declared: JobType[..., Any] = JobType(function, found, backoff=backoff_of(backoff), **options)
    except ValueError as error:
        raise JobUnfit(found, str(error)) from error
    known = DECLARED.get(found)
    if known is not None and _place(known.function) != _place(function):
        raise JobDeclaredTwice(found, _place(known.function), _place(function))
    DECLARED[found] = declared
    return declared


def _place(function: Callable[..., Any]) -> str:
    code = getattr(function, "__code__", None)
    line = f":{code.co_firstlineno}" if code is not None else ""
    return f"{function.__module__}.{function.__qualname__}{line}"
