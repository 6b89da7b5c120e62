"""A plugin of one file, by a stranger, installed as a distribution of its own."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from typing import Any

PLUGIN = '''
"""Greets, and watches."""
import click
from glueful_hookspecs import HealthCheck, HealthResult, HealthStatus, Stage, Staged, hookimpl
from litestar import Request, get
from litestar.middleware import ASGIMiddleware

seen = []

class Stamp(ASGIMiddleware):
    async def handle(self, scope, receive, send, next_app):
        scope["state"]["stamp"] = "stamped"
        await next_app(scope, receive, send)

@get("/greeting", sync_to_thread=False)
def greeting(request: Request) -> dict[str, object]:
    return {"stamp": request.scope["state"]["stamp"], "seen": list(seen)}

async def disk():
    return HealthResult(HealthStatus.WARN, "91 % used")

@click.command("greet")
def greet():
    """Say hello."""
    click.echo("hello")

@hookimpl
def glueful_routes():
    return [greeting]

@hookimpl
def glueful_middleware():
    return [Staged(Stage.IDENTIFY, Stamp())]

@hookimpl
def glueful_commands():
    return [greet]

@hookimpl
def glueful_health_checks():
    return [HealthCheck(name="greeting.disk", check=disk, is_critical=False)]

@hookimpl
async def glueful_request_finished(scope, status):
    seen.append([scope["path"], status])
'''


def test_one_file_adds_a_route_a_middleware_a_command_a_health_check_and_an_observer(installation: Any) -> None:
    installation.install("acme-greeting", PLUGIN, requires=["glueful-hookspecs>=0.1,<0.2"])

    assert installation.run("greet", only="health").stdout == "hello\n"
    assert "Say hello." in installation.run("--help", only="health").stdout
    listed = json.loads(installation.run("plugin", "list", "--json", only="health").stdout)["plugins"]
    assert {p["name"]: p["state"] for p in listed}["greeting"] == "active"
    hooks = installation.run("plugin", "hooks", only="health").stdout
    assert "glueful_request_finished  observer      0.1    greeting" in hooks
    assert installation.run("plugin", "doctor", only="health").returncode == 0

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "PYTHONPATH": str(installation.site),
        "GLUEFUL_PLUGINS__DISABLED": "auth,edge,errors,orm,validation",
        "GLUEFUL_KERNEL__ENVIRONMENT": "development",
    }
    command = [sys.executable, "-m", "glueful_kernel.cli", "serve", "--port", str(port)]
    process = subprocess.Popen(command, cwd=installation.work, env=environment, stderr=subprocess.PIPE)
    try:
        base = f"http://127.0.0.1:{port}"
        assert fetch(f"{base}/greeting", process) == {"stamp": "stamped", "seen": []}
        assert fetch(f"{base}/absent", process, status=404)
        assert fetch(f"{base}/greeting", process)["seen"] == [["/greeting", 200], ["/absent", 404]]
        checks = fetch(f"{base}/health/ready", process)["checks"]
        assert checks["greeting.disk"] == {"status": "warn", "detail": "91 % used"}
    finally:
        process.terminate()
        process.communicate(timeout=20)


def fetch(url: str, process: Any, status: int = 200) -> Any:
    deadline = time.monotonic() + 30
    while True:
        try:
            with urllib.request.urlopen(url) as response:
                assert response.status == status
                return json.load(response)
        except urllib.error.HTTPError as error:
            return error.code == status
        except OSError:
            assert process.poll() is None, process.communicate()[1]
            assert time.monotonic() < deadline


def start_and_stop(installation: Any) -> list[str]:
    code = (
        "import asyncio\nfrom glueful_kernel import create_app\n"
        "async def main():\n    async with create_app(only=['audit', 'storage']).lifespan(): pass\n"
        "asyncio.run(main())"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=installation.work,
        env={**os.environ, "PYTHONPATH": str(installation.site)},
        capture_output=True,
        text=True,
        check=True,
    )
    return [line for line in result.stdout.splitlines() if line.startswith(("start", "stop"))]


def simple(name: str) -> str:
    return (
        "from glueful_hookspecs import hookimpl\n"
        f"@hookimpl\ndef glueful_startup(): print('start {name}')\n"
        f"@hookimpl\ndef glueful_shutdown(): print('stop {name}')\n"
    )


def test_a_required_plugin_starts_first_and_stops_last(installation: Any) -> None:
    installation.install("acme-audit", simple("audit"), requires=["acme-storage>=1"])
    installation.install("acme-storage", simple("storage"))

    assert start_and_stop(installation) == ["start storage", "start audit", "stop audit", "stop storage"]


def test_the_order_of_discovery_does_not_matter(installation: Any) -> None:
    installation.install("acme-audit", simple("audit"))
    installation.install("acme-storage", simple("storage"), requires=["acme-audit>=1"])

    assert start_and_stop(installation) == ["start audit", "start storage", "stop storage", "stop audit"]


def test_an_extra_means_after_it_if_it_is_there(installation: Any) -> None:
    installation.install("acme-audit", simple("audit"), extras={"storage": ["acme-storage"]})
    installation.install("acme-storage", simple("storage"))

    assert start_and_stop(installation) == ["start storage", "start audit", "stop audit", "stop storage"]


def test_an_extra_that_would_close_a_cycle_is_dropped_with_a_note(installation: Any) -> None:
    installation.install("acme-audit", simple("audit"), extras={"test": ["acme-storage"]})
    installation.install("acme-storage", simple("storage"), requires=["acme-audit"])

    assert start_and_stop(installation)[:2] == ["start audit", "start storage"]
    doctor = installation.run("plugin", "doctor", only="")
    assert "note: audit would come after storage (an extra names it), but storage requires audit" in doctor.stdout
