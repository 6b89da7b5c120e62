"""A JSON Schema validator that we did not write, with the keyword ``x-rules`` as the documentation defines it."""

import base64
import datetime as dt
import json
import unicodedata
from collections.abc import Callable, Mapping
from decimal import Decimal
from importlib import import_module
from types import FunctionType
from typing import Any, NamedTuple

import jsonschema_rs
import pytest
from glueful_validation import ApplicationValidation, RequestValidation
from litestar import Litestar, post
from litestar.params import JSONBody
from litestar.testing import TestClient

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
TODAY = NOW.date()
zxcvbn: Any = import_module("zxcvbn").zxcvbn
re2: Any = import_module("re2")
JSON_BODY: Any = JSONBody
LIST: Any = list


def is_json(text: str) -> bool:
    def refuse(name: str) -> None:
        raise ValueError(name)

    try:
        json.loads(text, parse_constant=refuse)
    except ValueError:
        return False
    return True


def moment(text: str) -> Any:
    named = {"now": NOW, "today": TODAY, "tomorrow": TODAY + dt.timedelta(1), "yesterday": TODAY - dt.timedelta(1)}
    if text in named:
        return named[text]
    return dt.date.fromisoformat(text) if len(text) == 10 else dt.datetime.fromisoformat(text.upper())


def difference(value: str, other: str) -> dt.timedelta:
    """How much later a value is: as dates where it is one, else as moments, those without a zone in UTC."""
    first, second = moment(value), moment(other)
    if not isinstance(first, dt.datetime):
        return dt.date.fromisoformat(value) - (second.date() if isinstance(second, dt.datetime) else second)
    if not isinstance(second, dt.datetime):
        second = dt.datetime.combine(second, dt.time())
    return first.replace(tzinfo=first.tzinfo or dt.UTC) - second.replace(tzinfo=second.tzinfo or dt.UTC)


def follows(code: str, value: str, other: str) -> bool:
    signed = difference(value, other) * (1 if code.startswith("after") else -1)
    return signed > dt.timedelta() or (code.endswith("_or_equal") and signed == dt.timedelta())


def of_bounds(code: str) -> Callable[[Mapping[str, Any], Any], bool]:
    def holds(rule: Mapping[str, Any], value: Any) -> bool:
        if "other" not in rule:
            return follows(code, value, rule["date"])
        first, second = value.get(rule["field"]), value.get(rule["other"])
        return first is None or second is None or follows(code, first, second)

    return holds


def are_equal(rule: Mapping[str, Any], value: Any) -> bool | None:
    """Whether two members are equal; None where the rule has nothing to say."""
    first = value.get(rule["field"])
    if first is None or (rule["other"] not in value and "default" not in rule):
        return None
    return bool(first == value.get(rule["other"], rule.get("default")))


def is_decimal_within(rule: Mapping[str, Any], value: Any) -> bool:
    text = str(value).lower().lstrip("-")
    mantissa, _, exponent = text.partition("e")
    whole, _, fraction = mantissa.partition(".")
    shown = (whole + fraction).lstrip("0") or "0"
    places = len(fraction) - int(exponent or 0)
    digits = max(len(shown) + max(-places, 0), places)
    return (
        Decimal(rule.get("minimum", "-Infinity")) <= Decimal(str(value)) <= Decimal(rule.get("maximum", "Infinity"))
        and places <= rule.get("places", places)
        and digits <= rule.get("digits", digits)
    )


def is_size(size: int, rule: Mapping[str, Any]) -> bool:
    return bool(rule.get("min", 0) <= size <= rule.get("max", size))


def changed(by: list[dict[str, str]], value: str) -> str:
    for change in by:
        if change["transform"] == "trim":
            value = value.strip()
        elif change["transform"] == "lowercase":
            value = unicodedata.normalize("NFC", value.casefold())
        else:
            form: Any = change["form"]
            value = unicodedata.normalize(form, value)
    return value


RULES: dict[str, Callable[[Mapping[str, Any], Any], bool]] = {
    "json": lambda rule, value: is_json(value),
    "password_strength": lambda rule, value: bool(value and zxcvbn(value)["score"] >= rule["score"]),
    "decimal": is_decimal_within,
    "distinct_items": lambda rule, value: is_size(len(set(value)), rule),
    "bytes": lambda rule, value: is_size(len(base64.b64decode(value)), rule),
    "regex": lambda rule, value: re2.search(rule["re2"], value) is not None,
    "confirmed": lambda rule, value: are_equal(rule, value) is not False,
    "same": lambda rule, value: are_equal(rule, value) is not False,
    "different": lambda rule, value: are_equal(rule, value) is not True,
    "transformed": lambda rule, value: validator(rule["schema"]).is_valid(changed(rule["by"], value)),
    "unique": lambda rule, value: True,
    "exists": lambda rule, value: True,
    **{code: of_bounds(code) for code in ("after", "before", "after_or_equal", "before_or_equal")},
}


class Keyword:
    """``x-rules`` for jsonschema-rs. A rule says nothing of values of another kind, as keywords of JSON Schema do."""

    def __init__(self, parent: Any, value: Any, path: Any) -> None:
        self.rules = value

    def validate(self, instance: Any) -> None:
        for rule in self.rules:
            try:
                holds = RULES[rule["rule"]](rule, instance)
            except (TypeError, AttributeError, ArithmeticError, ValueError):
                continue  # not of the kind, which another keyword says
            if not holds:
                raise ValueError(rule["rule"])


def validator(schema: Any) -> Any:
    return jsonschema_rs.validator_for(
        schema,
        validate_formats=True,
        ignore_unknown_formats=True,
        keywords={"x-rules": Keyword},
    )


class Both(NamedTuple):
    """Our verdict, and that on the published schema, of lists of a type."""

    client: TestClient[Litestar]
    schema: dict[str, Any]
    validator: Any

    def accept(self, value: Any) -> tuple[bool, bool]:
        body = [value]
        response = self.client.post("/", json=body)
        assert response.status_code in (201, 422)
        return response.status_code == 201, self.validator.is_valid(body)


@pytest.fixture(scope="session")
def both_of() -> Callable[..., Both]:
    made: dict[Any, Both] = {}

    def make(name: str, annotation: Any, **application: Any) -> Both:
        if name not in made:

            @post("/")
            async def create(data: Any) -> None: ...

            kind = annotation() if isinstance(annotation, FunctionType) else annotation
            create.fn.__annotations__["data"] = JSON_BODY[LIST[kind]]
            plugin = RequestValidation(ApplicationValidation(clock=lambda: NOW, **application))
            client = TestClient(Litestar([create], plugins=[plugin], logging_config=None))
            document = client.app.openapi_schema.to_schema()
            body = document["paths"]["/"]["post"]["requestBody"]["content"]["application/json"]["schema"]
            made[name] = Both(client, body, validator({**body, "components": document.get("components", {})}))
        return made[name]

    return make
