"""Every package has the same rooms and stands alone."""

import ast
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from glueful_registry import is_essential

VAGUE = {"utils", "helpers", "misc", "common", "base", "manager", "core", "wrapper", "stuff"}
LONGEST_MODULE = 400
KERNEL_BUDGET = 1_200


def test_a_package_has_readme_changelog_types_and_tests(package: Any) -> None:
    missing = [name for name in ("README.md", "CHANGELOG.md", "tests") if not (package.folder / name).exists()]

    assert missing == []
    assert (package.source / "py.typed").exists()
    assert list((package.folder / "tests").rglob("test_*.py"))
    assert "```python" in (package.folder / "README.md").read_text()


def test_a_manifest_is_whole_and_holds_no_tool_settings(package: Any) -> None:
    project = package.manifest["project"]

    assert package.manifest.get("tool") is None
    assert package.folder.name in (package.name, package.name.removeprefix("glueful-"))
    assert (project["license"], project["requires-python"], project["readme"]) == ("MIT", ">=3.11", "README.md")
    assert project["description"]
    assert not [line for line in project["dependencies"] if re.match(r"glueful-.*==", line)]


def test_a_plugin_is_announced_under_its_own_name(plugin_package: Any) -> None:
    name = plugin_package.name.removeprefix("glueful-")

    assert list(plugin_package.plugins) == [name]
    assert plugin_package.plugins[name].startswith(f"{plugin_package.module}.plugin:")


def test_a_plugin_runs_the_conformance_suite(plugin_package: Any) -> None:
    suite = plugin_package.folder / "tests" / "test_conformance.py"

    assert "from glueful_kernel.testing.conformance import *" in suite.read_text()


def test_the_workspace_knows_every_package(all_packages: list[Any], root: Path) -> None:
    import tomllib

    sources = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["uv"]["sources"]

    assert sorted(package.name for package in all_packages if package.name not in sources) == []


def test_modules_are_small_and_say_what_is_inside(package: Any) -> None:
    modules = list(package.source.rglob("*.py"))

    assert [path.name for path in modules if path.stem in VAGUE] == []
    assert [path.name for path in modules if len(path.read_text().splitlines()) > LONGEST_MODULE] == []
    assert [
        path.name for path in modules if path.read_text() and not ast.get_docstring(ast.parse(path.read_text()))
    ] == []


def test_public_names_are_listed_once_and_loaded_on_first_use(package: Any) -> None:
    """``__all__``, the mapping of ``lazy_exports`` and the imports for type checkers name the same."""
    tree = ast.parse((package.source / "__init__.py").read_text())
    checked = {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.If)
        for statement in node.body
        if isinstance(statement, ast.ImportFrom)
        for alias in statement.names
    }
    values = {
        t.id: n.value for n in tree.body if isinstance(n, ast.Assign) for t in n.targets if isinstance(t, ast.Name)
    }
    mapping = values["__getattr__"].args[1]  # type: ignore[attr-defined]
    eager = {a.name for n in tree.body if isinstance(n, ast.ImportFrom) and n.level for a in n.names}

    listed = set(ast.literal_eval(values["__all__"]))
    assert listed == checked | (eager & listed)
    assert listed - eager == set(ast.literal_eval(mapping))


def test_no_public_name_is_also_a_module(package: Any) -> None:
    """Importing the module would replace the name by it."""
    clashes = []
    for init in package.source.rglob("__init__.py"):
        names = re.findall(r'^        "(\w+)": "\.', init.read_text(), re.MULTILINE)
        modules = {path.stem for path in init.parent.iterdir()}
        clashes += [f"{init.parent.name}.{name}" for name in names if name in modules]

    assert clashes == []


def test_the_catalogue_and_a_plugin_say_alike_whether_it_is_essential(package: Any) -> None:
    """The catalogue answers for a plugin that cannot be imported, so it must know what the plugin would have said."""
    for name, value in package.plugins.items():
        module, _, attribute = value.partition(":")
        plugin = getattr(import_module(module), attribute) if attribute else import_module(module)

        assert is_essential(name) is getattr(plugin, "essential", False)


def code_lines(path: Path) -> int:
    """Lines that hold code: no comment, no docstring, no blank."""
    import io
    import tokenize

    text = path.read_text()
    prose: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            prose.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    silent = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    code: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in silent:
            code.update(range(token.start[0], token.end[0] + 1))
    return len(code - prose)


def test_the_kernel_stays_small(root: Path) -> None:
    source = root / "kernel" / "src"
    modules = [path for path in source.rglob("*.py") if "testing" not in path.parts]

    assert sum(map(code_lines, modules)) < KERNEL_BUDGET


@pytest.mark.parametrize("word", ["TODO", "FIXME", "XXX"])
def test_nothing_unfinished_is_left(package: Any, word: str) -> None:
    assert [path.name for path in package.source.rglob("*.py") if word in path.read_text()] == []
