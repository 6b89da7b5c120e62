r"""Rules for strings that one regular expression can say. All are enforced by msgspec while it decodes.

The expressions mean the same in Python and in JSON Schema (ECMA 262): no ``\\d`` and ``\\w``, which are Unicode in
Python. Two things are published in another form: the end of the string is ``$``, which in Python matches before a last
line feed; and instead of look-ahead, which JSON Schema advises against and RE2 lacks, there are lengths and a second
pattern. Each decides in linear time: no two neighbouring repetitions can match the same character.
"""

# ruff: noqa: N802, D417  they read like the classes beside them; `message` is the same everywhere

from collections.abc import Collection
from typing import Any

import msgspec

from .ecma import END
from .rule import native

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_LAST_LABEL = r"[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_RESERVED = "(?:[A-WYZa-wyz0-9][A-Za-z0-9]|[Xx][A-MO-Za-mo-z0-9])--"
"""How a reserved label begins: hyphens in the third and fourth place, and it is no A-label (RFC 5890 section 2.3.1)."""
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4 = rf"(?:{_OCTET}\.){{3}}{_OCTET}"
_PORT = r"(?:6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[0-9]{1,4})"
_PCHAR = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})"


def _ipv6() -> str:
    """``IPv6address`` of RFC 3986 section 3.2.2."""
    group = r"[0-9A-Fa-f]{1,4}"
    last = rf"(?:{group}:{group}|{_IPV4})"
    forms = [rf"(?:{group}:){{6}}{last}", rf"::(?:{group}:){{5}}{last}"]
    forms += [rf"(?:(?:{group}:){{0,{n}}}{group})?::(?:{group}:){{{4 - n}}}{last}" for n in range(5)]
    forms += [rf"(?:(?:{group}:){{0,5}}{group})?::{group}", rf"(?:(?:{group}:){{0,6}}{group})?::"]
    return "(?:" + "|".join(forms) + ")"


def pattern(
    code: str, expression: str, *, published: str | None = None, message: str | None = None, **schema: Any
) -> msgspec.Meta:
    """A string that matches ``expression`` as a whole.

    It must decide in linear time; ``Regex`` sees to that for any expression.

    Args:
        code: what the answer calls the rule.
        expression: without anchors.
        published: the same for JSON Schema, where ``schema`` says a part of it.
        message: instead of the catalogue's.
        schema: JSON Schema keywords, for example ``format``.
    """
    keywords = {"pattern": f"^(?:{expression if published is None else published})$", **schema}
    return native(code, message=message, schema=keywords, pattern=f"^(?:{expression}){END}")


def Email(*, message: str | None = None) -> msgspec.Meta:
    """An address ``local@domain`` in ASCII: RFC 5321 section 4.1.2 without quoted local parts and address literals.

    At most 254 octets, 64 of them before the @ (sections 4.5.3.1.1, 4.5.3.1.3), and a domain of two labels at least. An
    internationalised domain is given in its ASCII form (RFC 5890), other labels with hyphens in the third and fourth
    place do not exist; Unicode look-alikes are refused.
    """
    length = r"(?=[\s\S]{6,254}" + END + rf")(?=[^@]{{1,64}}@)(?![^@]+@(?:[A-Za-z0-9-]+\.)*{_RESERVED})"
    address = rf"{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+{_LAST_LABEL}"
    keywords: dict[str, Any] = {"format": "email", "minLength": 6, "maxLength": 254}
    keywords["allOf"] = [{"pattern": "^[^@]{1,64}@"}, {"not": {"pattern": f"[@.]{_RESERVED}"}}]
    return pattern("email", length + address, published=address, message=message, **keywords)


