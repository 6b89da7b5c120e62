"""Each rule through the published schema: a JSON Schema validator that we did not write has the same verdict."""

# ruff: noqa: RUF001  look-alikes are what is tested

import datetime as dt
from collections.abc import Collection
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Annotated, Any, NamedTuple

import glueful_validation
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
    File,
    GreaterThan,
    Image,
    In,
    Ip,
    Json,
    Length,
    LessThan,
    Lowercase,
    Max,
    MaxLength,
    Min,
    MinLength,
    MultipleOf,
    NamedColumn,
    Normalized,
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
    Trim,
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
from litestar.datastructures import UploadFile
from litestar.params import MultipartBody
from litestar.testing import TestClient

UTC = dt.UTC
MULTIPART_BODY: Any = MultipartBody
words = st.text("aAbB019.-_@:/[]%?# \n\r\u2028éßа１", max_size=8)
small = st.integers(-3, 3)
numbers = st.integers(-20, 20) | st.floats(-5, 5).filter(lambda number: not number.is_integer())
days = st.dates(dt.date(2026, 11, 20), dt.date(2026, 11, 28)).map(str) | st.sampled_from(["2026-02-30", "2026-1-1"])
moments = days | st.builds("{}T{}".format, days, st.sampled_from(["12:00:00Z", "13:00:00+01:00", "00:00:00"]))


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
    "Distinct, numbers": Case(
        Annotated[list[int | float | list[float] | dict[str, float]], Distinct()],
        st.lists(st.sampled_from([0, 0.0, -0.0, 1, 1.0, 1.5, [1.0], [1], {"a": 0}, {"a": -0.0}, {"b": 1}]), max_size=4),
    ),
    # A validator may judge internationalised labels by RFC 5890 too, so the one here is not spoilt.
    "Email": Case(
        Annotated[str, Email()],
        near("a@b.co", "ada.l+x@sub.example.org", f"{'a' * 64}@b.co", f"a@{'b.' * 124}co", "a@ab--c.de", "a@b.xn-.co")
        | st.just("x@xn--bcher-kva.example"),
    ),
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
    "Url": Case(
        Annotated[str, Url()],
        near("http://b.co/a%20b?x=1#y", "https://[::1]:80/", "http://127.0.0.1", f"http://{'b.' * 125}org/"),
    ),
    "Username": Case(Annotated[str, Username()], near("ada", "ada.l-1")),
    "Uuid": Case(Annotated[str, Uuid()], near("017f22e2-79b0-7cc3-98c4-dc0c0c07398f")),
    "pattern": Case(Annotated[str, pattern("ab", "[ab]{2}|c")], near("ab", "c")),
    # Types of which Litestar alone publishes something else than msgspec takes.
    "decimal": Case(Decimal, near("1.5", "-2", "1e5", "1_0", " 1") | numbers),
    "tuple": Case(tuple[int, str], st.lists(small | words, max_size=3)),
    "rules of a union": Case(
        msgspec.defstruct("Union", [("a", Annotated[str | None, EndsWith(".co"), StartsWith("a")], None)]),
        st.fixed_dictionaries({}, optional={"a": near("a@b.co", "b@b.co") | st.none()}),
    ),
}  # fmt: skip
PAIRS = st.fixed_dictionaries(
    {}, optional={"password": st.sampled_from("xy") | st.none(), "otherOne": st.sampled_from("xy") | st.none()}
)
PERIODS = st.fixed_dictionaries({}, optional={"startsOn": days | st.none(), "endsOn": days})
WITH_OUR_KEYWORD: dict[str, Case] = {
    "Date": Case(Annotated[dt.date, Date(after=dt.date(2026, 11, 22), before="tomorrow")], days),
    "Date, bounds included": Case(
        Annotated[
            dt.datetime, Date(after="yesterday", before=dt.datetime(2026, 11, 26, 12, tzinfo=UTC), or_equal=True)
        ],
        moments,
    ),
    "Date now": Case(Annotated[dt.datetime, Date(after="now")], moments),
    "Date, bound of a field": Case(
        msgspec.defstruct(
            "Period",
            [("starts_on", dt.date | None, None), ("ends_on", Annotated[dt.date, Date(after="starts_on")])],
            rename="camel",
            kw_only=True,
        ),
        PERIODS,
    ),
    "DecimalBounds": Case(Annotated[Decimal, DecimalBounds(0, 3, places=1)], near("1.5", "2", "0.10", "1e0") | numbers),
    "DecimalBounds, digits": Case(
        Annotated[Decimal, DecimalBounds("-1e5", digits=3, places=2)],
        st.builds("{}e{}".format, st.sampled_from(["1", "-1.50", "0.001", "12.3", "1234", "000"]), st.integers(-4, 4)),
    ),
    "Json": Case(Annotated[str, Json()], near("{}", '{"a": [1]}', "NaN", "1")),
    "PasswordStrength": Case(
        Annotated[str, PasswordStrength()],
        st.sampled_from(["vGz7!qpLw0z", "password1", "aaaaaaaa", "correct horse b"]) | words,
    ),
    "Regex, of RE2 alone": Case(Annotated[str, Regex(r"(?i)^\pL+$")], near("aB", "é")),
    "Transforms": Case(
        Annotated[str, Normalized("NFKC"), Trim(), Lowercase(), In("ab", "fi", "é"), StartsWith("a", "f", "é")],
        near(" AB", "ﬁ", "ab ", "É", "e\u0301"),
    ),
    **{
        type(rule).__name__ + note: Case(
            msgspec.defstruct(
                f"With{type(rule).__name__}{note[2:]}",
                [("password", Annotated[str | None, rule], None), ("other_one", str | None, *default)],
                rename="camel",
                kw_only=True,
            ),
            PAIRS,
        )
        for rule in (Confirmed("other_one"), Same("other_one"), Different("other_one"))
        for note, default in (("", ()), (", default", ("x",)))
    },
}
"""Rules that JSON Schema cannot say: the keyword ``x-rules`` does, as ``conftest.py`` reads it."""
IN_THE_DATABASE = {"Exists", "Unique"}
FILES = {type(rule).__name__ for rule in (File(), Image())}


