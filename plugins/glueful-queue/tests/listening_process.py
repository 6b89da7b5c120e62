"""A worker in a process of its own that hardly ever looks for jobs by itself.

``listening_process.py DATABASE_URL POLL_SECONDS``

Prints ``ready``, and a line with the wall clock for each job that begins.
"""

import asyncio
import os
import sys
import time

from glueful_orm import connect
from glueful_queue import DatabaseQueue, JobWorker, Queues, QueueSettings, job
from glueful_queue.binding import bind
from glueful_queue.job_news import JobNews

URL, POLL_SECONDS = (sys.argv[1], float(sys.argv[2])) if len(sys.argv) > 2 else ("", 60.0)


@job(name="process.tell_the_time")
async def tell_the_time() -> None:
    os.write(1, f"{time.time()}\n".encode())


async def main() -> None:
    async with connect(URL) as engine:
        news = JobNews(engine)

        def make(name: str) -> DatabaseQueue:
            queue = DatabaseQueue(engine, name, poll_seconds=POLL_SECONDS)
            queue.others = news
            return queue

        queues = Queues(QueueSettings(), make, is_transactional=True)
        bind(queues)
        working = asyncio.create_task(JobWorker(queues, queues.broker(), 2).run())
        os.write(1, b"ready\n")
        await working


if __name__ == "__main__":
    asyncio.run(main())
