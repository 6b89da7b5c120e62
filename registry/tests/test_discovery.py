"""Discovery reads metadata and imports nothing."""

import subprocess
import sys
from pathlib import Path

import pytest
from glueful_registry import discover


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def install(site: Path, name: str, entry_points: str, *lines: str, code: str = "raise SystemExit('imported')") -> None:
    module = name.lower().replace("-", "_")
    (site / f"{module}.py").write_text(code)
    metadata = site / f"{module}-1.5.dist-info"
    metadata.mkdir()
    head = ["Metadata-Version: 2.1", f"Name: {name}", "Version: 1.5", "Summary: A demo", *lines]
    (metadata / "METADATA").write_text("\n".join(head) + "\n")
    (metadata / "entry_points.txt").write_text(f"[glueful.plugins]\n{entry_points}\n")


def test_a_plugin_is_described_by_its_distribution_and_not_imported(site: Path) -> None:
    install(
        site,
        "Acme_Audit",
        "Audit_Log = acme_audit:Plugin",
        "Requires-Dist: acme-storage>=2; python_version >= '3'",
        "Requires-Dist: winonly; sys_platform == 'nowhere'",
        "Provides-Extra: queue",
        "Requires-Dist: acme-queue; extra == 'queue'",
    )

    (found,) = [info for info in discover() if info.distribution == "acme-audit"]

    assert (found.name, found.value, found.version, found.summary) == (
        "audit-log",
        "acme_audit:Plugin",
        "1.5",
        "A demo",
    )
    assert [requirement.name for requirement in found.requires] == ["acme-storage"]
    assert [requirement.name for requirement in found.extras] == ["acme-queue"]
    assert found.location == str(site / "acme_audit-1.5.dist-info")
    assert found.has_source is False
    assert "acme_audit" not in sys.modules


def test_one_distribution_may_bring_several_plugins(site: Path) -> None:
    install(site, "acme-two", "one = acme_two:One\ntwo = acme_two:Two")

    assert [info.name for info in discover() if info.distribution == "acme-two"] == ["one", "two"]


def test_importing_the_registry_imports_no_framework() -> None:
    code = (
        "import sys, glueful_registry as r; r.plan(r.discover())\n"
        "sys.exit(any(m in sys.modules for m in ('litestar', 'svcs', 'piccolo', 'glueful_orm', 'glueful_edge')))"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
