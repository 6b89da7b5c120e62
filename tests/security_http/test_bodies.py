"""Bodies and JSON: each row of bad input is answered with a problem, never with 500."""

import itertools
import resource
from pathlib import Path
from typing import Any

import pytest


@pytest.mark.parametrize(
    "lines",
    [
        ["Content-Length: 5", "Transfer-Encoding: chunked"],
        ["Transfer-Encoding: chunked", "Content-Length: 5"],
    ],
)
def test_row_content_length_and_chunked_together(server: Any, lines: list[str]) -> None:
    """The second request that hides in the body never reaches a handler."""
    hidden = b"0\r\n\r\nGET /ping HTTP/1.1\r\nHost: localhost\r\n\r\n"
    head = "\r\n".join(["POST /bytes HTTP/1.1", "Host: localhost", *lines]).encode()

    answer = server.send(head + b"\r\n\r\n" + hidden)

    assert (answer.status, answer.count) == (400, 1)


@pytest.mark.parametrize("value", ["xchunked", "chunked, identity", '"chunked"', "\x0bchunked", "gzip, chunked"])
def test_row_transfer_codings_that_are_not_chunked(server: Any, value: str) -> None:
    answer = server.request("POST", "/bytes", f"Transfer-Encoding: {value}", body=b"")

    assert answer.status in (400, 501)
    assert answer.count == 1


def test_row_two_transfer_codings(server: Any) -> None:
    lines = ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"]

    assert server.request("POST", "/bytes", *lines, body=b"0\r\n\r\n").status in (400, 501)


def test_row_chunks_in_http_1_0(server: Any) -> None:
    head = b"POST /bytes HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"

    assert server.send(head + b"5\r\nabcde\r\n0\r\n\r\n").problem["code"] == "request.framing_invalid"


@pytest.mark.parametrize(
    "chunks",
    [
        b"zz\r\nabcde\r\n0\r\n\r\n",
        b"-5\r\nabcde\r\n0\r\n\r\n",
        b"0x5\r\nabcde\r\n0\r\n\r\n",
        b"5 \r\nabcde\r\n0\r\n\r\n",
        b"1" * 17 + b"\r\nabcde\r\n0\r\n\r\n",
        b"5\nabcde\n0\n\n",
        b"3\r\nabcdefgh\r\n0\r\n\r\n",
        b"5\r\nabcde\r\n0\r\nContent-Length: 9\r\n\r\n",
    ],
)
def test_row_malformed_chunks(server: Any, chunks: bytes) -> None:
    answer = server.request("POST", "/bytes", "Transfer-Encoding: chunked", body=chunks)

    assert (answer.status, answer.count) == (400, 1)


@pytest.mark.parametrize("value", ["5, 6", "+5", "-1", "0x5", "1_0", "", str(2**64 + 5)])
def test_row_lengths_that_are_no_number(server: Any, value: str) -> None:
    assert server.request("POST", "/bytes", f"Content-Length: {value}", body=b"12345").status in (400, 413)


@pytest.mark.parametrize("second", ["6", "5"])
def test_row_two_lengths(server: Any, second: str) -> None:
    lines = ["Content-Length: 5", f"Content-Length: {second}"]

    assert server.request("POST", "/bytes", *lines, body=b"12345").status == 400


def test_row_a_body_of_one_byte_too_many(server: Any) -> None:
    assert server.post("/bytes", b"x" * 1_000_000, "application/octet-stream").body == b"1000000"

    answer = server.post("/bytes", b"x" * 1_000_001, "application/octet-stream")

    assert answer.problem["status"] == 413


def test_row_a_chunked_body_of_one_byte_too_many(server: Any) -> None:
    chunks = b"".join(b"186a0\r\n" + b"x" * 100_000 + b"\r\n" for _ in range(11)) + b"0\r\n\r\n"

    answer = server.request("POST", "/bytes", "Transfer-Encoding: chunked", body=chunks)

    assert answer.problem["status"] == 413
    assert server.request("GET", "/ping").status == 200


@pytest.mark.parametrize(("path", "status"), [("/unread", 201), ("/absent", 404)])
def test_row_a_body_that_nobody_reads(server: Any, path: str, status: int) -> None:
    answer = server.post(path, b"x" * 2_000_000, "application/octet-stream")

    assert answer.status in (status, 413)
    assert answer.count == 1


def test_row_a_request_after_a_body_that_nobody_reads_is_served(server: Any) -> None:
    unread = b"POST /unread HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nabcde"

    answer = server.send(unread + b"GET /ping HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")

    assert answer.count == 2
    assert answer.raw.endswith(b'{"ok":true}')


def test_row_a_million_bytes_of_empty_objects_is_the_limit(server: Any) -> None:
    assert server.post("/any", b"[" + b"{}," * 333_000 + b"{}]").status == 200
    assert server.post("/any", b"[" + b"{}," * 3_300_000 + b"{}]").problem["status"] == 413


