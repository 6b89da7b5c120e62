"""Every reason for which a start is refused: which plugin, why, and what to do. Seen through the command line."""

import json
import re
from typing import Any

import pytest

ROUTE = """
from glueful_hookspecs import hookimpl
from litestar import get

@get("/{name}", sync_to_thread=False)
def handler() -> str:
    return "{name}"

@hookimpl
def glueful_routes():
    return [handler]
"""


def route(name: str) -> str:
    return ROUTE.replace("{name}", name)


def refused(installation: Any, *arguments: str, **variables: str) -> str:
    result = installation.run(*(arguments or ("routes",)), only="", **variables)
    assert result.returncode == 1, result.stdout
    assert "Traceback" not in result.stderr
    message: str = result.stderr
    return message


def test_a_missing_requirement(installation: Any) -> None:
    installation.install("acme-audit", route("audit"), requires=["acme-storage>=2"])

    assert refused(installation) == (
        "Error: audit requires acme-storage, which is not installed\n"
        "Fix: pip install 'acme-storage>=2'   or   glueful serve --without audit\n"
    )


def test_a_version_outside_its_range(installation: Any) -> None:
    installation.install("acme-storage", route("storage"), version="1.4")
    installation.install("acme-audit", route("audit"), requires=["acme-storage>=2,<3"])

    assert refused(installation) == (
        "Error: audit requires acme-storage<3,>=2, but acme-storage 1.4 is installed\n"
        "Fix: pip install 'acme-storage<3,>=2'   or   glueful serve --without audit\n"
    )


def test_a_contract_that_is_too_old(installation: Any) -> None:
    installation.install("acme-audit", route("audit"), requires=["glueful-hookspecs>=9"])

    assert "audit requires glueful-hookspecs>=9, but glueful-hookspecs 0.1.0 is installed" in refused(installation)


def test_a_cycle_is_shown_whole(installation: Any) -> None:
    installation.install("acme-a", route("a"), requires=["acme-b"])
    installation.install("acme-b", route("b"), requires=["acme-c"])
    installation.install("acme-c", route("c"), requires=["acme-a"])

    assert "plugins require one another in a circle: a -> b -> c -> a" in refused(installation)


def test_two_distributions_with_one_plugin_name_are_both_named_with_their_files(installation: Any) -> None:
    one = installation.install("acme-audit", route("audit"))
    two = installation.install("other-audit", route("other"), plugin="Audit")

    message = refused(installation)

    assert "audit is the name of plugins of two distributions" in message
    assert str(one) in message
    assert str(two) in message


def test_the_name_of_an_official_plugin_is_reserved(installation: Any) -> None:
    installation.install("evil-corp", route("evil"), plugin="ratelimit")

    assert "ratelimit of evil-corp" in refused(installation)
    assert "belongs to glueful-ratelimit" in refused(installation)


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        ("\nimport absent_module", "ModuleNotFoundError: No module named 'absent_module' (site/acme_audit.py:2)"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("def f(): f()\nf()", "RecursionError: maximum recursion depth exceeded"),
        ("1/0", "ZeroDivisionError: division by zero (site/acme_audit.py:1)"),
        ("def (", "SyntaxError: invalid syntax"),
    ],
)
def test_an_import_that_raises_anything(installation: Any, code: str, cause: str) -> None:
    installation.install("acme-audit", code)

    message = refused(installation)

    assert f"Error: audit: importing acme_audit failed with {cause}" in message
    assert "glueful serve --without audit" in message


@pytest.mark.parametrize(
    ("target", "cause"),
    [
        ("acme_absent", "ModuleNotFoundError: No module named 'acme_absent'"),
        ("acme_audit:Absent", "AttributeError: module 'acme_audit' has no attribute 'Absent'"),
    ],
)
def test_an_entry_point_that_leads_nowhere(installation: Any, target: str, cause: str) -> None:
    metadata = installation.install("acme-audit", route("audit"))
    (metadata / "entry_points.txt").write_text(f"[glueful.plugins]\naudit = {target}\n")

    assert f"audit: importing {target} failed with {cause}" in refused(installation)


def test_a_module_that_is_no_plugin(installation: Any) -> None:
    installation.install("acme-audit", "x = 1")

    assert "audit: acme_audit is module, which has no @hookimpl method or function" in refused(installation)


