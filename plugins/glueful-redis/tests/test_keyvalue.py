"""Keys and values: one suite for both implementations."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from glueful_redis import KeyInvalid, KeyValueStore, NotAnInteger, ValueTooLarge

Advance = Callable[[float], Awaitable[None]]


async def test_a_value_is_there_until_it_is_deleted(key_values: KeyValueStore) -> None:
    assert await key_values.get("key") is None
    await key_values.set("key", b"value", ttl=None)
    assert await key_values.get("key") == b"value"
    await key_values.set("key", b"another", ttl=None)
    assert await key_values.get("key") == b"another"
    await key_values.delete("key", "no such key")
    assert await key_values.get("key") is None


@pytest.mark.parametrize("value", [b"", b"\x00", b"\x01", b"\x00\x01", b"\x01\x92", b"-1", b"\xff" * 70_000])
@pytest.mark.parametrize("tags", [(), ("a",)])
async def test_any_bytes_come_back_as_they_were(key_values: KeyValueStore, value: bytes, tags: tuple[str, ...]) -> None:
    await key_values.set("key", value, ttl=60, tags=tags)

    assert await key_values.get("key") == value
    assert await key_values.get_many(["key"]) == {"key": value}


async def test_another_process_sees_the_same(key_values: KeyValueStore, world: Any) -> None:
    other = world.another().key_values
    await key_values.set("key", b"value", ttl=60, tags=["tag"])
    assert await other.get("key") == b"value"

    await other.invalidate_tags("tag")
    assert await key_values.get("key") is None


async def test_a_value_expires(key_values: KeyValueStore, advance: Advance) -> None:
    await key_values.set("key", b"value", ttl=10)
    assert await key_values.ttl("key") == pytest.approx(10, abs=1)
    await advance(9)
    assert await key_values.get("key") == b"value"
    await advance(1.001)
    assert await key_values.get("key") is None
    assert await key_values.ttl("key") is None
    assert await key_values.add("key", b"new", ttl=10)


async def test_for_ever_has_to_be_asked_for(key_values: KeyValueStore) -> None:
    with pytest.raises(TypeError, match="ttl"):
        await key_values.set("key", b"value")  # type: ignore[call-arg]
    await key_values.set("key", b"value", ttl=None)
    assert await key_values.ttl("key") == math.inf


@pytest.mark.parametrize("ttl", [0, -1, math.nan, math.inf, 1e12])
async def test_a_time_to_live_has_bounds(key_values: KeyValueStore, ttl: float) -> None:
    with pytest.raises(ValueError, match="time to live"):
        await key_values.set("key", b"value", ttl=ttl)


async def test_the_shortest_time_to_live_is_a_millisecond(key_values: KeyValueStore, advance: Advance) -> None:
    await key_values.set("key", b"value", ttl=0.0001)
    await advance(0.01)
    assert await key_values.get("key") is None


async def test_touching_moves_the_expiry_whole_days_included(key_values: KeyValueStore, advance: Advance) -> None:
    await key_values.set("key", b"value", ttl=10)
    assert await key_values.touch("key", ttl=86_400)
    await advance(86_000)
    assert await key_values.get("key") == b"value"
    assert await key_values.touch("key", ttl=None)
    assert await key_values.ttl("key") == math.inf
    assert not await key_values.touch("no such key", ttl=10)


async def test_adding_does_not_replace(key_values: KeyValueStore) -> None:
    assert await key_values.add("key", b"first", ttl=60)
    assert not await key_values.add("key", b"second", ttl=60)
    assert await key_values.get("key") == b"first"


async def test_of_many_callers_in_two_processes_one_adds(key_values: KeyValueStore, world: Any) -> None:
    other = world.another().key_values
    callers = [store.add("key", b"%d" % number, ttl=60) for number in range(20) for store in (key_values, other)]

    assert sum(await asyncio.gather(*callers)) == 1


async def test_comparing_and_setting(key_values: KeyValueStore, advance: Advance) -> None:
    assert not await key_values.compare_and_set("key", b"", b"new", ttl=60)
    await key_values.set("key", b"old", ttl=60)
    assert not await key_values.compare_and_set("key", b"other", b"new", ttl=60)
    assert await key_values.compare_and_set("key", b"old", b"new", ttl=600)
    await advance(61)
    assert await key_values.get("key") == b"new"

    assert not await key_values.compare_and_delete("key", b"old")
    assert await key_values.compare_and_delete("key", b"new")
    assert not await key_values.compare_and_delete("key", b"new")


async def test_comparing_and_setting_keeps_the_tags(key_values: KeyValueStore, advance: Advance) -> None:
    await key_values.set("key", b"old", ttl=60, tags=["tag"])
    assert await key_values.compare_and_set("key", b"old", b"new", ttl=600)
    with pytest.raises(ValueError, match="needs a ttl"):
        await key_values.compare_and_set("key", b"new", b"newer", ttl=None)
    await advance(500)
    assert await key_values.get("key") == b"new"
    await key_values.invalidate_tags("tag")
    assert await key_values.get("key") is None


async def test_counting_is_exact_in_two_processes(key_values: KeyValueStore, world: Any) -> None:
    other = world.another().key_values
    await asyncio.gather(*[store.increment("n", ttl=60) for _ in range(50) for store in (key_values, other)])

    assert await key_values.get("n") == b"100"
    assert await other.increment("n", -150, ttl=60) == -50


async def test_a_counter_lives_from_its_beginning(key_values: KeyValueStore, advance: Advance) -> None:
    await key_values.increment("n", ttl=10)
    await advance(6)
    await key_values.increment("n", 5, ttl=10)
    await advance(6)
    assert await key_values.increment("n", ttl=None) == 1
    assert await key_values.ttl("n") == math.inf


@pytest.mark.parametrize(
    "value", [b"", b"a", b" 1", b"1 ", b"+1", b"01", b"-0", b"1.0", b"9223372036854775808", b"\x001"]
)
async def test_what_is_no_integer_is_not_counted(key_values: KeyValueStore, value: bytes) -> None:
    await key_values.set("n", value, ttl=60)

    with pytest.raises(NotAnInteger):
        await key_values.increment("n", ttl=60)
    assert await key_values.get("n") == value


async def test_a_counter_has_64_bits(key_values: KeyValueStore) -> None:
    assert await key_values.increment("n", 2**63 - 2, ttl=60) == 2**63 - 2
    assert await key_values.increment("n", ttl=60) == 2**63 - 1
    with pytest.raises(NotAnInteger):
        await key_values.increment("n", ttl=60)
    with pytest.raises(NotAnInteger):
        await key_values.increment("m", 2**64, ttl=60)
    assert await key_values.get("m") is None


async def test_many_at_once(key_values: KeyValueStore) -> None:
    values = {f"key{number}": b"%d" % number for number in range(250)}
    await key_values.set_many(values, ttl=60)
    await key_values.set_many({}, ttl=60)

    assert await key_values.get_many([*values, "no such key", "key1"]) == values
    assert await key_values.get_many([]) == {}
    await key_values.delete(*values)
    assert await key_values.get_many(values) == {}


# --- tags ---


async def test_invalidating_a_tag_removes_what_has_it_and_nothing_else(key_values: KeyValueStore) -> None:
    await key_values.set("a", b"1", ttl=60, tags=["users", "posts"])
    await key_values.set_many({"b": b"2", "c": b"3"}, ttl=60, tags=["posts"])
    await key_values.set("d", b"4", ttl=60)

    await key_values.invalidate_tags("users", "no such tag")
    assert await key_values.get_many("abcd") == {"b": b"2", "c": b"3", "d": b"4"}
    await key_values.invalidate_tags("posts")
    assert await key_values.get_many("abcd") == {"d": b"4"}


async def test_an_invalidated_entry_is_absent_for_every_method(key_values: KeyValueStore) -> None:
    async def dead() -> None:
        await key_values.set("key", b"5", ttl=60, tags=["tag"])
        await key_values.invalidate_tags("tag")

    await dead()
    assert await key_values.ttl("key") is None
    assert not await key_values.touch("key", ttl=60)
    assert not await key_values.compare_and_set("key", b"5", b"6", ttl=60)
    assert not await key_values.compare_and_delete("key", b"5")
    assert await key_values.increment("key", ttl=60) == 1
    await dead()
    assert await key_values.add("key", b"new", ttl=60)
    assert await key_values.get("key") == b"new"


async def test_a_counter_may_have_tags(key_values: KeyValueStore, advance: Advance) -> None:
    await key_values.set("n", b"5", ttl=10, tags=["tag"])
    assert await key_values.increment("n", 2, ttl=1000) == 7
    await advance(5)
    assert await key_values.increment("n", ttl=1000) == 8
    await advance(6)
    assert await key_values.get("n") is None


async def test_a_tag_lives_as_long_as_its_longest_entry(key_values: KeyValueStore, advance: Advance) -> None:
    await key_values.set("short", b"1", ttl=10, tags=["tag"])
    await key_values.set("long", b"2", ttl=1000, tags=["tag"])
    await key_values.set("shorter", b"3", ttl=5, tags=["tag"])
    await advance(900)
    assert await key_values.get("long") == b"2"
    assert await key_values.touch("long", ttl=5000)
    await advance(4900)
    assert await key_values.get("long") == b"2"


async def test_an_entry_with_tags_needs_an_end(key_values: KeyValueStore) -> None:
    with pytest.raises(ValueError, match="needs a ttl"):
        await key_values.set("key", b"value", ttl=None, tags=["tag"])
    await key_values.set("key", b"value", ttl=60, tags=["tag"])
    with pytest.raises(ValueError, match="needs a ttl"):
        await key_values.touch("key", ttl=None)


async def test_a_value_computed_before_an_invalidation_is_not_stored_after_it(key_values: KeyValueStore) -> None:
    stamp = await key_values.stamp("posts", "users")
    await key_values.invalidate_tags("posts")  # while the value is computed from what was read before
    await key_values.set("page", b"stale", ttl=60, tags=stamp)
    assert await key_values.get("page") is None

    stamp = await key_values.stamp("posts", "users")
    await key_values.set("page", b"fresh", ttl=600, tags=stamp)
    assert await key_values.get("page") == b"fresh"


# --- namespaces, limits ---


async def test_clearing_a_namespace_leaves_the_rest(key_values: KeyValueStore) -> None:
    users, usersold = key_values.namespace("users"), key_values.namespace("users*")
    await users.set_many({f"key{number}": b"" for number in range(2100)}, ttl=60, tags=["tag"])
    await users.namespace("deep").set("key", b"1", ttl=60)
    await usersold.set("key", b"2", ttl=60, tags=["tag"])
    await key_values.set("users", b"3", ttl=None)

    await users.clear()

    assert await users.get_many(f"key{number}" for number in range(2100)) == {}
    assert await users.namespace("deep").get("key") is None
    assert await usersold.get("key") == b"2"
    assert await key_values.get("users") == b"3"
    assert await key_values.get("users*:key") == b"2"
    await usersold.clear()
    assert await usersold.get("key") is None
    await key_values.clear()
    assert await key_values.get("users") is None


async def test_applications_share_a_store_and_no_key(key_values: KeyValueStore, world: Any) -> None:
    other = world.another(prefix="other").key_values
    await key_values.set("key", b"1", ttl=60)
    await other.set("key", b"2", ttl=60)

    await key_values.clear()

    assert await key_values.get("key") is None
    assert await other.get("key") == b"2"


@pytest.mark.parametrize("key", ["", "x" * 1025, "é" * 513, "\ud800"])
async def test_keys_and_tags_have_limits(key_values: KeyValueStore, key: str) -> None:
    for work in (
        lambda: key_values.get(key),
        lambda: key_values.set(key, b"", ttl=60),
        lambda: key_values.increment(key, ttl=60),
        lambda: key_values.invalidate_tags(key),
        lambda: key_values.set("key", b"", ttl=60, tags=[key]),
    ):
        with pytest.raises(KeyInvalid):
            await work()


@pytest.mark.parametrize("key", ["x" * 1024, "\x00", "a b\n*?[", "é" * 512, "𝄞:{}%"])
async def test_any_text_is_a_key(key_values: KeyValueStore, key: str) -> None:
    await key_values.set(key, b"value", ttl=60, tags=[key])
    assert await key_values.get(key) == b"value"
    await key_values.invalidate_tags(key)
    assert await key_values.get(key) is None


async def test_values_have_a_limit_and_a_type(world: Any) -> None:
    key_values = world.another(max_value_bytes=10).key_values
    await key_values.set("key", b"x" * 10, ttl=60)
    with pytest.raises(ValueTooLarge, match=r"11 bytes, more than 10\n  fix: raise redis.max_value_bytes"):
        await key_values.set("key", b"x" * 11, ttl=60)
    with pytest.raises(TypeError, match="a value is bytes, not str"):
        await key_values.set("key", "text", ttl=60)
    with pytest.raises(ValueError, match="at most 64 names"):
        await key_values.set("key", b"", ttl=60, tags=[str(number) for number in range(65)])
    with pytest.raises(ValueError, match="no single text"):
        await key_values.set("key", b"", ttl=60, tags="text")
    assert await key_values.get("key") == b"x" * 10
