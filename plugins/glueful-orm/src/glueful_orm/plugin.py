"""The plugin: what glueful-orm adds to an application."""

from glueful_hookspecs import Plugin


class OrmPlugin(Plugin):
    """See the README."""
