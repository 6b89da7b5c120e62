"""Changes that are refused when somebody else was quicker."""

from piccolo.columns import Integer

from .model import Model


class OptimisticLock(Model, abstract=True):
    """``version`` counts the changes of a row; ``save`` and ``delete`` of an outdated row raise ``StaleModel``.

    The check and the change are one statement, so nothing happens between them.
    """

    version = Integer(default=1)

    version_column = "version"
    guarded = frozenset({"version"})
    not_replicated = frozenset({"version"})
