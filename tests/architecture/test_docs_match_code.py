"""Documentation says what the code does."""

import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from glueful_hookspecs import hook_info, kernel_specifications
from glueful_registry import discover


def test_the_hook_reference_is_up_to_date(root: Path) -> None:
    result = subprocess.run([sys.executable, str(root / "docs" / "generate_hooks.py"), "--check"], check=False)

    assert result.returncode == 0, "run: python docs/generate_hooks.py"


def hooks() -> list[str]:
    modules = list(kernel_specifications())
    for info in discover():
        try:
            modules.append(import_module(f"{info.value.partition('.')[0]}.hookspecs"))
        except ModuleNotFoundError:
            continue
    return [
        name for module in modules for name, member in vars(module).items() if callable(member) and hook_info(member)
    ]


@pytest.mark.parametrize("hook", hooks())
def test_every_hook_has_a_test_that_implements_it(hook: str, root: Path) -> None:
    tests = [
        path for folder in ("kernel", "plugins", "tests", "examples") for path in (root / folder).rglob("test_*.py")
    ]

    assert any(re.search(rf"def {hook}\(|glueful_model_\{{|\"{hook}\"", path.read_text()) for path in tests)


def pages(root: Path) -> list[Path]:
    return [root / "README.md", *root.glob("docs/*.md"), *root.glob("*/README.md"), *root.glob("plugins/*/README.md")]


def test_links_between_pages_lead_somewhere(root: Path) -> None:
    broken = [
        f"{page.relative_to(root)}: {target}"
        for page in pages(root)
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
        if not (page.parent / target).exists()
    ]

    assert broken == []


SECRETS = {"GLUEFUL_AUTH__SECRET": "x" * 32, "GLUEFUL_WEBHOOKS__ENCRYPTION_KEYS": f'["{"y" * 32}"]'}


def test_the_first_example_of_a_readme_runs(package: Any, tmp_path: Path) -> None:
    """In a process of its own, in an empty folder; an `app` that it makes must start and stop."""
    (example, *_) = re.findall(r"```python\n(.*?)```", (package.folder / "README.md").read_text(), re.DOTALL)
    code = (
        f"{example}\nimport asyncio\n"
        "async def _run():\n    async with app.lifespan(): pass\n"
        "if 'app' in globals(): asyncio.run(_run())\n"
    )

    result = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning", "-c", code],
        cwd=tmp_path,
        env={**SECRETS, "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stderr


def test_every_test_that_the_documentation_names_exists(root: Path) -> None:
    named = {
        name for path in (root / "docs").glob("*.md") for name in re.findall(r"`(test_[a-z0-9_]+)`", path.read_text())
    }
    paths = [*root.glob("plugins/*/tests/**/test_*.py"), *root.glob("tests/**/test_*.py")]
    code = "\n".join(path.read_text() for path in paths)

    assert sorted(name for name in named if f"def {name}(" not in code) == []
