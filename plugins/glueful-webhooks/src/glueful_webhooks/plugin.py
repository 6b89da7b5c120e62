"""The plugin: what glueful-webhooks adds to an application."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glueful_hookspecs import Finding, HealthCheck, HealthResult, Plugin, Secret, hookimpl

from .settings import WebhookSettings

if TYPE_CHECKING:
    import asyncio

    import click
    import svcs
    from glueful_http import HttpClient
    from glueful_orm import MigrationSource
    from glueful_redis import PubSub
    from litestar import Litestar, Router
    from litestar.openapi.config import OpenAPIConfig

    from .service import Webhooks
    from .worker import Worker

DEVELOPMENT_KEY = Secret("for development alone; anybody knows it")


class WebhooksPlugin(Plugin[WebhookSettings]):
    """Signed webhooks that are never lost; see the README.

    Args:
        settings: section ``[webhooks]``.
        options: keyword arguments of ``Webhooks``, for tests: ``clock``, ``fraction``.
    """

    def __init__(self, settings: WebhookSettings | None = None, **options: Any) -> None:
        super().__init__(settings)
        self._options = options
        self._webhooks: Webhooks | None = None
        self._task: asyncio.Task[None] | None = None

    @hookimpl
    def glueful_add_hookspecs(self) -> object:
        """Declared events, and what became of deliveries and endpoints."""
        from . import hookspecs

        return hookspecs

    @hookimpl
    def glueful_migrations(self) -> "MigrationSource":
        """The tables."""
        from glueful_orm import MigrationSource

        return MigrationSource("webhooks", Path(__file__).parent / "migrations", models="glueful_webhooks.tables")

    @hookimpl
    def glueful_routes(self) -> "list[Router]":
        """The management API."""
        if not self.settings.api:
            return []
        from .routes import management_routes

        return [management_routes(self.settings, self.webhooks)]

    @hookimpl
    def glueful_health_checks(self) -> list[HealthCheck]:
        """``webhooks.backlog``."""

        async def check() -> HealthResult:
            from .health import backlog

            return await backlog(self.webhooks())

        return [HealthCheck(name="webhooks.backlog", check=check, is_critical=False)]

    @hookimpl
    def glueful_production_findings(self) -> list[Finding]:
        """A key that anybody knows, or none."""
        from .errors import EncryptionKeyMissing

        if self.settings.encryption_keys:
            return []
        missing = EncryptionKeyMissing()
        return [Finding(code=missing.code, what=f"nobody can subscribe: {missing.what}", fix=missing.fix)]

    @hookimpl
    def glueful_commands(self) -> "list[click.Command]":
        """``glueful webhooks``."""
        from .commands import WebhooksCommands

        return [WebhooksCommands(self)]

    @hookimpl
    def glueful_openapi(self, config: "OpenAPIConfig") -> None:
        """Describe the declared events."""
        from .openapi import describe

        self.load_events()
        describe(config)

    def load_events(self) -> None:
        """Import what plugins declare.

        Raises:
            EventUndeclared: a plugin returned a type without ``@webhook_event``.
        """
        from .dispatching import name_of_type

        for _, types in self.hooks.contributions("glueful_webhook_events"):
            for payload in types:
                name_of_type(payload)

    @hookimpl
    def glueful_services(self, services: "svcs.Registry") -> None:
        """``Webhooks``."""
        from .service import Webhooks

        services.register_factory(Webhooks, self.webhooks)

    def webhooks(self) -> "Webhooks":
        """The webhooks of the application that is running.

        Raises:
            WebhooksNotBound: none is.
        """
        from .errors import WebhooksNotBound

        if self._webhooks is None:
            raise WebhooksNotBound
        return self._webhooks

    @hookimpl
    async def glueful_startup(self, app: "Litestar") -> None:
        """Begin to deliver."""
        import asyncio

        import svcs
        from glueful_http import HttpClient

        async with svcs.Container(app.state.services) as container:
            client, pubsub = await container.aget(HttpClient), await self._pubsub(container)
        webhooks = self.make(client, is_development=bool(app.debug), pubsub=pubsub)
        from .facade import Webhook

        self._webhooks = webhooks
        Webhook.bind(webhooks, app)
        if self.settings.run_worker and not app.state.get("is_command") and not self._is_hosted():
            await webhooks.worker.look()
            self._task = asyncio.create_task(webhooks.worker.run())

    @hookimpl(optionalhook=True)
    def glueful_workers(self) -> "list[Worker]":
        """Deliver in every process that glueful-queue works in."""
        return [self.webhooks().worker]

    def _is_hosted(self) -> bool:
        """Whether glueful-queue is active: then it decides which processes deliver."""
        try:
            self.hooks.runtime("glueful_job_started")
        except LookupError:
            return False
        return True

    @staticmethod
    async def _pubsub(container: "svcs.Container") -> "PubSub | None":
        """That of glueful-redis, where it is active."""
        import svcs

        try:
            from glueful_redis import PubSub

            return await container.aget(PubSub)
        except (ImportError, svcs.exceptions.ServiceNotFoundError):
            return None

    def make(self, client: "HttpClient", *, is_development: bool, pubsub: "PubSub | None" = None) -> "Webhooks":
        """Webhooks of these settings; outside development without a key, nobody can subscribe.

        Raises:
            EncryptionKeyMissing: a key is too short.
        """
        from .errors import EncryptionKeyMissing
        from .news import News
        from .observation import Observers
        from .service import Webhooks

        keys = self.settings.encryption_keys or ((DEVELOPMENT_KEY,) if is_development else ())
        if not keys:
            logging.getLogger("glueful.webhooks").info("nobody can subscribe: %s", EncryptionKeyMissing())
        options = {"observers": Observers(self.hooks), "news": News(pubsub), **self._options}
        return Webhooks(self.settings, client, keys, **options)

    @hookimpl
    async def glueful_shutdown(self) -> None:
        """Let deliveries that are under way end."""
        from .facade import Webhook

        webhooks, self._webhooks = self._webhooks, None
        if webhooks is None:
            return
        Webhook.unbind(webhooks)
        await webhooks.stop(self.settings.timeout_seconds)
        task, self._task = self._task, None
        if task is not None:
            await task
