"""Rules of applications and the database, in one answer with all other errors."""

import datetime as dt
from decimal import Decimal
from typing import Annotated, Any

import msgspec
import pytest
from glueful_validation import (
    Date,
    Email,
    Exists,
    Failure,
    Length,
    Lowercase,
    Min,
    NamedColumn,
    Normalized,
    RowLookupMissing,
    Rule,
    RuleContext,
    RuleMisused,
    StartsWith,
    Trim,
    Unique,
    ValidationSettings,
)
from litestar import post, put
from litestar.params import FromPath, FromQuery, JSONBody

JSON_BODY: Any = JSONBody
EMAIL = NamedColumn("users", "email")
ID = NamedColumn("users", "id")


class Even(Rule):
    code = "even"
    message = "must be even"

    def check(self, value: int, context: RuleContext) -> bool:
        return value % 2 == 0


class SumAtMost(Rule):
    """Async, with parameters, and a code that depends on the value."""

    code = "sum"

    def __init__(self, limit: int, other: str) -> None:
        self.params = {"limit": limit}
        self.limit = limit
        self.other = other

    def siblings(self, field: str) -> list[str]:
        return [self.other]

    async def check(self, value: int, context: RuleContext) -> bool | Failure:
        total = value + (context.sibling(self.other) or 0)
        return total <= self.limit or Failure(
            "sum_too_large", {"limit": self.limit}, "is {limit} at most, both together"
        )


class Line(msgspec.Struct):
    sku: Annotated[str, StartsWith("SKU-")]
    amount: Annotated[int, Min(1)]
    buyer: Annotated[int, Exists(ID)]