def test_row_memory_stays_flat(own_server: Any) -> None:
    def resident() -> int:
        return int(Path(f"/proc/{own_server.process.pid}/statm").read_text().split()[1]) * resource.getpagesize()

    own_server.post("/any", b"[" + b"{}," * 300_000 + b"{}]")
    before = resident()
    for _ in range(5):
        own_server.post("/any", b"x" * 50_000_000)

    assert resident() - before < 20_000_000


@pytest.mark.parametrize("encoding", ["gzip", "br", "gzip, gzip"])
def test_row_an_encoded_request_body(server: Any, encoding: str) -> None:
    answer = server.request(
        "POST", "/things", "Content-Type: application/json", f"Content-Encoding: {encoding}", body=b"{}"
    )

    assert answer.problem["status"] == 415


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "application/xml", "application/x-www-form-urlencoded", "\xff"]
)
def test_row_json_under_another_content_type(server: Any, content_type: str) -> None:
    """Otherwise a form of another site could post JSON."""
    lines = [f"Content-Type: {content_type}"] if content_type else []

    assert server.request("POST", "/things", *lines, body=b'{"n": 1}').problem["status"] == 415


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[" * 1_000,
        b"[" * 100_000,
        b'{"unknown":' + b"[" * 1_000 + b"]" * 1_000 + b"}",
        b'{"a":' * 65 + b"1" + b"}" * 65,
        b'{"name": "\xff"}',
        b'{"unknown": "\xff"}',
        b'{"name": "\xed\xa0\x80"}',
        b'{"name": "\\ud800"}',
        b'{"n": NaN}',
        b'{"n": Infinity}',
        b"\xef\xbb\xbf{}",
        b"{} {}",
        b'{"n": 1,}',
        b"{'n': 1}",
        b'{"n": 01}',
        b"\x00",
    ],
)
def test_row_what_is_no_json(server: Any, body: bytes) -> None:
    problem = server.post("/things", body).problem

    assert problem["status"] == 400
    assert problem["code"]


@pytest.mark.parametrize(
    "body",
    [
        b'{"n": 1e999}',
        b'{"n": 0.4e00669' + b"9" * 100 + b"6}",
        b'{"n": ' + b"1" * 100_000 + b"}",
        b'{"n": 9223372036854775808}',
        b'{"n": 18446744073709551616}',
        b'{"n": 1000000000000000000000000000000}',
        b'{"name": "a\\u0000b"}',
        b'{"n": "1"}',
        b'{"n": 1.5}',
        b'{"n": true}',
        b'{"n": null}',
        b"[]",
        b'"text"',
        b"null",
    ],
)
def test_row_json_of_the_wrong_type(server: Any, body: bytes) -> None:
    problem = server.post("/things", body).problem

    assert problem["status"] == 422
    assert problem["errors"]
    assert all({"code", "message"} <= error.keys() for error in problem["errors"])


def test_row_of_doubled_keys_the_last_one_counts_but_each_must_be_good(server: Any) -> None:
    assert server.post("/things", b'{"n": 6, "n": 7}').body == b'{"n":7,"name":""}'
    for body in (b'{"n": "x", "n": 7}', b'{"n": 7, "n": "x"}'):
        assert server.post("/things", body).problem["errors"][0]["pointer"] == "/n"


def test_row_a_body_in_another_charset(server: Any) -> None:
    answer = server.post("/things", '{"name": "é"}'.encode("latin-1"), "application/json; charset=iso-8859-1")

    assert answer.problem["status"] in (400, 415)


SEEDS = [
    b'{"a": [1, -2.5e+10, true, false, null, "x\\n\\u00e9\\ud83d\\ude00"], "b": {"c": {}}}',
    b'["", "\\"", "\\\\", 0, -0, 1E5, 1.0, [[[]]], {}]',
    b"123",
    b"[0.4e006" + b"9" * 100 + b"]",
    b"[-1e99999]",
    b'"\xc3\xa9"',
    b" [ ] ",
]
BREAKS = [b"", b",", b":", b"[", b"]", b"{", b"}", b'"', b"\\", b"\x00", b"\xff", b"\xed\xa0\x80", b"e", b"-", b"\\u12"]


def corpus() -> list[bytes]:
    """Valid documents, each broken at every fourth place in every way."""
    found = list(SEEDS)
    for seed, breaking in itertools.product(SEEDS, BREAKS):
        found += [seed[:place] + breaking + seed[place + 1 :] for place in range(0, len(seed), 4)]
    return list(dict.fromkeys(found))


def test_row_hundreds_of_broken_documents_are_answered_without_a_server_error(server: Any) -> None:
    documents = corpus()
    assert len(documents) > 318

    statuses = {document: server.post("/any", document).status for document in documents}

    assert {document: status for document, status in statuses.items() if status not in (200, 400, 422)} == {}
    assert set(statuses.values()) >= {200, 400}
