"""The values that cross hooks."""

import pickle
from typing import Any

import pytest
from glueful_hookspecs import Principal, PrincipalKind, Secret, Stage, request_id
from hypothesis import given
from hypothesis import strategies as st


def test_stages_are_ordered_from_the_outside_in() -> None:
    assert [stage.name for stage in sorted(Stage)] == [
        "TRACE",
        "EDGE",
        "LIMIT",
        "IDENTIFY",
        "QUOTA",
        "NEGOTIATE",
        "CACHE",
        "APP",
    ]


def test_a_principal_has_no_rights_unless_they_are_given() -> None:
    principal = Principal(id="7")

    assert (principal.kind, principal.scopes, principal.roles, principal.tier) == (
        PrincipalKind.USER,
        frozenset(),
        frozenset(),
        None,
    )


@given(st.text(min_size=1).filter(lambda value: value not in repr([Secret("")])))
def test_a_secret_never_prints(value: str) -> None:
    secret = Secret(value)

    assert secret.reveal() == value
    assert value not in repr(secret) + str(secret) + f"{secret}" + repr([secret])
    assert secret == Secret(value)
    assert secret != Secret(value + "x")


def test_a_secret_is_not_pickled() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(Secret("hunter2"))


def test_an_empty_secret_is_false() -> None:
    assert not Secret("")
    assert Secret("x")


def scope(*ids: bytes) -> dict[str, Any]:
    return {"headers": [(b"x-request-id", value) for value in ids]}


def test_the_callers_request_id_is_kept_when_it_is_harmless() -> None:
    assert request_id(scope(b"abc-1.2_3")) == "abc-1.2_3"


@pytest.mark.parametrize("given_id", [b"", b"a" * 65, b"a b", b"a\nb", b"${jndi:ldap://x}", b"\xff"])
def test_any_other_request_id_is_replaced(given_id: bytes) -> None:
    made = request_id(scope(given_id))

    assert len(made) == 32
    assert made.isalnum()


def test_one_request_has_one_id() -> None:
    one = scope()

    assert request_id(one) == request_id(one)
    assert request_id(one) != request_id(scope())
