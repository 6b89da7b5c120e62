"""The conformance suite finds what is wrong with a plugin."""

import os
import re
import subprocess
import sys
from typing import Any

GOOD = """
from glueful_hookspecs import HealthCheck, hookimpl

async def check(): ...

@hookimpl
def glueful_health_checks():
    return [HealthCheck(name="audit.disk", check=check)]
"""
BAD = """
import litestar
import click
from glueful_hookspecs import HealthCheck, hook, hookimpl

__all__ = ["absent"]

async def check(): ...

class Specifications:
    @hook("observer", since="1.0")
    def acme_written(record): "Something was written."

@hookimpl
def glueful_add_hookspecs():
    return Specifications

@hookimpl
def glueful_commands():
    return [click.Command("audit")]

@hookimpl
def glueful_health_checks():
    return [HealthCheck(name="Disk", check=check)]

@hookimpl
def glueful_shutdown():
    raise RuntimeError
"""
SUITE = "from glueful_kernel.testing.conformance import *\nPLUGIN = 'audit'\n"


def failures(installation: Any) -> set[str]:
    (installation.work / "test_conformance.py").write_text(SUITE)
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", "."],
        cwd=installation.work,
        env={**os.environ, "PYTHONPATH": str(installation.site)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert " passed" in result.stdout, result.stdout
    return set(re.findall(r"^FAILED .*::(\w+)", result.stdout, re.MULTILINE))


def test_a_good_plugin_passes(installation: Any) -> None:
    metadata = installation.install("acme-audit", GOOD, requires=["glueful-hookspecs>=0.1,<0.2"]) / "METADATA"
    metadata.write_text(metadata.read_text() + "License-Expression: MIT\n")

    assert failures(installation) == set()


def test_what_is_wrong_is_found(installation: Any) -> None:
    installation.install("acme-audit", BAD, requires=["glueful-hookspecs"])

    assert failures(installation) == {
        "test_importing_it_imports_nothing_heavy",
        "test_its_commands_say_what_they_do",
        "test_its_health_checks_have_names_that_begin_with_its_own",
        "test_its_hooks_say_when_they_run_and_what_their_errors_mean",
        "test_its_metadata_is_a_manifest",
        "test_its_package_is_typed_and_its_public_names_are_there",
    }
