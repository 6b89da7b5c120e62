"""The registry of exception classes."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from glueful_errors import ErrorDetail, ErrorMappingConflict, ErrorMappingInvalid
from glueful_errors.mappings import ErrorMappings
from glueful_hookspecs import Contribution, hookimpl
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar, get
from litestar.exceptions import HTTPException, NotFoundException
from litestar.testing import TestClient

Connect = Callable[..., TestClient[Litestar]]


class OrderError(Exception):
    """What a domain raises, knowing nothing of HTTP."""


class OrderClosed(OrderError):
    """A nearer class."""


class Shop:
    """A plugin of one hook."""

    def __init__(self, mappings: Mapping[Any, Any]) -> None:
        self.mappings = mappings

    @hookimpl(optionalhook=True)
    def glueful_error_mappings(self) -> Mapping[Any, Any]:
        return self.mappings


def raising(error: Exception) -> Any:
    @get("/", sync_to_thread=False)
    def fail() -> None:
        raise error

    return fail


def test_a_mapped_class_is_answered_as_its_mapping_says(client: Connect) -> None:
    shop = Shop(
        {
            OrderError: {
                "status": 409,
                "code": "orders.closed",
                "detail": lambda error: f"Order {error.args[0]} is closed.",
                "errors": lambda _: [ErrorDetail(code="closed", message="Closed.", pointer="/order")],
                "headers": lambda _: {"X-Order": "closed"},
            }
        }
    )

    response = client(raising(OrderClosed(7)), plugins=[shop]).get("/")

    assert response.status_code == 409
    assert response.headers["x-order"] == "closed"
    assert response.json()["code"] == "orders.closed"
    assert response.json()["detail"] == "Order 7 is closed."
    assert response.json()["errors"][0]["pointer"] == "/order"


def test_the_text_of_a_mapped_exception_is_not_shown(client: Connect, log: list[Any]) -> None:
    shop = Shop({OrderError: {"status": 409, "code": "orders.closed"}})

    response = client(raising(OrderClosed("SELECT secret FROM orders")), plugins=[shop]).get("/")

    assert "SELECT" not in response.text
    assert log == []


def test_a_mapping_can_say_5xx_and_is_then_logged(client: Connect, log: list[Any]) -> None:
    shop = Shop(
        {ConnectionError: {"status": 503, "code": "orm.unavailable", "headers": lambda _: {"Retry-After": "1"}}}
    )

    response = client(raising(ConnectionRefusedError("10.0.0.7:5432")), plugins=[shop]).get("/")

    assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    assert "10.0.0.7" not in response.text
    assert [line["code"] for line in log] == ["orm.unavailable"]


def test_a_function_that_raises_is_an_internal_error_logged_once(client: Connect, log: list[Any]) -> None:
    shop = Shop({OrderError: {"status": 409, "code": "orders.closed", "detail": lambda error: error.args[3]}})

    response = client(raising(OrderError()), plugins=[shop]).get("/")

    assert response.json()["code"] == "http.internal_server_error"
    assert [type(line["exc_info"]) for line in log] == [IndexError]


@pytest.mark.parametrize(
    "mappings",
    [
        {OrderError: {"status": 200, "code": "a"}},
        {OrderError: {"status": "409", "code": "a"}},
        {OrderError: {"status": 409}},
        {OrderError: {"status": 409, "code": "Not Dotted"}},
        {OrderError: {"status": 409, "code": "a", "detial": "x"}},
        {OrderError: {"status": 409, "code": "a", "headers": {"X": "y"}}},
        {OrderError: {"status": 409, "code": "a", "errors": []}},
        {OrderError: {"status": 409, "code": "a", "detail": 7}},
        {OrderError: 409},
        {"OrderError": {"status": 409, "code": "a"}},
        {int: {"status": 409, "code": "a"}},
        {KeyboardInterrupt: {"status": 409, "code": "a"}},
        [OrderError],
    ],
)
def test_a_wrong_mapping_names_its_plugin(mappings: Any) -> None:
    with pytest.raises(ErrorMappingInvalid, match="acme-shop") as caught:
        ErrorMappings([Contribution("acme-shop", mappings)])

    assert caught.value.plugin == "acme-shop"


def test_two_mappings_of_one_class_are_a_conflict_unless_the_later_one_overrides() -> None:
    first = Contribution("glueful-orm", {OrderError: {"status": 404, "code": "orm.not_found"}})
    second = {"status": 410, "code": "shop.gone"}

    with pytest.raises(ErrorMappingConflict):
        ErrorMappings([first, Contribution("acme-shop", {OrderError: second})])

    mappings = ErrorMappings([first, Contribution("acme-shop", {OrderError: {**second, "override": True}})])
    nearest = mappings.nearest(OrderClosed)
    assert nearest is not None
    assert nearest.code == "shop.gone"


def test_a_mapping_of_exception_leaves_http_exceptions_alone() -> None:
    class Teapot(NotFoundException):
        pass

    everything = ErrorMappings([Contribution("a", {Exception: {"status": 503, "code": "a"}})])
    teapot = ErrorMappings([Contribution("a", {Teapot: {"status": 418, "code": "a.teapot"}})])

    assert everything.nearest(Teapot) is None
    assert everything.nearest(KeyError) is not None
    assert teapot.nearest(Teapot) is not None
    assert teapot.nearest(HTTPException) is None


@given(st.lists(st.booleans(), min_size=1, max_size=12).filter(any), st.data())
def test_the_nearest_class_of_any_line_of_descent_wins(is_mapped: list[bool], data: st.DataObject) -> None:
    line: list[type[Exception]] = [Exception]
    for depth in range(len(is_mapped)):
        line.append(type(f"Error{depth}", (line[-1],), {}))
    chosen = {kind: {"status": 400 + n, "code": "a"} for n, kind in enumerate(line[1:]) if is_mapped[n]}
    raised = data.draw(st.integers(0, len(is_mapped) - 1))

    nearest = ErrorMappings([Contribution("a", chosen)]).nearest(line[raised + 1])

    expected = max((n for n in range(raised + 1) if is_mapped[n]), default=None)
    assert (nearest and nearest.status) == (None if expected is None else 400 + expected)
