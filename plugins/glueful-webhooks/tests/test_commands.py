"""``glueful webhooks`` as people type it, in a process of its own, on a real database."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from glueful_hookspecs import Secret
from glueful_http import HttpSettings
from glueful_http.plugin import HttpPlugin
from glueful_kernel import Kernel
from glueful_orm import OrmSettings, transaction
from glueful_orm.plugin import OrmPlugin
from glueful_webhooks import Webhook, WebhookSettings
from glueful_webhooks.plugin import WebhooksPlugin

APP = """
import msgspec
from glueful_kernel import create_app
from glueful_webhooks import webhook_event

@webhook_event("user.created")
class UserCreated(msgspec.Struct):
    "Somebody signed up."
    id: int
    name: str = ""
    country: str = ""

app = create_app([], only=["orm", "http", "webhooks"])
"""


class Shell:
    """Runs ``glueful`` in a folder with an application."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        (folder / "app.py").write_text(APP)
        self.environment = {
            "PATH": os.environ["PATH"],
            "GLUEFUL_KERNEL__ENVIRONMENT": "development",
            "GLUEFUL_ORM__URL": url,
            "GLUEFUL_HTTP__ALLOW_LOCALHOST": "true",
            "GLUEFUL_WEBHOOKS__ENCRYPTION_KEYS": json.dumps(["k" * 32]),
        }

    async def start(self, *arguments: str, **variables: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            str(Path(sys.executable).parent / "glueful"),
            *arguments,
            cwd=self.folder,
            env=self.environment | variables,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    async def __call__(self, *arguments: str, code: int = 0) -> str:
        process = await self.start(*arguments)
        out, err = await process.communicate()
        assert process.returncode == code, (out + err).decode()
        return (out + err).decode()


@pytest.fixture
def glueful(database_url: str) -> Callable[..., Any]:
    """Runs a command in a thread, with an application and an event loop of its own."""

    def run(arguments: tuple[str, ...]) -> tuple[int, str]:
        orm = OrmPlugin(OrmSettings(url=Secret(database_url)))
        webhooks = WebhooksPlugin(WebhookSettings(encryption_keys=(Secret("k" * 32),)))
        kernel = Kernel(
            {"kernel": {"environment": "development"}},
            [orm, HttpPlugin(HttpSettings(allow_localhost=True)), webhooks],
            only=["orm", "http", "webhooks"],
        )
        group = click.Group(
            commands={one.name or "": one for one in (*orm.glueful_commands(), *webhooks.glueful_commands())}
        )
        result = CliRunner().invoke(group, list(arguments), obj=kernel)
        return result.exit_code, result.output + (str(result.exception) if result.exception else "")

    async def command(*arguments: str, code: int = 0) -> str:
        found, text = await asyncio.to_thread(run, arguments)
        assert found == code, text
        return text

    return command


async def test_an_endpoint_from_its_making_to_its_end(glueful: Callable[..., Any], receiver: Any) -> None:
    await glueful("db", "migrate")
    endpoint, key = (await glueful("webhooks", "subscribe", "webhook.*", receiver.url())).split()
    assert (endpoint[:3], key[:6]) == ("ep_", "whsec_")

    assert "was acknowledged with 200" in await glueful("webhooks", "test", endpoint)
    receiver.answers = [500]
    assert "was not acknowledged: 500" in await glueful("webhooks", "test", endpoint, code=1)
    listed = await glueful("webhooks", "deliveries", "--status", "retrying")
    assert "retrying" in listed
    assert "delivered" not in listed
    delivery = listed.split()[6]
    assert "1 deliveries are due" in await glueful("webhooks", "retry", delivery)
    receiver.answers = [200]
    assert "attempted 1 deliveries" in await glueful("webhooks", "work", "--once")
    assert "2 deliveries are due" in await glueful("webhooks", "replay", endpoint, "--since", "2026-01-01")
    assert (await glueful("webhooks", "rotate", endpoint)).startswith("whsec_")
    await glueful("webhooks", "disable", endpoint)
    assert "disabled (manual)" in await glueful("webhooks", "list")
    assert "The webhook endpoint is disabled" in await glueful("webhooks", "test", endpoint, code=1)
    await glueful("webhooks", "enable", endpoint)
    assert "2 deliveries are due" in await glueful("webhooks", "recover", endpoint, "--since", "2026-01-01")
    assert "removed 0 rows" in await glueful("webhooks", "prune")
    await glueful("webhooks", "delete", endpoint)
    assert len((await glueful("webhooks", "list")).splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "words", "code"),
    [
        (("rotate", "ep_unknown"), "There is no such webhook endpoint", 1),
        (("retry", "dlv_unknown"), "There is no such webhook delivery", 1),
        (("retry",), "name a delivery", 2),
        (("replay", "ep_unknown", "--since", "soon"), "does not match the formats", 2),
        (("subscribe", "users.*", "https://example.com/"), "'users.*' is no declared event", 1),
        (("subscribe", "*", "http://10.0.0.1/"), "names an address that is not public", 1),
    ],
)
async def test_what_cannot_be_done_is_said(
    arguments: tuple[str, ...], words: str, code: int, glueful: Callable[..., Any]
) -> None:
    await glueful("db", "migrate")

    assert words in await glueful("webhooks", *arguments, code=code)


