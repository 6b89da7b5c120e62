"""The values of an answer."""

import msgspec
import pytest
from glueful_errors import ErrorDetail, Problem
from hypothesis import given
from hypothesis import strategies as st

members = st.dictionaries(st.text(), st.integers() | st.text() | st.none())


def test_only_the_status_is_needed() -> None:
    problem = Problem(status=404).completed(instance="/orders/7", request_id="r1")

    assert problem.members() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "Nothing was found at this address.",
        "instance": "/orders/7",
        "code": "http.not_found",
        "request_id": "r1",
        "errors": (),
    }


def test_the_type_is_the_base_url_and_the_code() -> None:
    problem = Problem(status=409, code="orders.closed", title="Order closed")

    completed = problem.completed(type_base_url="https://docs.example.com/problems/")

    assert completed.type == "https://docs.example.com/problems/orders.closed"
    assert completed.title == "Order closed"


def test_the_title_of_about_blank_is_the_phrase_of_the_status() -> None:
    assert Problem(status=409, title="Order closed").completed().title == "Conflict"


@pytest.mark.parametrize("status", [0, 99, 200, 304, 399, 600, 999])
def test_a_status_that_is_none_of_an_error_is_refused(status: int) -> None:
    with pytest.raises(ValueError, match="400 to 599"):
        Problem(status=status).completed()


@given(st.integers(400, 599))
def test_every_error_status_has_words(status: int) -> None:
    problem = Problem(status=status).completed()

    assert problem.code.startswith("http.")
    assert problem.title
    assert problem.detail


@given(members)
def test_extensions_stand_beside_the_standard_members_and_never_replace_one(extensions: dict[str, object]) -> None:
    problem = Problem(status=400, extensions={**extensions, "status": 200, "code": "x"}).completed(request_id="r1")

    rendered = problem.members()

    assert rendered["status"] == 400
    assert rendered["code"] == "http.bad_request"
    assert extensions.keys() - {"status", "code"} <= rendered.keys()


def test_a_detail_says_pointer_or_name_but_no_empty_member() -> None:
    in_body = ErrorDetail(code="min", message="Too short.", pointer="/name", params={"min": 3})
    in_query = ErrorDetail(code="integer", message="No integer.", location="query", name="limit")

    assert msgspec.to_builtins(in_body) == {
        "code": "min",
        "message": "Too short.",
        "location": "body",
        "pointer": "/name",
        "params": {"min": 3},
    }
    assert msgspec.to_builtins(in_query) == {
        "code": "integer",
        "message": "No integer.",
        "location": "query",
        "name": "limit",
    }
