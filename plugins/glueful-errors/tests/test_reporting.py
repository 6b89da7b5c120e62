"""What is logged, and what is not."""

from collections.abc import Callable, Collection
from typing import Any

import pytest
from glueful_errors import ErrorsSettings, ServiceUnavailable, UnknownErrorClass
from glueful_errors.plugin import ErrorsPlugin
from glueful_hookspecs import GluefulError, hookimpl
from glueful_kernel import create_app
from litestar import Litestar, get
from litestar.params import FromPath
from litestar.testing import TestClient

Connect = Callable[..., TestClient[Litestar]]


class Quiet:
    """A plugin that names classes."""

    def __init__(self, *classes: Any) -> None:
        self.classes = classes

    @hookimpl
    def glueful_unreported_errors(self) -> Collection[type[Exception]]:
        return self.classes


@get("/{kind:str}", sync_to_thread=False)
def fail(kind: FromPath[str]) -> None:
    raise {"timeout": TimeoutError, "busy": ServiceUnavailable, "key": KeyError}[kind]


def test_the_setting_and_the_hook_name_what_is_not_logged(client: Connect, log: list[Any]) -> None:
    settings = ErrorsSettings(do_not_report=("glueful_errors.ServiceUnavailable",))
    connection = client(fail, settings=settings, plugins=[Quiet(OSError)])

    statuses = [connection.get(f"/{kind}").status_code for kind in ("timeout", "busy", "key")]

    assert statuses == [500, 503, 500]
    assert [type(line["exc_info"]) for line in log] == [KeyError]


@pytest.mark.parametrize("name", ["", "Nope", "shop.nope.Nope", "glueful_errors.Nope", "json.loads", "builtins.int"])
def test_a_name_that_is_no_exception_class_stops_the_start(name: str) -> None:
    with pytest.raises(GluefulError, match="do_not_report") as caught:
        create_app([], plugins=[ErrorsPlugin(ErrorsSettings(do_not_report=(name,)))], only=[], settings={})

    assert "package.module.Name" in str(caught.value)


def test_a_plugin_that_names_no_class_stops_the_start() -> None:
    with pytest.raises(GluefulError, match="quiet names"):
        create_app([], plugins=[ErrorsPlugin(), Quiet(int)], only=[], settings={})


def test_the_error_names_the_class() -> None:
    assert UnknownErrorClass("a.B").name == "a.B"
