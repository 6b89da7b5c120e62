"""One request, one answer, within limits, whatever the other side does."""

import asyncio
import gzip
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trustme
from glueful_http import (
    AnswerInvalid,
    ConnectionBroken,
    FailureKind,
    GuardedTransport,
    HostUnreachable,
    HttpSettings,
    RequestTimedOut,
    TlsFailed,
)

HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.fixture
async def receiver(open_listener: Callable[..., Any]) -> Any:
    return await open_listener("127.0.0.2")


@pytest.fixture
async def client(client_of: Callable[..., Any], receiver: Any) -> Any:
    return await client_of(
        HttpSettings(
            require_https=False,
            allowed_ports=(receiver.port,),
            allowed_networks=("127.0.0.2/32",),
            timeout_seconds=10,
            max_response_bytes=1000,
        )
    )


async def test_a_request_carries_its_method_headers_and_the_very_bytes_of_its_body(client: Any, receiver: Any) -> None:
    response = await client.request(
        "POST", f"http://127.0.0.2:{receiver.port}/in?x=1", headers={"webhook-id": "m1"}, content=b'{ "a":1}'
    )

    (sent,) = receiver.requests
    assert sent.startswith(b"POST /in?x=1 HTTP/1.1\r\n")
    assert b"webhook-id: m1\r\n" in sent
    assert b"User-Agent: Glueful\r\n" in sent
    assert sent.endswith(b'\r\n\r\n{ "a":1}')
    assert (response.status, response.body, response.is_truncated) == (200, b"ok", False)
    assert 0 < response.duration_seconds < 10


async def test_connections_are_used_again_and_cookies_are_not_kept(client: Any, receiver: Any) -> None:
    receiver.answer = HEAD + b"Set-Cookie: a=b\r\nContent-Length: 0\r\n\r\n"

    for _ in range(3):
        await client.request("GET", f"http://127.0.0.2:{receiver.port}/")

    assert (receiver.connections, len(receiver.requests)) == (1, 3)
    assert b"ookie" not in b"".join(receiver.requests)


async def test_a_long_body_is_cut_and_its_connection_closed(client: Any, receiver: Any) -> None:
    sent = 0

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readuntil(b"\r\n\r\n")
        writer.write(HEAD + b"Content-Length: 1000000000\r\n\r\n")
        while True:
            writer.write(b"x" * 10_000)
            await writer.drain()
            sent += 10_000

    receiver.behave = endless
    response = await client.request("GET", f"http://127.0.0.2:{receiver.port}/")

    assert (response.body, response.is_truncated) == (b"x" * 1000, True)
    assert sent < 50_000_000


async def test_a_compressed_body_is_not_unpacked(client: Any, receiver: Any) -> None:
    bomb = gzip.compress(b"0" * 500_000)
    receiver.answer = HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb) + bomb

    response = await client.request("GET", f"http://127.0.0.2:{receiver.port}/")

    assert response.body == bomb[:1000]
    assert b"Accept-Encoding: identity" in receiver.requests[0]


def drip(first: bytes, again: bytes) -> Callable[..., Any]:
    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(first)
        while again:
            writer.write(again)
            await writer.drain()
            await asyncio.sleep(0.02)
        await reader.read()

    return behave


@pytest.mark.parametrize(
    ("first", "again"),
    [
        (b"", b""),
        (HEAD, b""),
        (HEAD + b"Content-Length: 900\r\n\r\n", b""),
        (HEAD + b"Content-Length: 900\r\n\r\n", b"x"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (HEAD, b"X: y\r\n"),
    ],
    ids=["silence", "half a head", "head without body", "a byte now and then", "100-continue for ever", "endless head"],
)
async def test_the_whole_request_has_one_deadline(first: bytes, again: bytes, client: Any, receiver: Any) -> None:
    receiver.behave = drip(first, again)
    started = asyncio.get_running_loop().time()

    with pytest.raises(RequestTimedOut) as failed:
        await client.request("GET", f"http://127.0.0.2:{receiver.port}/", timeout_seconds=0.5)

    assert failed.value.kind is FailureKind.TIMEOUT
    assert asyncio.get_running_loop().time() - started < 5


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (b"", ConnectionBroken),
        (HEAD + b"Content-Length: 10\r\nConnection: close\r\n\r\nabc", AnswerInvalid),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", AnswerInvalid),
        (HEAD + b"".join(b"X-%d: y\r\n" % number for number in range(100_000)) + b"\r\n", AnswerInvalid),
        (HEAD + b"Content-Length: -1\r\n\r\n", AnswerInvalid),
    ],
    ids=["closed at once", "closed in the body", "not HTTP", "100,000 headers", "negative length"],
)
async def test_what_is_no_answer_is_named(answer: bytes, failure: type[Exception], client: Any, receiver: Any) -> None:
    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()

    receiver.behave = behave
    with pytest.raises(failure):
        await client.request("GET", f"http://127.0.0.2:{receiver.port}/")


async def test_a_reset_in_mid_answer_is_named(client: Any, receiver: Any) -> None:
    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(HEAD + b"Content-Length: 10\r\n\r\nabc")
        await writer.drain()
        writer.transport.abort()

    receiver.behave = behave
    with pytest.raises((ConnectionBroken, AnswerInvalid)):
        await client.request("GET", f"http://127.0.0.2:{receiver.port}/")


