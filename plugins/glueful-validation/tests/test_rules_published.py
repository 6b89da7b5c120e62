"""Each rule through the published schema: a JSON Schema validator that we did not write has the same verdict."""

# ruff: noqa: RUF001  look-alikes are what is tested

import datetime as dt
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, NamedTuple

import glueful_validation
import jsonschema_rs
import msgspec
import pytest
from glueful_validation import (
    Alpha,
    AlphaDash,
    AlphaNumeric,
    Between,
    Confirmed,
    Date,
    DecimalBounds,
    Different,
    Digits,
    Distinct,
    Email,
    EndsWith,
    Exists,
    GreaterThan,
    In,
    Ip,
    Json,
    Length,
    LessThan,
    Max,
    MaxLength,
    Min,
    MinLength,
    MultipleOf,
    NamedColumn,
    NotIn,
    PasswordStrength,
    Regex,
    RequestValidation,
    RequiredIf,
    RequiredWith,
    RequiredWithout,
    Rule,
    Same,
    Slug,
    StartsWith,
    Unique,
    Url,
    Username,
    Uuid,
    pattern,
)
from glueful_validation.rules.ecma import from_re2
from hypothesis import given, settings
from hypothesis import strategies as st
from litestar import Litestar, post
from litestar.params import JSONBody
from litestar.testing import TestClient

JSON_BODY: Any = JSONBody
LIST: Any = list
words = st.text("aAbB019.-_@:/[]%?# \n\r\u2028éßа１", max_size=8)
small = st.integers(-3, 3)
numbers = st.integers(-20, 20) | st.floats(-5, 5).filter(lambda number: not number.is_integer())
moments = st.dates(dt.date(2025, 1, 1), dt.date(2027, 12, 31)).map(str) | st.sampled_from(
    ["2026-02-30", "1", "2026-1-1"]
)


class Case(NamedTuple):
    """A rule where it stands, and JSON that has a chance to keep it and to break it."""

    annotation: Any
    values: st.SearchStrategy[Any]


def near(*good: str) -> st.SearchStrategy[str]:
    """Good values, spoilt ones and any text."""

    @st.composite
    def spoilt(draw: st.DrawFn) -> str:
        value = draw(st.sampled_from(good))
        place = draw(st.integers(0, len(value)))
        return value[:place] + draw(words) + value[place + draw(st.integers(0, 2)) :]

    return st.sampled_from(good) | spoilt() | words


EXACT: dict[str, Case] = {
    "Alpha": Case(Annotated[str, Alpha()], near("abc")),
    "AlphaDash": Case(Annotated[str, AlphaDash()], near("a-b_1")),
    "AlphaNumeric": Case(Annotated[str, AlphaNumeric()], near("a1")),
    "Between": Case(Annotated[int, Between(-3, 7)], numbers),
    "Digits": Case(Annotated[str, Digits(3)], near("012")),
    "Distinct": Case(Annotated[list[int], Distinct()], st.lists(st.integers(0, 4), max_size=4)),
    "Email": Case(Annotated[str, Email()], near("a@b.co", "ada.l+x@sub.example.org", "x@xn--bcher-kva.example")),
    "EndsWith": Case(Annotated[str, EndsWith(".a", "b]")], near("x.a", "b]")),
    "GreaterThan": Case(Annotated[float, GreaterThan(0.5)], numbers),
    "In": Case(Annotated[int, In(1, 2, 5)], numbers),
    "Ip": Case(Annotated[str, Ip()], near("127.0.0.1", "::1", "2001:db8::8:800:200c:417a", "::ffff:1.2.3.4")),
    "Length": Case(Annotated[str, Length(2, 4)], words),
    "LessThan": Case(Annotated[float, LessThan(2)], numbers),
    "Max": Case(Annotated[int, Max(4)], numbers),
    "MaxLength": Case(Annotated[dict[str, int], MaxLength(2)], st.dictionaries(words, st.integers(0, 1), max_size=4)),
    "Min": Case(Annotated[int, Min(4)] | None, numbers | st.none()),
    "MinLength": Case(Annotated[list[int], MinLength(2)], st.lists(st.integers(0, 3), max_size=4)),
    "MultipleOf": Case(Annotated[int, MultipleOf(3)], numbers),
    "NotIn": Case(Annotated[str, NotIn("root", "a")], near("root", "a")),
    "Regex": Case(Annotated[str, Regex(r"^[\w.]+\s?.\d$")], near("a. 1", "a.\r1", "aa1")),
    "RequiredIf": Case(
        msgspec.defstruct(
            "RequiringIf", [("kind", str, "a"), ("other", Annotated[str | None, RequiredIf("kind", "a", "b")], None)]
        ),
        st.fixed_dictionaries({}, optional={"kind": st.sampled_from("abc"), "other": words | st.none()}),
    ),
    "RequiredWith": Case(
        msgspec.defstruct(
            "RequiringWith",
            [
                ("first_name", str | None, None),
                ("last_name", str | msgspec.UnsetType, msgspec.UNSET),
                ("nick_name", Annotated[str | None, RequiredWith("first_name", "last_name")], None),
            ],
            rename="camel",
        ),
        st.fixed_dictionaries(
            {}, optional={"firstName": words | st.none(), "lastName": words, "nickName": words | st.none()}
        ),
    ),
    "RequiredWithout": Case(
        msgspec.defstruct(
            "RequiringWithout",
            [
                ("a", int | None, None),
                ("b", int, 1),
                ("c", Annotated[int | msgspec.UnsetType, RequiredWithout("a", "b")], msgspec.UNSET),
            ],
        ),
        st.fixed_dictionaries({}, optional={"a": small | st.none(), "b": small, "c": small}),
    ),
    "Slug": Case(Annotated[str, Slug()], near("my-1st-post")),
    "StartsWith": Case(Annotated[str, StartsWith("a.", "[b")], near("a.x", "[b")),
    "Url": Case(Annotated[str, Url()], near("http://b.co/a%20b?x=1#y", "https://[::1]:80/", "http://127.0.0.1")),
    "Username": Case(Annotated[str, Username()], near("ada", "ada.l-1")),
    "Uuid": Case(Annotated[str, Uuid()], near("017f22e2-79b0-7cc3-98c4-dc0c0c07398f")),
    "pattern": Case(Annotated[str, pattern("ab", "[ab]{2}|c")], near("ab", "c")),
    # Types of which Litestar alone publishes something else than msgspec takes.
    "decimal": Case(Decimal, near("1.5", "-2", "1e5", "1_0", " 1") | numbers),
    "tuple": Case(tuple[int, str], st.lists(st.integers() | words, max_size=3)),
    "rules of a union": Case(
        msgspec.defstruct("Union", [("a", Annotated[str | None, EndsWith(".co"), StartsWith("a")], None)]),
        st.fixed_dictionaries({}, optional={"a": near("a@b.co", "b@b.co") | st.none()}),
    ),
}  # fmt: skip
NECESSARY: dict[str, Case] = {
    "Date": Case(Annotated[dt.date, Date(after=dt.date(2026, 1, 1), before="today")], moments),
    "DecimalBounds": Case(Annotated[Decimal, DecimalBounds(0, 3, places=1)], near("1.5", "2") | numbers),
    "Json": Case(Annotated[str, Json()], near("{}", '{"a": [1]}')),
    "PasswordStrength": Case(Annotated[str, PasswordStrength()], near("vGz7!qpLw0z", "password1")),
    **{
        type(rule).__name__: Case(
            msgspec.defstruct(f"With{type(rule).__name__}", [("a", Annotated[str, rule]), ("a_confirmation", str)]),
            st.fixed_dictionaries({"a": st.sampled_from("xy"), "a_confirmation": st.sampled_from("xy")}),
        )
        for rule in (Confirmed(), Same("a_confirmation"), Different("a_confirmation"))
    },
}
"""What JSON Schema cannot say: the published schema is necessary, not sufficient."""
IN_THE_DATABASE = {"Exists", "Unique"}
FILES = {"File", "Image"}


