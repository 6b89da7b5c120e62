"""The applications that are compared: one handler, answered by three stacks."""

from glueful_kernel import Kernel
from litestar import Litestar, get


@get("/ping")
async def ping() -> dict[str, bool]:
    return {"ok": True}


def raw() -> Litestar:
    """Litestar alone."""
    return Litestar([ping], logging_config=None)


def kernel() -> Litestar:
    """The kernel, and no plugin."""
    return Litestar([ping], plugins=[Kernel({}, only=[])])


def all_plugins() -> Litestar:
    """The kernel with every installed plugin, idle: the handler uses none of them."""
    settings = {
        "kernel": {"environment": "test"},
        "orm": {"url": "sqlite://:memory:"},
        "auth": {"secret": "only for this benchmark, 32 bytes"},
    }
    return Litestar([ping], plugins=[Kernel(settings)])
