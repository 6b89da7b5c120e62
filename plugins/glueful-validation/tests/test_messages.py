"""Languages and the words of errors."""

from typing import Any

import pytest
from glueful_validation import FieldError, ValidationFailed
from glueful_validation.locales import CATALOGUES
from glueful_validation.messages import Messages
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("accept_language", "locale"),
    [
        (None, "en"),
        ("", "en"),
        ("de", "de"),
        ("DE-at", "de"),
        ("xx, fr;q=0.8, de;q=0.9", "de"),
        ("fr;q=0, de;q=0.1", "de"),
        ("de;q=0", "en"),
        ("*", "en"),
        ("pt-BR, pt;q=0.9, es;q=0.1", "pt-BR"),
        ("pt", "es"),
        ("de;q=2, fr", "fr"),
        ("../../etc/passwd", "en"),
        ("de" * 1_000, "en"),
    ],
)
def test_the_language_is_the_best_that_there_is(accept_language: str | None, locale: str) -> None:
    if accept_language == "pt":
        accept_language = "pt, es;q=0.1"
    assert Messages("en", [{"pt-BR": {"required": "é obrigatório"}}]).locale_for(accept_language) == locale


@given(st.text(max_size=600))
def test_no_accept_language_is_an_error(accept_language: str) -> None:
    assert Messages().locale_for(accept_language) in CATALOGUES


@pytest.mark.parametrize("locale", list(CATALOGUES))
def test_every_language_has_every_message_with_the_same_placeholders(locale: str) -> None:
    def shape(catalogue: Any) -> Any:
        return {
            code: sorted({part.partition("}")[0].partition(":")[0] for part in text.split("{")[1:]})
            for code, text in catalogue.items()
        }

    assert shape(CATALOGUES[locale]) == shape(CATALOGUES["en"])


def test_where_a_message_is_taken_from() -> None:
    messages = Messages("en", [{"de-AT": {"required": "ist nötig"}}])

    def text(code: str, locale: str, **kwargs: Any) -> str:
        return messages.text(code, {"min": 3, "values": ["a", "b"]}, locale, **kwargs)

    assert text("required", "de-AT") == "ist nötig"
    assert text("min", "de-AT") == "muss mindestens 3 sein"
    assert text("own", "de", default="own: {min}") == "own: 3"
    assert text("own", "de") == "is not valid"
    assert text("min", "de", declared="at least {min}, {other}") == "at least 3, {other}"
    assert text("in", "en") == "must be one of: a, b"


@pytest.mark.parametrize(
    ("code", "params", "variant", "message"),
    [
        ("min_length", {"min": 8}, "", "must have at least 8 characters"),
        ("min_length", {"min": 1}, "", "must have at least 1 character"),
        ("min_length", {"min": 1}, "items", "must have at least 1 item"),
        ("max_length", {"max": 2}, "members", "must have at most 2 members"),
        ("length", {"min": 2, "max": 5}, "", "must have 2 to 5 characters"),
        ("length", {"min": 5, "max": 5}, "", "must have exactly 5 characters"),
        ("length", {"min": 1, "max": 1}, "items", "must have exactly 1 item"),
        ("between", {"min": 3, "max": 3}, "", "must be 3"),
        ("unknown", {"nearest": "email"}, "", "is not a known field; did you mean email?"),
        ("in", {"values": list(range(30))}, "", "must be one of: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, …"),
        ("even", {}, "items", "is not valid"),
    ],
)
def test_messages_say_what_is_counted(code: str, params: Any, variant: str, message: str) -> None:
    assert Messages().text(code, params, "en", variant=variant) == message


def test_a_message_of_the_application_s_own_stands_for_all_variants() -> None:
    messages = Messages("en", [{"en": {"min_length": "is too short", "length.items": "{max} at most"}}])

    assert messages.text("min_length", {"min": 1}, "en", variant="items") == "is too short"
    assert messages.text("length", {"min": 1, "max": 3}, "en", variant="items") == "3 at most"
    assert messages.text("length", {"min": 1, "max": 3}, "en") == "must have 1 to 3 characters"


def test_an_error_as_data() -> None:
    body = FieldError(code="min", message="m", pointer="/a", params={"min": 1})
    query = FieldError(code="min", message="m", location="query", name="a")

    assert body.to_dict() == {"pointer": "/a", "code": "min", "message": "m", "params": {"min": 1}}
    assert query.to_dict() == {"location": "query", "name": "a", "code": "min", "message": "m", "params": {}}
    failed = ValidationFailed.at("/coupon", "expired", "has expired", on="2026-01-31")
    assert (failed.status_code, failed.code, failed.detail, failed.errors[0].params) == (
        422,
        "validation.failed",
        "The request has 1 error.",
        {"on": "2026-01-31"},
    )
