"""Public names are imported on first use."""

import subprocess
import sys

import glueful_hookspecs
import pytest


def test_every_public_name_exists() -> None:
    assert [name for name in glueful_hookspecs.__all__ if not hasattr(glueful_hookspecs, name)] == []


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="glueful_hookspecs"):
        glueful_hookspecs.absent  # noqa: B018


def test_the_contract_imports_no_framework() -> None:
    code = "import sys, glueful_hookspecs as g; [getattr(g, n) for n in g.__all__]; g.kernel_specifications()"
    check = f"{code}; sys.exit(any(m in sys.modules for m in ('litestar', 'svcs', 'piccolo', 'structlog')))"

    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
