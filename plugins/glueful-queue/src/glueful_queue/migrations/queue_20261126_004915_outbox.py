"""Outbox, failed jobs, schedules."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import BigSerial, Bytea, DoublePrecision, Integer, Text, Timestamptz, Varchar
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.constraints import Unique

ID = "queue_20261126_004915_outbox"
VERSION = "1.38.0"
DESCRIPTION = "Outbox, failed jobs, schedules"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="queue", description=DESCRIPTION)
    manager.add_table(class_name="QueueOutbox", tablename="queue_outbox")
    manager.add_table(class_name="FailedJob", tablename="queue_failed_jobs")
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
        table_class_name="FailedJob",
        tablename="queue_failed_jobs",
        constraint_name="queue_failed_jobs_key",
        constraint_class=Unique,
        params={"columns": ["queue", "key"], "nulls_distinct": True},
    )
    return manager
