"""The README's example does what the README says."""

import json
import re
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest
from litestar.testing import TestClient

README = (Path(__file__).parents[1] / "README.md").read_text()


def test_the_request_of_the_readme_has_the_answer_of_the_readme(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ((code,), (exchange,)) = (re.findall(rf"```{kind}\n(.*?)```", README, re.DOTALL) for kind in ("python", "http"))
    sent, answer = re.search(r"(\{.*?\})\n\n422[^\n]*\n(.*)", exchange, re.DOTALL).groups()  # type: ignore[union-attr]
    (tmp_path / "readme_of_validation.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    if find_spec("glueful_auth"):
        monkeypatch.setenv("GLUEFUL_AUTH__SECRET", "x" * 32)
    if find_spec("glueful_webhooks"):
        monkeypatch.setenv("GLUEFUL_WEBHOOKS__ENCRYPTION_KEYS", json.dumps(["x" * 32]))

    with TestClient(import_module("readme_of_validation").app) as client:
        response = client.post("/users", json=json.loads(sent))

    expected = json.loads(answer)
    found = response.json()
    listed = found["errors"] if "errors" in found else found["extra"]  # with glueful-errors, and without it
    errors = [
        {key: error[key] for key in ("pointer", "code", "message", "params") if error.get(key)} for error in listed
    ]
    assert (response.status_code, found["detail"]) == (422, expected["detail"])
    assert errors == expected["errors"]
