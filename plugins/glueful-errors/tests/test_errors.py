"""Typed errors, as a client sees them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import glueful_errors
import pytest
from glueful_errors import (
    Conflict,
    ErrorDetail,
    ErrorMappingConflict,
    MethodNotAllowed,
    NotFound,
    ProblemError,
    ServiceUnavailable,
    TooManyRequests,
    Unauthorized,
    UnknownErrorClass,
)
from litestar import Litestar, get
from litestar.exceptions import HTTPException, NotFoundException
from litestar.testing import TestClient

Connect = Callable[..., TestClient[Litestar]]

STATUSES = {
    "BadRequest": 400,
    "Unauthorized": 401,
    "Forbidden": 403,
    "NotFound": 404,
    "NotAcceptable": 406,
    "Conflict": 409,
    "Gone": 410,
    "PreconditionFailed": 412,
    "PayloadTooLarge": 413,
    "UnsupportedMediaType": 415,
    "Unprocessable": 422,
    "PreconditionRequired": 428,
    "TooManyRequests": 429,
    "InternalError": 500,
    "BadGateway": 502,
    "ServiceUnavailable": 503,
    "GatewayTimeout": 504,
}


def raising(error: Exception) -> Any:
    """A route handler at ``/`` that raises ``error``."""

    @get("/", sync_to_thread=False)
    def fail() -> None:
        raise error

    return fail


@pytest.mark.parametrize(("name", "status"), STATUSES.items())
def test_each_class_is_a_litestar_exception_with_its_status(client: Connect, name: str, status: int) -> None:
    error = getattr(glueful_errors, name)("What the client is told.", code="orders.example")

    response = client(raising(error)).get("/")

    assert isinstance(error, HTTPException)
    assert type(error).__module__ == "glueful_errors"
    assert response.status_code == response.json()["status"] == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["code"] == "orders.example"
    assert response.json()["detail"] == "What the client is told."


def test_our_classes_are_caught_as_litestars(client: Connect) -> None:
    assert issubclass(NotFound, NotFoundException)


def test_a_class_of_the_applications_own_sets_code_type_and_title(client: Connect) -> None:
    class OutOfStock(Conflict):
        code = "shop.out_of_stock"
        type = "https://docs.example.com/out-of-stock"
        title = "Out of stock"

    error = OutOfStock(
        "Two are left.",
        errors=[ErrorDetail(code="max", message="At most 2.", pointer="/amount", params={"max": 2})],
        extensions={"left": 2},
        headers={"X-Left": "2"},
    )

    response = client(raising(error)).get("/")

    assert response.headers["x-left"] == "2"
    assert response.json() == {
        "type": "https://docs.example.com/out-of-stock",
        "title": "Out of stock",
        "status": 409,
        "detail": "Two are left.",
        "instance": "/",
        "code": "shop.out_of_stock",
        "request_id": response.headers["x-request-id"],
        "errors": [
            {"code": "max", "message": "At most 2.", "location": "body", "pointer": "/amount", "params": {"max": 2}}
        ],
        "left": 2,
    }


@pytest.mark.parametrize(
    ("retry_after", "field"),
    [
        (30, "30"),
        (0.2, "1"),
        (-5, "0"),
        (datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC), "Wed, 02 Jan 2030 03:04:05 GMT"),
        (datetime(2030, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=2))), "Wed, 02 Jan 2030 01:04:05 GMT"),
    ],
)
@pytest.mark.parametrize("kind", [TooManyRequests, ServiceUnavailable])
def test_retry_after_is_seconds_or_a_date(
    client: Connect, kind: type[ProblemError], retry_after: object, field: str
) -> None:
    response = client(raising(kind(retry_after=retry_after))).get("/")  # type: ignore[call-arg]

    assert response.headers["retry-after"] == field


def test_without_retry_after_there_is_no_such_field(client: Connect) -> None:
    assert "retry-after" not in client(raising(TooManyRequests())).get("/").headers


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        TooManyRequests(retry_after=datetime(2030, 1, 1))  # noqa: DTZ001


def test_405_names_the_methods(client: Connect) -> None:
    response = client(raising(MethodNotAllowed(allow=["GET", "PUT"]))).get("/")

    assert response.headers["allow"] == "GET, PUT"


def test_401_challenges_as_it_says_or_as_the_settings_say(client: Connect) -> None:
    assert client(raising(Unauthorized())).get("/").headers["www-authenticate"] == "Bearer"
    assert client(raising(Unauthorized(challenge="Token"))).get("/").headers["www-authenticate"] == "Token"


def test_an_error_of_the_set_up_reads_as_an_instruction() -> None:
    conflict = ErrorMappingConflict("acme-shop", "glueful-orm", KeyError)
    unknown = UnknownErrorClass("shop.Nope")

    assert conflict.code == "errors.mapping_conflict"
    assert (conflict.plugin, conflict.other, conflict.error) == ("acme-shop", "glueful-orm", KeyError)
    assert str(conflict) == (
        "acme-shop maps builtins.KeyError to a problem, which glueful-orm does already\n"
        "  fix: add 'override': True to the mapping of acme-shop, or map a subclass"
    )
    assert (unknown.code, unknown.name) == ("errors.unknown_class", "shop.Nope")
