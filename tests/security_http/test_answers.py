"""Errors, response headers, request ids, shutdown."""

import json
import signal
import socket
import threading
import time
from typing import Any

import pytest


def test_row_an_unexpected_error_tells_nothing_and_is_logged_once(own_server: Any) -> None:
    answer = own_server.request("GET", "/raise", "X-Request-ID: abc-123")

    assert answer.problem["status"] == 500
    assert answer.problem["request_id"] == "abc-123"
    assert b"hunter2" not in answer.raw
    assert b"RuntimeError" not in answer.raw
    (report,) = own_server.reports("hunter2")
    assert report["request_id"] == "abc-123"


def test_row_an_error_anywhere_is_answered_with_its_request_id_and_logged_once(own_server: Any) -> None:
    """In a handler, a guard, a dependency, an exception handler, and in a stream after the first byte."""
    places = ["raise", "raise-in-guard", "raise-in-dependency", "raise-in-exception-handler", "broken-stream"]

    answers = [own_server.request("GET", f"/{place}", f"X-Request-ID: {place}") for place in places]

    assert [answer.raw for answer in answers if b"hunter2" in answer.raw or b"RuntimeError" in answer.raw] == []
    assert [(answer.status, answer.problem["request_id"]) for answer in answers[:-1]] == [
        (500, place) for place in places[:-1]
    ]
    assert [report["request_id"] for report in own_server.reports("hunter2")] == places


def test_row_no_local_variable_of_a_traceback_is_logged(own_server: Any) -> None:
    assert own_server.request("GET", "/raise-with-locals").status == 500
    own_server.stop()

    assert "fail_with_locals" in own_server.log.read_text()
    assert "canary" not in own_server.log.read_text()


def test_row_encoding_not_a_number_is_refused(own_server: Any) -> None:
    """JSON has neither NaN nor infinity, and ``null`` says something else: our error, logged with its place."""
    places = {
        "/nan": "/n",
        "/nan-in-response": "/n/1/a~1b",
        "/nan-of-type": "",
        "/nan-in-resource": "/data/n",
        "/nan-in-problem": "/available",
    }

    answers = [own_server.request("GET", path) for path in places]

    assert [answer.problem["status"] for answer in answers] == [500] * len(places)
    assert [answer.raw for answer in answers if b"null" in answer.body] == []
    reports = own_server.reports("request_failed")
    assert [report["pointer"] for report in reports] == list(places.values())
    assert [report["request_id"] for report in reports] == [answer.problem["request_id"] for answer in answers]


@pytest.mark.parametrize("accept", ["application/json", "application/x-ndjson"])
def test_row_a_stream_with_not_a_number_is_aborted(own_server: Any, accept: str) -> None:
    answer = own_server.request("GET", "/nan-in-stream", f"Accept: {accept}")

    assert answer.status == 200
    assert b'{"id":999,"n":null}' in answer.body
    assert b'"id":1999' not in answer.body
    assert not answer.raw.endswith(b"0\r\n\r\n")
    own_server.stop()
    assert own_server.log.read_text().count("which stands at /1200/n") == 1


def test_row_a_null_that_is_meant_is_sent(server: Any) -> None:
    assert server.request("GET", "/nulls").body == b"[null,1.5,null]"


def test_row_a_stream_that_breaks_is_aborted_and_not_ended_cleanly(server: Any) -> None:
    answer = server.request("GET", "/broken-stream")

    assert b"first" in answer.raw
    assert not answer.raw.endswith(b"0\r\n\r\n")
    assert b"hunter2" not in answer.raw


def test_row_a_response_header_made_from_input(own_server: Any) -> None:
    """CR, LF and what is no Latin-1: our error, logged with the name of the header; NUL is no text of ours at all."""
    values = ["a%0d%0aset-cookie:%20b=1", "a%0ab", "a%0db", "%E2%82%AC"]

    answers = [own_server.request("GET", f"/header?value={value}") for value in values]

    assert [(answer.status, answer.count, "set-cookie" in answer.headers) for answer in answers] == [
        (500, 1, False) for _ in values
    ]
    assert [answer.problem["code"] for answer in answers] == ["http.internal_server_error"] * len(values)
    assert own_server.request("GET", "/header?value=a%00b").problem["status"] == 422
    assert [report["header"] for report in own_server.reports("request_failed")] == ["x-name"] * len(values)


def test_row_what_a_client_does_wrong_is_no_error_in_the_log(own_server: Any) -> None:
    """A stranger could fill it otherwise: 501 and 505 are refusals, too."""
    own_server.request("POST", "/bytes", "Transfer-Encoding: gzip, chunked")
    own_server.send(b"GET /ping HTTP/2.0\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    own_server.request("GET", "/absent")
    own_server.request("POST", "/unread", body=b"x" * 2_000_000)
    own_server.post("/things", b"{")

    assert own_server.reports('"level": "error"') == []


@pytest.mark.parametrize("value", ["a" * 10_000, "${jndi:ldap://evil}", "a b"])
def test_row_a_hostile_request_id_is_replaced(server: Any, value: str) -> None:
    answer = server.request("GET", "/absent", f"X-Request-ID: {value}")

    assert value not in answer.problem["request_id"]


def test_row_an_error_in_a_guard_denies(server: Any) -> None:
    assert server.request("GET", "/secret").problem["status"] == 401
    assert server.request("GET", "/secret", "Authorization: Bearer x.y.z").problem["status"] == 401


def test_row_sigterm_finishes_what_is_open(own_server: Any) -> None:
    answers: list[bytes] = []
    opened = threading.Event()

    def ask() -> None:
        with socket.create_connection(("127.0.0.1", own_server.port), timeout=10) as connection:
            connection.sendall(b"GET /slow HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            opened.set()
            answers.append(own_server.read(connection))

    asking = threading.Thread(target=ask)
    asking.start()
    opened.wait(5)
    own_server.request("GET", "/ping")
    code = own_server.stop(signal.SIGTERM)
    asking.join(10)

    assert answers[0].startswith(b"HTTP/1.1 200")
    assert answers[0].endswith(b"done")
    assert code in (0, -signal.SIGTERM)


def test_row_sigterm_waits_for_no_connection_that_is_idle(own_server: Any) -> None:
    with socket.create_connection(("127.0.0.1", own_server.port), timeout=10) as connection:
        connection.sendall(b"GET /ping HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answer = b""
        while not answer.endswith(b'{"ok":true}'):
            answer += connection.recv(65_536)
        begin = time.monotonic()
        own_server.stop(signal.SIGTERM)

        assert time.monotonic() - begin < 4  # the grace is 5 seconds
        assert own_server.read(connection) == b""


def test_row_the_server_does_not_name_itself_nor_believe_forwarded_headers(server: Any) -> None:
    forwarded = ["X-Forwarded-For: 6.6.6.6", "X-Forwarded-Proto: https", "Forwarded: for=6.6.6.6;proto=https"]

    answer = server.request("GET", "/caller", *forwarded)

    assert "server" not in answer.headers
    assert json.loads(answer.body) == {"client": "127.0.0.1", "scheme": "http"}
