"""Sessions over the packages, which are discovered: a new folder has its matrix, build and changelog at once.

nox -s plugin -- glueful-orm      one package with its requirements alone, on every Python, newest and lowest versions
nox -s tests | lint | types | docs | build | bench
"""

import os
import shutil
import tomllib
from pathlib import Path

import nox

ROOT = Path(__file__).parent
DIST = ROOT / "dist"
PYTHONS = ["3.11", "3.12", "3.13"]
TEST_TOOLS = ["hypothesis", "pytest", "pytest-asyncio", "pytest-xdist", "packaging"]

os.environ.setdefault("UV_PYTHON_DOWNLOADS", "never")  # a Python that is not there is skipped
nox.options.default_venv_backend = "uv"
nox.options.error_on_missing_interpreters = False
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["lint", "types", "tests"]


def discover() -> dict[str, Path]:
    """Distribution names and their folders."""
    folders = [ROOT / "hookspecs", ROOT / "registry", ROOT / "kernel", *sorted((ROOT / "plugins").iterdir())]
    found = {}
    for folder in folders:
        if (folder / "pyproject.toml").exists():
            found[tomllib.loads((folder / "pyproject.toml").read_text())["project"]["name"]] = folder
    return found


PACKAGES = discover()
BUILT: set[str] = set()
"""Wheels are built once in each run: those of an earlier run may be of other sources."""


def _build(session: nox.Session) -> None:
    """Wheels and source distributions of every package, the same bytes each time."""
    shutil.rmtree(DIST, ignore_errors=True)
    environment = {"SOURCE_DATE_EPOCH": os.environ.get("SOURCE_DATE_EPOCH", "1735689600")}
    for folder in PACKAGES.values():
        session.run("uv", "build", "--quiet", "--out-dir", str(DIST), str(folder), external=True, env=environment)


def _wheels_as_constraints(session: nox.Session) -> Path:
    """Our packages by file: an index that holds a stranger's package under our name is never asked."""
    if "dist" not in BUILT:
        _build(session)
        BUILT.add("dist")
    lines = []
    for name in PACKAGES:
        (wheel,) = DIST.glob(f"{name.replace('-', '_')}-*.whl")
        lines.append(f"{name} @ {wheel.as_uri()}")
    path = Path(session.create_tmp()) / "ours.txt"
    path.write_text("\n".join(lines) + "\n")
    return path


def _test_tools(folder: Path, chosen: str) -> list[str]:
    """What tests need: its own group ``test``, and the common tools in the versions that ``make test`` uses.

    Args:
        folder: of the package.
        chosen: what its own requirements pin already, as a requirements file.
    """
    manifest = tomllib.loads((folder / "pyproject.toml").read_text())
    pins = (ROOT / "constraints.txt").read_text().splitlines()
    names = [name for name in TEST_TOOLS if f"\n{name}==" not in f"\n{chosen}"]
    tools = [pin for name in names for pin in pins if pin.lower().startswith(f"{name}==")]
    return [*tools, *manifest.get("dependency-groups", {}).get("test", [])]


@nox.session(python=PYTHONS)
@nox.parametrize("resolution", ["highest", "lowest-direct"])
def plugin(session: nox.Session, resolution: str) -> None:
    """One package with its requirements alone: nox -s plugin -- glueful-orm."""
    ours = _wheels_as_constraints(session)
    for name in session.posargs or PACKAGES:
        folder = PACKAGES[name]
        pins = Path(session.create_tmp()) / f"{name}-{resolution}.txt"
        # Only what is named counts as direct: the manifest is compiled first, then installed with these pins.
        session.run(
            *("uv", "pip", "compile", "--quiet", "--no-sources", "--no-annotate", "--no-header"),
            *("--resolution", resolution, "--python-version", str(session.python), "-c", str(ours)),
            *(str(folder / "pyproject.toml"), "-o", str(pins)),
            external=True,
        )
        wheels = [line for line in ours.read_text().splitlines() if line.startswith((f"{name} @", "glueful-kernel @"))]
        extras = [line.replace("glueful-kernel @", "glueful-kernel[testing] @") for line in wheels]
        session.install("-r", str(pins), "-c", str(ours), *extras, *_test_tools(folder, pins.read_text()))
        session.run("pytest", "-q", "-p", "no:cacheprovider", "-p", "no:anyio", str(folder / "tests"))


@nox.session
def tests(session: nox.Session) -> None:
    """The whole suite, as ``make test`` runs it."""
    session.run("make", "test", external=True)


@nox.session
def lint(session: nox.Session) -> None:
    """Style, and the direction of imports."""
    session.install("-c", "constraints.txt", "ruff", "import-linter")
    session.install("-c", "constraints.txt", *(arg for folder in PACKAGES.values() for arg in ("-e", str(folder))))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("lint-imports")


@nox.session
def types(session: nox.Session) -> None:
    """Mypy, strict, over sources and tests, as ``make check`` runs it."""
    session.run("make", "check", external=True)


@nox.session
def docs(session: nox.Session) -> None:
    """Write docs/hooks.md from the specifications."""
    session.install("-c", "constraints.txt", *(arg for folder in PACKAGES.values() for arg in ("-e", str(folder))))
    session.run("python", "docs/generate_hooks.py")


@nox.session
def build(session: nox.Session) -> None:
    """Build every wheel and source distribution into dist/."""
    _build(session)


@nox.session
def bench(session: nox.Session) -> None:
    """Side-by-side measurements: nox -s bench -- kernel."""
    session.install("-c", "constraints.txt", *(arg for folder in PACKAGES.values() for arg in ("-e", str(folder))))
    for name in session.posargs or ["kernel"]:
        requirements = ROOT / "benchmarks" / name / "requirements.txt"
        if requirements.exists():
            session.install("-r", str(requirements))
        for script in sorted((ROOT / "benchmarks" / name).glob("*.py")):
            if "__main__" in script.read_text() and script.stem != "load":
                session.run("python", str(script))