async def test_a_closed_port_and_an_unknown_name_fail_with_the_same_words(
    client_of: Callable[..., Any], open_listener: Callable[..., Any], names: Any
) -> None:
    listener = await open_listener("127.0.0.1")
    client = await client_of(
        HttpSettings(require_https=False, allowed_ports=(listener.port,), allowed_networks=("127.0.0.2/32",)), names
    )

    with pytest.raises(HostUnreachable) as closed:
        await client.request("GET", f"http://127.0.0.2:{listener.port}/")
    with pytest.raises(HostUnreachable) as unknown:
        await client.request("GET", f"http://unknown.example:{listener.port}/")

    assert str(closed.value) == str(unknown.value)


async def test_the_next_address_is_tried_where_one_does_not_answer(
    client_of: Callable[..., Any], open_listener: Callable[..., Any], names: Any
) -> None:
    listener = await open_listener("127.0.0.3")
    names.answers["two.example"] = [["127.0.0.2", "127.0.0.3"]]
    client = await client_of(
        HttpSettings(require_https=False, allowed_ports=(listener.port,), allowed_networks=("127.0.0.0/8",)), names
    )

    response = await client.request("GET", f"http://two.example:{listener.port}/")

    assert response.status == 200


async def test_a_name_server_that_does_not_answer_is_not_waited_for(client_of: Callable[..., Any], names: Any) -> None:
    class Silent:
        async def __call__(self, host: str) -> list[Any]:
            await asyncio.Event().wait()
            return []

    client = await client_of(HttpSettings(connect_timeout_seconds=0.05), Silent())

    with pytest.raises(HostUnreachable):
        await client.check("https://slow.example/")


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
async def tls(
    client_of: Callable[..., Any], open_listener: Callable[..., Any], names: Any, authority: trustme.CA, tmp_path: Path
) -> Any:
    """Opens a TLS listener for a certificate, and a client that trusts the authority."""

    async def start(certificate: trustme.LeafCert, newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> Any:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if newest < ssl.TLSVersion.TLSv1_2:
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.maximum_version = newest
        certificate.configure_cert(context)
        listener = await open_listener("127.0.0.2", 0, context)
        authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        names.answers["hooks.example"] = [["127.0.0.2"]]
        client = await client_of(
            HttpSettings(
                allowed_ports=(listener.port,), allowed_networks=("127.0.0.2/32",), ca_file=str(tmp_path / "ca.pem")
            ),
            names,
        )
        return client, listener

    return start


async def test_tls_and_host_use_the_name_while_the_connection_uses_the_address(tls: Any, authority: Any) -> None:
    client, listener = await tls(authority.issue_cert("hooks.example"))

    response = await client.request("POST", f"https://hooks.example:{listener.port}/", content=b"{}")

    assert response.status == 200
    assert listener.names == ["hooks.example"]
    assert f"Host: hooks.example:{listener.port}".encode() in listener.requests[0]


async def test_a_certificate_for_the_address_or_another_name_is_refused(tls: Any, authority: Any) -> None:
    client, listener = await tls(authority.issue_cert("127.0.0.2", "other.example"))

    with pytest.raises(TlsFailed):
        await client.request("GET", f"https://hooks.example:{listener.port}/")

    assert listener.requests == []


async def test_an_unknown_authority_is_refused(tls: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stranger = trustme.CA()
    stranger.cert_pem.write_to_path(tmp_path / "stranger.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "stranger.pem"))
    client, listener = await tls(stranger.issue_cert("hooks.example"))

    with pytest.raises(TlsFailed):
        await client.request("GET", f"https://hooks.example:{listener.port}/")


async def test_an_expired_certificate_is_refused(tls: Any, authority: Any) -> None:
    from datetime import UTC, datetime

    client, listener = await tls(authority.issue_cert("hooks.example", not_after=datetime(2020, 1, 1, tzinfo=UTC)))

    with pytest.raises(TlsFailed):
        await client.request("GET", f"https://hooks.example:{listener.port}/")


async def test_proxies_and_credentials_of_the_environment_are_ignored(
    client: Any, receiver: Any, open_listener: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    proxy = await open_listener("127.0.0.1")
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
    (tmp_path / "netrc").write_text("machine 127.0.0.2 login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))

    await client.request("GET", f"http://127.0.0.2:{receiver.port}/")

    assert proxy.connections == 0
    assert b"uthorization" not in receiver.requests[0]


async def test_the_transport_guards_a_client_of_someone_else(client: Any, open_listener: Callable[..., Any]) -> None:
    import httpx2

    canary = await open_listener("127.0.0.1")
    transport = GuardedTransport(client.guard, HttpSettings())

    async with httpx2.AsyncClient(transport=transport, follow_redirects=True) as stranger:
        for host in ("127.0.0.1", "localhost"):
            with pytest.raises((HostUnreachable, Exception)):
                await stranger.get(f"http://{host}:{canary.port}/", extensions={"sni_hostname": "x"})

    assert canary.connections == 0
