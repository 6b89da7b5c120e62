"""Initial."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import JSON, BigInt, Boolean, Bytea, Integer, Serial, Text, Timestamptz, Varchar
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.constraints import Unique

ID = "webhooks_20261124_165827_initial"
VERSION = "1.38.0"
DESCRIPTION = "Initial"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="webhooks", description=DESCRIPTION)
    manager.add_table(class_name="WebhookMessage", tablename="webhook_messages")
    manager.add_table(class_name="WebhookEndpoint", tablename="webhook_endpoints")
    manager.add_table(class_name="ReceivedWebhook", tablename="received_webhooks")
    manager.add_column(
        table_class_name="WebhookMessage",
        tablename="webhook_messages",
        column_name="id",
        column_class=Varchar,
        params={"length": 40, "default": "", "null": False, "primary_key": True},
    )
    manager.add_column(
        table_class_name="WebhookMessage",
        tablename="webhook_messages",
        column_name="event",
        column_class=Varchar,
        params={"length": 128, "default": "", "null": False, "index": True},
    )
    manager.add_column(
        table_class_name="WebhookMessage",
        tablename="webhook_messages",
        column_name="owner",
        column_class=Varchar,
        params={"length": 255, "default": None, "null": True},
    )
    manager.add_column(
        table_class_name="WebhookMessage",
        tablename="webhook_messages",
        column_name="endpoint_id",
        column_class=Varchar,
        params={"length": 40, "default": None, "null": True},
    )
    manager.add_column(
        table_class_name="WebhookMessage",
        tablename="webhook_messages",
        column_name="ordering_key",
        column_class=Varchar,
        params={"length": 255, "default": None, "null": True},
    )
    manager.add_column(
        table_class_name="WebhookMessage",
        tablename="webhook_messages",
        column_name="body",
        column_class=Bytea,
        params={"default": b"", "null": False},
    )
    manager.add_column(
        table_class_name="WebhookMessage",
        tablename="webhook_messages",
        column_name="created_at",
        column_class=Timestamptz,
        params={"default": TimestamptzNow(), "null": False, "index": True},
    )
    manager.add_column(
        table_class_name="WebhookMessage",
        tablename="webhook_messages",
        column_name="relayed_at",
        column_class=Timestamptz,
        params={"default": None, "null": True, "index": True},
    )
    manager.add_column(
        table_class_name="WebhookEndpoint",
        tablename="webhook_endpoints",
        column_name="id",
        column_class=Varchar,
        params={"length": 40, "default": "", "null": False, "primary_key": True},
    )
    manager.add_column(
        table_class_name="WebhookEndpoint",
        tablename="webhook_endpoints",
        column_name="owner",
        column_class=Varchar,
        params={"length": 255, "default": "", "null": False, "index": True},
    )
    manager.add_column(
        table_class_name="WebhookEndpoint",
        tablename="webhook_endpoints",
        column_name="url",
        column_class=Varchar,
        params={"length": 2048, "default": "", "null": False},
    )
    manager.add_column(
        table_class_name="WebhookEndpoint",
        tablename="webhook_endpoints",
        column_name="description",
        column_class=Varchar,
        params={"length": 255, "default": "", "null": False},
    )
    manager.add_column(
        table_class_name="WebhookEndpoint",
        tablename="webhook_endpoints",
        column_name="patterns",
        column_class=JSON,
        params={"default": "[]", "null": False},
    )
    manager.add_column(
        table_class_name="WebhookEndpoint",
        tablename="webhook_endpoints",
        column_name="filters",
        column_class=JSON,
        params={"default": "{}", "null": False},
    )
    manager.add_column(
        table_class_name="WebhookEndpoint",
        tablename="webhook_endpoints",
        column_name="sealed_keys",
        column_class=Text,
        params={"default": "", "null": False},
    )
    manager.add_column(
        table_class_name="WebhookEndpoint",
        tablename="webhook_endpoints",
        column_name="sealed_headers",
        column_class=Text,
        params={"default": "", "null": False},
    )
    manager.add_column(
        table_class_name="WebhookEndpoint",
        tablename="webhook_endpoints",
        column_name="is_enabled",
        column_class=Boolean,
        params={"default": True, "null": False},
    )
    manager.add_column(
        table_class_name="WebhookEndpoint",
        tablename="webhook_endpoints",
        column_name="disabled_reason",
        column_class=Varchar,
        params={"length": 32, "default": None, "null": True},
    )
    manager.add_column(
        table_class_name="WebhookEndpoint",
        tablename="webhook_endpoints",
        column_name="rate_per_minute",
        column_class=Integer,
        params={"default": None, "null": True},
    )
    manager.add_column(
        table_class_name="WebhookEndpoint",
        tablename="webhook_endpoints",
        column_name="last_sequence",
        column_class=BigInt,
        params={"default": 0, "null": False},
    )
    manager.add_column(
        table_class_name="WebhookEndpoint",
        tablename="webhook_endpoints",
        column_name="failing_since",
        column_class=Timestamptz,
        params={"default": None, "null": True},
    )
    manager.add_column(
        table_class_name="WebhookEndpoint",
        tablename="webhook_endpoints",
        column_name="blocked_until",
        column_class=Timestamptz,
        params={"default": None, "null": True},
    )
    manager.add_column(
        table_class_name="WebhookEndpoint",
        tablename="webhook_endpoints",
        column_name="created_at",
        column_class=Timestamptz,
        params={"default": TimestamptzNow(), "null": False},
    )
    manager.add_column(
        table_class_name="WebhookEndpoint",
        tablename="webhook_endpoints",
        column_name="updated_at",
        column_class=Timestamptz,
        params={"default": TimestamptzNow(), "null": False},
    )
    manager.add_column(
        table_class_name="ReceivedWebhook",
        tablename="received_webhooks",
        column_name="id",
        column_class=Serial,
        params={"null": False, "primary_key": True, "db_column_name": "id"},
    )
    manager.add_column(
        table_class_name="ReceivedWebhook",
        tablename="received_webhooks",
        column_name="source",
        column_class=Varchar,
        params={"length": 64, "default": "", "null": False},
    )
    manager.add_column(
        table_class_name="ReceivedWebhook",
        tablename="received_webhooks",
        column_name="replay_key",
        column_class=Varchar,
        params={"length": 255, "default": "", "null": False},
    )
    manager.add_column(
        table_class_name="ReceivedWebhook",
        tablename="received_webhooks",
        column_name="forget_at",
        column_class=Timestamptz,
        params={"default": TimestamptzNow(), "null": False, "index": True},
    )
    manager.add_constraint(
        table_class_name="ReceivedWebhook",
        tablename="received_webhooks",
        constraint_name="received_webhooks_once",
        constraint_class=Unique,
        params={"columns": ["source", "replay_key"], "nulls_distinct": True},
    )
    return manager