@pytest.mark.parametrize("name", list(EXACT))
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_our_verdict_is_that_of_the_schema(name: str, data: st.DataObject, both_of: Any) -> None:
    case = EXACT[name]
    both = both_of(name, case.annotation)
    ours, theirs = both.accept(data.draw(case.values))

    assert ours is theirs
    assert "x-rules" not in str(both.client.app.openapi_schema.to_schema())


@pytest.mark.parametrize("name", list(WITH_OUR_KEYWORD))
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_our_verdict_is_that_of_the_schema_and_of_the_rules_in_it(name: str, data: st.DataObject, both_of: Any) -> None:
    case = WITH_OUR_KEYWORD[name]
    ours, theirs = both_of(name, case.annotation).accept(data.draw(case.values))

    assert ours is theirs


class Taken:
    """The rows that there are: 1 and 2."""

    def accepts(self, column: Any) -> bool:
        return True

    async def existing(self, column: Any, values: Collection[Any], *, ignore_pk: object | None = None) -> set[Any]:
        return {1, 2} & set(values)


@pytest.mark.parametrize(("rule", "good"), [(Unique, {3, 4}), (Exists, {1, 2})])
@settings(max_examples=40, deadline=None)
@given(value=st.integers(0, 5) | st.none() | words)
def test_rows_are_not_in_the_schema_and_alone_make_the_difference(
    rule: Any, good: set[int], value: Any, both_of: Any
) -> None:
    column = NamedColumn("a", "b")
    annotation = Annotated[int, Between(1, 4), rule(column)]
    both = both_of(rule.__name__, annotation, lookups=[Taken()])
    ours, theirs = both.accept(value)

    assert ours is (theirs and value in good)
    if theirs and not ours:
        (error,) = both.client.post("/", json=[value]).json()["extra"]
        assert (error["code"], error["pointer"]) == (rule.code, "/0")
    assert {"rule": rule.code} in both.schema["items"]["x-rules"]


SENT = [b"\x89PNG\r\n\x1a\n", b"GIF89a", b"%PDF-1.4 ", b"text ", "é".encode(), b"\x00\x01", b"\xff\xfe\xfd", b"<svg>"]
FILE_RULES = {
    "any": File(),
    "small": File(max_size=20),
    "one type": File(types=["application/pdf"]),
    "of types": File(types=["image/*", "text/plain"], max_size=30),
    "image": Image(max_size=20),
}


def type_shown_by(data: bytes) -> str:
    """What the content is, by the signatures of the files in ``SENT``."""
    signatures = {b"\x89PNG": "image/png", b"GIF8": "image/gif", b"%PDF": "application/pdf"}
    for signature, kind in signatures.items():
        if data.startswith(signature):
            return kind
    try:
        return "application/octet-stream" if "\x00" in data.decode() else "text/plain"
    except UnicodeDecodeError:
        return "application/octet-stream"


def file_keeps(rule: dict[str, Any], data: bytes) -> bool:
    """An entry of ``x-rules`` about a file."""
    if rule["rule"] == "max_size":
        return len(data) <= int(rule["max"])
    return any(fnmatchcase(type_shown_by(data), allowed) for allowed in rule["types"])


@pytest.fixture(scope="module")
def upload() -> Any:
    clients = {}
    for name, rule in FILE_RULES.items():

        @post("/")
        async def create(data: Any) -> None: ...

        kind = msgspec.defstruct("Upload", [("file", Annotated[UploadFile, rule])])
        create.fn.__annotations__["data"] = MULTIPART_BODY[kind]
        client = TestClient(Litestar([create], plugins=[RequestValidation()], logging_config=None))
        schema = client.app.openapi_schema.to_schema()["components"]["schemas"]["Upload"]["properties"]["file"]
        clients[name] = (client, schema.get("x-rules", []))
    return clients


@pytest.mark.parametrize("name", FILE_RULES)
@settings(max_examples=60, deadline=None)
@given(
    data=st.builds(lambda start, rest: start + rest, st.sampled_from(SENT), st.integers(0, 30).map(lambda n: b"a" * n))
)
def test_our_verdict_of_a_file_is_that_of_the_rules_in_the_schema(name: str, data: bytes, upload: Any) -> None:
    client, rules = upload[name]
    response = client.post("/", files={"file": ("file", data)})

    assert (response.status_code == 201) is all(file_keeps(rule, data) for rule in rules)
    assert bool(rules) is (name != "any")


def test_every_rule_is_among_them() -> None:
    rules = {
        name
        for name in glueful_validation.__all__
        if Rule in getattr(rule := getattr(glueful_validation, name), "__mro__", ())
        or getattr(rule, "__module__", "").endswith((".text", ".numbers"))
    }

    tested = {name for name in (*EXACT, *WITH_OUR_KEYWORD) if hasattr(glueful_validation, name)}
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
