"""Passwords: argon2id, bounded, and silent about who exists."""

import asyncio
import statistics
import time

import pytest
from argon2 import PasswordHasher, extract_parameters
from glueful_auth import HashingBusy, Passwords, PasswordTooLong
from pwdlib.hashers.argon2 import Argon2Hasher


async def test_a_password_is_checked_against_its_hash() -> None:
    passwords = Passwords()
    stored = await passwords.hash("correct horse")

    assert await passwords.verify("correct horse", stored)
    assert not await passwords.verify("correct house", stored)
    assert "correct" not in stored


async def test_hashes_are_argon2id_with_the_recommended_cost_and_other_libraries_verify_them() -> None:
    stored = await Passwords().hash("correct horse")

    parameters = extract_parameters(stored)
    assert stored.startswith("$argon2id$")
    assert (parameters.memory_cost, parameters.time_cost, parameters.parallelism) == (19_456, 2, 1)
    assert PasswordHasher().verify(stored, "correct horse")


async def test_two_hashes_of_one_password_differ() -> None:
    passwords = Passwords()

    assert await passwords.hash("x" * 8) != await passwords.hash("x" * 8)


async def test_a_hash_with_weaker_parameters_is_renewed_at_login() -> None:
    weak = Argon2Hasher(time_cost=1, memory_cost=1_024, parallelism=1).hash("correct horse")
    passwords = Passwords()

    check = await passwords.verify("correct horse", weak)

    assert check
    assert check.new_hash is not None
    assert (await passwords.verify("correct horse", check.new_hash)).new_hash is None
    assert (await passwords.verify("wrong", weak)).new_hash is None


async def test_nobody_has_no_password_not_even_the_dummy() -> None:
    passwords = Passwords()

    for guess in ("nobody", "somebody", "", "x" * 2_000):
        assert not await passwords.verify(guess, None)


async def test_what_is_no_hash_is_no_match() -> None:
    assert not await Passwords().verify("x", "plain text")


async def test_row_an_unknown_user_costs_as_much_as_a_known_one() -> None:
    passwords = Passwords()
    stored = await passwords.hash("correct horse")
    await passwords.verify("x", None)

    async def cost(hashed: str | None) -> float:
        begin = time.process_time()
        await passwords.verify("wrong", hashed)
        return time.process_time() - begin

    known, unknown = zip(*[(await cost(stored), await cost(None)) for _ in range(9)], strict=True)
    assert statistics.median(unknown) == pytest.approx(statistics.median(known), rel=0.3)


async def test_row_a_password_of_megabytes_is_refused_before_hashing() -> None:
    passwords = Passwords()

    with pytest.raises(PasswordTooLong):
        await passwords.hash("x" * 1_025)
    with pytest.raises(PasswordTooLong):
        await passwords.hash("é" * 513)
    assert await passwords.verify("é" * 512, await passwords.hash("é" * 512))
    assert not await passwords.verify("x" * 10_000_000, await passwords.hash("x"))


async def test_row_hashing_is_bounded_and_says_so() -> None:
    passwords = Passwords(threads=1, queue=1)

    results = await asyncio.gather(*(passwords.hash("x" * 8) for _ in range(5)), return_exceptions=True)

    assert sum(isinstance(result, HashingBusy) for result in results) == 3
    assert sum(isinstance(result, str) for result in results) == 2


async def test_hashing_does_not_hold_up_the_event_loop() -> None:
    passwords = Passwords(threads=1)
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0)
            ticks += 1

    ticking = asyncio.create_task(tick())
    await passwords.hash("x" * 8)
    ticking.cancel()

    assert ticks > 10


async def test_the_service_can_be_closed_and_used_again() -> None:
    passwords = Passwords()
    await passwords.hash("x" * 8)
    passwords.close()

    assert await passwords.hash("x" * 8)
