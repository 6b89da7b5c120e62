"""Bodies and JSON: each row of bad input is answered with a problem, never with 500."""

import itertools
import re
import socket
import time
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


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (["Transfer-Encoding: xchunked"], 400),
        (["Transfer-Encoding: chunked, identity"], 400),
        (['Transfer-Encoding: "chunked"'], 400),
        (["Transfer-Encoding: \x0bchunked"], 400),
        (["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"], 400),
        (["Transfer-Encoding: gzip"], 400),
        (["Transfer-Encoding: gzip, chunked"], 501),
    ],
)
def test_row_transfer_codings_that_are_not_chunked(server: Any, lines: list[str], status: int) -> None:
    """The server closes, although the client would keep the connection: where the next request begins is not known."""
    head = "\r\n".join(["POST /bytes HTTP/1.1", "Host: localhost", *lines]).encode("latin-1")

    answer = server.send(head + b"\r\n\r\n0\r\n\r\nGET /ping HTTP/1.1\r\nHost: localhost\r\n\r\n", seconds=20)

    assert (answer.status, answer.count) == (status, 1)


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


@pytest.mark.parametrize("is_split", [False, True], ids=["at-once", "later"])
def test_row_trailers_are_never_header_fields(server: Any, *, is_split: bool) -> None:
    """Whether they come with the head or after the application began: a proxy would have taken them out of the head."""
    head = b"POST /headers HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    rest = b"5\r\nabcde\r\n0\r\nX-Forwarded-User: admin\r\nAuthorization: Bearer x\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        for part in (head, rest) if is_split else (head + rest,):
            connection.sendall(part)
            time.sleep(0.2 * is_split)
        answer = server.read(connection)

    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b'["host","connection","transfer-encoding"]')


@pytest.mark.parametrize("value", ["5, 6", "+5", "-1", "0x5", "1_0", "", str(2**64 + 5)])
def test_row_lengths_that_are_no_number(server: Any, value: str) -> None:
    assert server.request("POST", "/bytes", f"Content-Length: {value}", body=b"12345").status == 400


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


PLACES = [
    ("POST", "/bytes"),
    ("POST", "/unread"),
    ("POST", "/act-with-request"),
    ("POST", "/absent"),
    ("DELETE", "/ping"),
    ("GET", "/ping"),
    ("HEAD", "/ping"),
    ("POST", "/mounted"),
]
"""Routes that read the body, that do not, and places without a route: 404 and 405."""


def chunked(body: bytes, size: int = 100_000) -> bytes:
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def is_refused(answer: Any, method: str) -> bool:
    is_right = answer.body == b"" if method == "HEAD" else answer.problem["code"] == "http.content_too_large"
    return (answer.count, answer.status) == (1, 413) and bool(is_right)


@pytest.mark.parametrize(("method", "path"), PLACES)
def test_row_a_declared_length_of_one_byte_too_many_is_refused_before_the_body_is_read(
    server: Any, method: str, path: str
) -> None:
    """No byte of the body is ever sent, and the server closes although the client would keep the connection."""
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000001\r\nExpect: 100-continue\r\n\r\n"

    answer = server.send(head.encode(), seconds=20)

    assert is_refused(answer, method), answer.raw
    assert answer.headers["connection"] == "close"


@pytest.mark.parametrize(("method", "path"), PLACES)
def test_row_a_chunked_body_of_one_byte_too_many_is_refused_wherever_it_goes(
    server: Any, method: str, path: str
) -> None:
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"

    answer = server.send(head.encode() + chunked(b"x" * 1_000_001), seconds=20)
    allowed = server.request(method, path, "Transfer-Encoding: chunked", body=chunked(b"x" * 1_000_000))

    assert is_refused(answer, method), answer.raw
    assert answer.headers["connection"] == "close"
    assert allowed.status in (200, 201, 404, 405)


@pytest.mark.parametrize("path", ["/act", "/act-with-request", "/small"])
def test_row_a_handler_that_reads_no_body_does_nothing_before_a_body_is_refused(server: Any, path: str) -> None:
    before = server.request("GET", "/done").body
    body = b"x" * 2_000_000

    assert server.request("POST", path, body=body).status == 413
    assert server.request("POST", path, "Transfer-Encoding: chunked", body=chunked(body)).status == 413
    half = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n".encode()
    server.send(half, seconds=0.2)  # and goes away
    assert server.request("GET", "/done").body == before

    assert server.request("POST", path, "Transfer-Encoding: chunked", body=chunked(b"x")).status in (200, 201)
    assert server.request("GET", "/done").body != before


def test_row_the_limit_is_that_of_the_route(server: Any) -> None:
    assert server.request("POST", "/small", body=b"x" * 10).status == 200
    assert server.request("POST", "/small", body=b"x" * 11).problem["status"] == 413
    assert server.request("POST", "/small", "Transfer-Encoding: chunked", body=chunked(b"x" * 11)).status == 413
    assert server.request("POST", "/upload", body=b"x" * 1_000_001).status == 201
    assert server.request("POST", "/upload", "Content-Length: 50000001", body=b"x").problem["status"] == 413


