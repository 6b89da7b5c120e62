"""The client under faults: a bounded time to an error or to recovery, and nothing done twice."""

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from glueful_kernel.testing import Proxy, RedisServer
from glueful_redis.client import is_repeatable
from redis.exceptions import (
    BusyLoadingError,
    ConnectionError,  # noqa: A004 - redis-py's own
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TimeoutError,  # noqa: A004 - redis-py's own
)
from redis.observability import OTelConfig, get_observability_instance, reset_observability_instance

NewClients = Callable[..., Any]
ProxyTo = Callable[[str], Awaitable[Proxy]]


async def outcome(work: Awaitable[Any]) -> tuple[Any, float]:
    """A result or an error, and after how many seconds."""
    begin = time.monotonic()
    try:
        result = await work
    except (RedisError, OSError) as error:
        result = type(error)
    return result, time.monotonic() - begin


async def until_it_works(work: Callable[[], Awaitable[Any]], seconds: float = 5.0) -> Any:
    """Repeat until there is an answer, as a caller would."""
    async with asyncio.timeout(seconds):
        while True:
            try:
                return await work()
            except RedisError:
                await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    "words",
    [("GET", "a"), ("get", "a"), ("SET", "a", "NX"), ("SET", "a", "1", "PX", 5), ("SETEX", "a", 1, "b"), ("MGET", "a")],
)
def test_what_has_the_same_effect_and_answer_twice_may_be_repeated(words: tuple[Any, ...]) -> None:
    assert is_repeatable(words)


@pytest.mark.parametrize(
    "words",
    [
        ("SET", "a", "1", "NX"),
        ("SET", "a", "1", "PX", 5, b"xx"),
        ("SET", "a", "1", "get"),
        ("INCR", "a"),
        ("LPUSH", "a", "b"),
        ("DEL", "a"),
        ("EVALSHA", "a", 0),
        ("PUBLISH", "a", "b"),
        ("BLMOVE", "a", "b"),
    ],
)
def test_anything_else_may_not(words: tuple[Any, ...]) -> None:
    assert not is_repeatable(words)


async def test_a_read_that_breaks_halfway_is_sent_again(
    new_clients: NewClients, redis_url: str, proxy_to: ProxyTo
) -> None:
    proxy = await proxy_to(redis_url)
    redis = new_clients(proxy.url).shared
    await redis.set("key", b"value")
    proxy.cut_at(b"GET", after_delivery=True)

    assert await redis.get("key") == b"value"


@pytest.mark.parametrize("after_delivery", [True, False])
async def test_a_count_that_breaks_halfway_is_not_sent_again(
    new_clients: NewClients, redis_url: str, proxy_to: ProxyTo, after_delivery: bool
) -> None:
    proxy = await proxy_to(redis_url)
    redis = new_clients(proxy.url).shared
    await redis.ping()
    proxy.cut_at(b"INCR", after_delivery=after_delivery)

    with pytest.raises(ConnectionError):
        await redis.incr("counter")

    assert await redis.get("counter") == (b"1" if after_delivery else None)


async def test_a_pipeline_is_not_sent_again(new_clients: NewClients, redis_url: str, proxy_to: ProxyTo) -> None:
    proxy = await proxy_to(redis_url)
    redis = new_clients(proxy.url).shared
    await redis.ping()
    proxy.cut_at(b"INCR", after_delivery=True)

    with pytest.raises(ConnectionError):
        await redis.pipeline(transaction=False).get("a").incr("counter").execute()

    assert await redis.get("counter") == b"1"


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
async def test_after_a_restart_idle_connections_are_replaced_and_counts_are_exact(
    new_clients: NewClients, faulty_server: RedisServer, faulty_url: str, how: signal.Signals
) -> None:
    redis = new_clients(faulty_url).shared
    await asyncio.gather(*[redis.incr("counter") for _ in range(20)])

    faulty_server.restart(how)

    assert sorted(await asyncio.gather(*[redis.incr("counter") for _ in range(20)])) == list(range(21, 41))


