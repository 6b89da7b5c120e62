"""The README's example does what the README says."""

import json
import re
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from litestar.testing import TestClient

README = (Path(__file__).parents[1] / "README.md").read_text()


def block(language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
    assert found
    return found[1]


def test_the_example_runs_and_answers_as_it_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    others = [entry.name for entry in entry_points(group="glueful.plugins") if entry.name != "errors"]
    monkeypatch.setenv("GLUEFUL_PLUGINS__DISABLED", ",".join(others))
    (tmp_path / "errors_readme.py").write_text(block("python"))
    monkeypatch.syspath_prepend(tmp_path)

    with TestClient(import_module("errors_readme").app) as client:
        missing, closed = client.get("/orders/8"), client.get("/orders/7")

    printed = json.loads(block("json"))
    assert missing.json() == printed | {"request_id": missing.headers["x-request-id"]}
    assert (closed.status_code, closed.json()["code"]) == (409, "orders.closed")


def test_every_setting_is_described() -> None:
    from glueful_errors import ErrorsSettings

    assert re.findall(r"^\| `(\w+)` \|", README, re.MULTILINE) == list(ErrorsSettings.__struct_fields__)
