"""The applications that are compared: one handler, answered by three stacks."""

from typing import Any

from glueful_kernel import Kernel
from litestar import Litestar, get

SETTINGS = {
    "kernel": {"environment": "test"},
    "orm": {"url": "sqlite://:memory:"},
    "auth": {"secret": "only for this benchmark, 32 bytes"},
    "webhooks": {"encryption_keys": ["only for this benchmark, 32 bytes"], "run_worker": False},
}


def ping() -> Any:
    """A handler of its own for each application: Litestar's copies of one share what makes their responses."""

    @get("/ping")
    async def ping() -> dict[str, bool]:
        return {"ok": True}

    return ping


def raw() -> Litestar:
    """Litestar alone."""
    return Litestar([ping()], logging_config=None)


def kernel() -> Litestar:
    """The kernel, and no plugin."""
    return Litestar([ping()], plugins=[Kernel({}, only=[])])


def without_edge() -> Litestar:
    """The kernel with auth, errors, orm and validation, idle: what looks at no request that does not ask for it."""
    return Litestar([ping()], plugins=[Kernel(SETTINGS, only=["auth", "errors", "orm", "validation"])])


def all_plugins() -> Litestar:
    """The kernel with every installed plugin, idle: the handler uses none of them."""
    return Litestar([ping()], plugins=[Kernel(SETTINGS)])
