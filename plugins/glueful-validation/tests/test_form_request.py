"""Requests with their own authorization, rules, messages and checks."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

import msgspec
import pytest
from glueful_hookspecs import Principal
from glueful_validation import (
    ABSENT,
    Email,
    Errors,
    FormRequest,
    MaxLength,
    Min,
    MinLength,
    NamedColumn,
    RuleMisused,
    Same,
    Trim,
    Unique,
    validated,
)
from litestar import patch, post, put
from litestar.exceptions import NotFoundException
from litestar.middleware import ASGIMiddleware
from litestar.params import FromPath, FromQuery, JSONBody, URLEncodedBody

EMAIL = NamedColumn("users", "email")


def errors(response: Any) -> list[tuple[str, str]]:
    assert response.status_code == 422, response.text
    return sorted((error.get("pointer", error.get("name")), error["code"]) for error in response.json()["extra"])


class Identify(ASGIMiddleware):
    """Who is calling stands in a header; what glueful-auth does by tokens."""

    async def handle(self, scope: Any, receive: Any, send: Any, next_app: Any) -> None:
        name = dict(scope["headers"]).get(b"x-user")
        scope["user"] = Principal(id=name.decode()) if name else None
        await next_app(scope, receive, send)


class Trip(FormRequest):
    email: Annotated[str, Email()]
    name: Annotated[str, Trim(), MinLength(2)]
    days: Annotated[int, Min(1)]
    nights: int = 0
    note: str | None = None

    @classmethod
    async def authorize(cls, principal: Principal | None) -> bool:
        return principal is not None and principal.id != cls.context().route.user_id

    @classmethod
    def prepare(cls, data: Any) -> Any:
        return {**data, "email": data.pop("mail")} if isinstance(data, dict) and "mail" in data else data

    async def rules(self) -> Mapping[str, Any]:
        unique = Unique(EMAIL).ignore(7 if self.principal and self.principal.id == "ada" else None)
        return {"email": ["max:20", unique], "note": "required" if self.nights > 5 else []}

    @classmethod
    def messages(cls) -> Mapping[str, str]:
        return {"email.unique": "belongs to another traveller", "min": "is less than {min}"}

    async def after(self, errors: Errors) -> None:
        if self.nights > self.days:
            errors.add("nights", "too_many_nights", "are more than {days} days", days=self.days)
        if self.name == "Nobody":
            errors.add("", "nobody")


@post("/{user_id:str}/trips")
async def create(user_id: FromPath[str], data: JSONBody[Trip], dry: FromQuery[bool] = False) -> dict[str, Any]:
    return data.validated()


@pytest.fixture
def trips(make_client: Any, users: Any) -> Any:
    users.add(id=7, email="ada@b.co")
    client = make_client(create, lookups=[users], options={"middleware": [Identify()]})
    client.headers["x-user"] = "bob"
    return client


GOOD = {"email": "new@b.co", "name": " Ada ", "days": 3, "nights": 2}


def test_a_good_request_reaches_the_handler(trips: Any) -> None:
    assert trips.post("/x/trips", json={**GOOD, "admin": True}).json() == {
        "email": "new@b.co",
        "name": "Ada",
        "days": 3,
        "nights": 2,
        "note": None,
    }


@pytest.mark.parametrize("user", ["", "x"])
def test_who_may_not_send_it_is_told_before_the_body_is_read(trips: Any, user: str) -> None:
    headers = {"x-user": user, "content-type": "application/json"}

    response = trips.post("/x/trips?dry=maybe", content=b"{not json", headers=headers)

    assert (response.status_code, response.json()["detail"]) == (403, "You may not do this.")


def test_prepare_changes_the_plain_data(trips: Any) -> None:
    body = {**GOOD, "mail": "old@b.co"}
    del body["email"]

    assert trips.post("/x/trips", json=body).json()["email"] == "old@b.co"
    assert errors(trips.post("/x/trips", json=[1])) == [("", "object")]


def test_everything_that_is_wrong_stands_in_one_answer(trips: Any) -> None:
    body = {"email": "ada@b.co", "name": "x", "days": 2, "nights": 6}

    assert errors(trips.post("/x/trips?dry=maybe", json=body)) == [
        ("/email", "unique"),
        ("/name", "min_length"),
        ("/nights", "too_many_nights"),
        ("/note", "required"),
        ("dry", "boolean"),
    ]


def test_a_check_that_looks_at_a_wrong_field_says_nothing(trips: Any) -> None:
    body = {"email": "x", "name": "Nobody", "days": "2", "nights": 6}

    assert errors(trips.post("/x/trips", json=body)) == [
        ("/days", "integer"),
        ("/email", "email"),
        ("/note", "required"),
    ]


def test_a_check_does_not_see_a_field_that_failed_its_rules(trips: Any, users: Any) -> None:
    response = trips.post("/x/trips", json={**GOOD, "email": "a" * 20 + "@b.co", "name": "Nobody"})

    assert errors(response) == [("", "nobody"), ("/email", "max_length")]


def test_rules_may_depend_on_who_is_calling(trips: Any) -> None:
    response = trips.post("/x/trips", json={**GOOD, "email": "ada@b.co"}, headers={"x-user": "ada"})

    assert response.status_code == 201


def test_messages_of_the_type(trips: Any) -> None:
    response = trips.post("/x/trips", json={**GOOD, "email": "ada@b.co", "days": 0, "nights": 0})

    assert {error["pointer"]: error["message"] for error in response.json()["extra"]} == {
        "/email": "belongs to another traveller",
        "/days": "is less than 1",
    }


def test_messages_as_an_attribute_and_of_items(make_client: Any) -> None:
    class Basket(FormRequest):
        validation_messages: ClassVar[Mapping[str, str]] = {"items.*.amount.min": "take one at least"}
        items: list[dict[str, Annotated[int, Min(1)]]]

    @post("/")
    async def buy(data: JSONBody[Basket]) -> None: ...

    response = make_client(buy).post("/", json={"items": [{"amount": 0, "other": 0}]})

    assert [error["message"] for error in response.json()["extra"]] == ["take one at least", "must be at least 1"]


def test_a_form_may_be_a_form_request(make_client: Any) -> None:
    class Contact(FormRequest):
        age: int

        def after(self, errors: Errors) -> None:
            if self.age > 200:
                errors.add("/age", "old", "is too old")

    @post("/")
    async def send(data: URLEncodedBody[Contact]) -> int:
        return data.age

    client = make_client(send)

    assert client.post("/", data={"age": "36"}).json() == 36
    assert errors(client.post("/", data={"age": "201"})) == [("/age", "old")]


def test_methods_of_a_base_are_reached_by_super(make_client: Any) -> None:
    class Base(FormRequest):
        a: int
        b: int

        def rules(self) -> Mapping[str, Any]:
            return {"a": Min(2)}

    class Derived(Base):
        def rules(self) -> Mapping[str, Any]:
            return {**super().rules(), "b": "min:2"}

    @post("/")
    async def send(data: JSONBody[Derived]) -> None: ...

    assert errors(make_client(send).post("/", json={"a": 1, "b": 1})) == [("/a", "min"), ("/b", "min")]
    assert errors(make_client(send).post("/", json={"a": 1, "b": "x"})) == [("/a", "min"), ("/b", "integer")]


def test_absent_and_null_differ_where_the_type_says_so(make_client: Any) -> None:
    class Change(FormRequest):
        name: str | msgspec.UnsetType = msgspec.UNSET
        bio: str | msgspec.UnsetType | None = msgspec.UNSET

    @patch("/")
    async def change(data: JSONBody[Change]) -> dict[str, Any]:
        return validated(data)

    client = make_client(change)

    assert client.patch("/", json={}).json() == {}
    assert client.patch("/", json={"bio": None}).json() == {"bio": None}
    assert errors(client.patch("/", json={"name": None})) == [("/name", "string")]


def test_a_form_request_inside_a_body_stops_the_start(make_client: Any) -> None:
    @post("/")
    async def send(data: JSONBody[list[Trip]]) -> None: ...

    with pytest.raises(RuleMisused, match="Trip is a FormRequest inside a body"):
        make_client(send)


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"other": "required"}, "'other' is no field"),
        ({"a": Trim()}, "declare it in the type of the field"),
    ],
)
def test_rules_that_cannot_work_are_errors_of_ours(make_client: Any, rules: Any, message: str) -> None:
    class Wrong(FormRequest):
        a: str

        def rules(self) -> Mapping[str, Any]:
            return rules  # type: ignore[no-any-return]

    @post("/")
    async def send(data: JSONBody[Wrong]) -> None: ...

    with pytest.raises(RuleMisused, match=message):
        make_client(send).post("/", json={"a": "x"})


def test_outside_validation_there_is_no_request() -> None:
    with pytest.raises(LookupError):
        FormRequest.context()


async def test_two_requests_at_once_keep_their_own_route(make_client: Any) -> None:
    import asyncio

    from httpx import ASGITransport, AsyncClient

    both = asyncio.Barrier(2)

    class Slow(FormRequest):
        a: str

        async def after(self, errors: Errors) -> None:
            await both.wait()
            if self.route.name != self.a:
                errors.add("a", "wrong_route")

    @put("/{name:str}")
    async def change(name: FromPath[str], data: JSONBody[Slow]) -> None: ...

    async with AsyncClient(transport=ASGITransport(make_client(change).app), base_url="http://test") as client:
        answers = await asyncio.gather(*(client.put(f"/{name}", json={"a": name}) for name in ("x", "y")))

    assert [answer.status_code for answer in answers] == [200, 200]
    assert repr(ABSENT) == "ABSENT"


class Account:
    """A model, as far as a rule cares."""

    def __init__(self, pk: int, owner: str) -> None:
        self.pk = pk
        self.owner = owner


ACCOUNTS = {1: Account(1, "ada"), 2: Account(2, "bob")}


class Rename(FormRequest):
    email: Annotated[str, Email()]

    @classmethod
    async def bindings(cls) -> Mapping[str, Any]:
        try:
            return {"account": ACCOUNTS[cls.context().route.key]}
        except KeyError:
            raise NotFoundException from None

    @classmethod
    def authorize(cls, principal: Principal | None) -> bool:
        return principal is not None and principal.id == cls.context().route.account.owner

    def rules(self) -> Mapping[str, Any]:
        return {"email": Unique(EMAIL).ignore(self.route.account)}


def test_objects_that_the_path_stands_for_are_there_from_authorize_to_the_handler(make_client: Any, users: Any) -> None:
    @put("/{key:int}")
    async def rename(key: FromPath[int], data: JSONBody[Rename]) -> str:
        return f"{data.route.account.owner} {key}"

    users.add(id=1, email="ada@b.co")
    users.add(id=2, email="bob@b.co")
    client = make_client(rename, lookups=[users], options={"middleware": [Identify()]})

    def send(key: int, user: str, email: str) -> Any:
        return client.put(f"/{key}", json={"email": email}, headers={"x-user": user})

    assert send(1, "ada", "ada@b.co").text == "ada 1"
    assert errors(send(2, "bob", "ada@b.co")) == [("/email", "unique")]
    assert [send(2, "ada", "x").status_code, send(3, "ada", "x").status_code] == [403, 404]


class Member(msgspec.Struct, rename="camel"):
    e_mail: Annotated[str, Trim(), Email()]
    kind: str = "basic"
    again: str = ""


class Team(FormRequest):
    owner: Member
    members: list[Member]
    limits: dict[str, int] = msgspec.field(default_factory=dict)

    def rules(self) -> Mapping[str, Any]:
        return {
            "owner.e_mail": ["max:10", Unique(EMAIL)],
            "owner.again": Same("e_mail"),
            "members.*.e_mail": Unique(EMAIL),
            "members.*.kind": "in:basic,gold",
            "limits.disk": "max:5",
        }


def test_rules_reach_what_stands_inside(make_client: Any, users: Any) -> None:
    @post("/")
    async def create(data: JSONBody[Team]) -> None: ...

    users.add(email="ada@b.co")
    client = make_client(create, lookups=[users])
    good = {"owner": {"eMail": "bob@b.co", "again": "bob@b.co"}, "members": [{"eMail": "cy@b.co"}]}
    bad: dict[str, Any] = {
        "owner": {"eMail": "ada@b.co", "again": "x"},
        "members": [{"eMail": "dee@b.co", "kind": "tin"}, {"eMail": "ada@b.co"}, {"eMail": "dee@b.co"}],
        "limits": {"disk": 6},
    }
    wrong = [
        ("/limits/disk", "max"),
        ("/members/0/kind", "in"),
        ("/members/1/eMail", "unique"),
        ("/members/2/eMail", "unique"),
        ("/owner/again", "same"),
        ("/owner/eMail", "unique"),
    ]

    assert client.post("/", json=good).status_code == 201
    assert errors(client.post("/", json=bad)) == wrong
    bad["members"].append({"eMail": "x", "kind": "tin"})
    assert errors(client.post("/", json=bad)) == sorted(
        [*wrong, ("/members/3/eMail", "email"), ("/members/3/kind", "in")]
    )
    assert errors(client.post("/", json={**good, "limits": {"disk": "x"}})) == [("/limits/disk", "integer")]


@pytest.mark.parametrize("field", ["owner.nothing", "members.0.kind", "members.kind", "owner.*", "limits.*.x"])
def test_rules_for_a_place_that_there_is_not(make_client: Any, field: str) -> None:
    class Wrong(Team):
        def rules(self) -> Mapping[str, Any]:
            return {field: "required"}

    @post("/")
    async def create(data: JSONBody[Wrong]) -> None: ...

    with pytest.raises(RuleMisused, match="is no field"):
        make_client(create).post("/", json={"owner": {"eMail": "a@b.co"}, "members": []})


def test_more_errors_than_are_listed(make_client: Any) -> None:
    class Long(FormRequest):
        numbers: list[int]
        email: Annotated[str, Email()]

        def rules(self) -> Mapping[str, Any]:
            return {"email": "max:5"}

        def after(self, errors: Errors) -> None:
            errors.add("email", "seen")

    @post("/")
    async def create(data: JSONBody[Long]) -> None: ...

    response = make_client(create).post("/", json={"numbers": ["x"] * 200, "email": 5})

    assert (response.status_code, len(response.json()["extra"])) == (422, 100)


def test_rules_of_members_of_something_that_is_wrong_as_a_whole(make_client: Any) -> None:
    class Basket(FormRequest):
        items: Annotated[list[dict[str, int]], MaxLength(2)]
        owner: Member | None = None

        def rules(self) -> Mapping[str, Any]:
            return {"items.*.amount": "required|max:5", "owner.e_mail": "required"}

    @post("/")
    async def create(data: JSONBody[Basket]) -> None: ...

    client = make_client(create)

    assert errors(client.post("/", json={"items": [{"amount": 6}, {}, {"amount": 1}]})) == [
        ("/items", "max_length"),
        ("/items/0/amount", "max"),
        ("/items/1/amount", "required"),
    ]
    assert errors(client.post("/", json={"items": [{"amount": "x"}, 1], "owner": "x"})) == [
        ("/items/0/amount", "integer"),
        ("/items/1", "object"),
        ("/owner", "object"),
    ]
