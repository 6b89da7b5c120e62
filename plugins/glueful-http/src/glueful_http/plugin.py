"""The plugin: the client as a service."""

from typing import TYPE_CHECKING

from glueful_hookspecs import Finding, Plugin, hookimpl

from .settings import HttpSettings

if TYPE_CHECKING:
    import svcs
    from litestar import Litestar

    from .client import HttpClient
    from .resolving import Resolver, SystemResolver


class HttpPlugin(Plugin[HttpSettings]):
    """The one outbound client; see the README.

    Args:
        settings: section ``[http]``.
        resolver: asked for addresses instead of the operating system.
    """

    essential = True

    def __init__(self, settings: HttpSettings | None = None, resolver: "Resolver | None" = None) -> None:
        super().__init__(settings)
        self._resolver = resolver
        self._is_development = False
        self._asked: SystemResolver | None = None
        self._client: HttpClient | None = None

    @hookimpl
    def glueful_services(self, services: "svcs.Registry") -> None:
        """``HttpClient``."""
        from .client import HttpClient

        services.register_factory(HttpClient, self.client, on_registry_close=self.close)

    @hookimpl(tryfirst=True)
    def glueful_startup(self, app: "Litestar") -> None:
        """Learn whether this is development; refuse what is allowed only there, and networks that are none."""
        from .addresses import networks
        from .errors import LocalhostOutsideDevelopment

        networks(self.settings.allowed_networks)

        self._client, self._is_development = None, bool(app.debug)
        if self.settings.allow_localhost and not self._is_development:
            raise LocalhostOutsideDevelopment

    @hookimpl
    def glueful_production_findings(self) -> list[Finding]:
        """URLs of users without TLS, or to this machine."""
        from .errors import LocalhostOutsideDevelopment

        found = []
        if self.settings.require_https is False:
            what = "http.require_https is off: URLs of users may be called without TLS"
            found.append(Finding(code="http.plain_text", what=what, fix="remove http.require_https"))
        if self.settings.allow_localhost:
            localhost = LocalhostOutsideDevelopment()
            found.append(Finding(code=localhost.code, what=localhost.what, fix=localhost.fix))
        return found

    def client(self) -> "HttpClient":
        """The client of this application; strict as in production until the application starts in development."""
        from .client import HttpClient
        from .guard import Guard
        from .resolving import SystemResolver

        if self._client is None:
            if (resolver := self._resolver) is None:
                resolver = self._asked = self._asked or SystemResolver()
            guard = Guard(self.settings, resolver, is_development=self._is_development)
            self._client = HttpClient(guard, self.settings)
        return self._client

    async def close(self) -> None:
        """Close the connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()
        if (asked := self._asked) is not None:
            self._asked = None
            asked.close()
