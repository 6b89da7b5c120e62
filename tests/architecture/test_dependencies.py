"""Who may import whom: derived from each package's own manifest."""

import ast
import re
from functools import cache
from importlib import import_module
from typing import Any

import grimp
import pytest
from packaging.requirements import Requirement


@pytest.fixture(scope="session")
def graph(all_packages: list[Any]) -> grimp.ImportGraph:
    return grimp.build_graph(*(package.module for package in all_packages), exclude_type_checking_imports=True)


def required(package: Any) -> set[str]:
    return {Requirement(line).name.replace("-", "_") for line in package.manifest["project"]["dependencies"]}


def optional(package: Any) -> set[str]:
    extras = package.manifest["project"].get("optional-dependencies", {})
    return {Requirement(line).name.replace("-", "_") for lines in extras.values() for line in lines}


def test_a_package_imports_only_what_its_manifest_requires(package: Any, graph: grimp.ImportGraph) -> None:
    allowed = required(package) | optional(package) | {package.module}
    strays = [
        f"{importer} imports {imported}"
        for importer in {package.module, *graph.find_descendants(package.module)}
        for imported in graph.find_modules_directly_imported_by(importer)
        if imported.partition(".")[0] not in allowed
    ]

    assert strays == []


def test_an_optional_partner_is_imported_inside_functions_alone(package: Any) -> None:
    partners = {name for name in optional(package) - required(package) if name.startswith("glueful_")}
    eager = []
    for path in package.source.rglob("*.py"):
        for node in ast.parse(path.read_text()).body:
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            eager += [f"{path.name}: {name}" for name in names if name.partition(".")[0] in partners]

    assert eager == []


@cache
def public_names(module: str) -> frozenset[str]:
    return frozenset(import_module(module).__all__)


def test_a_package_imports_only_public_names_of_others(package: Any) -> None:
    strays = []
    for path in package.source.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.ImportFrom) or node.level or not (node.module or "").startswith("glueful_"):
                continue
            owner, _, rest = (node.module or "").partition(".")
            if owner == package.module:
                continue
            names = {alias.name for alias in node.names}
            is_public = rest in ("", "testing", "hookspecs") and names <= public_names(node.module or "")
            if not is_public:
                strays.append(
                    f"{path.relative_to(package.folder)}: from {node.module} import {', '.join(sorted(names))}"
                )

    assert strays == []


def test_a_package_has_no_import_cycle(package: Any, graph: grimp.ImportGraph) -> None:
    modules = {package.module, *graph.find_descendants(package.module)}
    cycles = [
        module
        for module in modules
        for imported in graph.find_modules_directly_imported_by(module) & modules
        if imported not in {package.module, module} and graph.chain_exists(imported, module)
    ]

    # Imports inside functions are seen too: a cycle hidden in a function is a cycle.
    assert cycles == []


def test_the_kernel_names_no_plugin(all_packages: list[Any]) -> None:
    kernel = next(package for package in all_packages if package.name == "glueful-kernel")
    plugins = [package.module for package in all_packages if package.is_plugin]
    text = "\n".join(path.read_text() for path in kernel.source.rglob("*.py"))

    assert [plugin for plugin in plugins if re.search(rf"\b{plugin}\b", text)] == []