def test_a_hook_that_no_specification_declares(installation: Any) -> None:
    installation.install(
        "acme-audit", "from glueful_hookspecs import hookimpl\n@hookimpl\ndef glueful_route(): return []"
    )

    assert refused(installation) == (
        "Error: audit implements glueful_route, which no installed specification declares\n"
        "Fix: did you mean glueful_routes?   or   @hookimpl(optionalhook=True) if it may be absent\n"
    )


def test_an_argument_that_a_hook_does_not_have(installation: Any) -> None:
    installation.install(
        "acme-audit", "from glueful_hookspecs import hookimpl\n@hookimpl\ndef glueful_startup(application): ..."
    )

    message = refused(installation)

    assert "audit" in message
    assert "application" in message


def test_a_bad_setting_names_key_source_and_nearest(installation: Any) -> None:
    installation.install("acme-audit", route("audit"))
    (installation.work / "glueful.toml").write_text("[audit]\ncolour = 'red'\n")

    message = refused(installation)

    assert "audit.colour (glueful.toml): there is no such setting" in message


def test_several_refusals_come_in_one_message(installation: Any) -> None:
    installation.install("acme-audit", "import absent_module")
    installation.install("acme-backup", route("backup"), requires=["acme-storage"])

    message = refused(installation)

    assert "2 plugins cannot be started" in message
    assert "audit: importing acme_audit failed" in message
    assert "backup requires acme-storage" in message


def test_two_plugins_with_one_route_conflict(installation: Any) -> None:
    installation.install("acme-one", route("same"))
    installation.install("acme-two", route("same"))

    assert "two contributes the route GET /same, which one contributes already" in refused(installation)


def test_in_quarantine_what_failed_and_what_requires_it_is_left_out_and_the_rest_serves(installation: Any) -> None:
    installation.install("acme-storage", "import absent_module")
    installation.install("acme-audit", route("audit"), requires=["acme-storage"])
    installation.install("acme-mirror", route("mirror"), requires=["acme-audit"])
    installation.install("acme-greeting", route("greeting"))

    result = installation.run("routes", "--json", only="", GLUEFUL_PLUGINS__ON_ERROR="quarantine")
    assert result.returncode == 0, result.stderr
    assert [found["path"] for found in json.loads(result.stdout) if not found["path"].startswith("/schema")] == [
        "/greeting"
    ]

    doctor = installation.run("plugin", "doctor", "--json", only="")
    states = {p["name"]: (p["state"], p["blocked_by"]) for p in json.loads(doctor.stdout)["plugins"]}
    assert doctor.returncode == 1
    assert states["storage"] == ("failed", None)
    assert states["audit"] == ("blocked", "storage")
    assert states["mirror"] == ("blocked", "storage")
    assert states["greeting"] == ("active", None)


def test_in_quarantine_the_plugin_that_failed_is_left_out_and_not_the_one_that_asked_it(installation: Any) -> None:
    code = "from glueful_hookspecs import hookimpl\n@hookimpl\ndef glueful_health_checks(): raise RuntimeError('boom')"
    installation.install("acme-audit", code)

    doctor = installation.run("doctor", "--json", only="health", GLUEFUL_PLUGINS__ON_ERROR="quarantine")

    states = {plugin["name"]: plugin["state"] for plugin in json.loads(doctor.stdout)["plugins"]}
    assert (states["audit"], states["health"]) == ("failed", "active")


ESSENTIAL = """
from glueful_hookspecs import Plugin, hookimpl

class Door(Plugin):
    essential = True

    @hookimpl
    def glueful_guards(self):
        raise RuntimeError("no keys")

"""


def test_an_essential_plugin_that_fails_stops_the_start_also_in_quarantine(installation: Any) -> None:
    metadata = installation.install("acme-door", ESSENTIAL)
    (metadata / "entry_points.txt").write_text("[glueful.plugins]\ndoor = acme_door:Door\n")

    message = refused(installation, GLUEFUL_PLUGINS__ON_ERROR="quarantine")

    assert "door: glueful_guards failed with RuntimeError: no keys (site/acme_door.py:9)" in message


def test_an_essential_plugin_that_is_blocked_stops_the_start_also_in_quarantine(installation: Any) -> None:
    installation.install("acme-storage", "import absent_module")
    metadata = installation.install(
        "acme-door", ESSENTIAL.replace('raise RuntimeError("no keys")', "return []"), requires=["acme-storage"]
    )
    (metadata / "entry_points.txt").write_text("[glueful.plugins]\ndoor = acme_door:Door\n")

    assert "storage: importing acme_storage failed" in refused(installation, GLUEFUL_PLUGINS__ON_ERROR="quarantine")


