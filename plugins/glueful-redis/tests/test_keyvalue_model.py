"""Keys and values against a dict, in any order of calls and with time passing."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from glueful_redis import NotAnInteger
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

KEYS = st.sampled_from(["a", "b", "n:a"])
VALUES = st.sampled_from([b"", b"1", b"-7", b"x", b"\x01\x00"])
TTLS = st.sampled_from([1, 5, 30])
TAGS = st.sets(st.sampled_from(["s", "t"]))


class Entry:
    def __init__(self, value: bytes, ends: float | None, tags: set[str]) -> None:
        self.value, self.ends, self.tags = value, ends, tags


class KeyValueModel(RuleBasedStateMachine):
    """What a store has to do, on a dict."""

    world: Any
    runner: asyncio.Runner

    def __init__(self) -> None:
        super().__init__()
        self.key_values = self.world.key_values
        self.run(self.key_values.clear())
        self.entries: dict[str, Entry] = {}
        self.time = 0.0

    def run(self, work: Any) -> Any:
        return self.runner.run(work)

    def put(self, key: str, value: bytes, ttl: float | None, tags: set[str]) -> None:
        self.entries[key] = Entry(value, None if ttl is None else self.time + ttl, set(tags))

    @rule(key=KEYS, value=VALUES, ttl=TTLS, tags=TAGS)
    def store_it(self, key: str, value: bytes, ttl: int, tags: set[str]) -> None:
        self.run(self.key_values.set(key, value, ttl=ttl, tags=tags))
        self.put(key, value, ttl, tags)

    @rule(key=KEYS, value=VALUES)
    def set_for_ever(self, key: str, value: bytes) -> None:
        self.run(self.key_values.set(key, value, ttl=None))
        self.put(key, value, None, set())

    @rule(key=KEYS, value=VALUES, ttl=TTLS, tags=TAGS)
    def add(self, key: str, value: bytes, ttl: int, tags: set[str]) -> None:
        assert self.run(self.key_values.add(key, value, ttl=ttl, tags=tags)) == (key not in self.entries)
        if key not in self.entries:
            self.put(key, value, ttl, tags)

    @rule(key=KEYS, by=st.integers(-3, 3), ttl=TTLS)
    def increment(self, key: str, by: int, ttl: int) -> None:
        entry = self.entries.get(key)
        if entry is not None and entry.value in (b"", b"x", b"\x01\x00"):
            with pytest.raises(NotAnInteger):
                self.run(self.key_values.increment(key, by, ttl=ttl))
            return
        total = by + (0 if entry is None else int(entry.value))
        assert self.run(self.key_values.increment(key, by, ttl=ttl)) == total
        if entry is None:
            self.put(key, b"%d" % total, ttl, set())
        else:
            entry.value = b"%d" % total

    @rule(key=KEYS, expected=VALUES, value=VALUES, ttl=TTLS)
    def compare_and_set(self, key: str, expected: bytes, value: bytes, ttl: int) -> None:
        entry = self.entries.get(key)
        fits = entry is not None and entry.value == expected
        assert self.run(self.key_values.compare_and_set(key, expected, value, ttl=ttl)) == fits
        if fits and entry is not None:
            self.put(key, value, ttl, entry.tags)

    @rule(key=KEYS, ttl=TTLS)
    def touch(self, key: str, ttl: int) -> None:
        assert self.run(self.key_values.touch(key, ttl=ttl)) == (key in self.entries)
        if key in self.entries:
            self.entries[key].ends = self.time + ttl

    @rule(key=KEYS)
    def delete(self, key: str) -> None:
        self.run(self.key_values.delete(key))
        self.entries.pop(key, None)

    @rule(tag=st.sampled_from(["s", "t"]))
    def invalidate(self, tag: str) -> None:
        self.run(self.key_values.invalidate_tags(tag))
        self.entries = {key: entry for key, entry in self.entries.items() if tag not in entry.tags}

    @rule()
    def clear_a_namespace(self) -> None:
        self.run(self.key_values.namespace("n").clear())
        self.entries.pop("n:a", None)

    @rule(seconds=st.sampled_from([0.7, 3.7, 20.7]))
    def advance(self, seconds: float) -> None:
        self.run(self.world.advance(seconds))
        self.time += seconds
        self.entries = {k: e for k, e in self.entries.items() if e.ends is None or e.ends > self.time}

    @invariant()
    def the_same_is_there(self) -> None:
        found = self.run(self.key_values.get_many(["a", "b", "n:a"]))
        assert found == {key: entry.value for key, entry in self.entries.items()}


@pytest.mark.parametrize("kind", ["embedded", "redis"])
def test_any_sequence_of_calls_does_what_it_would_do_on_a_dict(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest, worlds: Any
) -> None:
    with asyncio.Runner() as runner:

        async def make() -> Any:
            if kind == "embedded":
                return worlds.EmbeddedWorld(tmp_path / "store.sqlite3")
            return worlds.RedisWorld(request.getfixturevalue("redis_url"))

        made = runner.run(make())
        machine = type("Machine", (KeyValueModel,), {"world": made, "runner": runner})
        try:
            run_state_machine_as_test(
                machine,
                settings=settings(
                    max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
                ),
            )
        finally:
            runner.run(made.close())
