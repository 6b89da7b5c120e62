"""What requests choose, and what they never get: rows of the security reference, section i, by name."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import pytest
from glueful_hookspecs import Principal
from glueful_resources import Resource, ResourceCollection, ResourcesSettings, has_role, when_loaded
from glueful_resources import field as shown
from hypothesis import given
from hypothesis import strategies as st
from litestar import get
from litestar.middleware import ASGIMiddleware


@dataclass
class Comment:
    text: str
    password: str = "hidden-1"
    author: "Person | None" = None


@dataclass
class Person:
    id: int
    name: str
    salary: int = 7
    password: str = "hidden-2"
    comments: list[Comment] = field(default_factory=list)


class CommentResource(Resource[Comment], sparse=True, rename="camel"):
    text: str
    written_by: "PersonResource | None" = when_loaded("author")


class PersonResource(Resource[Person], sparse=True, includes=("comments.written_by",)):
    id: int
    name: str
    salary: int = shown(visible_if=has_role("accountant"))
    comments: list[CommentResource] = when_loaded()


class ClosedResource(Resource[Person]):
    id: int
    name: str


class Callers(ASGIMiddleware):
    async def handle(self, scope: Any, receive: Any, send: Any, next_app: Any) -> None:
        role = dict(scope["headers"]).get(b"x-role", b"").decode()
        scope["user"] = Principal(id="1", roles=frozenset({role})) if role else None
        await next_app(scope, receive, send)


def ada() -> Person:
    return Person(1, "Ada", comments=[Comment("Hello", author=Person(2, "Bob"))])


@get("/people", sync_to_thread=False)
def people() -> ResourceCollection[PersonResource]:
    return PersonResource.collection([ada()])


@get("/closed", sync_to_thread=False)
def closed() -> ClosedResource:
    return ClosedResource(ada())


@pytest.fixture
def client(make_client: Any) -> Any:
    return make_client([people, closed], middleware=[Callers()])


def test_a_request_chooses_fields(client: Any) -> None:
    assert client.get("/people?fields[people]=name").json() == {"data": [{"name": "Ada"}]}
    assert client.get("/people?fields%5Bpeople%5D=name,id").json() == {"data": [{"id": 1, "name": "Ada"}]}
    assert client.get("/people?fields[people]=comments&fields[comments]=text").json() == {
        "data": [{"comments": [{"text": "Hello"}]}]
    }


def test_a_resource_that_offers_nothing_looks_at_nothing(client: Any) -> None:
    assert client.get("/closed?fields[people]=x&include=y").json() == {"data": {"id": 1, "name": "Ada"}}


def errors_of(response: Any) -> list[dict[str, Any]]:
    assert response.status_code == 400, response.text
    found: list[dict[str, Any]] = response.json()["extra"]
    return found


@pytest.mark.parametrize(
    ("query", "code", "name", "allowed"),
    [
        ("fields[people]=nam", "unknown_field", "fields[people]", ["comments", "id", "name"]),
        ("fields[people]=", "unknown_field", "fields[people]", ["comments", "id", "name"]),
        ("include=", "unknown_include", "include", ["comments", "comments.writtenBy"]),
        ("fields[people]=name,,id", "unknown_field", "fields[people]", ["comments", "id", "name"]),
        ("fields[comments]=author", "unknown_field", "fields[comments]", ["text", "writtenBy"]),
        ("fields[users]=name", "unknown_resource", "fields", ["comments", "people"]),
        ("fields=name", "malformed", "fields", ["comments", "people"]),
        ("fields[]=name", "unknown_resource", "fields", ["comments", "people"]),
        ("fields[people][]=name", "malformed", "fields", ["comments", "people"]),
        ("fields[people=name", "malformed", "fields", ["comments", "people"]),
        ("fields[people]=name&fields[people]=id", "malformed", "fields[people]", None),
        ("fields[people]=" + "a" * 2_001, "too_long", "fields[people]", None),
        ("fields[people]=name,id,name", "malformed", "fields[people]", None),
        ("include=friends", "unknown_include", "include", ["comments", "comments.writtenBy"]),
        ("include=comments.writtenBy.comments", "unknown_include", "include", ["comments", "comments.writtenBy"]),
        ("include=__class__", "unknown_include", "include", ["comments", "comments.writtenBy"]),
        ("include=comments&include=comments", "malformed", "include", None),
        ("include[]=comments", "malformed", "include", None),
        ("include=" + ".".join(["comments"] * 300), "too_long", "include", None),
    ],
)
def test_what_is_not_offered_is_refused_with_what_is(
    client: Any, query: str, code: str, name: str, allowed: list[str] | None
) -> None:
    (error, *_) = errors_of(client.get(f"/people?{query}"))

    assert (error["code"], error["name"], error["params"].get("allowed")) == (code, name, allowed)


def test_every_error_is_told_at_once(client: Any) -> None:
    found = errors_of(client.get("/people?fields[people]=a&fields[comments]=b&include=c"))

    assert [error["code"] for error in found] == ["unknown_field", "unknown_field", "unknown_include"]


@pytest.mark.parametrize("query", ["fields[people]=%ff", "include=%", "fields%5Bpeople%5D=%00"])
def test_unreadable_queries_are_refused(client: Any, query: str) -> None:
    assert client.get(f"/people?{query}").status_code == 400


def test_a_thousand_parameters_are_refused(client: Any) -> None:
    assert client.get("/people?" + "&".join(f"fields[x{n}]=a" for n in range(1_001))).status_code == 400
    assert len(errors_of(client.get("/people?" + "&".join(f"fields[x{n}]=a" for n in range(200))))) == 100


HIDDEN = ["password", "Person.password", "comments.password", "__dict__", "_password", "hidden"]


@pytest.mark.parametrize("name", HIDDEN)
@pytest.mark.parametrize(
    "place", ["include={}", "fields[people]={}", "fields[comments]={}", "fields[{}]=id", "sort={}"]
)
def test_security_i_hidden_field_through_include_fields_sort_filter_error_etag(
    client: Any, name: str, place: str
) -> None:
    response = client.get(f"/people?{place.format(name)}")

    assert response.status_code in (200, 400)
    assert "hidden-" not in response.text
    assert "password" not in response.text  # an error repeats nothing of the request, and names no hidden field
    assert "etag" not in response.headers


def test_security_i_hidden_field_is_not_in_the_document(client: Any) -> None:
    assert "password" not in json.dumps(client.get("/schema/openapi.json").json())


def test_the_document_lists_the_fields_that_everybody_may_choose(client: Any) -> None:
    parameters = client.get("/schema/openapi.json").json()["paths"]["/people"]["get"]["parameters"]

    assert [parameter["schema"]["items"]["enum"] for parameter in parameters] == [
        ["text", "writtenBy"],
        ["comments", "id", "name"],
        ["comments", "comments.writtenBy"],
    ]


def test_a_field_that_is_not_for_the_caller_does_not_exist(client: Any) -> None:
    refused = client.get("/people?fields[people]=salary")
    granted = client.get("/people?fields[people]=salary", headers={"x-role": "accountant"})

    assert errors_of(refused)[0]["params"]["allowed"] == ["comments", "id", "name"]
    assert "salary" not in refused.text
    assert granted.json() == {"data": [{"salary": 7}]}
    assert "salary" not in client.get("/people?include=comments.writtenBy").text


@given(query=st.text(max_size=200))
def test_security_i_any_query_is_answered(query: str) -> None:
    client = serving()

    response = client.get(f"/people?{quote(query, safe='=&[],.%')}")

    assert response.status_code in (200, 400)
    assert "hidden-" not in response.text


@given(
    names=st.lists(st.sampled_from(["id", "name", "comments", "salary", "password"]), min_size=1, unique=True),
    includes=st.lists(
        st.sampled_from(["comments", "comments.writtenBy", "password", "comments.password"]), min_size=1, unique=True
    ),
)
def test_an_answer_holds_what_was_chosen_and_offered(names: list[str], includes: list[str]) -> None:
    response = serving().get(f"/people?fields[people]={','.join(names)}&include={','.join(includes)}")

    bad_field = bool({"salary", "password"} & set(names))
    bad_include = any("password" in include for include in includes)
    if bad_field or bad_include:
        assert len(errors_of(response)) == bad_field + bad_include
    else:
        assert response.json()["data"][0].keys() == {*names, "comments"}


_STARTED: list[Any] = []


def serving() -> Any:
    """One application for all examples of a property."""
    if not _STARTED:
        from glueful_resources import ApplicationResources, ResourceResponses
        from litestar import Litestar
        from litestar.testing import TestClient

        _STARTED.append(
            TestClient(
                Litestar(
                    [people],
                    plugins=[ResourceResponses(ApplicationResources(ResourcesSettings(compiled_selections=4)))],
                    logging_config=None,
                    openapi_config=None,
                )
            )
        )
    return _STARTED[0]