@pytest.mark.parametrize(
    ("plugin", "variable", "value"),
    [
        ("auth", "GLUEFUL_AUTH__SECRET", "short"),
        ("edge", "GLUEFUL_EDGE__MAX_HEADER_COUNT", "many"),
        ("validation", "GLUEFUL_VALIDATION__MAX_DEPTH", "deep"),
    ],
)
def test_what_enforces_access_stops_the_start_also_in_quarantine(
    installation: Any, plugin: str, variable: str, value: str
) -> None:
    installation.install("acme-greeting", route("greeting"))
    result = installation.run(
        "serve", "--port", "0", only=plugin, **{variable: value}, GLUEFUL_PLUGINS__ON_ERROR="quarantine"
    )

    assert result.returncode == 1
    assert re.match(rf"Error: {plugin}[.:]", result.stderr)
    assert "Traceback" not in result.stderr


HANDLING = """
from glueful_hookspecs import hookimpl
from litestar import Response

def handle(request, error):
    return Response({"handled": "{name}"}, status_code=418)

@hookimpl
def glueful_exception_handlers():
    return {LookupError: handle}
"""


def test_two_plugins_with_one_exception_handler_conflict_unless_declared(installation: Any) -> None:
    installation.install("acme-one", HANDLING)
    installation.install("acme-two", HANDLING)

    message = refused(installation)
    assert "two contributes the exception handler of builtins.LookupError, which one contributes already" in message

    (installation.site / "acme_two.py").write_text(HANDLING + "\noverrides = frozenset({'builtins.LookupError'})\n")
    doctor = installation.run("doctor", only="")
    assert doctor.returncode == 0, doctor.stderr
    assert "note: two replaces the exception handler of builtins.LookupError of one" in doctor.stdout


SLY = """
from glueful_hookspecs import hookimpl

@hookimpl
def glueful_configure(app_config):
    app_config.{what}.clear()
"""
GUARDING = """
from glueful_hookspecs import hookimpl

def door(connection, handler):
    raise PermissionError

def handle(request, error):
    raise error

@hookimpl
def glueful_guards():
    return [door]

@hookimpl
def glueful_exception_handlers():
    return {LookupError: handle}
"""


@pytest.mark.parametrize(
    ("what", "removed"), [("guards", "guard door"), ("exception_handlers", "exception handler of LookupError")]
)
def test_the_last_resort_takes_no_guard_and_no_exception_handler_out(
    installation: Any, what: str, removed: str
) -> None:
    installation.install("acme-guarding", GUARDING)
    installation.install("acme-sly", SLY.replace("{what}", what))

    message = refused(installation)

    assert "sly" in message
    assert removed in message


ASKING = """
import msgspec
from glueful_hookspecs import Plugin, hookimpl

class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    colour: str = "red"

class Asking(Plugin[Settings]):
    @hookimpl
    def glueful_guards(self):
        print([repr(value) for value in vars(self).values()])
        return []
"""


def test_a_plugin_is_given_its_own_section_of_the_settings_and_no_other(installation: Any) -> None:
    metadata = installation.install("acme-vault", SECRETIVE)
    (metadata / "entry_points.txt").write_text("[glueful.plugins]\nvault = acme_vault:Vault\n")
    metadata = installation.install("acme-asking", ASKING)
    (metadata / "entry_points.txt").write_text("[glueful.plugins]\nasking = acme_asking:Asking\n")
    (installation.work / "glueful.toml").write_text("[vault]\nkey = 'canary'\n[asking]\ncolour = 'blue'\n")

    result = installation.run("routes", only="")

    assert result.returncode == 0, result.stderr
    assert "Settings(colour='blue')" in result.stdout
    assert "canary" not in result.stdout


def test_list_and_graph_import_nothing(installation: Any) -> None:
    installation.install("acme-hanging", "import time\ntime.sleep(1e9)")
    installation.install("acme-audit", route("audit"), requires=["acme-hanging"])

    assert re.search(r"^hanging +1\.0 +active", installation.run("plugin", "list", only="").stdout, re.MULTILINE)
    assert "audit -> hanging" in installation.run("plugin", "graph", only="").stdout


def test_an_import_that_kills_the_process_stops_neither_list_nor_safe_mode(installation: Any) -> None:
    installation.install("acme-deadly", "import os\nos.abort()")

    assert installation.run("routes", only="").returncode < 0
    assert installation.run("plugin", "list", only="").returncode == 0
    assert installation.run("--safe-mode", "routes", only="").returncode == 0
    assert installation.run("--without", "deadly", "routes", only="").returncode == 0


