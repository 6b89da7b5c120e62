"""The shape of an operational error: what happened, where, and what to do about it."""

from typing import ClassVar


class GluefulError(Exception):
    """An error that an operator or developer can act on.

    Subclasses take facts in their constructor, keep them as attributes and pass two sentences up:
    ``what`` names the culprit first, ``fix`` can be followed or pasted. The command line prints
    both on separate lines and never a traceback.

    Args:
        what: one sentence, the culprit first.
        fix: what to run or change; empty where nothing can be advised.
    """

    code: ClassVar[str] = "glueful.error"
    """Dotted, stable, never reused; subclasses set their own."""

    def __init__(self, what: str, fix: str = "") -> None:
        self.what = what
        self.fix = fix
        super().__init__(f"{what}\n  fix: {fix}" if fix else what)


class HookNotAttached(GluefulError):
    """A plugin object asked for its hooks before a kernel took it in."""

    code = "plugin.not_attached"

    def __init__(self, plugin: str) -> None:
        self.plugin = plugin
        super().__init__(
            what=f"{plugin} used `self.hooks` before it was part of a kernel",
            fix="use hooks from a hook implementation, or pass the object to Kernel(plugins=[...])",
        )
