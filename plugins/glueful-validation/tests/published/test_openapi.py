"""What is published is what is enforced: judged by a JSON Schema validator that we did not write."""

import datetime as dt
from typing import Annotated, Any
from uuid import UUID

import jsonschema_rs
import msgspec
import pytest
from glueful_validation import (
    AlphaDash,
    Between,
    Date,
    Digits,
    Distinct,
    Email,
    Errors,
    File,
    FormRequest,
    GreaterThan,
    In,
    Length,
    LessThan,
    MaxLength,
    Min,
    MinLength,
    MultipleOf,
    Normalized,
    NotIn,
    Rule,
    RuleContext,
    Slug,
    StartsWith,
    Trim,
    Url,
    Username,
    Uuid,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from litestar import get, post
from litestar.datastructures import UploadFile
from litestar.params import FromQuery, JSONBody, MultipartBody

JSON_BODY: Any = JSONBody
Short = Annotated[str, Length(1, 3)]


class Inner(msgspec.Struct, forbid_unknown_fields=True):
    slug: Annotated[str, Slug()] | None = None
    codes: list[Annotated[str, Digits(2)]] = []


class Everything(msgspec.Struct, rename="camel"):
    email: Annotated[str, Email()]
    small_number: Annotated[int, Between(1, 9)]
    ratio: Annotated[float, GreaterThan(0), LessThan(1)] = 0.5
    step: Annotated[int, MultipleOf(5), Min(0)] = 0
    name: Annotated[str, Username()] = "ada"
    words: Annotated[list[Short], MinLength(1), MaxLength(2), Distinct()] = []
    site: Annotated[str, Url()] | msgspec.UnsetType = msgspec.UNSET
    kind: Annotated[str, In("a", "b")] = "a"
    other: Annotated[str, NotIn("root"), AlphaDash()] = "x"
    key: Annotated[str, Uuid()] | None = None
    inner: Inner | None = None
    table: Annotated[dict[str, Annotated[int, Min(1)]], MaxLength(1)] = {}
    plain: int = 0


@post("/")
async def create(data: JSONBody[Everything]) -> None: ...


texts = st.sampled_from(
    ["", "a", "ab", "abcd", "ada", "root", "12", "a-b", "a@b.co", "http://b.co", str(UUID(int=1)), "é"]
)
numbers = st.integers(-2, 12) | st.sampled_from([0.25, 0.5, 1.5, -0.5])
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "email": texts, "smallNumber": numbers, "ratio": numbers, "step": numbers, "name": texts,
    "words": st.lists(texts, max_size=3), "site": texts, "kind": texts, "other": texts, "key": texts | st.none(),
    "inner": st.none()
    | st.fixed_dictionaries({}, optional={"slug": texts, "codes": st.lists(texts, max_size=2), "x": texts}),
    "table": st.dictionaries(texts, numbers, max_size=2), "plain": numbers, "unknown": texts,
}  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(body=st.fixed_dictionaries({}, optional=VALUES))
def test_our_verdict_is_that_of_the_published_schema(shared: Any, body: dict[str, Any]) -> None:
    client, validator = shared
    good = {"email": "a@b.co", "smallNumber": 5}

    for candidate in (body, {**good, **body}, *({**good, name: value} for name, value in body.items())):
        assert (client.post("/", json=candidate).status_code == 201) is validator.is_valid(candidate), candidate


@pytest.fixture(scope="module")
def shared() -> Any:
    from glueful_validation import RequestValidation
    from litestar import Litestar
    from litestar.testing import TestClient

    client = TestClient(Litestar([create], plugins=[RequestValidation()], logging_config=None))
    document = client.app.openapi_schema.to_schema()
    schema = {"$ref": "#/components/schemas/Everything", "components": document["components"]}
    return client, jsonschema_rs.validator_for(schema, validate_formats=False)


def properties(make_client: Any, handler: Any, name: str) -> Any:
    return make_client(handler).app.openapi_schema.to_schema()["components"]["schemas"][name]


def test_constraints_are_published_at_any_depth(make_client: Any) -> None:
    schema = properties(make_client, create, "Everything")["properties"]

    assert schema["smallNumber"] == {"type": "integer", "minimum": 1, "maximum": 9}
    assert schema["ratio"] == {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1, "default": 0.5}
    assert schema["step"] == {"type": "integer", "minimum": 0, "multipleOf": 5, "default": 0}
    assert schema["words"] == {
        "type": "array", "items": {"type": "string", "minLength": 1, "maxLength": 3}, "minItems": 1, "maxItems": 2,
        "uniqueItems": True, "default": [],
    } or "default" not in schema["words"]  # fmt: skip
    assert schema["kind"] == {"type": "string", "enum": ["a", "b"], "default": "a"}
    assert schema["other"]["not"] == {"enum": ["root"]}
    assert schema["plain"] == {"type": "integer", "format": "int64", "default": 0}
    assert schema["email"]["format"] == "email"
    assert schema["table"]["additionalProperties"] == {"type": "integer", "minimum": 1}


