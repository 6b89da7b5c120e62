"""Bodies declared by rules: ``@validate``, the pipe form, and ``@limits`` beside them."""

import datetime as dt
from decimal import Decimal
from typing import Annotated, Any

import msgspec
import pytest
from glueful_validation import (
    AlphaDash,
    Date,
    DecimalBounds,
    Digits,
    Distinct,
    Email,
    Failure,
    GreaterThan,
    In,
    Ip,
    Length,
    LessThan,
    Min,
    MinLength,
    MultipleOf,
    NamedColumn,
    PasswordStrength,
    Regex,
    RuleMisused,
    RuleUnknown,
    Slug,
    StartsWith,
    Unique,
    Url,
    Username,
    Uuid,
    ValidatedRequest,
    validate,
)
from glueful_validation.fieldtypes import BUILT_IN
from glueful_validation.pipe import NamedRule, parse
from litestar import Controller, post
from litestar.params import FromPath, JSONBody

JSON_BODY: Any = JSONBody


def errors(response: Any) -> list[tuple[str, str]]:
    assert response.status_code == 422, response.text
    return sorted((error.get("pointer", error.get("name")), error["code"]) for error in response.json()["extra"])


@post("/users/{team:int}")
@validate(
    {
        "email": "required|email|unique:users",
        "password": "required|string|min:8|password_strength|confirmed",
        "name": ["required|string|max:5", "alpha"],
        "age": "integer|between:18,99",
        "website": "nullable|url:https",
        "born": "date|before:today",
        "roles": "array|min:1",
        "roles.*": "string|in:admin,editor",
        "address.city": "required|string",
        "address.zip": "digits:5",
        "lines.*.sku": "required|starts_with:SKU",
        "lines.*.amount": "integer|min:1",
    }
)
async def store(team: FromPath[int], data: ValidatedRequest) -> dict[str, Any]:
    return {"team": team, **data.validated()}


@pytest.fixture
def client(make_client: Any, users: Any) -> Any:
    users.add(email="taken@b.co")
    return make_client(store, lookups=[users])


GOOD = {
    "email": "new@b.co",
    "password": "vGz7!qpLw0z",
    "password_confirmation": "vGz7!qpLw0z",
    "name": "Ada",
    "address": {"city": "London", "country": "UK"},
    "is_admin": True,
}


def test_only_what_was_declared_reaches_the_handler(client: Any) -> None:
    assert client.post("/users/5", json=GOOD).json() == {
        "team": 5,
        "email": "new@b.co",
        "password": "vGz7!qpLw0z",
        "name": "Ada",
        "address": {"city": "London"},
    }


def test_every_rule_is_enforced(client: Any) -> None:
    body = {
        "email": "taken@b.co", "password": "password1", "password_confirmation": "other", "name": "x1x1x1", "age": 17,
        "website": "http://b.co", "born": "2026-11-24", "roles": ["root"], "address": {"zip": "1"},
        "lines": [{"sku": "1", "amount": 0}, {}],
    }  # fmt: skip

    assert errors(client.post("/users/5", json=body)) == [
        ("/address/city", "required"),
        ("/address/zip", "digits"),
        ("/age", "between"),
        ("/born", "before"),
        ("/email", "unique"),
        ("/lines/0/amount", "min"),
        ("/lines/0/sku", "starts_with"),
        ("/lines/1/sku", "required"),
        ("/name", "alpha"),
        ("/name", "max_length"),
        ("/password", "confirmed"),
        ("/password", "password_strength"),
        ("/roles/0", "in"),
        ("/website", "url"),
    ]


def test_what_is_missing(client: Any) -> None:
    assert errors(client.post("/users/5", json={})) == [
        ("/address", "required"),
        ("/email", "required"),
        ("/name", "required"),
        ("/password", "required"),
    ]
    assert errors(client.post("/users/5", json={**GOOD, "address": {"city": ""}})) == [("/address/city", "required")]


def test_null_only_where_it_is_allowed(client: Any) -> None:
    assert client.post("/users/5", json={**GOOD, "website": None}).json()["website"] is None
    assert errors(client.post("/users/5", json={**GOOD, "age": None})) == [("/age", "integer")]


