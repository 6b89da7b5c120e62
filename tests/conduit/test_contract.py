"""Every answer is what the published specification promises."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

SPECIFICATION: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "openapi.yml").read_text())


def schema_of(template: str, method: str, status: int) -> dict[str, Any] | None:
    """The schema of a response, with its references resolvable; None for one without a body."""
    response = SPECIFICATION["paths"][template][method]["responses"][str(status)]
    while "$ref" in response:
        response = SPECIFICATION["components"]["responses"][response["$ref"].rpartition("/")[2]]
    content = response["content"].get("application/json")
    return None if content is None else {**content["schema"], "components": SPECIFICATION["components"]}


def test_every_operation_answers_as_specified(client: Any, ann: Any, bob: Any) -> None:
    seen: set[tuple[str, str]] = set()

    def ask(who: Any, method: str, template: str, status: int, body: Any = None, **values: Any) -> Any:
        options = {} if body is None else {"json": body}
        response = getattr(who, method)(template.format(**values), **options)
        assert response.status_code == status, (method, template, response.text)
        schema = schema_of(template, method, status)
        if schema is not None:
            Draft202012Validator(schema).validate(response.json())
        else:
            assert response.content == b""
        seen.add((method, template))
        return response.json() if response.content else None

    account = {"username": "carl", "email": "carl@example.org", "password": "correct horse"}
    ask(client, "post", "/users", 201, {"user": account})
    ask(client, "post", "/users/login", 200, {"user": account})
    ask(ann, "get", "/user", 200)
    ask(ann, "put", "/user", 200, {"user": {"bio": "Hello."}})
    ask(client, "get", "/profiles/{username}", 200, username="ann")
    ask(bob, "post", "/profiles/{username}/follow", 200, username="ann")
    article = {"title": "Dragons", "description": "About them", "body": "Text.", "tagList": ["a", "b"]}
    slug = ask(ann, "post", "/articles", 201, {"article": article})["article"]["slug"]
    ask(client, "get", "/articles", 200)
    ask(bob, "get", "/articles/feed", 200)
    ask(client, "get", "/articles/{slug}", 200, slug=slug)
    ask(ann, "put", "/articles/{slug}", 200, {"article": {"body": "Better."}}, slug=slug)
    ask(bob, "post", "/articles/{slug}/favorite", 200, slug=slug)
    ask(bob, "delete", "/articles/{slug}/favorite", 200, slug=slug)
    comment = ask(bob, "post", "/articles/{slug}/comments", 200, {"comment": {"body": "Nice."}}, slug=slug)
    ask(client, "get", "/articles/{slug}/comments", 200, slug=slug)
    ask(bob, "delete", "/articles/{slug}/comments/{id}", 204, slug=slug, id=comment["comment"]["id"])
    ask(client, "get", "/tags", 200)
    ask(bob, "delete", "/profiles/{username}/follow", 200, username="ann")
    ask(ann, "delete", "/articles/{slug}", 204, slug=slug)

    operations = {(method, path) for path, methods in SPECIFICATION["paths"].items() for method in methods}
    assert seen == operations
    assert len(seen) == 19


@pytest.mark.parametrize("path", ["/users", "/users/login"])
def test_errors_answer_as_specified(client: Any, path: str) -> None:
    response = client.post(path, json={"user": {"email": 1}})

    assert response.status_code == 422
    schema = schema_of(path, "post", 422)
    assert schema is not None
    Draft202012Validator(schema).validate(response.json())
