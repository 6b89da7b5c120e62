"""Shared objects: one svcs registry an application, one container a request."""

from collections.abc import AsyncIterator, Callable
from typing import Any, TypeAlias

import svcs
from litestar import Request
from litestar.di import NamedDependency, Provide
from litestar.params import SkipValidation

Claim = Callable[[str, str], None]

Services: TypeAlias = NamedDependency[SkipValidation[svcs.Container]]
"""How a handler or dependency asks for the container: ``services: Services``. msgspec would look into the attrs class
``svcs.Container`` and refuse it, so validation is skipped."""


class ServiceRegistry(svcs.Registry):
    """A registry that knows who registered what.

    Attributes:
        claim: called with the qualified name of each type before it is registered; raises on a conflict.
    """

    claim: Claim | None = None

    def __del__(self) -> None:
        """Svcs warns of closers that never ran; an application that was built and never served has opened nothing."""

    def register_factory(self, svc_type: Any, factory: Any, **options: Any) -> None:
        """See ``svcs.Registry.register_factory``."""
        self._claim(svc_type)
        super().register_factory(svc_type, factory, **options)

    def register_value(self, svc_type: Any, value: object, **options: Any) -> None:
        """See ``svcs.Registry.register_value``."""
        self._claim(svc_type)
        super().register_value(svc_type, value, **options)

    def _claim(self, svc_type: Any) -> None:
        if self.claim is not None:
            name = f"{svc_type.__module__}.{svc_type.__qualname__}"
            self.claim(f"the service {name}", name)


async def provide_container(request: Request[Any, Any, Any]) -> AsyncIterator[svcs.Container]:
    """Provide ``services``: a container that lives as long as the request."""
    async with svcs.Container(request.app.state.services) as container:
        yield container


def service(service_type: type[Any]) -> Provide:
    """Make a Litestar dependency of a service.

    ``dependencies={"database": service(Database)}``
    """

    async def provide(services: Services) -> Any:
        return await services.aget(service_type)

    return Provide(provide)
