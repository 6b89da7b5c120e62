"""The tables.

Times of jobs are milliseconds since 1970 by the clock of the database, so that workers whose clocks differ agree; one
column, ``due_ms``, is when the next thing happens to a job: it is due, its lease ends, or it is forgotten.
"""

from glueful_orm import Model
from piccolo.columns import BigInt, BigSerial, Bytea, DoublePrecision, Integer, Text, Timestamptz, Varchar
from piccolo.constraints import Unique

KEY_LENGTH = 255
NAME_LENGTH = 64


class QueueJob(Model):
    """A job of the brokers ``postgres`` and ``sqlite``."""

    id = BigSerial(primary_key=True)
    queue = Varchar(length=NAME_LENGTH)
    key = Varchar(length=KEY_LENGTH)
    state = Varchar(length=16)
    priority = Integer(default=0)
    ordering_key = Varchar(length=KEY_LENGTH, null=True, default=None)
    active_key = Varchar(length=KEY_LENGTH, null=True, default=None)
    due_ms = BigInt()
    attempts = Integer(default=0)
    token = Varchar(length=32, null=True, default=None)
    worker = Varchar(length=64, null=True, default=None, index=True)
    queued_ms = BigInt(default=0)
    started_ms = BigInt(default=0)
    touched_ms = BigInt(default=0)
    finished_ms = BigInt(default=0)
    unique_until_ms = BigInt(default=0)
    progress = DoublePrecision(default=0.0)
    error = Text(null=True, default=None)
    result = Bytea(null=True, default=None)
    payload = Bytea()

    queue_jobs_key = Unique(["queue", "key"])
    queue_jobs_one_of_a_key = Unique(["queue", "active_key"])
    # The constraints below always hold; they are the indices by which jobs are claimed, woken, swept and ordered.
    queue_jobs_claims = Unique(["queue", "state", "priority", "due_ms", "id"])
    queue_jobs_due = Unique(["state", "due_ms", "id"])
    queue_jobs_ordered = Unique(["ordering_key", "id"])


class QueueGroup(Model):
    """The count of a group's jobs, for the brokers ``postgres`` and ``sqlite``."""

    id = Varchar(length=KEY_LENGTH, primary_key=True)
    total = Integer()
    complete = Integer(default=0)
    failed = Integer(default=0)
    follow = Bytea(null=True, default=None)
    expires_ms = BigInt(index=True)


class QueueWorker(Model):
    """A worker that is alive, for the brokers ``postgres`` and ``sqlite``."""

    id = Varchar(length=128, primary_key=True)
    queue = Varchar(length=NAME_LENGTH, index=True)
    info = Bytea()
    expires_ms = BigInt()


class QueuePause(Model):
    """A queue from which nothing is taken, for the brokers ``postgres`` and ``sqlite``."""

    queue = Varchar(length=NAME_LENGTH, primary_key=True)
    paused_at = Timestamptz()


class QueueOutbox(Model, tablename="queue_outbox"):
    """A job that is on its way to the broker: written with the caller's data, relayed after the commit."""

    id = BigSerial(primary_key=True)
    queue = Varchar(length=NAME_LENGTH)
    key = Varchar(length=KEY_LENGTH)
    due_at = Timestamptz(null=True, default=None)
    unique_seconds = DoublePrecision(default=0.0)
    mark = Varchar(length=32)
    payload = Bytea()
    created_at = Timestamptz()


class FailedJob(Model, tablename="queue_failed_jobs"):
    """A job that will not run again unless somebody asks for it."""

    id = BigSerial(primary_key=True)
    queue = Varchar(length=NAME_LENGTH)
    key = Varchar(length=KEY_LENGTH)
    name = Varchar(length=255)
    reason = Varchar(length=16)
    error = Text(default="")
    attempts = Integer(default=0)
    payload = Bytea()
    failed_at = Timestamptz(index=True)

    queue_failed_jobs_key = Unique(["queue", "key"])


class QueueSchedule(Model):
    """The last tick of a schedule that was enqueued: each is, once, by whichever worker comes first."""

    name = Varchar(length=255, primary_key=True)
    ticked_at = Timestamptz()