def test_names_are_compared_as_pip_compares_them(installation: Any) -> None:
    installation.install("acme-audit", route("audit"), plugin="acme-audit")
    installation.install("other", route("other"), plugin="Acme_Audit")

    assert "acme-audit is the name of plugins of two distributions" in refused(installation)


LOGIN = """
from glueful_hookspecs import hookimpl
from litestar import Controller, get, post

class Login(Controller):
    path = "/login"

    @get(sync_to_thread=False)
    def form(self) -> str:
        return "form"

    @post(sync_to_thread=False)
    def sign_in(self) -> str:
        return "in"

    @post("/reset", sync_to_thread=False)
    def reset(self) -> str:
        return "reset"

@hookimpl
def glueful_routes():
    return [Login]
"""
REPLACING = """
from glueful_hookspecs import hookimpl
from litestar import get, post

overrides = frozenset({"/login"})

@post("/login", sync_to_thread=False)
def sign_in() -> str:
    return "single sign-on"

@get("/login/reset", sync_to_thread=False)
def help_with_reset() -> str:
    return "help"

@hookimpl
def glueful_routes():
    return [sign_in, help_with_reset]
"""


def test_who_declares_it_replaces_a_path_of_another_and_doctor_lists_it(installation: Any) -> None:
    installation.install("acme-login", LOGIN)
    installation.install("acme-sso", REPLACING, requires=["acme-login"])

    doctor = installation.run("doctor", only="")
    routes = json.loads(installation.run("routes", "--json", only="").stdout)

    assert doctor.returncode == 0, doctor.stderr
    assert "note: sso replaces the route POST /login of login" in doctor.stdout
    assert {(r["method"], r["path"], r["handler"]) for r in routes if r["path"].startswith("/login")} == {
        ("POST", "/login", "acme_sso.sign_in"),
        ("POST", "/login/reset", "acme_login.Login.reset"),
        ("GET", "/login/reset", "acme_sso.help_with_reset"),
    }


def test_who_does_not_declare_it_is_refused(installation: Any) -> None:
    installation.install("acme-login", LOGIN)
    installation.install("acme-sso", REPLACING.replace("overrides =", "other ="), requires=["acme-login"])

    assert refused(installation) == (
        "Error: sso contributes the route POST /login, which login contributes already\n"
        "Fix: glueful serve --without sso   or declare overrides = frozenset({'/login'}) in sso\n"
    )


def test_doctor_notes_what_was_installed_from_nowhere(installation: Any) -> None:
    (installation.install("acme-audit", route("audit")) / "RECORD").unlink()

    assert (
        "note: audit: nothing records where acme-audit was installed from" in installation.run("doctor", only="").stdout
    )


SECRETIVE = """
import msgspec
from glueful_hookspecs import Plugin, Secret, hookimpl

class VaultSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    key: Secret = Secret("")

class Vault(Plugin[VaultSettings]):
    @hookimpl
    def glueful_startup(self):
        raise RuntimeError(f"{self.settings} {self.settings.key!s}")
"""


def test_no_command_and_no_traceback_shows_a_secret(installation: Any) -> None:
    metadata = installation.install("acme-vault", SECRETIVE)
    (metadata / "entry_points.txt").write_text("[glueful.plugins]\nvault = acme_vault:Vault\n")
    (installation.work / "glueful.toml").write_text("[vault]\nkey = 'canary'\n")

    shown = installation.run("config", "show", "vault", only="")
    assert shown.stdout.split() == ["SETTING", "VALUE", "SOURCE", "vault.key", "Secret('***')", "glueful.toml"]
    for command in (("config", "show"), ("plugin", "info", "vault"), ("doctor", "--json"), ("serve", "--port", "0")):
        result = installation.run(*command, only="")
        assert "canary" not in result.stdout + result.stderr
    assert "RuntimeError" in result.stderr


def test_without_and_safe_mode_start_what_is_left(installation: Any) -> None:
    installation.install("acme-broken", "1/0")
    installation.install("acme-greeting", route("greeting"))

    assert "/greeting" in installation.run("--without", "broken", "routes", only="").stdout
    safe = installation.run("--safe-mode", "routes", only="")
    assert safe.returncode == 0
    assert "/greeting" not in safe.stdout


def test_an_unknown_name_is_named_with_the_nearest(installation: Any) -> None:
    installation.install("acme-greeting", route("greeting"))

    assert "did you mean greeting?" in refused(installation, "--without", "greting", "routes")
