"""Static files of Litestar: what is not meant to be public does not exist, and no name is an error of ours."""

from typing import Any

import pytest


@pytest.mark.parametrize(
    "path",
    [
        "/static/..%2foutside%2fkey",
        "/static/..%2f..%2f..%2fetc%2fpasswd",
        "/static/../outside/key",
        "/static/%2e%2e/outside/key",
        "/static/..%5coutside%5ckey",
        "/static/....//outside/key",
        "/static/link",
        "/static/linked-folder/key",
        "/static/.env",
        "/static/%2eenv",
        "/static/.well-known/../.env",
        "/static/a.txt%00.png",
        "/static/a.txt%0d%0a",
        "/static/%ff",
        "/static/a.txt/b",
        "/static/" + "a" * 300,
        "/static",
        "/static/",
        "/static/absent",
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_row_static_files_that_are_not_public_are_not_found(server: Any, method: str, path: str) -> None:
    answer = server.request(method, path)

    assert b"hunter2" not in answer.raw
    assert (answer.count, answer.status) == (1, 404)
    if method == "GET":
        assert answer.problem["code"] == "http.not_found"


@pytest.mark.parametrize("path", ["/static/a.txt", "/static/a.txt/", "/static/.well-known/security.txt"])
def test_row_static_files_that_are_public_are_served(server: Any, path: str) -> None:
    answer = server.request("GET", path)

    assert (answer.status, answer.body) == (200, b"public")
    assert server.request("HEAD", path).headers["content-length"] == "6"


def test_row_a_path_that_is_none_is_a_bad_request_where_there_are_no_static_files(server: Any) -> None:
    assert server.request("GET", "/other/..%2fkey").problem["code"] == "request.path_invalid"