async def test_a_command_waits_for_a_server_that_is_away_for_a_moment(
    new_clients: NewClients, redis_url: str, proxy_to: ProxyTo
) -> None:
    proxy = await proxy_to(redis_url)
    redis = new_clients(proxy.url, reconnect_seconds=5).shared
    await redis.ping()
    port = proxy.port
    await proxy.close()
    counting = asyncio.create_task(redis.incr("counter"))
    await asyncio.sleep(0.1)
    assert not counting.done()

    await proxy.start(port)

    assert await counting == 1


async def test_while_the_server_is_away_callers_are_told_in_time(
    new_clients: NewClients, redis_url: str, proxy_to: ProxyTo
) -> None:
    proxy = await proxy_to(redis_url)
    redis = new_clients(proxy.url, reconnect_seconds=0.2).shared
    await redis.ping()
    port = proxy.port
    await proxy.close()

    for _ in range(2):
        result, seconds = await outcome(redis.get("key"))
        assert issubclass(result, ConnectionError)
        assert seconds < 5

    await proxy.start(port)
    assert await redis.get("key") is None


async def test_a_black_hole_costs_one_timeout_and_afterwards_all_is_well(
    new_clients: NewClients, redis_url: str, proxy_to: ProxyTo
) -> None:
    proxy = await proxy_to(redis_url)
    redis = new_clients(proxy.url, timeout_seconds=0.5, connect_timeout_seconds=0.5, max_connections=5).shared
    await redis.set("key", b"value")
    proxy.is_black_hole = True

    results = await asyncio.gather(*[outcome(redis.get("key")) for _ in range(20)])

    assert all(issubclass(result, ConnectionError | TimeoutError) for result, _ in results)
    assert max(seconds for _, seconds in results) < 8  # four rounds over five connections
    proxy.is_black_hole = False
    assert await redis.get("key") == b"value"


async def test_an_idle_connection_that_a_firewall_dropped_is_found_before_a_command_is_sent(
    new_clients: NewClients, redis_url: str, proxy_to: ProxyTo
) -> None:
    proxy = await proxy_to(redis_url)
    redis = new_clients(proxy.url, ping_after_seconds=0.01, connect_timeout_seconds=0.5).shared
    assert await redis.incr("counter") == 1
    proxy.forget_all()
    await asyncio.sleep(0.02)  # idle for longer than the setting

    assert await redis.incr("counter") == 2


async def test_a_client_for_blocking_reads_is_not_held_up_by_a_black_hole_when_it_connects(
    new_clients: NewClients, redis_url: str, proxy_to: ProxyTo
) -> None:
    proxy = await proxy_to(redis_url)
    redis = new_clients(proxy.url, connect_timeout_seconds=0.5).dedicated(max_connections=2, reconnect_seconds=0)
    proxy.is_black_hole = True

    result, seconds = await outcome(redis.blpop(["list"], timeout=0))

    assert issubclass(result, ConnectionError)
    assert seconds < 5


async def test_a_blocking_read_outlasts_the_timeout_of_the_shared_client(
    new_clients: NewClients, redis_url: str
) -> None:
    clients = new_clients(redis_url, timeout_seconds=0.1)
    redis = clients.dedicated(max_connections=2, socket_timeout=None)
    reading = asyncio.create_task(redis.blmove("from", "to", 0))
    await asyncio.sleep(0.3)
    assert not reading.done()

    await clients.shared.lpush("from", b"job")

    assert await reading == b"job"


@pytest.mark.parametrize("turns", range(7))
async def test_a_caller_that_gave_up_leaves_no_answer_to_the_next(
    new_clients: NewClients, redis_url: str, turns: int
) -> None:
    redis = new_clients(redis_url, max_connections=1).shared
    await redis.set("key", b"value")
    for _ in range(20):
        task = asyncio.create_task(redis.echo("wrong"))
        for _ in range(turns):  # of the event loop: from before it is sent until the answer is there
            await asyncio.sleep(0)
        task.cancel()
        assert await redis.get("key") == b"value"


