"""Write docs/hooks.md from the specifications of the installed packages; ``--check`` only compares."""

import sys
from importlib import import_module
from inspect import getdoc, signature
from pathlib import Path
from types import ModuleType

from glueful_hookspecs import hook_info, kernel_specifications
from glueful_registry import discover

PAGE = Path(__file__).with_name("hooks.md")
HEAD = """# Hook reference

<!-- Written by docs/generate_hooks.py from the specifications. Do not edit. -->

A **contribution** runs once, at boot, and returns what the plugin adds. An **observer** hears a fact; its errors are
logged with the plugin's name. A **veto** runs before the fact; its error, or a returned `False`, stops the operation.
Implementations ask only for the arguments that they use. [How to write a plugin](writing-a-plugin.md).
"""


def specifications() -> list[tuple[str, list[ModuleType]]]:
    """The owner of specifications and its modules: the kernel first, then plugins by name."""
    found = [("The kernel's", list(kernel_specifications()))]
    for info in discover():
        package = info.value.partition(".")[0]
        try:
            module = import_module(f"{package}.hookspecs")
        except ModuleNotFoundError:
            continue
        found.append((f"{info.distribution}'s", [module]))
    return found


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for owner, modules in specifications():
        parts.append(f"## {owner} hooks\n")
        for module in modules:
            summary = (getdoc(module) or "").splitlines()[0]
            if len(modules) > 1:
                parts.append(f"### {summary}\n")
            for name, member in vars(module).items():
                info = hook_info(member) if callable(member) else None
                if info is None:
                    continue
                arguments = ", ".join(signature(member).parameters)
                parts.append(
                    f"#### `{name}({arguments})`\n\n*{info.kind}, since {info.since}*\n\n{described(member)}\n"
                )
    return "\n".join(parts)


def described(member: object) -> str:
    """The docstring as Markdown: each part a list item."""
    lines = []
    in_arguments = False
    for line in (getdoc(member) or "").splitlines():
        text = line.strip().replace("``", "`")
        if text == "Args:":
            in_arguments = True
            lines += ["", "Arguments:", ""]
        elif not text:
            lines.append("")
        elif in_arguments and line.startswith("    ") and not line.startswith("        "):
            name, _, rest = text.partition(": ")
            lines.append(f"* `{name}`: {rest}")
        elif text.partition(":")[0] in {"When", "Order", "Errors", "Fires again", "Returns"}:
            part, _, rest = text.partition(": ")
            lines.append(f"* **{part}**: {rest}")
        else:
            lines.append(f"  {text}" if lines and lines[-1].startswith(("*", "  ")) else text)
    return "\n".join(lines)


if __name__ == "__main__":
    text = page()
    if "--check" in sys.argv:
        sys.exit(PAGE.read_text() != text)
    PAGE.write_text(text)