def test_row_a_route_that_streams_gets_its_body_as_it_comes(server: Any) -> None:
    """The handler has the first chunk long before the last one is sent; the limit applies as it reads."""
    head = b"POST /upload HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(head + b"3\r\nabc\r\n")
        time.sleep(0.3)
        connection.sendall(b"4\r\ndefg\r\n0\r\n\r\n")
        answer = server.read(connection)
    assert answer.endswith(b"[3,7]")

    too_large = server.request("POST", "/upload", "Transfer-Encoding: chunked", body=chunked(b"x" * 50_100_000))

    assert too_large.problem["status"] == 413
    assert too_large.headers["connection"] == "close"


def test_row_a_request_after_a_body_that_nobody_reads_is_served(server: Any) -> None:
    unread = b"POST /unread HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nabcde"

    answer = server.send(unread + b"GET /ping HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")

    assert answer.count == 2
    assert answer.raw.endswith(b'{"ok":true}')


def test_row_a_million_bytes_of_empty_objects_is_the_limit(server: Any) -> None:
    assert server.post("/any", b"[" + b"{}," * 333_000 + b"{}]").status == 200
    assert server.post("/any", b"[" + b"{}," * 3_300_000 + b"{}]").problem["status"] == 413


@pytest.mark.parametrize("is_chunked", [False, True], ids=["length", "chunked"])
@pytest.mark.parametrize(("method", "path"), PLACES)
def test_row_a_body_that_is_refused_takes_less_memory_than_twice_the_limit(
    memory_server: Any, method: str, path: str, *, is_chunked: bool
) -> None:
    """The peak of the resident memory, not what is left of it afterwards."""
    process = Path(f"/proc/{memory_server.process.pid}")

    def peak() -> int:
        return int(re.findall(r"VmHWM:\s+(\d+) kB", (process / "status").read_text())[0]) * 1_024

    lines, body = (
        (["Transfer-Encoding: chunked"], chunked(b"x" * 20_000_000)) if is_chunked else ([], b"x" * 20_000_000)
    )
    memory_server.request(method, path, *lines, body=body)
    (process / "clear_refs").write_text("5")
    before = peak()
    for _ in range(3):
        assert memory_server.request(method, path, *lines, body=body).status == 413

    assert peak() - before < 2_000_000


@pytest.fixture(scope="module")
def memory_server(make_server: Any) -> Any:
    """A process that no other test uses."""
    return make_server()


@pytest.mark.parametrize("encoding", ["gzip", "br", "gzip, gzip"])
@pytest.mark.parametrize("path", ["/things", "/bytes", "/unread", "/upload"])
def test_row_an_encoded_request_body(server: Any, path: str, encoding: str) -> None:
    coded = ["Content-Type: application/json", f"Content-Encoding: {encoding}"]
    for lines, body in (([], b"{}"), (["Transfer-Encoding: chunked"], chunked(b"{}"))):
        answer = server.request("POST", path, *coded, *lines, body=body)

        assert (answer.status, answer.headers["accept-encoding"]) == (415, "identity")
        assert answer.problem["code"] == "body.content_encoding"


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "application/xml", "application/x-www-form-urlencoded", "\xff"]
)
def test_row_json_under_another_content_type(server: Any, content_type: str) -> None:
    """Otherwise a form of another site could post JSON."""
    lines = [f"Content-Type: {content_type}"] if content_type else []

    assert server.request("POST", "/things", *lines, body=b'{"n": 1}').problem["status"] == 415


@pytest.mark.parametrize("is_known", [True, False], ids=["known", "unknown"])
def test_row_the_depth_of_json_is_limited_exactly(server: Any, *, is_known: bool) -> None:
    """At 64 levels, also in a member that nobody reads; the limit is ours, not that of the interpreter."""
    path, around = ("/any", (b"", b"")) if is_known else ("/things", (b'{"unknown":', b"}"))
    levels = 64 if is_known else 63

    at_the_limit = server.post(path, around[0] + b"[" * levels + b"]" * levels + around[1])
    above = server.post(path, around[0] + b"[" * (levels + 1) + b"]" * (levels + 1) + around[1])

    assert at_the_limit.status in (200, 201)
    assert (above.status, above.problem["code"]) == (400, "body.too_deep")


@pytest.mark.parametrize(
    ("body", "offset"),
    [
        (b'{"name": "\xff"}', 10),
        (b'{"name": "\\ud800"}', 18),
        (b'{"n": NaN}', 6),
        (b"\xef\xbb\xbf{}", 0),
        (b"{} {}", 4),
        (b'{"n": 01}', 7),
    ],
)
def test_row_what_is_no_json_is_shown_by_its_byte(server: Any, body: bytes, offset: int) -> None:
    assert server.post("/things", body).problem["detail"].endswith(f" at byte {offset}.")


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
    (error,) = problem["errors"]
    assert {"code", "message"} <= error.keys()
    assert error["pointer"] == ("/n" if b'"n"' in body else "/name" if b'"name"' in body else "")


def test_row_of_doubled_keys_the_last_one_counts_but_each_must_be_good(server: Any) -> None:
    assert server.post("/things", b'{"n": 6, "n": 7}').body == b'{"n":7,"name":""}'
    for body in (b'{"n": "x", "n": 7}', b'{"n": 7, "n": "x"}'):
        assert server.post("/things", body).problem["errors"][0]["pointer"] == "/n"


def test_row_a_body_in_another_charset(server: Any) -> None:
    answer = server.post("/things", '{"name": "é"}'.encode("latin-1"), "application/json; charset=iso-8859-1")

    assert (answer.status, answer.problem["code"]) == (400, "body.charset")


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