async def test_callers_that_give_up_while_they_wait_for_a_connection_leave_it_to_others(
    new_clients: NewClients, redis_url: str
) -> None:
    redis = new_clients(redis_url, max_connections=2, acquire_timeout_seconds=5).shared
    await asyncio.gather(redis.ping(), redis.ping())
    for round_ in range(20):
        tasks = [asyncio.create_task(redis.echo(f"{round_}:{number}")) for number in range(10)]
        for _ in range(round_ % 5):
            await asyncio.sleep(0)
        for task in tasks[::2]:
            task.cancel()
        async with asyncio.timeout(3):
            answers = await asyncio.gather(*tasks, return_exceptions=True)

        for number, answer in enumerate(answers):
            assert answer == f"{round_}:{number}".encode() or (
                number % 2 == 0 and isinstance(answer, asyncio.CancelledError)
            )


async def test_a_large_value_that_nobody_takes_costs_one_timeout(
    new_clients: NewClients, redis_url: str, proxy_to: ProxyTo
) -> None:
    proxy = await proxy_to(redis_url)
    redis = new_clients(proxy.url, timeout_seconds=0.5).shared
    await redis.ping()
    proxy.is_black_hole = True

    for size in (100, 60_000, 20_000_000):  # the buffer of a connection takes 64 KB
        result, seconds = await outcome(redis.lpush("list", b"x" * size))
        assert issubclass(result, ConnectionError | TimeoutError)
        assert seconds < 4

    proxy.is_black_hole = False
    assert await redis.llen("list") == 0