async def test_an_endpoint_is_made_with_all_that_the_api_can_do_and_its_deliveries_are_shown(
    glueful: Callable[..., Any], receiver: Any
) -> None:
    await glueful("db", "migrate")
    options = ["--filter", "id=7", "--filter", "country=DE", "--filter", "country=AT", "--header", "X-Key: k"]
    said = await glueful("webhooks", "subscribe", "user.*", receiver.url(), *options, "--rate", "60", "--owner", "acme")
    endpoint = said.split()[0]
    receiver.answers = [(500, "", b"\x1b[31mno\n")]

    await glueful("webhooks", "test", endpoint, code=1)
    delivery = (await glueful("webhooks", "deliveries")).split()[6]
    shown = await glueful("webhooks", "show", delivery)

    assert receiver.requests[0].headers["x-key"] == "k"
    assert "500" in shown
    assert " [31mno" in shown
    assert "\x1b" not in shown
    assert "retrying   1\n" in await glueful("webhooks", "stats", endpoint)
    assert "no '='" in await glueful("webhooks", "subscribe", "*", receiver.url(), "--filter", "x", code=2)


async def test_without_tables_the_command_says_what_to_run(glueful: Callable[..., Any]) -> None:
    assert "glueful db migrate" in await glueful("webhooks", "list", code=1)


async def test_the_installed_command_refuses_in_one_line(tmp_path: Path, sqlite_url: str) -> None:
    shell = Shell(tmp_path, sqlite_url)

    assert "glueful db migrate" in (said := await shell("webhooks", "list", code=1))
    assert "Traceback" not in said
    assert "Somebody signed up." in await shell("webhooks", "events")


async def test_workers_that_are_killed_lose_nothing_and_send_nothing_that_was_rolled_back(
    database_url: str, application: Callable[..., Any], serve: Callable[..., Any], receiver: Any, tmp_path: Path
) -> None:
    """Workers die by SIGKILL in the middle of deliveries; the receiver answers, fails and hangs by turns."""
    shell = Shell(tmp_path, database_url)
    webhooks = await serve(application(database_url))
    await webhooks.subscribe("*", receiver.url())
    acknowledged: list[str] = []
    everything = asyncio.Event()
    count = 0

    async def answer() -> int:
        nonlocal count
        count += 1
        arrived = receiver.requests[-1].headers["webhook-id"]
        if count % 5 == 0:
            return 500
        if count % 7 == 0:
            await asyncio.sleep(0.3)
        acknowledged.append(arrived)
        if committed <= set(acknowledged):
            everything.set()
        return 200

    receiver.answers = [answer]
    committed, rolled_back = set(), set()
    for number in range(120):
        try:
            async with transaction():
                message_id = await Webhook.dispatch("user.created", {"id": number})
                if number % 4 == 0:
                    raise RuntimeError
            committed.add(message_id)
        except RuntimeError:
            rolled_back.add(message_id)

    variables = {
        "GLUEFUL_WEBHOOKS__LEASE_SECONDS": "1",
        "GLUEFUL_WEBHOOKS__TIMEOUT_SECONDS": "0.8",
        "GLUEFUL_WEBHOOKS__POLL_SECONDS": "0.05",
        "GLUEFUL_WEBHOOKS__RETRY_DELAYS": json.dumps([0] * 30),
        "GLUEFUL_WEBHOOKS__RETRY_JITTER": "0",
        "GLUEFUL_WEBHOOKS__CONCURRENCY": "8",
    }
    kills = 0
    async with asyncio.timeout(60):
        while not everything.is_set():
            seen = len(receiver.requests)
            worker = await shell.start("webhooks", "work", **variables)
            await receiver.until(seen + 20 if kills < 3 else seen + 1)
            if kills < 3:
                worker.send_signal(signal.SIGKILL)
                kills += 1
            else:
                await everything.wait()
                worker.send_signal(signal.SIGTERM)
            await worker.communicate()

    assert kills == 3
    assert worker.returncode == 0
    assert not rolled_back & {request.headers["webhook-id"] for request in receiver.requests}
    bodies = {(request.headers["webhook-id"], request.body) for request in receiver.requests}
    assert len(bodies) == len(committed)
