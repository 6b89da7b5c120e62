"""Plain functions run in threads that never keep a process from ending."""

import asyncio
import contextvars
import threading
from collections.abc import Callable
from functools import partial
from typing import Any


async def in_thread(function: Callable[[], Any], name: str) -> Any:
    """Run ``function`` in a thread of its own, with the variables of this context.

    A thread cannot be stopped: it goes on when the task that awaits it is cancelled, and ends with its process.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Any] = loop.create_future()
    context = contextvars.copy_context()

    def run() -> None:
        try:
            result, error = context.run(function), None
        except BaseException as failure:
            result, error = None, failure
        try:
            loop.call_soon_threadsafe(partial(_resolve, future, result, error))
        except RuntimeError:
            return  # the loop was closed: nobody waits

    threading.Thread(target=run, name=f"glueful-job-{name}", daemon=True).start()
    return await future


def _resolve(future: "asyncio.Future[Any]", result: Any, error: BaseException | None) -> None:
    if future.done():
        return
    if error is not None:
        future.set_exception(error if isinstance(error, Exception) else RuntimeError(repr(error)))
    else:
        future.set_result(result)