def Url(schemes: Collection[str] = ("http", "https"), *, message: str | None = None) -> msgspec.Meta:
    """An absolute URI with a host (RFC 3986 section 3) in ASCII, at most 2,048 characters, without user information.

    The host is a domain name, whose last label is not a number, or an IP address, which may be a private one: a URL
    that the server itself will fetch needs a protected client as well.

    Args:
        schemes: allowed schemes, compared without regard to case.
    """
    names = "|".join("".join(f"[{c.lower()}{c.upper()}]" if c.isalpha() else f"[{c}]" for c in s) for s in schemes)
    domain, others = rf"(?:{_LABEL}\.)*{_LAST_LABEL}\.?", rf"{_IPV4}|\[{_ipv6()}\]"
    short = rf"(?=[A-Za-z0-9.-]{{1,254}}(?:[:/?#]|{END}))"
    tail = rf"(?::{_PORT})?(?:/{_PCHAR}*)*(?:\?(?:{_PCHAR}|[/?])*)?(?:#(?:{_PCHAR}|[/?])*)?"
    expression = rf"(?=[\s\S]{{1,2048}}{END})(?:{names})://(?:{short}{domain}|{others}){tail}"
    published = rf"(?:{names})://(?:{domain}|{others}){tail}"
    host_is_short = {"pattern": r"^[^:]+://(?:\[|[A-Za-z0-9.-]{1,254}(?:[:/?#]|$))"}
    keywords: dict[str, Any] = {"format": "uri", "maxLength": 2_048, "allOf": [host_is_short]}
    return pattern("url", expression, published=published, message=message, **keywords)


def Uuid(version: int | None = None, *, message: str | None = None) -> msgspec.Meta:
    """A UUID in its text form (RFC 9562 section 4), kept as a string. As a value of its own declare ``uuid.UUID``.

    Args:
        version: 1 to 8; None for any, also the nil and max UUIDs.
    """
    x = "[0-9A-Fa-f]"
    middle = f"{x}{{4}}-{x}{{4}}" if version is None else f"{version}{x}{{3}}-[89ABab]{x}{{3}}"
    return pattern("uuid", f"{x}{{8}}-{x}{{4}}-{middle}-{x}{{12}}", message=message, format="uuid", maxLength=36)


def Alpha(*, message: str | None = None) -> msgspec.Meta:
    """ASCII letters only, at least one."""
    return pattern("alpha", "[A-Za-z]+", message=message)


def AlphaNumeric(*, message: str | None = None) -> msgspec.Meta:
    """ASCII letters and digits only, at least one."""
    return pattern("alpha_num", "[A-Za-z0-9]+", message=message)


def AlphaDash(*, message: str | None = None) -> msgspec.Meta:
    """ASCII letters, digits, hyphens and underscores only, at least one."""
    return pattern("alpha_dash", "[A-Za-z0-9_-]+", message=message)


def Digits(count: int | None = None, *, message: str | None = None) -> msgspec.Meta:
    """ASCII digits only: ``count`` of them, or at least one."""
    return pattern("digits", "[0-9]+" if count is None else f"[0-9]{{{count}}}", message=message)


def Slug(*, message: str | None = None) -> msgspec.Meta:
    """Lower-case ASCII words of letters and digits, joined by single hyphens: ``my-first-post``."""
    return pattern("slug", "[a-z0-9]+(?:-[a-z0-9]+)*", message=message)


def Username(low: int = 3, high: int = 30, *, message: str | None = None) -> msgspec.Meta:
    """A name that no other can be mistaken for: lower-case ASCII letters, digits, and between them single ``. _ -``.

    This is the ASCII-only level of UTS #39 section 5.2: there are no look-alikes, invisible characters, cases or
    Unicode forms, so a unique column compares what people see.

    Args:
        low: least number of characters.
        high: greatest number of characters.
    """
    length = rf"(?=[\s\S]{{{low},{high}}}{END})"
    name = "[a-z0-9]+(?:[._-][a-z0-9]+)*"
    keywords: dict[str, Any] = {"minLength": low, "maxLength": high}
    return pattern("username", length + name, published=name, message=message, **keywords)
