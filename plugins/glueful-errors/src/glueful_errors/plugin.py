"""The plugin: what glueful-errors adds to an application."""

from glueful_hookspecs import Plugin


class ErrorsPlugin(Plugin):
    """See the README."""
