"""The plugin: what glueful-auth adds to an application."""

from glueful_hookspecs import Plugin


class AuthPlugin(Plugin):
    """See the README."""