async def test_the_metrics_of_redis_py_see_each_command(
    new_clients: NewClients, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[str] = []

    class Collector:
        """What redis-py's recorder hands its figures to, in the place of OpenTelemetry's meter."""

        def record_operation_duration(self, command_name: str, **_: Any) -> None:
            commands.append(command_name)

    redis = new_clients(redis_url).shared
    monkeypatch.setattr("redis.asyncio.observability.recorder._async_metrics_collector", Collector())
    get_observability_instance().init(OTelConfig())
    try:
        await redis.set("key", b"value")
        assert await redis.get("key") == b"value"
    finally:
        reset_observability_instance()

    assert commands == ["SET", "GET"]


async def test_callers_wait_for_a_free_connection_and_not_for_ever(new_clients: NewClients, redis_url: str) -> None:
    redis = new_clients(redis_url, max_connections=2, acquire_timeout_seconds=0.5, reconnect_seconds=0).shared
    assert len(await asyncio.gather(*[redis.ping() for _ in range(50)])) == 50
    info = await redis.client_list()
    assert len([client for client in info if client["name"] == "glueful"]) == 2

    blocked = [asyncio.create_task(outcome(redis.blpop([f"list{n}"], timeout=5))) for n in range(2)]
    await asyncio.sleep(0.05)
    result, seconds = await outcome(redis.ping())

    assert issubclass(result, ConnectionError)
    assert 0.1 < seconds < 4
    await asyncio.gather(*blocked)


async def test_connections_that_the_server_kills_are_replaced(new_clients: NewClients, redis_url: str) -> None:
    redis = new_clients(redis_url).shared
    await asyncio.gather(*[redis.ping() for _ in range(10)])

    await new_clients(redis_url).shared.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")

    assert await redis.incr("counter") == 1


async def test_a_full_server_refuses_and_recovers(new_clients: NewClients, faulty_url: str) -> None:
    redis = new_clients(faulty_url).shared
    await redis.config_set("maxmemory", "1mb")
    try:
        with pytest.raises(OutOfMemoryError):
            await redis.set("key", b"value")
    finally:
        await redis.config_set("maxmemory", "0")
    assert await redis.set("key", b"value")


async def test_a_server_that_has_become_a_replica_is_given_time_and_then_named(
    new_clients: NewClients, faulty_url: str
) -> None:
    redis = new_clients(faulty_url, reconnect_seconds=0.2).shared
    await redis.replicaof("127.0.0.1", "1")
    try:
        result, seconds = await outcome(redis.set("key", b"value"))
        assert result is ReadOnlyError
        assert 0.05 < seconds < 5

        storing = asyncio.create_task(new_clients(faulty_url, reconnect_seconds=5).shared.incr("counter"))
        await asyncio.sleep(0.1)
    finally:
        await redis.replicaof("NO", "ONE")
    assert await storing == 1


async def test_a_server_that_loads_its_data_is_waited_for(new_clients: NewClients) -> None:
    options = {"key-load-delay": "20000", "loading-process-events-interval-bytes": "1024", "save": "3600 1000000"}
    server = RedisServer(options=options)
    try:
        redis = new_clients(server.url, reconnect_seconds=10).shared
        impatient = new_clients(server.url, reconnect_seconds=0).shared
        for number in range(50):
            await redis.set(f"key{number}", b"x" * 2000)
        await redis.save()
        server.stop(signal.SIGKILL)
        server.start(is_loaded=False)

        result, seconds = await outcome(impatient.get("key7"))
        assert result is BusyLoadingError
        assert seconds < 5
        assert await redis.get("key7") == b"x" * 2000
    finally:
        server.close()


async def test_a_server_that_sleeps_is_not_asked_again(new_clients: NewClients, faulty_url: str) -> None:
    redis = new_clients(faulty_url, timeout_seconds=0.5).shared
    await redis.incr("counter")
    other = new_clients(faulty_url, timeout_seconds=10).shared
    sleeping = asyncio.create_task(other.execute_command("DEBUG", "SLEEP", "3"))
    await asyncio.sleep(0.3)

    result, seconds = await outcome(redis.incr("counter"))

    assert result is TimeoutError
    assert seconds < 2.5
    await sleeping
    assert await until_it_works(lambda: redis.get("counter")) == b"2"


async def test_a_wrong_password_is_told_at_once(new_clients: NewClients) -> None:
    server = RedisServer(options={"requirepass": "right"})
    try:
        port = server.port
        assert await new_clients(f"redis://:right@127.0.0.1:{port}").shared.ping()
        for url in (f"redis://:wrong@127.0.0.1:{port}", f"redis://127.0.0.1:{port}"):
            begin = time.monotonic()
            with pytest.raises((ResponseError, ConnectionError)) as caught:
                await new_clients(url, reconnect_seconds=5).shared.ping()
            assert time.monotonic() - begin < 4
            assert "wrong@" not in str(caught.value)
    finally:
        server.close()


async def test_one_byte_at_a_time_and_large_values_arrive(
    new_clients: NewClients, redis_url: str, proxy_to: ProxyTo
) -> None:
    proxy = await proxy_to(redis_url)
    redis = new_clients(proxy.url, timeout_seconds=10).shared
    proxy.is_dripping = True
    await redis.set("key", b"x\r\n" * 300)
    assert await redis.get("key") == b"x\r\n" * 300
    proxy.is_dripping = False

    await redis.set("key", b"\xff\x00" * 2_000_000)
    assert await redis.get("key") == b"\xff\x00" * 2_000_000


async def test_while_the_server_is_away_the_processor_and_the_log_are_spared(
    new_clients: NewClients, redis_url: str, proxy_to: ProxyTo, caplog: pytest.LogCaptureFixture
) -> None:
    proxy = await proxy_to(redis_url)
    redis = new_clients(proxy.url).shared
    await redis.ping()
    await proxy.close()
    caplog.set_level("DEBUG")
    begin, processor = time.monotonic(), time.process_time()

    result, _ = await outcome(redis.get("key"))

    assert issubclass(result, ConnectionError)
    assert (time.process_time() - processor) / (time.monotonic() - begin) < 0.05
    assert len([record for record in caplog.records if record.name != "asyncio"]) < 10
