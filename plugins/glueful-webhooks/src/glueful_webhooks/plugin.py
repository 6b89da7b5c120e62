"""The plugin."""

from glueful_hookspecs import Plugin


class WebhooksPlugin(Plugin):
    """Webhooks; see the README."""