class Order(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    email: Annotated[str, Email(), Unique(EMAIL)]
    contact: Annotated[str, Email()]
    name: Annotated[str, Length(2, 5)]
    lines: list[Line]
    starts_on: dt.date
    ends_on: Annotated[dt.date, Date(after="starts_on")]
    pair: Annotated[int, Even()]
    left: int
    right: Annotated[int, SumAtMost(10, "left")]
    note: str | None = None


@post("/orders")
async def order(data: JSONBody[Order], dry: FromQuery[bool] = False) -> None: ...


def errors(response: Any) -> list[tuple[str, str]]:
    assert response.status_code == 422, response.text
    return sorted((error.get("pointer", error.get("name")), error["code"]) for error in response.json()["extra"])


def test_a_form_with_twelve_wrong_fields_has_one_answer(make_client: Any, users: Any) -> None:
    users.add(id=1, email="taken@example.org")
    body = {
        "email": "taken@example.org",
        "contact": "nobody",
        "name": "x",
        "lines": [
            {"sku": "SKU-1", "amount": 1, "buyer": 1},
            {"sku": "1", "amount": 0, "buyer": 1},
            {"sku": "SKU-2", "amount": 1, "buyer": 2},
        ],
        "startsOn": "2026-02-01",
        "endsOn": "2026-01-01",
        "pair": 3,
        "left": 8,
        "right": 5,
        "note": 7,
        "nots": None,
    }

    response = make_client(order, lookups=[users]).post("/orders?dry=maybe", json=body)

    assert errors(response) == [
        ("/contact", "email"),
        ("/email", "unique"),
        ("/endsOn", "after"),
        ("/lines/1/amount", "min"),
        ("/lines/1/sku", "starts_with"),
        ("/lines/2/buyer", "exists"),
        ("/name", "length"),
        ("/note", "string"),
        ("/nots", "unknown"),
        ("/pair", "even"),
        ("/right", "sum_too_large"),
        ("dry", "boolean"),
    ]
    assert len(users.statements) <= 3
    (late,) = [error for error in response.json()["extra"] if error["code"] == "after"]
    assert (late["message"], late["params"]) == ("must be after startsOn", {"date": "startsOn"})


def test_a_good_body_is_looked_up_by_one_statement_a_column(make_client: Any, users: Any) -> None:
    users.add(id=1)
    lines = [{"sku": "SKU-1", "amount": 1, "buyer": 1}] * 50
    body = {
        "email": "new@example.org", "contact": "a@b.co", "name": "Ada", "lines": lines, "startsOn": "2026-01-01",
        "endsOn": "2026-01-02", "pair": 2, "left": 1, "right": 2,
    }  # fmt: skip

    assert make_client(order, lookups=[users]).post("/orders", json=body).status_code == 201
    assert len(users.statements) == 2


def test_a_message_of_a_rule_s_own(make_client: Any) -> None:
    @post("/")
    async def pair(data: JSONBody[dict[str, Annotated[int, Even()]]]) -> None: ...

    assert make_client(pair).post("/", json={"a": 1}).json()["extra"][0]["message"] == "must be even"
    german = make_client(pair, messages=[{"de": {"even": "muss gerade sein"}}])
    response = german.post("/", json={"a": 1}, headers={"accept-language": "de"})
    assert response.json()["extra"][0]["message"] == "muss gerade sein"


def test_two_items_of_one_request_cannot_both_be_unique(make_client: Any, users: Any) -> None:
    class New(msgspec.Struct):
        email: Annotated[str, Email(), Unique(EMAIL)]

    @post("/users")
    async def create(data: JSONBody[list[New]]) -> None: ...

    users.add(email="a@b.co")
    body = [{"email": "new@b.co"}, {"email": "a@b.co"}, {"email": "new@b.co"}]

    assert errors(make_client(create, lookups=[users]).post("/users", json=body)) == [
        ("/1/email", "unique"),
        ("/2/email", "unique"),
    ]
    assert len(users.statements) == 1


def test_the_row_being_changed_does_not_count(make_client: Any, users: Any) -> None:
    class Change(msgspec.Struct):
        email: Annotated[str, Unique(EMAIL, ignore="user_id")]

    @put("/users/{user_id:int}")
    async def change(user_id: FromPath[int], data: JSONBody[Change]) -> None: ...

    users.add(id=1, email="a@b.co")
    client = make_client(change, lookups=[users])

    assert client.put("/users/1", json={"email": "a@b.co"}).status_code == 200
    assert errors(client.put("/users/2", json={"email": "a@b.co"})) == [("/email", "unique")]


def test_more_values_than_a_statement_takes(make_client: Any, users: Any) -> None:
    @post("/ids")
    async def ids(data: JSONBody[list[Annotated[int, Exists(ID)]]]) -> None: ...

    users.connection.executemany("insert into users (id) values (?)", [(number,) for number in range(40_000)])
    client = make_client(ids, lookups=[users])

    assert client.post("/ids", json=list(range(40_000))).status_code == 201
    assert len(users.statements) == 4
    assert errors(client.post("/ids", json=[*range(40_000), 50_000])) == [("/40000", "exists")]


def test_a_value_that_fails_a_cheap_rule_is_not_looked_up(make_client: Any, users: Any) -> None:
    class New(msgspec.Struct):
        email: Annotated[str, StartsWith("a"), Unique(EMAIL)]

    @post("/users")
    async def create(data: JSONBody[New]) -> None: ...

    assert errors(make_client(create, lookups=[users]).post("/users", json={"email": "b@b.co"})) == [
        ("/email", "starts_with")
    ]
    assert users.statements == []


def test_values_are_transformed_before_rules_and_handler_see_them(make_client: Any, users: Any) -> None:
    class New(msgspec.Struct, frozen=True):
        email: Annotated[str, Trim(), Lowercase(), Normalized(), Unique(EMAIL)]
        tags: list[Annotated[str, Trim()]] = []

    @post("/users")
    async def create(data: JSONBody[New]) -> dict[str, Any]:
        return {"email": data.email, "tags": data.tags}

    users.add(email="ada@b.co")
    client = make_client(create, lookups=[users])

    assert client.post("/users", json={"email": " BOB@b.co", "tags": [" x "]}).json() == {
        "email": "bob@b.co",
        "tags": ["x"],
    }
    assert errors(client.post("/users", json={"email": "Ada@B.co "})) == [("/email", "unique")]


def test_a_column_that_nobody_knows_stops_the_start(make_client: Any, users: Any) -> None:
    class New(msgspec.Struct):
        email: Annotated[str, Unique(NamedColumn("people", "email"))]

    @post("/users")
    async def create(data: JSONBody[New]) -> None: ...

    with pytest.raises(RowLookupMissing) as raised:
        make_client(create, lookups=[users])

    assert str(raised.value) == (
        "the body of POST /users: no active plugin can look up rows for Unique(people.email)\n"
        "  fix: pip install glueful-orm, or check the column's name"
    )


def test_a_rule_that_forgets_to_answer_is_an_error_of_ours(make_client: Any) -> None:
    class Forgetful(Rule):
        code = "forgetful"

        def check(self, value: int, context: RuleContext) -> bool:
            return None  # type: ignore[return-value]

    @post("/")
    async def create(data: JSONBody[list[Annotated[int, Forgetful()]]]) -> None: ...

    with pytest.raises(RuleMisused, match="Forgetful returned None"):
        make_client(create).post("/", json=[1])


def test_no_more_errors_of_rules_than_are_listed(make_client: Any) -> None:
    @post("/")
    async def create(data: JSONBody[list[Annotated[int, Even()]]]) -> None: ...

    response = make_client(create, ValidationSettings(max_errors=3)).post("/", json=[1] * 10)

    assert response.json()["detail"] == "The request has more than 3 errors; the first 3 are listed."
    assert [error["pointer"] for error in response.json()["extra"]] == ["/0", "/1", "/2"]


@pytest.mark.parametrize(
    ("annotation", "message"),
    [
        (Annotated[str, Min(3)], "Can only set `ge` on a numeric type"),
        (Annotated[Decimal, Min(3)], "for Decimal write DecimalBounds"),
        (Annotated[str | None, Email()], r"beside None write Annotated\[str, Email\(\)\] \| None"),
        (Annotated[int, Min(3), Min(4)], "Multiple `Meta` annotations setting `ge`"),
        (Annotated[int, StartsWith("a")], "StartsWith judges str, but the field is int"),
        (Annotated[str, Date(after="today")], "Date judges date or datetime, but the field is str"),
        (Annotated[int, SumAtMost(1, "other")], "SumAtMost looks at other, which is not declared beside it"),
    ],
)
def test_a_rule_that_does_not_fit_its_type_stops_the_start(make_client: Any, annotation: Any, message: str) -> None:
    body = msgspec.defstruct("Body", [("field", annotation)])

    @post("/")
    async def create(data: Any) -> None: ...

    create.fn.__annotations__["data"] = JSON_BODY[body]
    with pytest.raises(RuleMisused, match=message):
        make_client(create)
