"""The plugin: what glueful-validation adds to an application."""

from glueful_hookspecs import Plugin


class ValidationPlugin(Plugin):
    """See the README."""
