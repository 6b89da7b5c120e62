"""Applications with the resources alone."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from glueful_resources import ApplicationResources, ResourceResponses, ResourcesSettings
from litestar import Litestar
from litestar.testing import TestClient

MakeClient = Callable[..., TestClient[Litestar]]


def fail(request: Any, error: Exception) -> Any:
    """An unexpected error is the test's."""
    raise error


@pytest.fixture
def make_client() -> Iterator[MakeClient]:
    """Start an application and talk to it. Unexpected errors are raised in the test."""
    with ExitStack() as stack:

        def make(handlers: Any, settings: ResourcesSettings | None = None, **options: Any) -> TestClient[Litestar]:
            app = Litestar(
                handlers if isinstance(handlers, list) else [handlers],
                plugins=[ResourceResponses(ApplicationResources(settings))],
                exception_handlers={500: fail},
                logging_config=None,
                **options,
            )
            return stack.enter_context(TestClient(app, raise_server_exceptions=True))

        yield make
