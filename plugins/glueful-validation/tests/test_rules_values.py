"""Rules that compare a value with what was declared, and those that change it."""

# ruff: noqa: RUF001  look-alikes are what is tested

import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from glueful_validation import (
    ABSENT,
    Confirmed,
    Date,
    DecimalBounds,
    Different,
    Distinct,
    EndsWith,
    Failure,
    In,
    Ip,
    Json,
    Lowercase,
    Normalized,
    NotIn,
    PasswordStrength,
    Regex,
    RequiredIf,
    RequiredWith,
    RequiredWithout,
    RuleContext,
    RuleMisused,
    Same,
    StartsWith,
    Trim,
)
from glueful_validation.context import INVALID, RequestContext
from glueful_validation.rules.values import UsableDecimal

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def context(field: str = "field", **siblings: Any) -> RuleContext:
    request: Any = RequestContext(None, "en", lambda: NOW)  # type: ignore[arg-type]
    return RuleContext(request, field, lambda name: siblings.get(name, ABSENT))


@pytest.mark.parametrize(
    ("rule", "good", "bad"),
    [
        (In("a", "b"), ["a"], ["c", "A", ""]),
        (In(1, 2), [1], [3, True]),
        (NotIn("admin"), ["ada"], ["admin"]),
        (StartsWith("a", "b"), ["ax", "b"], ["c", ""]),
        (EndsWith(".png"), ["x.png"], ["x.PNG"]),
        (Regex("^[a-c]+$"), ["abc"], ["abcd", "abc\n", ""]),
        (Ip(), ["127.0.0.1", "::1"], ["127.1", "01.2.3.4", "fe80::1%eth0", "１.2.3.4", "", "1" * 100_000]),
        (Ip(4), ["127.0.0.1"], ["::1"]),
        (Json(), ["{}", "1"], ["", "{", "[" * 100_000]),
        (Distinct(), [[], [1, 2], [{"a": 1}, {"a": 2}]], [[1, 1], [{"a": 1, "b": 2}, {"b": 2, "a": 1}]]),
        (UsableDecimal(), [Decimal("1.5"), Decimal("1e999")], [Decimal("NaN"), Decimal("Infinity"), Decimal("1e1001")]),
    ],
)
def test_verdicts(rule: Any, good: list[Any], bad: list[Any]) -> None:
    assert [rule.check(value, context()) for value in good] == [True] * len(good)
    assert [rule.check(value, context()) for value in bad] == [False] * len(bad)


@pytest.mark.parametrize(
    ("rule", "value", "code"),
    [
        (DecimalBounds(0), "0", None),
        (DecimalBounds(0), "-0.01", "min"),
        (DecimalBounds("0.01", 10), "10.00", None),
        (DecimalBounds(maximum=Decimal("9.99")), "10", "max"),
        (DecimalBounds(places=2), "1.50", None),
        (DecimalBounds(places=2), "1.500", "decimal_places"),
        (DecimalBounds(places=0), "1e5", None),
        (DecimalBounds(digits=5, places=2), "999.99", None),
        (DecimalBounds(digits=5), "1e5", "max_digits"),
        (DecimalBounds(digits=2), "0.001", "max_digits"),
    ],
)
def test_decimals(rule: DecimalBounds, value: str, code: str | None) -> None:
    verdict = rule.check(Decimal(value), context())

    assert (verdict.code if isinstance(verdict, Failure) else None) == code


def test_a_hostile_expression_takes_no_time() -> None:
    started = time.process_time()

    assert Regex("(a+)+$").check("a" * 50 + "!", context()) is False
    assert Regex("(a|aa)*b").check("a" * 9_000, context()) is False

    assert time.process_time() - started < 0.05


@pytest.mark.parametrize("expression", ["(?=a)b", r"(a)\1", "("])
def test_an_expression_that_re2_refuses_is_refused_when_it_is_declared(expression: str) -> None:
    with pytest.raises(RuleMisused) as raised:
        Regex(expression)

    assert raised.value.fix == "write it without look-around"


