"""Any nesting of blocks, failures and swallowed errors, compared with a model in memory."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
from glueful_orm.engines import Engine
from glueful_orm.errors import TransactionAborted, UniqueViolation
from glueful_orm.transactions import after_commit, after_rollback, in_transaction, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

# A block is a list of steps: ("insert",), ("clash",) which fails and is caught inside its own block, or
# ("block", steps, raises), whose error, if any, is caught outside of it.
STEPS = st.recursive(
    st.lists(st.sampled_from([("insert",), ("insert",), ("clash",)]), max_size=3),
    lambda inner: st.lists(
        st.one_of(st.just(("insert",)), st.tuples(st.just("block"), inner, st.booleans())),
        max_size=4,
    ),
    max_leaves=8,
)


class Failed(Exception):
    """What a block is left with on purpose."""


class Expected:
    """What a block ought to leave behind."""

    def __init__(self) -> None:
        self.next = 0

    def run(self, steps: list[Any], raises: bool) -> tuple[list[int], bool]:
        """The numbers that the block stores, and whether it keeps them."""
        kept: list[int] = []
        spoiled = False
        for step in steps:
            if spoiled:
                break
            if step[0] == "insert":
                kept.append(self.next)
                self.next += 1
            elif step[0] == "clash":
                spoiled = True
            else:
                inner, is_kept = self.run(step[1], step[2])
                kept += inner if is_kept else []
        return kept, not (spoiled or raises)


@pytest.mark.usefixtures("numbers")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, raises=st.booleans())
async def test_what_is_stored_and_which_callbacks_run_follows_from_the_nesting_alone(
    engine: Engine, insert: Any, stored: Callable[[], Awaitable[list[int]]], steps: list[Any], raises: bool
) -> None:
    await engine.execute("DELETE FROM t")
    await insert(-1)
    committed: list[int] = []
    rolled_back: list[int] = []
    counter = 0

    async def run(inner: list[Any], inner_raises: bool) -> None:
        nonlocal counter
        async with transaction():
            for step in inner:
                if step[0] == "insert":
                    number = counter
                    counter += 1
                    await insert(number)
                    await after_commit(lambda number=number: committed.append(number))  # type: ignore[misc]
                    await after_rollback(lambda number=number: rolled_back.append(number))  # type: ignore[misc]
                elif step[0] == "clash":
                    with pytest.raises(UniqueViolation):
                        await insert(-1)
                    break
                else:
                    with suppress(Failed, TransactionAborted):
                        await run(step[1], step[2])
            if inner_raises:
                raise Failed

    expected, is_kept = Expected().run(steps, raises)
    expected = expected if is_kept else []
    try:
        await run(steps, raises)
    except (Failed, TransactionAborted):
        assert not is_kept

    assert await stored() == [-1, *expected]
    assert committed == expected
    assert sorted(committed + rolled_back) == list(range(counter))
    assert not in_transaction()
    assert engine.in_use == 0
