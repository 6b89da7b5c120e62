"""The servers are real, and gone with the test run."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import asyncpg
import pytest


async def test_a_postgres_database_is_empty_and_each_test_has_its_own(postgres_url: str) -> None:
    connection = await asyncpg.connect(postgres_url)
    try:
        await connection.execute("CREATE TABLE only_here (id int)")
        tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    finally:
        await connection.close()

    assert [row["tablename"] for row in tables] == ["only_here"]


async def test_the_next_test_sees_nothing_of_it(postgres_url: str) -> None:
    connection = await asyncpg.connect(postgres_url)
    try:
        assert await connection.fetchval("SELECT count(*) FROM pg_tables WHERE tablename = 'only_here'") == 0
    finally:
        await connection.close()


def command(url: str, *words: bytes) -> bytes:
    import socket

    port = int(url.rpartition(":")[2].partition("/")[0])
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(b" ".join(words) + b"\r\n")
        return connection.recv(100)


def test_redis_is_flushed_for_each_test(redis_url: str, request: pytest.FixtureRequest) -> None:
    assert command(redis_url, b"GET", b"key") == b"$-1\r\n"
    command(redis_url, b"SET", b"key", b"1")
    request.getfixturevalue("redis_server").flush()
    assert command(redis_url, b"GET", b"key") == b"$-1\r\n"


def test_redis_with_an_append_only_file_keeps_its_keys_over_a_crash() -> None:
    from glueful_kernel.testing import RedisServer

    server = RedisServer(append_only=True)
    try:
        command(server.url, b"SET", b"key", b"1")
        server.restart(signal.SIGKILL)
        assert command(server.url, b"GET", b"key") == b"$1\r\n1\r\n"
    finally:
        server.close()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can tie a child's life to its parent's")
def test_a_killed_test_run_leaves_no_server_behind(tmp_path: Path) -> None:
    code = (
        "from glueful_kernel.testing import PostgresServer, RedisServer\n"
        "import sys, time\n"
        "servers = PostgresServer(), RedisServer()\n"
        "print(*(s._process.pid for s in servers), flush=True)\n"
        "time.sleep(600)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=tmp_path)
    assert process.stdout is not None
    children = [int(word) for word in process.stdout.readline().split()]
    assert len(children) == 2

    process.kill()
    process.communicate()

    deadline = time.monotonic() + 20
    while any(is_alive(child) for child in children):
        assert time.monotonic() < deadline, "a server outlived its tests"
        time.sleep(0.05)


def is_alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z" and process != os.getpid()


def test_asking_pytest_for_its_version_loads_no_server(tmp_path: Path) -> None:
    code = (
        "import sys, glueful_kernel.testing.fixtures\n"
        "sys.exit(any(m in sys.modules for m in ('asyncpg', 'litestar', 'glueful_kernel.testing.postgres')))"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=tmp_path).returncode == 0