@pytest.mark.parametrize(
    ("rule", "value", "code"),
    [
        (Date(after="today"), date(2026, 11, 25), None),
        (Date(after="today"), date(2026, 11, 24), "after"),
        (Date(after="today", or_equal=True), date(2026, 11, 24), None),
        (Date(after="today", or_equal=True), date(2026, 11, 23), "after_or_equal"),
        (Date(before="tomorrow", after="yesterday"), date(2026, 11, 24), None),
        (Date(before=date(2026, 1, 1)), date(2026, 1, 1), "before"),
        (Date(after="now"), NOW, "after"),
        (Date(after="now"), NOW + timedelta(seconds=1), None),
        (Date(after="now"), datetime(2026, 11, 24, 13), None),  # noqa: DTZ001  a naive time is a value too
        (Date(after=timedelta(days=-365)), date(2025, 11, 24), "after"),
        (Date(after=timedelta(days=-365)), datetime(2025, 11, 24, 13, tzinfo=UTC), None),
        (Date(after="starts"), date(2026, 5, 6), "after"),
        (Date(before="unknown"), date(2026, 5, 6), None),
        (Date(before=datetime(2026, 1, 1, tzinfo=UTC)), date(2025, 12, 31), None),
    ],
)
def test_dates(rule: Date, value: date, code: str | None) -> None:
    verdict = rule.check(value, context(starts=date(2026, 5, 6)))

    assert (verdict.code if isinstance(verdict, Failure) else None) == code


@pytest.mark.parametrize(
    ("rule", "value", "siblings", "verdict"),
    [
        (Confirmed(), "a", {"field_confirmation": "a"}, True),
        (Confirmed(), "a", {"field_confirmation": "b"}, False),
        (Confirmed("again"), "a", {"again": None}, False),
        (Confirmed(), "a", {"field_confirmation": INVALID}, True),
        (Same("other"), 1, {"other": 1}, True),
        (Same("other"), 1, {"other": 2}, False),
        (Different("other"), 1, {"other": 1}, False),
        (RequiredIf("kind", "company"), None, {"kind": "company"}, False),
        (RequiredIf("kind", "company"), None, {"kind": "person"}, True),
        (RequiredIf("kind", "company"), "x", {"kind": "company"}, True),
        (RequiredWith("a", "b"), None, {"b": 0}, False),
        (RequiredWith("a", "b"), None, {}, True),
        (RequiredWith("a"), None, {"a": INVALID}, False),
        (RequiredWithout("a", "b"), None, {"a": 1}, False),
        (RequiredWithout("a"), None, {"a": 1}, True),
    ],
)
def test_rules_that_look_at_other_fields(rule: Any, value: Any, siblings: dict[str, Any], verdict: bool) -> None:
    assert rule.check(value, context(**siblings)) is verdict


@pytest.mark.parametrize(
    ("password", "siblings", "verdict"),
    [
        ("short", {}, Failure("min_length", {"min": 8})),
        ("password1", {}, False),
        ("correct horse battery staple", {}, True),
        ("ada.lovelace@example.org", {"email": "ada.lovelace@example.org"}, False),
        ("x9$" * 30_000, {}, False),
        ("kX8#vQ2!mZ" + "z" * 100_000, {}, True),
    ],
)
def test_password_strength(password: str, siblings: dict[str, Any], verdict: Any) -> None:
    started = time.process_time()

    assert PasswordStrength().check(password, context(**siblings)) == verdict

    assert time.process_time() - started < 1.5


def test_transforms_give_one_form() -> None:
    assert Trim().transform(" a ") == "a"
    assert Lowercase().transform("ÄB") == Lowercase().transform("A\u0308b") == "äb"
    assert Normalized().transform("e\u0301") == "é"
    assert Normalized("NFKC").transform("ﬁ") == "fi"
