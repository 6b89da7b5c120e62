"""The parsing tests of JSONTestSuite (github.com/nst/JSONTestSuite, MIT licence), each file one request's body."""

import zipfile
from pathlib import Path
from typing import Any

import pytest

with zipfile.ZipFile(Path(__file__).with_name("json_test_suite.zip")) as archive:
    DOCUMENTS = {name: archive.read(name) for name in sorted(archive.namelist())}


NUL = {"y_string_null_escape.json", "y_object_escaped_null_in_key.json"}
"""Text with U+0000 is JSON, but no database of ours can keep it: refused as a value, not as a document."""


def test_the_suite_is_complete() -> None:
    assert len(DOCUMENTS) == 318


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if name.startswith("y_")])
def test_a_document_that_is_json_is_read(server: Any, name: str) -> None:
    assert server.post("/any", DOCUMENTS[name]).status == (422 if name in NUL else 200)


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if name.startswith("n_")])
def test_a_document_that_is_not_json_is_refused(server: Any, name: str) -> None:
    assert server.post("/any", DOCUMENTS[name]).problem["status"] == 400


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if name.startswith("i_")])
def test_a_document_that_the_standard_leaves_open_is_read_or_refused(server: Any, name: str) -> None:
    answer = server.post("/any", DOCUMENTS[name])

    assert answer.status == 200 or answer.problem["status"] in {400, 422}