def test_a_plain_dict_a_method_and_a_sync_handler(make_client: Any) -> None:
    class Users(Controller):
        path = "/users"

        @post("/", sync_to_thread=False)
        @validate({"name": "required|string"}, forbid_unknown=True)
        def create(self, data: dict[str, Any]) -> dict[str, Any]:
            return data

    client = make_client(Users)

    assert client.post("/users", json={"name": "x"}).json() == {"name": "x"}
    assert errors(client.post("/users", json={"name": "x", "nane": "y"})) == [("/nane", "unknown")]


def test_names_that_python_does_not_know(make_client: Any) -> None:
    @post("/")
    @validate(
        {
            "from": "required|string|confirmed",
            "first-name": "string",
            "1st.class": "required|integer",
            "to": "string|different:from",
        }
    )
    async def create(data: ValidatedRequest) -> dict[str, Any]:
        return data.validated()

    client = make_client(create)
    good = {"from": "a", "from_confirmation": "a", "first-name": "x", "1st": {"class": 1}, "to": "b"}

    assert client.post("/", json=good).json() == {"from": "a", "first-name": "x", "1st": {"class": 1}, "to": "b"}
    bad = {"from": "a", "from_confirmation": "b", "first-name": 1, "1st": {}, "to": "a"}
    assert errors(client.post("/", json=bad)) == [
        ("/1st/class", "required"),
        ("/first-name", "string"),
        ("/from", "confirmed"),
        ("/to", "different"),
    ]


def test_files_make_the_body_a_form(make_client: Any) -> None:
    @post("/")
    @validate({"avatar": "required|image|max:1", "title": "required|string"})
    async def upload(data: ValidatedRequest) -> list[str]:
        return sorted(data)

    client = make_client(upload)
    picture = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"

    assert client.post("/", data={"title": "x"}, files={"avatar": ("a", picture)}).json() == ["avatar", "title"]
    assert errors(client.post("/", files={"avatar": ("a", picture + b"\x00" * 1_024)})) == [
        ("/avatar", "max_size"),
        ("/title", "required"),
    ]


def test_rules_of_plugins_by_name(make_client: Any) -> None:
    class Divides:
        code = "divides"

        def __init__(self, number: str) -> None:
            self.number = int(number)

        def check(self, value: int, context: Any) -> bool | Failure:
            return self.number % value == 0 or Failure("divides", {"number": self.number}, "must divide {number}")

    rules = {"divides": Divides, "code_name": lambda: Length(3, 5)}

    @post("/")
    @validate({"n": "required|integer|divides:12", "c": "string|code_name"})
    async def create(data: ValidatedRequest) -> None: ...

    response = make_client(create, rules=rules).post("/", json={"n": 5, "c": "x"})

    assert errors(response) == [("/c", "length"), ("/n", "divides")]
    with pytest.raises(RuleUnknown) as raised:
        make_client(create, rules={"divide": Divides, "code_name": rules["code_name"]})
    assert (raised.value.what, raised.value.fix) == ("there is no rule 'divides'", "write 'divide'")
    for name in ("email", "Email", "a|b"):
        with pytest.raises(RuleMisused):
            make_client(create, rules={name: Divides})


class CreateUser(msgspec.Struct):
    email: Annotated[str, Email(), Unique(NamedColumn("users", "email"))]
    name: Annotated[str, Length(2, 5)]
    tags: Annotated[list[Annotated[str, MinLength(1)]], MinLength(1)] | msgspec.UnsetType = msgspec.UNSET


def test_both_ways_to_declare_publish_the_same_schema(make_client: Any, users: Any) -> None:
    rules = {
        "email": "required|email|unique:users",
        "name": "required|string|between:2,5",
        "tags": "array|min:1",
        "tags.*": "string|min:1",
    }

    @post("/")
    async def by_type(data: JSONBody[CreateUser]) -> None: ...

    @post("/")
    @validate(rules, name="CreateUser")
    async def by_rules(data: ValidatedRequest) -> None: ...

    def published(handler: Any) -> Any:
        document = make_client(handler, lookups=[users]).app.openapi_schema.to_schema()
        return document["components"]["schemas"]

    assert published(by_type) == published(by_rules)


