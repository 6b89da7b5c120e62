"""What is compared: one module each, imported only in the process that measures it."""

CONTESTANTS: dict[str, dict[str, str]] = {
    "sqlite": {
        "raw: aiosqlite": "driver_aiosqlite",
        "raw, no thread: sqlite3": "driver_sqlite3",
        "raw, no thread: apsw": "driver_apsw",
        "glueful-orm": "glueful",
        "Piccolo": "piccolo_orm",
        "SQLAlchemy 2 ORM": "sqlalchemy_orm",
        "Tortoise": "tortoise_orm",
        "Django": "django_orm",
    },
    "postgres": {
        "raw: asyncpg": "driver_asyncpg",
        "glueful-orm": "glueful",
        "Piccolo": "piccolo_orm",
        "SQLAlchemy 2 ORM": "sqlalchemy_orm",
        "Tortoise": "tortoise_orm",
        "Django": "django_orm",
    },
}
"""By database: name and module, whose ``contestant()`` makes it. Ratios are to the first one."""
OURS = "glueful-orm"
