"""Child processes that never outlive the tests: on Linux they die with their parent, even if that is killed."""

import ctypes
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from shutil import disk_usage, rmtree

PREFIX = "glueful-test-"
_PR_SET_PDEATHSIG = 1


def die_with_parent(with_signal: signal.Signals) -> Callable[[], None] | None:
    """What ``subprocess.Popen(preexec_fn=)`` takes; None where the system has no such thing."""
    if sys.platform != "linux":
        return None
    parent = os.getpid()

    def arrange() -> None:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, with_signal)
        if os.getppid() != parent:
            os._exit(1)

    return arrange


def free_port() -> int:
    """A TCP port of the loopback interface that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def scratch_folder(kind: str) -> Path:
    """A new folder in memory where there is room, else on disk; folders of processes that were killed are removed."""
    memory = Path("/dev/shm")  # noqa: S108 - mkdtemp makes a private folder in it
    has_room = os.access(memory, os.W_OK) and disk_usage(memory).free > 512 * 1024 * 1024
    parent = memory if has_room else Path(tempfile.gettempdir())
    for stale in parent.glob(f"{PREFIX}*"):
        owner = stale.name.rpartition("-")[2]
        if owner.isdigit() and not _is_running(int(owner)):
            rmtree(stale, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{kind}-", suffix=f"-{os.getpid()}", dir=parent))
    folder.chmod(0o755)
    return folder


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