PAIRS: dict[str, Any] = {
    "required|string": Annotated[str, MinLength(1)],
    "required|nullable|integer|min:1": Annotated[int, Min(1)] | None,
    "required|numeric|gt:0|lt:1": Annotated[float, GreaterThan(0), LessThan(1)],
    "required|decimal|between:0,10": Annotated[Decimal, DecimalBounds(0, 10)],
    "required|integer|multiple_of:5": Annotated[int, MultipleOf(5)],
    "required|date|after:today": Annotated[dt.date, Date(after="today")],
    "required|url:https": Annotated[str, Url(["https"])],
    "required|uuid:7": Annotated[str, Uuid(7)],
    "required|username": Annotated[str, Username()],
    "required|slug": Annotated[str, Slug()],
    "required|digits:5": Annotated[str, Digits(5)],
    "required|alpha_dash": Annotated[str, AlphaDash()],
    "required|string|min:1|in:a,b": Annotated[str, MinLength(1), In("a", "b")],
    "required|string|min:1|regex:^a": Annotated[str, MinLength(1), Regex("^a")],
    "required|string|min:1|starts_with:a": Annotated[str, MinLength(1), StartsWith("a")],
    "required|string|min:1|ipv4": Annotated[str, MinLength(1), Ip(4)],
    "required|array|between:1,3|distinct": Annotated[list[Any], Length(1, 3), Distinct()],
    "required|string|min:8|password_strength": Annotated[str, MinLength(8), PasswordStrength()],
    "required|boolean": bool,
    "required|duration": dt.timedelta,
}


@pytest.mark.parametrize("rules", list(PAIRS))
def test_each_rule_publishes_the_same_both_ways(make_client: Any, rules: str) -> None:
    @post("/")
    async def by_type(data: Any) -> None: ...

    @post("/")
    @validate({"field": rules}, name="Thing")
    async def by_rules(data: ValidatedRequest) -> None: ...

    by_type.fn.__annotations__["data"] = JSON_BODY[msgspec.defstruct("Thing", [("field", PAIRS[rules])])]

    def published(handler: Any) -> Any:
        return make_client(handler).app.openapi_schema.to_schema()["components"]["schemas"]["Thing"]

    assert published(by_type) == published(by_rules)


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("required", [NamedRule("required")]),
        ("min:3|max:5", [NamedRule("min", ("3",)), NamedRule("max", ("5",))]),
        ('in:a,"b, c","say ""x"""', [NamedRule("in", ("a", "b, c", 'say "x"'))]),
        ('in:"a|b"', [NamedRule("in", ("a|b",))]),
        ("regex:/^a|b{1,2}$/|string", [NamedRule("regex", ("^a|b{1,2}$",)), NamedRule("string")]),
        (r"regex:/a\/b/", [NamedRule("regex", (r"a\/b",))]),
        ("regex:^a,b$|string", [NamedRule("regex", ("^a,b$",)), NamedRule("string")]),
        ("", []),
    ],
)
def test_the_pipe_form(text: str, rules: list[NamedRule]) -> None:
    assert parse(text) == rules


@pytest.mark.parametrize("text", ["|", "required|", "required||email", "Required", "min :3", 'in:"a', "required email"])
def test_text_that_is_no_pipe_form(text: str) -> None:
    with pytest.raises(RuleMisused):
        parse(text)


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"a": "min:3"}, "say string, integer, numeric, array or file"),
        ({"a": "integer|min:x"}, "cannot be used"),
        ({"a": "integer|min"}, "cannot be used"),
        ({"a": "unique"}, "cannot be used"),
        ({"a..b": "string"}, "is no name of a field"),
    ],
)
def test_rules_that_cannot_work_are_refused_when_they_are_declared(rules: Any, message: str) -> None:
    with pytest.raises(RuleMisused, match=message):

        @validate(rules)
        async def handler(data: ValidatedRequest) -> None: ...


def test_a_handler_without_a_body_cannot_be_validated() -> None:
    with pytest.raises(RuleMisused, match="without `data`"):

        @validate({"a": "string"})
        async def handler() -> None: ...


def test_a_validated_request_is_a_mapping() -> None:
    data = ValidatedRequest(msgspec.defstruct("Data", [("a", int), ("b", int, msgspec.UNSET)])(1))

    assert (data["a"], dict(data), data.only("a", "b"), data.without("a")) == (1, {"a": 1}, {"a": 1}, {})
    assert repr(data) == "ValidatedRequest(a)"