def test_a_type_that_forbids_unknown_members_says_so(make_client: Any) -> None:
    assert properties(make_client, create, "Inner")["additionalProperties"] is False
    assert "additionalProperties" not in properties(make_client, create, "Everything")


def test_parameters_are_published_with_their_constraints_and_the_answers_with_their_statuses(make_client: Any) -> None:
    @get("/days")
    async def days(
        limit: FromQuery[Annotated[int, Between(1, 100)]] = 10,
        since: FromQuery[Annotated[dt.date, Date(before="today")] | None] = None,
    ) -> None: ...

    operation = make_client(days).app.openapi_schema.to_schema()["paths"]["/days"]["get"]

    (limit,) = [item["schema"] for item in operation["parameters"] if item["name"] == "limit"]
    assert limit == {"type": "integer", "minimum": 1, "maximum": 100, "default": 10}
    assert {"400", "422"} <= operation["responses"].keys()


def test_parameters_of_several_types_and_sets_are_published_as_they_are_accepted(make_client: Any) -> None:
    @get("/things")
    async def things(
        size: FromQuery[int | float | None] = None, ids: FromQuery[Annotated[set[int], MaxLength(2)] | None] = None
    ) -> None: ...

    client = make_client(things)
    operation = client.app.openapi_schema.to_schema()["paths"]["/things"]["get"]
    size, ids = (item["schema"] for item in operation["parameters"])

    assert [option["type"] for option in size["anyOf"]] == ["integer", "number", "null"]
    (ids, _) = ids["oneOf"]
    assert {"maxItems", "maxLength", "uniqueItems"} & ids.keys() == set()
    assert ids["x-rules"] == [{"rule": "distinct_items", "max": 2}]
    assert client.get("/things?size=1&ids=1&ids=2").status_code == 200


class Iban(Rule):
    code = "iban"
    message = "must be an IBAN"
    applies_to = (str,)

    def __init__(self, country: str) -> None:
        self.params = {"country": country}

    def check(self, value: str, context: RuleContext) -> bool:
        return value.startswith(self.params["country"])


class Account(msgspec.Struct):
    iban: Annotated[str, Iban("DE")]
    holder: Annotated[str, Trim(), Normalized("NFKC"), StartsWith("A")] = "A"
    site: Annotated[str, Url()] | None = None
    picture: Annotated[UploadFile | None, File(max_size=10, types=["image/png"])] = None


def test_what_json_schema_cannot_say_stands_in_a_keyword_of_our_own(make_client: Any) -> None:
    @post("/accounts")
    async def create(data: MultipartBody[Account]) -> None: ...

    schema = properties(make_client, create, "Account")["properties"]

    assert schema["iban"] == {"type": "string", "x-rules": [{"rule": "iban", "country": "DE"}]}
    assert schema["holder"]["x-rules"] == [
        {
            "rule": "transformed",
            "by": [{"transform": "trim"}, {"transform": "normalized", "form": "NFKC"}],
            "schema": {"pattern": "^(?:A)"},
        }
    ]
    assert schema["picture"]["x-rules"] == [
        {"rule": "max_size", "max": 10},
        {"rule": "file_type", "types": ["image/png"]},
    ]


class Signup(FormRequest):
    name: str

    def after(self, errors: Errors) -> None: ...


class Plain(FormRequest):
    name: str


@pytest.mark.parametrize(("kind", "rules"), [(Signup, [{"rule": "form_request"}]), (Plain, None)])
def test_a_form_request_says_that_code_judges_it(make_client: Any, kind: Any, rules: Any) -> None:
    async def create(data: Any) -> None: ...

    create.__annotations__["data"] = JSON_BODY[kind]

    assert properties(make_client, post("/")(create), kind.__name__).get("x-rules") == rules


def test_published_expressions_have_no_look_around(make_client: Any) -> None:
    @post("/")
    async def create(data: JSONBody[Everything]) -> None: ...

    document = str(make_client(create).app.openapi_schema.to_schema())

    assert "pattern" in document
    assert "(?=" not in document
    assert "(?!" not in document
