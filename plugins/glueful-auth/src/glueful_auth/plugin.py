"""The plugin: access tokens and passwords as services, one middleware that identifies the caller."""

from types import ModuleType
from typing import TYPE_CHECKING

from glueful_hookspecs import Finding, Plugin, Stage, Staged, hookimpl

from .settings import AuthSettings

if TYPE_CHECKING:
    import svcs
    from litestar import Litestar
    from litestar.openapi.config import OpenAPIConfig

    from .authenticators import Authenticator
    from .tokens import AccessTokens


class AuthPlugin(Plugin[AuthSettings]):
    """Principals, authenticators, passwords and access tokens; see the README."""

    essential = True
    _tokens: "AccessTokens | None" = None

    @property
    def tokens(self) -> "AccessTokens":
        """The service that issues and verifies access tokens."""
        from .tokens import AccessTokens

        if self._tokens is None:
            self._tokens = AccessTokens(self.settings)
        return self._tokens

    @hookimpl
    def glueful_add_hookspecs(self) -> ModuleType:
        """``glueful_authenticators``."""
        from . import hookspecs

        return hookspecs

    @hookimpl
    def glueful_services(self, services: "svcs.Registry") -> None:
        """``AccessTokens`` and ``Passwords``."""
        from .passwords import Passwords
        from .tokens import AccessTokens

        passwords = Passwords(self.settings.hashing_threads, self.settings.hashing_queue)
        services.register_value(AccessTokens, self.tokens)
        services.register_value(Passwords, passwords, on_registry_close=passwords.close)

    @hookimpl
    def glueful_middleware(self) -> list[Staged]:
        """The middleware at stage ``IDENTIFY``."""
        from .middleware import IdentifyMiddleware

        return [Staged(Stage.IDENTIFY, IdentifyMiddleware(self._authenticators, self.settings.schemes[0]))]

    def _authenticators(self) -> list["Authenticator"]:
        from .authenticators import TokenAuthenticator

        contributed = [one for _, found in self.hooks.contributions("glueful_authenticators") for one in found]
        return [TokenAuthenticator(self.tokens, self.settings.schemes), *contributed]

    @hookimpl
    def glueful_startup(self, app: "Litestar") -> None:
        """Refuse to serve with a key that nobody chose."""
        from .errors import SecretMissing

        if self.settings.secret is None and not app.debug:
            raise SecretMissing

    @hookimpl
    def glueful_production_findings(self) -> list[Finding]:
        """A start without a key is refused in production; ``glueful doctor --production`` says so before."""
        from .errors import SecretMissing

        missing = SecretMissing()
        return [] if self.settings.secret else [Finding(code=missing.code, what=missing.what, fix=missing.fix)]

    @hookimpl
    def glueful_openapi(self, config: "OpenAPIConfig") -> None:
        """Describe the scheme ``accessToken``."""
        from .openapi import describe

        describe(config, self.settings.schemes)
