"""``glueful db migrate``, ``rollback``, ``status``, ``fresh`` and ``seed``, as a user types them."""

from typing import Any

import pytest
from glueful_orm.migrate.errors import (
    MigrationNotApplied,
    MigrationUnsafe,
    RefusedInProduction,
    SeederUnknown,
)

DROP = """
from piccolo.apps.migrations.auto.migration_manager import MigrationManager

ID = "shop_20260102_000000"


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="shop")
    manager.drop_column("ShopItem", "shop_items", "name")
    return manager
"""


def test_a_database_is_migrated_inspected_and_rolled_back(shop: Any) -> None:
    assert shop("migrate").output == "applied shop:shop_20260101_000000_initial\n"
    assert shop("migrate").output == "nothing to migrate\n"
    status = shop("status").output.splitlines()
    assert status[0].split() == ["APP", "MIGRATION", "STATE", "APPLIED", "AT", "(UTC)"]
    assert status[1].split()[:3] == ["shop", "shop_20260101_000000_initial", "applied"]
    assert shop("rollback", "--steps", "5").output == "reverted shop:shop_20260101_000000_initial\n"
    assert shop("rollback").output == "nothing to revert\n"
    assert shop.plugin.migrated == [
        ("shop:shop_20260101_000000_initial", "forwards"),
        ("shop:shop_20260101_000000_initial", "backwards"),
    ]


def test_a_plan_shows_the_statements_and_changes_nothing(shop: Any) -> None:
    plan = shop("migrate", "--plan").output

    assert plan.startswith('shop:shop_20260101_000000_initial (forwards)\n  CREATE TABLE "shop_items" ("id" ')
    assert shop("migrate").output.startswith("applied")
    assert shop("rollback", "--plan").output == (
        'shop:shop_20260101_000000_initial (backwards)\n  DROP TABLE "shop_items";\n'
    )
    assert shop("migrate").output == "nothing to migrate\n"


def test_production_refuses_what_destroys_data(shop: Any) -> None:
    shop("migrate")
    shop("seed", "items")
    shop.write("shop_20260102_000000", DROP)

    plan = shop("migrate", "--plan", environment="production")
    refused = shop("migrate", environment="production")

    assert "unsafe: drops the column shop_items.name" in plan.output
    assert isinstance(refused.exception, MigrationUnsafe)
    assert shop("migrate", "--allow-unsafe", environment="production").output == "applied shop:shop_20260102_000000\n"


@pytest.mark.parametrize("command", [("fresh",), ("seed",), ("make", "x", "--app", "shop", "--auto")])
def test_production_refuses_what_is_for_development(shop: Any, command: tuple[str, ...]) -> None:
    refused = shop(*command, environment="production")

    assert isinstance(refused.exception, RefusedInProduction)
    assert "GLUEFUL_KERNEL__ENVIRONMENT=development" in refused.exception.fix


def test_an_unknown_environment_counts_as_production(shop: Any) -> None:
    from click.testing import CliRunner
    from glueful_orm.plugin import OrmPlugin

    (group,) = OrmPlugin().glueful_commands()

    assert isinstance(CliRunner().invoke(group, ["fresh"], obj=object()).exception, Exception)


def test_a_fresh_database_is_migrated_and_seeded(shop: Any) -> None:
    shop("migrate")
    shop("seed", "items")

    fresh = shop("fresh")
    again = shop("fresh", "--force", environment="production")

    assert fresh.output == "dropped 2 tables\napplied shop:shop_20260101_000000_initial\n"
    assert again.exit_code == 0
    assert shop("show").output.splitlines()[-1].startswith("2 tables, 1 rows")


def test_seeders_run_in_transactions_of_their_own(shop: Any) -> None:
    shop("migrate")

    broken = shop("seed")

    assert broken.output == "seeded items\n"
    assert isinstance(broken.exception, RuntimeError)
    (line,) = [line for line in shop("show").output.splitlines() if line.startswith("shop_items")]
    assert line.split()[1] == "1"


def test_an_unknown_seeder_is_refused_before_any_runs(shop: Any) -> None:
    shop("migrate")

    refused = shop("seed", "items", "nobody")

    assert isinstance(refused.exception, SeederUnknown)
    assert (refused.exception.what, refused.exception.fix) == (
        "no active plugin has a seeder called 'nobody'",
        "known: items, broken",
    )
    assert refused.output == ""


def test_a_rollback_names_its_target(shop: Any) -> None:
    shop("migrate")

    assert isinstance(shop("rollback", "--to", "shop:nothing").exception, MigrationNotApplied)
    assert shop("rollback", "--to", "zero").output == "reverted shop:shop_20260101_000000_initial\n"


def test_help_names_every_command_without_a_database(shop: Any) -> None:
    shop.url = "postgresql://nobody@127.0.0.1:1/nothing"

    text = shop("--help").output

    for command in ("migrate", "rollback", "status", "make", "fresh", "seed", "show", "model", "check"):
        assert f"\n  {command} " in text
    assert "--allow-unsafe" in shop("migrate", "--help").output