EXAMPLES = {
    "string": ("", 1), "integer": (1, "1"), "int": (1, 1.5), "numeric": (1.5, "1"), "number": (1, True),
    "boolean": (True, 1), "bool": (False, "x"), "array": ([], {}), "object": ({}, []),
    "date": ("2026-01-31", "31.1.2026"),
    "datetime": ("2026-01-31T00:00:00Z", "2026-01-31"), "time": ("12:00:00", "12"), "duration": ("PT1H", "1h"),
    "decimal": ("1.5", "x"), "email": ("a@b.co", "a"), "url": ("http://b.co", "b.co"),
    "uuid": ("00000000-0000-0000-0000-000000000000", "0"), "alpha": ("a", "1"), "alpha_num": ("a1", "-"),
    "alpha_dash": ("a-1", "."), "digits": ("1", "a"), "slug": ("a-b", "A"), "username": ("ada", "A"),
    "regex:^a$": ("a", "b"), "ip": ("::1", "1"), "ipv4": ("1.2.3.4", "::1"), "ipv6": ("::1", "1.2.3.4"),
    "json": ("{}", "{"), "starts_with:a,b": ("b", "c"), "ends_with:a": ("ba", "b"),
    "password_strength:8,1": ("vGz7!qpLw0z", "password"), "string|trim": (" ", 1), "string|lowercase": ("A", 1),
    "after:2026-01-31": ("2026-02-01", "2026-01-31"), "before:today": ("2026-11-23", "2026-11-24"),
    "after_or_equal:2026-01-31": ("2026-01-31", "2026-01-30"),
    "before_or_equal:2026-01-31": ("2026-01-31", "2026-02-01"),
    "string|min:2": ("ab", "a"), "integer|max:2": (2, 3), "array|size:1": ([1], []), "string|gt:1": ("ab", "a"),
    "numeric|lt:1.5": (1, 1.5), "integer|between:1,2": (2, 3), "integer|multiple_of:2": (2, 3),
    "decimal|min:0": ("0.5", "-1"), "decimal|max:1.5": (1.5, "1.51"), "decimal|between:1,2": ("1", 3),
    "string|in:a,b": ("a", "c"), "integer|not_in:1,2": (3, 1), "array|distinct": ([1, 2], [1, 1]),
    "string|same:other": ("x", "y"), "string|different:other": ("y", "x"), "string|required_if:other,x": ("x", None),
    "string|required_with:other": ("x", None), "string|required_without:other": (None, 1),
    "string|exists:users,name": ("Ada", "Bob"), "string|unique:users,name": ("Bob", "Ada"),
    "required|string": ("x", None), "nullable|integer": (None, "x"), "sometimes|integer": (None, "x"),
    "string|confirmed:other": ("x", "y"),
}  # fmt: skip
WITH_FILES = {"file", "image", "mimetypes"}


@pytest.mark.parametrize("rules", EXAMPLES)
def test_each_rule_by_name_has_a_good_and_a_bad_value(make_client: Any, users: Any, rules: str) -> None:
    @post("/")
    @validate({"field": rules, "other": "string"})
    async def create(data: ValidatedRequest) -> None: ...

    users.add(name="Ada")
    client = make_client(create, lookups=[users])
    statuses = [
        client.post(
            "/", json={"other": "x"} | ({} if value is None and "nullable" not in rules else {"field": value})
        ).status_code
        for value in EXAMPLES[rules]
    ]

    assert statuses == [201, 422]


def test_every_rule_by_name_has_an_example() -> None:
    named = {rule.name for rules in EXAMPLES for rule in parse(rules)}

    assert named | WITH_FILES == BUILT_IN


@pytest.mark.parametrize("value", [[1], {"a": 1}])
@pytest.mark.parametrize("rule", ["unique", "exists"])
def test_what_no_column_holds_is_not_looked_up(make_client: Any, users: Any, rule: str, value: Any) -> None:
    @post("/")
    @validate({"email": f"required|{rule}:users"})
    async def save(data: ValidatedRequest) -> None: ...

    response = make_client(save, lookups=[users]).post("/", json={"email": value})

    assert (response.status_code, response.json()["extra"][0]["code"]) == (422, "invalid")
    assert users.statements == []
