"""What travels with a job, and what a running job knows of itself."""

from collections.abc import Awaitable, Callable, MutableMapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import msgspec
from glueful_hookspecs import Principal, current_scope

if TYPE_CHECKING:
    from .record import QueuedJob

TRACE_HEADERS = (b"traceparent", b"tracestate", b"baggage")
MOST_HEADER_BYTES = 1_024


def travelling_context() -> dict[str, Any]:
    """The trace, the principal and the request id of what is being served in this context, as plain JSON data.

    W3C Trace Context, section 3: ``traceparent`` and ``tracestate`` as they came; a tracing plugin replaces them.
    """
    scope = current_scope.get(None)
    if scope is None:
        return {}
    found: dict[str, Any] = {}
    for name, value in scope.get("headers") or ():
        if name in TRACE_HEADERS and len(value) <= MOST_HEADER_BYTES:
            found[name.decode()] = value.decode("latin-1")
    principal = scope.get("user")
    if isinstance(principal, Principal):
        found["principal"] = msgspec.to_builtins(principal, enc_hook=str)
    request = (scope.get("state") or {}).get("request_id")
    if isinstance(request, str):
        found["request_id"] = request
    return found


def arriving_scope(meta: dict[Any, Any], application: Any) -> MutableMapping[str, Any]:
    """A scope of type ``job`` for ``current_scope``: what is enqueued in it travels on."""
    carried = meta.get("context")
    if not isinstance(carried, dict):
        carried = {}
    headers = [
        (name, str(carried[name.decode()]).encode("latin-1", "replace"))
        for name in TRACE_HEADERS
        if name.decode() in carried
    ]
    scope: dict[str, Any] = {"type": "job", "litestar_app": application, "headers": headers, "state": {}, "user": None}
    if isinstance(carried.get("request_id"), str):
        scope["state"]["request_id"] = carried["request_id"]
    try:
        if "principal" in carried:
            scope["user"] = msgspec.convert(carried["principal"], Principal)
    except msgspec.ValidationError:
        scope["user"] = None
    return scope


class JobContext:
    """A running job, as it sees itself: a parameter annotated with this type gets it.

    Attributes:
        job: the job.
    """

    def __init__(self, job: "QueuedJob", report: Callable[["QueuedJob", float], Awaitable[None]]) -> None:
        self.job = job
        self._report = report

    @property
    def key(self) -> str:
        """The job's key; the same in all attempts."""
        return self.job.key

    @property
    def attempt(self) -> int:
        """Number of this attempt, from 1."""
        return self.job.attempts

    async def progress(self, fraction: float) -> None:
        """Tell how far the job is, from 0 to 1.

        Raises:
            ClaimLost: another worker has the job meanwhile: stop.
        """
        self.job.progress = min(max(fraction, 0.0), 1.0)
        await self._report(self.job, self.job.progress)


current_job: ContextVar[JobContext | None] = ContextVar("glueful_queue_job", default=None)
"""The job that runs in this context, or None."""
