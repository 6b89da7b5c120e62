"""Schemathesis against an application that uses all of validation and resources.

Generation is deterministic: the same requests on every run. Each must be answered without a server error, with a
status, content type, header fields and body of the published document; what breaks the document must be refused, what
follows it accepted; methods that are not in it are 405. Nothing is turned off but what ``settings_for`` names.
"""

import ast
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import glueful_resources
import glueful_validation
import httpx
import jsonschema_rs
import pytest

HERE = Path(__file__).parent
PHASES = "examples,coverage,fuzzing,stateful"
METHODS = ("get", "post", "put", "patch", "delete")
NOT_DECLARED = {
    *("ABSENT", "INVALID", "FieldError", "RequestContext"),
    *("ApplicationValidation", "RequestValidation", "ValidationSettings", "RowRule", "RowLookup"),
    *("ApplicationResources", "ResourceResponses", "ResourceSource", "ResourcesSettings"),
    *("CursorMeta", "PageLinks", "PageMeta", "QueryError", "Route"),
}
"""Public names that no application declares anything with: for plugins and tests, and what other names make."""


class Bakery(NamedTuple):
    """The application, served by another process."""

    address: str
    log: Path


@pytest.fixture(scope="module")
def bakery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bakery]:
    folder = tmp_path_factory.mktemp("bakery")
    command = [sys.executable, "-m", "uvicorn", "--factory", "bakery:serve", "--app-dir", str(HERE), "--port", "0"]
    log = folder / "log"
    with log.open("wb") as output:
        environment = {**os.environ, "BAKERY": f"sqlite:///{folder / 'bakery.sqlite3'}"}
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        while (found := re.search(r"running on (http://[\d.:]+)", log.read_text())) is None:
            assert process.poll() is None, log.read_text()
            time.sleep(0.05)
        yield Bakery(found[1], log)
        assert process.poll() is None, log.read_text()
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="module")
def document(bakery: Bakery) -> Any:
    return httpx.get(f"{bakery.address}/schema/openapi.json").json()


def operations(document: Any) -> Iterator[tuple[str, str, Any]]:
    """Method, path and declaration of each."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield method.upper(), path, item[method]


def has_rules_of_our_own(schema: Any, document: Any) -> bool:
    """Whether JSON Schema does not say all that a body has to keep: ``x-rules`` is in it or in what it refers to."""
    if isinstance(schema, list):
        return any(has_rules_of_our_own(part, document) for part in schema)
    if not isinstance(schema, dict):
        return False
    if "$ref" in schema:
        referred = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return has_rules_of_our_own(referred, document)
    return "x-rules" in schema or any(has_rules_of_our_own(part, document) for part in schema.values())


def settings_for(document: Any) -> str:
    """What else than 2xx answers a request that follows the document, and where.

    404 where a path names a row, which may not be there; 422 where the document itself says, by ``x-rules``, that the
    body has to keep more than JSON Schema can say.
    """
    lines = [f'hooks = "{HERE / "stated_limits.py"}"']
    lines += ["[generation]", "allow-x00 = false  # docs/validation.md: no NUL in text"]
    for method, path, operation in operations(document):
        expected = ["2xx", *(["404"] if "{" in path else [])]
        if has_rules_of_our_own(operation.get("requestBody", {}), document):
            expected.append("422")
        lines += ["[[operations]]", f'include-name = "{method} {path}"']
        lines += [f"checks.positive_data_acceptance.expected-statuses = {expected}"]
    return "\n".join(lines)


def answered(log: str, method: str, path: str) -> set[str]:
    """The statuses that an operation was answered with."""
    pattern = re.sub(r"\\{.*?\\}", "[^/ ?]+", re.escape(path))
    return set(re.findall(rf'"{method} {pattern}(?:\?\S*)? HTTP/1.1" (\d+)', log))


def test_no_server_error_and_no_response_that_contradicts_its_schema(
    bakery: Bakery, document: Any, tmp_path: Path
) -> None:
    (tmp_path / "schemathesis.toml").write_text(settings_for(document))
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{bakery.address}/schema/openapi.json"]
    command += ["--phases", PHASES, "--max-examples", "25", "--generation-deterministic", "--no-color"]

    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300)

    assert result.returncode == 0, result.stdout[-20_000:]
    assert f"Tested: {len(list(operations(document)))}\n" in result.stdout, result.stdout
    log = bakery.log.read_text()
    statuses = {f"{method} {path}": answered(log, method, path) for method, path, _ in operations(document)}
    never_accepted = [name for name, found in statuses.items() if not any(status[0] == "2" for status in found)]
    assert never_accepted == []


def test_422_is_allowed_for_the_operations_with_rules_beyond_json_schema_alone(document: Any) -> None:
    beyond = {
        f"{method} {path}"
        for method, path, operation in operations(document)
        if has_rules_of_our_own(operation.get("requestBody", {}), document)
    }

    assert beyond == {"POST /bakers", "POST /by-rules", "POST /loaves", "POST /orders", "POST /photos"}


def test_every_line_of_a_stream_is_what_the_document_says(bakery: Bakery, document: Any) -> None:
    """Schemathesis does not read NDJSON."""
    content = document["paths"]["/loaves/stream"]["get"]["responses"]["200"]["content"]
    line = {**content["application/x-ndjson"]["schema"], "components": document["components"]}
    validator = jsonschema_rs.validator_for(line, validate_formats=True, ignore_unknown_formats=True)

    response = httpx.get(f"{bakery.address}/loaves/stream", headers={"Accept": "application/x-ndjson"})
    rows = [json.loads(row) for row in response.text.splitlines()]

    assert response.headers["content-type"].startswith("application/x-ndjson")
    assert rows
    assert [row for row in rows if not validator.is_valid(row)] == []


@pytest.mark.parametrize("package", [glueful_validation, glueful_resources])
def test_the_bakery_declares_with_everything_that_there_is(package: Any) -> None:
    used = {
        name.id
        for path in HERE.glob("*.py")
        if path.name != Path(__file__).name
        for name in ast.walk(ast.parse(path.read_text()))
        if isinstance(name, ast.Name)
    }
    public = {
        name
        for name in package.__all__
        if not (isinstance(member := getattr(package, name), type) and issubclass(member, Exception))
    }

    assert sorted(public - NOT_DECLARED - used) == []
