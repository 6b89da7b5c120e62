"""The README's example does what the README says."""

import json
import re
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest
from litestar.testing import TestClient

NEEDED = [
    ("glueful_auth", "GLUEFUL_AUTH__SECRET", "x" * 32),
    ("glueful_webhooks", "GLUEFUL_WEBHOOKS__ENCRYPTION_KEYS", json.dumps(["x" * 32])),
]
"""What other plugins must be told where they are installed."""
README = (Path(__file__).parents[1] / "README.md").read_text()


def test_the_request_of_the_readme_has_the_answer_of_the_readme(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ((code,), (exchange,)) = (re.findall(rf"```{kind}\n(.*?)```", README, re.DOTALL) for kind in ("python", "http"))
    path, status, answer = re.search(r"GET (\S+)\n\n(\d+)[^\n]*\n(.*)", exchange, re.DOTALL).groups()  # type: ignore[union-attr]
    (tmp_path / "readme_of_resources.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    for plugin, setting, value in NEEDED:
        if find_spec(plugin):
            monkeypatch.setenv(setting, value)

    with TestClient(import_module("readme_of_resources").app) as client:
        response = client.get(path)
        document = client.get("/schema/openapi.json").json()

    assert (response.status_code, response.json()) == (int(status), json.loads(answer))
    schema = document["components"]["schemas"]["UserResource"]
    assert len(schema["properties"]) == len(schema["required"]) == 5
