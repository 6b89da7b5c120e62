"""Initial."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import BigInt, BigSerial, Bytea, DoublePrecision, Integer, Text, Timestamptz, Varchar
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.constraints import Unique

ID = "queue_20261126_004914_initial"
VERSION = "1.38.0"
DESCRIPTION = "Initial"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="queue", description=DESCRIPTION)
    manager.add_table(class_name="QueueOutbox", tablename="queue_outbox")
    manager.add_table(class_name="QueueJob", tablename="queue_jobs")
    manager.add_table(class_name="QueuePause", tablename="queue_pauses")
    manager.add_table(class_name="FailedJob", tablename="queue_failed_jobs")
    manager.add_table(class_name="QueueGroup", tablename="queue_groups")
    manager.add_table(class_name="QueueWorker", tablename="queue_workers")
    manager.add_table(class_name="QueueSchedule", tablename="queue_schedules")
    manager.add_column(
        table_class_name="QueueOutbox",
        tablename="queue_outbox",
        column_name="id",
        column_class=BigSerial,
        params={"null": False, "primary_key": True},
    )
    manager.add_column(
        table_class_name="QueueOutbox",
        tablename="queue_outbox",
        column_name="queue",
        column_class=Varchar,
        params={"length": 64, "default": "", "null": False},
    )
    manager.add_column(
        table_class_name="QueueOutbox",
        tablename="queue_outbox",
        column_name="key",
        column_class=Varchar,
        params={"length": 255, "default": "", "null": False},
    )
    manager.add_column(
        table_class_name="QueueOutbox",
        tablename="queue_outbox",
        column_name="due_at",
        column_class=Timestamptz,
        params={"default": None, "null": True},
    )
    manager.add_column(
        table_class_name="QueueOutbox",
        tablename="queue_outbox",
        column_name="unique_seconds",
        column_class=DoublePrecision,
        params={"default": 0.0, "null": False},
    )
    manager.add_column(
        table_class_name="QueueOutbox",
        tablename="queue_outbox",
        column_name="mark",
        column_class=Varchar,
        params={"length": 32, "default": "", "null": False},
    )
    manager.add_column(
        table_class_name="QueueOutbox",
        tablename="queue_outbox",
        column_name="payload",
        column_class=Bytea,
        params={"default": b"", "null": False},
    )
    manager.add_column(
        table_class_name="QueueOutbox",
        tablename="queue_outbox",
        column_name="created_at",
        column_class=Timestamptz,
        params={"default": TimestamptzNow(), "null": False},
    )
    manager.add_column(
        table_class_name="QueueJob",
        tablename="queue_jobs",
        column_name="id",
        column_class=BigSerial,
        params={"null": False, "primary_key": True},
    )
    manager.add_column(
        table_class_name="QueueJob",
        tablename="queue_jobs",
        column_name="queue",
        column_class=Varchar,
        params={"length": 64, "default": "", "null": False},
    )
    manager.add_column(
        table_class_name="QueueJob",
        tablename="queue_jobs",
        column_name="key",
        column_class=Varchar,
        params={"length": 255, "default": "", "null": False},
    )
    manager.add_column(
        table_class_name="QueueJob",
        tablename="queue_jobs",
        column_name="state",
        column_class=Varchar,
        params={"length": 16, "default": "", "null": False},
    )
    manager.add_column(
        table_class_name="QueueJob",
        tablename="queue_jobs",
        column_name="priority",
        column_class=Integer,
        params={"default": 0, "null": False},
    )
    manager.add_column(
        table_class_name="QueueJob",
        tablename="queue_jobs",
        column_name="ordering_key",
        column_class=Varchar,
        params={"length": 255, "default": None, "null": True},
    )
    manager.add_column(
        table_class_name="QueueJob",
        tablename="queue_jobs",
        column_name="active_key",
        column_class=Varchar,
        params={"length": 255, "default": None, "null": True},
    )
    manager.add_column(
        table_class_name="QueueJob",
        tablename="queue_jobs",
        column_name="due_ms",
        column_class=BigInt,
        params={"default": 0, "null": False},
    )
    manager.add_column(
        table_class_name="QueueJob",
        tablename="queue_jobs",
        column_name="attempts",
        column_class=Integer,
        params={"default": 0, "null": False},
    )
    manager.add_column(
        table_class_name="QueueJob",
        tablename="queue_jobs",
        column_name="token",
        column_class=Varchar,
        params={"length": 32, "default": None, "null": True},
    )
    manager.add_column(
        table_class_name="QueueJob",
        tablename="queue_jobs",
        column_name="worker",
        column_class=Varchar,
        params={"length": 64, "default": None, "null": True, "index": True},
    )
    manager.add_column(
        table_class_name="QueueJob",
        tablename="queue_jobs",
        column_name="queued_ms",
        column_class=BigInt,
        params={"default": 0, "null": False},
    )
    manager.add_column(
        table_class_name="QueueJob",
        tablename="queue_jobs",
        column_name="started_ms",
        column_class=BigInt,
        params={"default": 0, "null": False},
    )
    manager.add_column(
        table_class_name="QueueJob",
        tablename="queue_jobs",
        column_name="touched_ms",
        column_class=BigInt,
        params={"default": 0, "null": False},
    )
    manager.add_column(
        table_class_name="QueueJob",
        tablename="queue_jobs",
        column_name="finished_ms",
        column_class=BigInt,
        params={"default": 0, "null": False},
    )
    manager.add_column(
        table_class_name="QueueJob",
        tablename="queue_jobs",
        column_name="unique_until_ms",
        column_class=BigInt,
        params={"default": 0, "null": False},
    )
    manager.add_column(
        table_class_name="QueueJob",
        tablename="queue_jobs",
        column_name="progress",
        column_class=DoublePrecision,
        params={"default": 0.0, "null": False},
    )
    manager.add_column(
        table_class_name="QueueJob",
        tablename="queue_jobs",
        column_name="error",
        column_class=Text,
        params={"default": None, "null": True},
    )
    manager.add_column(
        table_class_name="QueueJob",
        tablename="queue_jobs",
        column_name="result",
        column_class=Bytea,
        params={"default": None, "null": True},
    )
    manager.add_column(
        table_class_name="QueueJob",
        tablename="queue_jobs",
        column_name="payload",
        column_class=Bytea,
        params={"default": b"", "null": False},
    )
    manager.add_column(
        table_class_name="QueuePause",
        tablename="queue_pauses",
        column_name="queue",
        column_class=Varchar,
        params={"length": 64, "default": "", "null": False, "primary_key": True},
    )
    manager.add_column(
        table_class_name="QueuePause",
        tablename="queue_pauses",
        column_name="paused_at",
        column_class=Timestamptz,
        params={"default": TimestamptzNow(), "null": False},
    )
    manager.add_column(
        table_class_name="FailedJob",
        tablename="queue_failed_jobs",
        column_name="id",
        column_class=BigSerial,
        params={"null": False, "primary_key": True},
    )
    manager.add_column(
        table_class_name="FailedJob",
        tablename="queue_failed_jobs",
        column_name="queue",
        column_class=Varchar,
        params={"length": 64, "default": "", "null": False},
    )
    manager.add_column(
        table_class_name="FailedJob",
        tablename="queue_failed_jobs",
        column_name="key",
        column_class=Varchar,
        params={"length": 255, "default": "", "null": False},
    )
    manager.add_column(
        table_class_name="FailedJob",
        tablename="queue_failed_jobs",
        column_name="name",
        column_class=Varchar,
        params={"length": 255, "default": "", "null": False},
    )
    manager.add_column(
        table_class_name="FailedJob",
        tablename="queue_failed_jobs",
        column_name="reason",
        column_class=Varchar,
        params={"length": 16, "default": "", "null": False},
    )
    manager.add_column(
        table_class_name="FailedJob",
        tablename="queue_failed_jobs",
        column_name="error",
        column_class=Text,
        params={"default": "", "null": False},
    )
    manager.add_column(
        table_class_name="FailedJob",
        tablename="queue_failed_jobs",
        column_name="attempts",
        column_class=Integer,
        params={"default": 0, "null": False},
    )
    manager.add_column(
        table_class_name="FailedJob",
        tablename="queue_failed_jobs",
        column_name="payload",
        column_class=Bytea,
        params={"default": b"", "null": False},
    )
    manager.add_column(
        table_class_name="FailedJob",
        tablename="queue_failed_jobs",
        column_name="failed_at",
        column_class=Timestamptz,
        params={"default": TimestamptzNow(), "null": False, "index": True},
    )
    manager.add_column(
        table_class_name="QueueGroup",
        tablename="queue_groups",
        column_name="id",
        column_class=Varchar,
        params={"length": 255, "default": "", "null": False, "primary_key": True},
    )
    manager.add_column(
        table_class_name="QueueGroup",
        tablename="queue_groups",
        column_name="total",
        column_class=Integer,
        params={"default": 0, "null": False},
    )
    manager.add_column(
        table_class_name="QueueGroup",
        tablename="queue_groups",
        column_name="complete",
        column_class=Integer,
        params={"default": 0, "null": False},
    )
    manager.add_column(
        table_class_name="QueueGroup",
        tablename="queue_groups",
        column_name="failed",
        column_class=Integer,
        params={"default": 0, "null": False},
    )
    manager.add_column(
        table_class_name="QueueGroup",
        tablename="queue_groups",
        column_name="follow",
        column_class=Bytea,
        params={"default": None, "null": True},
    )
    manager.add_column(
        table_class_name="QueueGroup",
        tablename="queue_groups",
        column_name="expires_ms",
        column_class=BigInt,
        params={"default": 0, "null": False, "index": True},
    )
    manager.add_column(
        table_class_name="QueueWorker",
        tablename="queue_workers",
        column_name="id",
        column_class=Varchar,
        params={"length": 128, "default": "", "null": False, "primary_key": True},
    )
    manager.add_column(
        table_class_name="QueueWorker",
        tablename="queue_workers",
        column_name="queue",
        column_class=Varchar,
        params={"length": 64, "default": "", "null": False, "index": True},
    )
    manager.add_column(
        table_class_name="QueueWorker",
        tablename="queue_workers",
        column_name="info",
        column_class=Bytea,
        params={"default": b"", "null": False},
    )
    manager.add_column(
        table_class_name="QueueWorker",
        tablename="queue_workers",
        column_name="expires_ms",
        column_class=BigInt,
        params={"default": 0, "null": False},
    )
    manager.add_column(
        table_class_name="QueueSchedule",
        tablename="queue_schedules",
        column_name="name",
        column_class=Varchar,
        params={"length": 255, "default": "", "null": False, "primary_key": True},
    )
    manager.add_column(
        table_class_name="QueueSchedule",
        tablename="queue_schedules",
        column_name="ticked_at",
        column_class=Timestamptz,
        params={"default": TimestamptzNow(), "null": False},
    )
    manager.add_constraint(
        table_class_name="QueueJob",
        tablename="queue_jobs",
        constraint_name="queue_jobs_key",
        constraint_class=Unique,
        params={"columns": ["queue", "key"], "nulls_distinct": True},
    )
    manager.add_constraint(
        table_class_name="QueueJob",
        tablename="queue_jobs",
        constraint_name="queue_jobs_one_of_a_key",
        constraint_class=Unique,
        params={"columns": ["queue", "active_key"], "nulls_distinct": True},
    )
    manager.add_constraint(
        table_class_name="QueueJob",
        tablename="queue_jobs",
        constraint_name="queue_jobs_claims",
        constraint_class=Unique,
        params={"columns": ["queue", "state", "priority", "due_ms", "id"], "nulls_distinct": True},
    )
    manager.add_constraint(
        table_class_name="QueueJob",
        tablename="queue_jobs",
        constraint_name="queue_jobs_due",
        constraint_class=Unique,
        params={"columns": ["state", "due_ms", "id"], "nulls_distinct": True},
    )
    manager.add_constraint(
        table_class_name="QueueJob",
        tablename="queue_jobs",
        constraint_name="queue_jobs_ordered",
        constraint_class=Unique,
        params={"columns": ["ordering_key", "id"], "nulls_distinct": True},
    )
    manager.add_constraint(
        table_class_name="FailedJob",
        tablename="queue_failed_jobs",
        constraint_name="queue_failed_jobs_key",
        constraint_class=Unique,
        params={"columns": ["queue", "key"], "nulls_distinct": True},
    )
    return manager
