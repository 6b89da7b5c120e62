"""Rules for strings: the standards' own examples, look-alikes, and the verdict of a JSON Schema validator."""

# ruff: noqa: RUF001  look-alikes are what is tested

import time
from collections.abc import Callable
from typing import Annotated

import jsonschema_rs
import msgspec
import pytest
from glueful_validation import Alpha, AlphaDash, AlphaNumeric, Digits, Email, Slug, Url, Username, Uuid
from hypothesis import given, settings
from hypothesis import strategies as st

Make = Callable[..., msgspec.Meta]


def holds(rule: msgspec.Meta, value: str) -> bool:
    try:
        msgspec.convert(value, Annotated[str, rule])
    except msgspec.ValidationError:
        return False
    return True


def schema_holds(rule: msgspec.Meta, value: str) -> bool:
    schema = {"type": "string", "pattern": rule.pattern, **(rule.extra_json_schema or {})}
    return jsonschema_rs.validator_for(schema, validate_formats=False).is_valid(value)


GOOD: dict[str, tuple[msgspec.Meta, list[str]]] = {
    "email": (
        Email(),
        [
            "a@b.co",
            "ada.lovelace+tag@sub.example.org",
            "!#$%&'*+/=?^_`{|}~-@example.com",
            "x@xn--bcher-kva.example",
            "a" * 64 + "@example.com",
            "a@" + "b" * 63 + ".com",
        ],
    ),
    "url": (
        Url(),
        [
            "http://example.com",
            "HTTPS://EXAMPLE.com./a;b/c%20d?x=1&y=%2F#frag",
            "http://localhost:8000/",
            "http://127.0.0.1:65535",
            "http://[::1]/",
            "http://[2001:db8::8:800:200c:417a]:80/x",
            "http://[::ffff:192.0.2.1]/",
            "http://xn--bcher-kva.example/",
        ],
    ),
    "uuid": (Uuid(), ["00000000-0000-0000-0000-000000000000", "F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6"]),
    "uuid 7": (Uuid(7), ["017f22e2-79b0-7cc3-98c4-dc0c0c07398f"]),
    "alpha": (Alpha(), ["a", "Zz"]),
    "alpha_num": (AlphaNumeric(), ["a1"]),
    "alpha_dash": (AlphaDash(), ["a-1_B"]),
    "digits": (Digits(), ["0", "0123"]),
    "slug": (Slug(), ["a", "my-1st-post"]),
    "username": (Username(), ["ada", "ada.lovelace", "a-1_b"]),
}
BAD: dict[str, tuple[msgspec.Meta, list[str]]] = {
    "email": (
        Email(),
        [
            "",
            "a",
            "a@b",
            "@b.co",
            "a@",
            "a@b.co\n",
            "a@b\nBcc: x@y.co",
            "a b@c.de",
            ".a@b.co",
            "a.@b.co",
            "a..b@c.de",
            "а@b.co",
            "a@bücher.de",
            "a@b.c０",
            "a@-b.co",
            "a@b-.co",
            "a@b..co",
            "a@b.1",
            "a@[127.0.0.1]",
            '"a"@b.co',
            "a@b.co ",
            " a@b.co",
            "a@b@c.de",
            "a" * 65 + "@b.co",
            "a@" + "b" * 64 + ".com",
            "a@" + "b.c" * 90 + ".com",
        ],
    ),
    "url": (
        Url(),
        [
            "",
            "example.com",
            "//example.com",
            "http:/example.com",
            "http://",
            "http:///x",
            "ftp://example.com",
            "javascript:alert(1)",
            "http://user:pass@example.com",
            "http://good.example@evil.example",
            "http://exa mple.com",
            "http://example.com:65536",
            "http://example.com:port",
            "http://1.2.3.256",
            "http://1.2.3",
            "http://0x7f.1",
            "http://[::1",
            "http://[1::2::3]",
            "http://[12345::]",
            "http://-a.example",
            "http://a..b",
            "http://bücher.example",
            "http://example.com/\n",
            "http://example.com\\@evil.example",
            "http://example.com/%zz",
            "http://ⓔxample.com",
            "http://example.com/" + "a" * 2_040,
            "http://" + "a" * 64 + ".example",
        ],
    ),
    "uuid": (
        Uuid(),
        ["", "{00000000-0000-0000-0000-000000000000}", "0" * 32, "g" * 8 + "-0000-0000-0000-000000000000"],
    ),
    "uuid 7": (Uuid(7), ["017f22e2-79b0-4cc3-98c4-dc0c0c07398f", "017f22e2-79b0-7cc3-18c4-dc0c0c07398f"]),
    "alpha": (Alpha(), ["", "é", "a1", "a\n", "а"]),
    "alpha_num": (AlphaNumeric(), ["", "a-", "１"]),
    "alpha_dash": (AlphaDash(), ["", "a b", "a—b"]),
    "digits": (Digits(), ["", "１", "٣", "1\n", "-1"]),
    "slug": (Slug(), ["", "-a", "a-", "a--b", "A", "ä"]),
    "username": (Username(), ["ab", "a" * 31, "Ada", "ada..l", ".ada", "ada_", "аda", "ada\u200b", "ad\u0130a", "adá"]),
}


@pytest.mark.parametrize(("rule", "value"), [(r, v) for r, values in GOOD.values() for v in values])
def test_good_values(rule: msgspec.Meta, value: str) -> None:
    assert holds(rule, value)
    assert schema_holds(rule, value)


@pytest.mark.parametrize(("rule", "value"), [(r, v) for r, values in BAD.values() for v in values])
def test_bad_values(rule: msgspec.Meta, value: str) -> None:
    assert not holds(rule, value)
    assert not schema_holds(rule, value)


@settings(max_examples=200, deadline=None)
@pytest.mark.parametrize("name", list(GOOD))
@given(data=st.data())
def test_the_published_schema_has_the_same_verdict(name: str, data: st.DataObject) -> None:
    rule, good = GOOD[name]
    value = data.draw(st.sampled_from([*good, *BAD[name][1]]))
    for _ in range(data.draw(st.integers(0, 2))):
        place = data.draw(st.integers(0, len(value)))
        value = value[:place] + data.draw(st.text("abAB019.-_@:/[]%?#\n é１", max_size=2)) + value[place + 1 :]

    assert holds(rule, value) is schema_holds(rule, value)


@pytest.mark.parametrize("rule", [rule for rule, _ in GOOD.values()], ids=list(GOOD))
@pytest.mark.parametrize(
    "value",
    [
        "a" * 1_000_000,
        "a." * 500_000,
        "a@" + "a." * 500_000,
        "http://" + "a." * 500_000,
        "http://" + "1:" * 500_000,
        "http://a/" + "%20" * 300_000,
        "-" * 1_000_000,
        "a-" * 500_000 + "!",
        "http://[" + "1:" * 500_000,
        "\n" * 1_000_000,
    ],
    ids=range(10),
)
def test_a_megabyte_is_judged_quickly(rule: msgspec.Meta, value: str) -> None:
    started = time.process_time()

    holds(rule, value)

    assert time.process_time() - started < 0.5
