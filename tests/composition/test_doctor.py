"""`glueful doctor --production`: what is fine while developing and must not be deployed."""

import json
from typing import Any

PLUGIN = """
from glueful_hookspecs import Finding, hookimpl

@hookimpl
def glueful_production_findings():
    return [Finding(code="store.single_machine", what="the store works on one machine only", fix="set store.url")]
"""


def test_a_plugin_that_works_on_one_machine_only_is_refused_for_production(installation: Any) -> None:
    installation.install("acme-store", PLUGIN)

    result = installation.run("doctor", "--production", only="")

    assert result.returncode == 1
    assert result.stdout.endswith(
        "!!  store: not fit for production\n      the store works on one machine only\n      fix: set store.url\n"
    )


def test_without_the_option_only_what_cannot_start_is_wrong(installation: Any) -> None:
    installation.install("acme-store", PLUGIN)

    result = installation.run("plugin", "doctor", only="")

    assert (result.returncode, "not fit" in result.stdout) == (0, False)


def test_findings_are_data_too(installation: Any) -> None:
    installation.install("acme-store", PLUGIN)

    result = installation.run("plugin", "doctor", "--production", "--json", only="")

    assert result.returncode == 1
    assert json.loads(result.stdout)["production"] == [
        {
            "plugin": "store",
            "code": "store.single_machine",
            "what": "the store works on one machine only",
            "fix": "set store.url",
        }
    ]


def test_development_mode_is_refused_for_production(installation: Any) -> None:
    result = installation.run("doctor", "--production", only="", GLUEFUL_KERNEL__ENVIRONMENT="development")

    assert result.returncode == 1
    assert "the application shows the details of errors to clients" in result.stdout
    assert installation.run("doctor", "--production", only="").returncode == 0


def test_what_is_no_finding_is_an_error_with_the_name_of_the_plugin(installation: Any) -> None:
    installation.install("acme-store", PLUGIN.replace("return [Finding", "return ['?', Finding"))

    result = installation.run("doctor", "--production", only="")

    assert result.returncode == 1
    assert "store: glueful_production_findings failed with TypeError: it returned '?', not Finding" in result.stderr


def test_an_application_without_a_kernel_is_told_so(installation: Any) -> None:
    (installation.work / "app.py").write_text("from litestar import Litestar\napp = Litestar()\n")

    result = installation.run("doctor", only="")

    assert result.returncode == 1
    assert result.stderr.startswith("Error: app:app: has no Kernel among its plugins\n")
