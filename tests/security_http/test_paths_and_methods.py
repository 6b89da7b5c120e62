"""Paths, methods, headers of requests."""

from typing import Any

import pytest


@pytest.mark.parametrize(
    "path",
    [
        "/p/%00",
        "/p/%0d%0a",
        "/p/%ff",
        "/p/..%2f",
        "/p/%2e%2e",
        "/p/..%5c",
        "//p//x",
        "/p/a%2Fb",
        "/p/%zz",
        "/p/../secret",
        "/./secret",
    ],
)
def test_row_paths_with_two_readings(server: Any, path: str) -> None:
    answer = server.request("GET", path)

    assert answer.status == 400
    assert answer.problem["code"] == "request.path_invalid"


@pytest.mark.parametrize(
    "path", ["/secret", "/secret/", "/%73ecret", "//secret", "/p/../secret", "/secret?x", "/./secret", "/secret%00"]
)
def test_row_a_guarded_route_is_reached_by_no_spelling(server: Any, path: str) -> None:
    answer = server.request("GET", path)

    assert answer.status in (400, 401, 404)
    assert b"secret" not in answer.body.replace(b"/secret", b"").replace(b"/%73ecret", b"")


def test_row_no_host_two_hosts_and_a_hostile_host(server: Any) -> None:
    assert server.request("GET", "/ping", host="").problem["status"] == 400
    assert server.request("GET", "/ping", "Host: evil").problem["status"] == 400
    assert server.request("GET", "/ping", host="Host: a@evil/x").problem["status"] == 400


def test_row_targets_and_headers_beyond_the_limits(server: Any) -> None:
    assert server.request("GET", "/p/" + "a" * 16_000).problem["status"] == 414
    assert server.request("GET", "/ping?" + "a" * 16_000).problem["status"] == 414
    assert server.request("GET", "/ping", *(f"X-{number}: 1" for number in range(200))).problem["status"] == 431
    assert server.request("GET", "/ping", "X-Long: " + "a" * 64_000).problem["status"] == 431


@pytest.mark.parametrize(
    ("line", "status"), [("GET /ping", 505), ("GET /ping HTTP/2.0", 505), ("GET /ping HTTP/0.9", 505)]
)
def test_row_versions_that_a_request_line_cannot_have(server: Any, line: str, status: int) -> None:
    assert server.send(f"{line}\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()).status == status


@pytest.mark.parametrize(
    "head",
    [
        b"GET /ping HTTP/1.1\nHost: localhost\n\n",
        b"GET /ping HTTP/1.1\r\nHost: localhost\r\nX-A: b\r\n c\r\n\r\n",
        b"GET /ping HTTP/1.1\r\nHost: localhost\r\nX-A : b\r\n\r\n",
        b"GET /ping HTTP/1.1\r\nHost: localhost\r\nX-A: b\rc\r\n\r\n",
        b"CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"FOO1 /ping HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /p/\xff HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ],
)
def test_row_requests_that_are_no_http_are_refused_by_the_server_itself(server: Any, head: bytes) -> None:
    """Below ASGI, and so as text."""
    answer = server.send(head)

    assert (answer.status, answer.count) == (400, 1)


def test_row_a_slash_at_the_end_changes_nothing(server: Any) -> None:
    assert server.request("GET", "/p/x/").body == server.request("GET", "/p/x").body == b"x"


def test_row_unknown_expectations(server: Any) -> None:
    assert server.request("POST", "/bytes", "Expect: 200-ok", body=b"x").problem["status"] == 417


def test_row_head_wherever_get_is(server: Any) -> None:
    answer = server.request("HEAD", "/ping")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["content-length"] == "11"
    missing = server.request("HEAD", "/absent")
    assert (missing.status, missing.body) == (404, b"")


@pytest.mark.parametrize(("method", "allowed"), [("DELETE", {"GET", "OPTIONS"}), ("TRACE", {"GET", "OPTIONS"})])
def test_row_methods_that_a_route_does_not_have(server: Any, method: str, allowed: set[str]) -> None:
    answer = server.request(method, "/ping")

    assert answer.problem["status"] == 405
    assert allowed <= {word.strip() for word in answer.headers["allow"].split(",")}


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("limit=1&limit=2", 422, "duplicate"),
        ("limit=1e3", 422, "integer"),
        ("limit=", 422, "integer"),
        ("limit=" + "9" * 400, 422, "int64"),
        ("limit=%ff", 400, "query.malformed"),
    ],
)
def test_row_query_parameters_that_are_no_number(server: Any, query: str, status: int, code: str) -> None:
    answer = server.request("GET", f"/limit?{query}")

    assert (answer.status, code in answer.body.decode()) == (status, True)
    assert "999" not in answer.problem["detail"]


def test_row_an_unknown_route_is_a_problem(server: Any) -> None:
    problem = server.request("GET", "/absent").problem

    assert (problem["status"], problem["instance"]) == (404, "/absent")
