"""A network that disturbs, before a server that answers every line with itself."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from glueful_kernel.testing import Proxy

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Echo:
    """Answers each line with itself, in one piece, and remembers what it got."""

    def __init__(self) -> None:
        self.received = b""
        self.pieces: list[int] = []
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = b""
        try:
            while data := await reader.read(65_536):
                self.received += data
                self.pieces.append(len(data))
                line += data
                if line.endswith(b"\n"):
                    writer.write(line)
                    line = b""
        except OSError:
            pass
        finally:
            writer.close()


@pytest.fixture
async def echo() -> AsyncIterator[Echo]:
    echo = Echo()
    server = await asyncio.start_server(echo.serve, "127.0.0.1", 0)
    echo.url = f"redis://user:secret@127.0.0.1:{server.sockets[0].getsockname()[1]}/3?a=b"
    yield echo
    server.close()


@pytest.fixture
async def proxy(proxy_to: Callable[[str], Awaitable[Proxy]], echo: Echo) -> Proxy:
    return await proxy_to(echo.url)


@pytest.fixture
async def connect(proxy: Proxy) -> AsyncIterator[Callable[[], Awaitable[Connection]]]:
    writers = []

    async def connect() -> Connection:
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        writers.append(writer)
        return reader, writer

    yield connect
    for writer in writers:
        writer.close()


async def answer(connection: Connection, line: bytes) -> bytes:
    reader, writer = connection
    writer.write(line)
    async with asyncio.timeout(5):
        return await reader.readline()


async def rest(connection: Connection) -> bytes | type[ConnectionResetError]:
    """What comes until the end, or that the end was a reset."""
    try:
        async with asyncio.timeout(5):
            return await connection[0].read()
    except ConnectionResetError:
        return ConnectionResetError


async def is_silent(connection: Connection, line: bytes) -> bool:
    reader, writer = connection
    writer.write(line)
    try:
        async with asyncio.timeout(0.1):
            await reader.readline()
    except TimeoutError:
        return True
    return False


async def test_what_it_is_not_told_passes_unchanged(proxy: Proxy, connect: Callable[[], Awaitable[Connection]]) -> None:
    reader, writer = await connect()
    message = b"\x00\xff" * 500_000 + b"\n"
    writer.write(message)

    async with asyncio.timeout(5):
        assert await reader.readexactly(len(message)) == message
    assert proxy.url == f"redis://user:secret@127.0.0.1:{proxy.port}/3?a=b"
    assert proxy.connections == 1


async def test_latency_is_added_in_each_direction(proxy: Proxy, connect: Callable[[], Awaitable[Connection]]) -> None:
    connection = await connect()
    proxy.latency_seconds = 0.05
    begin = time.monotonic()

    assert await answer(connection, b"hello\n") == b"hello\n"

    assert 0.1 <= time.monotonic() - begin < 2


async def test_a_connection_is_cut_after_so_many_bytes_that_the_client_sends(
    proxy: Proxy, echo: Echo, connect: Callable[[], Awaitable[Connection]]
) -> None:
    first, second = await connect(), await connect()
    proxy.cut_after(3)
    first[1].write(b"hello\n")

    assert await rest(first) in (b"", ConnectionResetError)
    assert await answer(second, b"again\n") == b"again\n"
    assert echo.received == b"helagain\n"


async def test_a_connection_is_cut_after_so_many_bytes_of_the_answer(
    proxy: Proxy, connect: Callable[[], Awaitable[Connection]]
) -> None:
    connection = await connect()
    proxy.cut_after(8, from_server=True)
    assert await answer(connection, b"hello\n") == b"hello\n"
    connection[1].write(b"world\n")

    assert await rest(connection) == b"wo"


async def test_of_several_connections_one_is_cut_and_what_the_others_send_arrives(
    proxy: Proxy, connect: Callable[[], Awaitable[Connection]]
) -> None:
    connections = [await connect() for _ in range(10)]
    for connection in connections:
        assert await answer(connection, b"hello\n") == b"hello\n"
    proxy.cut_after(3)
    for _, writer in connections:
        writer.write(b"world\n")

    async with asyncio.timeout(5):
        ends = [await rest_or_line(connection) for connection in connections]
    assert ends.count(b"world\n") == 9


async def rest_or_line(connection: Connection) -> bytes:
    try:
        return await connection[0].readline()
    except ConnectionResetError:
        return b""


@pytest.mark.parametrize("after_delivery", [True, False])
async def test_a_connection_is_cut_at_a_text_before_or_after_the_server_got_it(
    proxy: Proxy, echo: Echo, connect: Callable[[], Awaitable[Connection]], after_delivery: bool
) -> None:
    first, second = await connect(), await connect()
    proxy.cut_at(b"INCR", after_delivery=after_delivery)
    assert await answer(first, b"GET a\n") == b"GET a\n"
    first[1].write(b"INCR a\n")

    assert await rest(first) in (b"", ConnectionResetError)
    assert (b"INCR" in echo.received) == after_delivery
    assert await answer(second, b"INCR b\n") == b"INCR b\n"


async def test_a_text_is_found_although_it_comes_in_pieces(
    proxy: Proxy, connect: Callable[[], Awaitable[Connection]]
) -> None:
    connection = await connect()
    proxy.cut_at(b"INCR", after_delivery=False)
    for letter in b"an INC":
        connection[1].write(bytes([letter]))
        await asyncio.sleep(0.001)
    connection[1].write(b"R\n")

    assert await rest(connection) in (b"", ConnectionResetError)


async def test_all_connections_may_be_reset_or_closed(
    proxy: Proxy, connect: Callable[[], Awaitable[Connection]]
) -> None:
    connection = await connect()
    assert await answer(connection, b"hello\n") == b"hello\n"
    proxy.reset_all()
    assert await rest(connection) is ConnectionResetError

    connection = await connect()
    assert await answer(connection, b"hello\n") == b"hello\n"
    proxy.cut_all()
    assert await rest(connection) == b""


async def test_what_is_forgotten_stays_open_and_silent_and_new_connections_work(
    proxy: Proxy, echo: Echo, connect: Callable[[], Awaitable[Connection]]
) -> None:
    old = await connect()
    assert await answer(old, b"hello\n") == b"hello\n"
    proxy.forget_all()

    assert await is_silent(old, b"lost\n")
    assert await answer(await connect(), b"new\n") == b"new\n"
    assert b"lost" not in echo.received


async def test_in_a_black_hole_new_connections_are_silent_too(
    proxy: Proxy, connect: Callable[[], Awaitable[Connection]]
) -> None:
    proxy.is_black_hole = True
    assert await is_silent(await connect(), b"lost\n")

    proxy.is_black_hole = False
    assert await answer(await connect(), b"found\n") == b"found\n"


async def test_of_a_half_open_connection_the_client_learns_nothing(
    proxy: Proxy, echo: Echo, connect: Callable[[], Awaitable[Connection]]
) -> None:
    connection = await connect()
    assert await answer(connection, b"hello\n") == b"hello\n"
    proxy.lose_server()

    assert await is_silent(connection, b"lost\n")
    assert echo.received == b"hello\n"


async def test_what_was_stalled_arrives_later(proxy: Proxy, connect: Callable[[], Awaitable[Connection]]) -> None:
    connection = await connect()
    proxy.stall()
    assert await is_silent(connection, b"late\n")

    proxy.resume()
    async with asyncio.timeout(5):
        assert await connection[0].readline() == b"late\n"


async def test_one_byte_at_a_time(proxy: Proxy, echo: Echo, connect: Callable[[], Awaitable[Connection]]) -> None:
    connection = await connect()
    proxy.is_dripping = True

    assert await answer(connection, b"in many pieces\n") == b"in many pieces\n"
    assert len(echo.pieces) > 5


async def test_new_clients_are_turned_away_or_find_nobody(
    proxy: Proxy, connect: Callable[[], Awaitable[Connection]]
) -> None:
    proxy.is_refusing = True
    assert await rest(await connect()) in (b"", ConnectionResetError)
    proxy.is_refusing = False

    port = proxy.port
    await proxy.close()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
    await proxy.start(port)
    assert await answer(await connect(), b"back\n") == b"back\n"