@cache
def both(name: str) -> Any:
    """A client of an application with one operation, and a validator of what it publishes."""

    @post("/")
    async def create(data: Any) -> None: ...

    annotation: Any = {**EXACT, **NECESSARY}[name].annotation
    create.fn.__annotations__["data"] = JSON_BODY[LIST[annotation]]
    client = TestClient(Litestar([create], plugins=[RequestValidation()], logging_config=None))
    document = client.app.openapi_schema.to_schema()
    body = document["paths"]["/"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    schema = {**body, "components": document.get("components", {})}
    return client, jsonschema_rs.validator_for(schema, validate_formats=True, ignore_unknown_formats=True)


@pytest.mark.parametrize("name", list(EXACT))
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_our_verdict_is_that_of_the_schema(name: str, data: st.DataObject) -> None:
    client, validator = both(name)
    body = [data.draw(EXACT[name].values)]

    assert (client.post("/", json=body).status_code == 201) is validator.is_valid(body)


@pytest.mark.parametrize("name", list(NECESSARY))
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_what_we_accept_keeps_the_schema_where_it_cannot_say_everything(name: str, data: st.DataObject) -> None:
    client, validator = both(name)
    body = [data.draw(NECESSARY[name].values)]

    assert client.post("/", json=body).status_code == 422 or validator.is_valid(body)


def test_every_rule_is_among_them() -> None:
    rules = {
        name
        for name in glueful_validation.__all__
        if Rule in getattr(rule := getattr(glueful_validation, name), "__mro__", ())
        or getattr(rule, "__module__", "").endswith((".text", ".numbers"))
    }

    tested = {name for name in (*EXACT, *NECESSARY) if hasattr(glueful_validation, name)}
    assert rules - {"Rule", "RowRule"} == tested | IN_THE_DATABASE | FILES
    assert {type(rule).__name__ for rule in (Unique(NamedColumn("a", "b")), Exists(NamedColumn("a", "b")))} <= rules


@pytest.mark.parametrize(
    ("expression", "published"),
    [
        ("^[a-c]+$", "^[a-c]+$"),
        (r"a.b\d", r"a[^\n]b[0-9]"),
        (r"[\w-]\S", r"[0-9A-Za-z_-][^\t\n\f\r ]"),
        (r"[]a[]", r"[\]a\[]"),
        (r"(?:a|b)\.\/", r"(?:a|b)\.\/"),
        (r"(?i)a", None),
        (r"(?P<n>a)", None),
        (r"\pL", None),
        (r"[[:alpha:]]", None),
        (r"\Aa\z", None),
        (r"[\W]", None),
    ],
)
def test_an_expression_of_re2_is_published_in_the_dialect_of_json_schema_or_not_at_all(
    expression: str, published: str | None
) -> None:
    assert from_re2(expression) == published
    assert Regex(expression).schema.get("pattern") == published
