"""The example of the README, with and without a server."""

import os
import re
from importlib import import_module
from pathlib import Path

import pytest
from litestar.testing import AsyncTestClient

README = Path(__file__).parents[1] / "README.md"


@pytest.mark.parametrize("kind", ["embedded", "redis"])
async def test_the_example_of_the_readme_makes_a_report(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if kind == "redis":
        monkeypatch.setenv("GLUEFUL_REDIS__URL", request.getfixturevalue("redis_url"))
    (example,) = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    module = f"readme_on_{kind}"
    (tmp_path / f"{module}.py").write_text(example.replace("[report])", '[report], only=["redis"])'))
    monkeypatch.syspath_prepend(tmp_path)

    async with AsyncTestClient(import_module(module).app) as client:
        answers = [(await client.get("/report")).text for _ in range(2)]

    assert answers == ["all is well"] * 2
    assert ("glueful-store.sqlite3" in os.listdir(tmp_path)) == (kind == "embedded")  # noqa: PTH208 - of this test
