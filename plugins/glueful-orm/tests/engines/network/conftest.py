"""What stands between an engine and PostgreSQL in some deployments: servers on real sockets that disturb."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from glueful_kernel.testing import Between, Proxy
from glueful_orm.engines import Engine

TLS_REQUEST = (80877103).to_bytes(4, "big")
CANCEL_REQUEST = (80877102).to_bytes(4, "big")


class TransactionPooler(Between):
    """Does to a client what PgBouncer does in transaction mode: each transaction may run on another server connection.

    Every client has two server connections and changes to the other one whenever a transaction has ended. As PgBouncer
    does, it refuses startup parameters that it could not carry over.

    Attributes:
        changes: how often a client was given the other connection.
    """

    ALLOWED = frozenset({b"user", b"database", b"client_encoding", b"application_name"})

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.changes = 0

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        startup = await _startup_message(reader, writer)
        if startup[4:8] == CANCEL_REQUEST or not startup:
            return
        if not set(startup[8:].rstrip(b"\0").split(b"\0")[0::2]) <= self.ALLOWED:
            text = b"SFATAL\0C08P01\0Munsupported startup parameter\0\0"
            writer.write(b"E" + (len(text) + 4).to_bytes(4, "big") + text)
            writer.close()
            return
        servers = []
        for number in range(2):
            there_reader, there_writer = await self._connect()
            there_writer.write(startup)
            async for message in _messages(there_reader):
                if number == 0:
                    writer.write(message)
                if message[:1] == b"Z":
                    break
            servers.append((there_reader, there_writer))
        state = {"current": 0}
        for number, (there_reader, _) in enumerate(servers):
            self._spawn(partial(self._answer, there_reader, writer, state, other=1 - number), writer)
        try:
            while data := await reader.read(65536):
                servers[state["current"]][1].write(data)
        finally:
            for _, there_writer in servers:
                there_writer.close()

    async def _answer(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, state: dict[str, int], *, other: int
    ) -> None:
        async for message in _messages(reader):
            if message[:1] == b"Z" and message[-1:] == b"I":
                state["current"] = other
                self.changes += 1
            writer.write(message)


class TlsFront(Between):
    """Speaks TLS to the client, as a server with a certificate does, and plainly to PostgreSQL behind it.

    Attributes:
        encrypted: how many clients have agreed on TLS.
    """

    def __init__(self, url: str, context: ssl.SSLContext) -> None:
        super().__init__(url)
        self._context = context
        self.encrypted = 0

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readexactly(8)
        if request[4:8] == TLS_REQUEST:
            writer.write(b"S")
            await writer.start_tls(self._context)
            self.encrypted += 1
            request = b""
        there_reader, there_writer = await self._connect()
        there_writer.write(request)
        self._spawn(partial(self._copy, there_reader, writer), writer)
        await self._copy(reader, there_writer)
        there_writer.close()


async def _startup_message(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    while True:
        size = await reader.readexactly(4)
        message = size + await reader.readexactly(int.from_bytes(size, "big") - 4)
        if message[4:8] != TLS_REQUEST:
            return message
        writer.write(b"N")


async def _messages(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while kind := await reader.read(1):
        size = await reader.readexactly(4)
        yield kind + size + await reader.readexactly(int.from_bytes(size, "big") - 4)


@pytest.fixture
async def proxy(proxy_to: Callable[[str], Awaitable[Proxy]], postgres_url: str) -> Proxy:
    """A proxy before the test's PostgreSQL database."""
    return await proxy_to(postgres_url)


@pytest.fixture
async def through_proxy(proxy: Proxy, new_engine: Callable[..., object]) -> Engine:
    """An engine of two connections, behind the proxy."""
    engine: Engine = await new_engine(proxy.url, min_size=2, max_size=2, acquire_timeout_seconds=2)  # type: ignore[misc]
    return engine


@pytest.fixture
async def pooler(postgres_url: str) -> AsyncIterator[TransactionPooler]:
    """A pooler in transaction mode before the test's PostgreSQL database."""
    async with TransactionPooler(postgres_url) as pooler:
        yield pooler


class Certificates(NamedTuple):
    """Files in PEM: an authority, and the context of a server that it vouches for."""

    authority: Path
    stranger: Path
    server: ssl.SSLContext


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """An authority, another one, and a server called ``localhost`` that the first has certified."""
    folder = tmp_path_factory.mktemp("certificates")
    authority, authority_key = _certificate("An authority")
    stranger, _ = _certificate("Another authority")
    server, server_key = _certificate("localhost", authority, authority_key)
    for name, certificate in (("authority", authority), ("stranger", stranger), ("server", server)):
        (folder / f"{name}.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(
        server_key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "key.pem")
    return Certificates(folder / "authority.pem", folder / "stranger.pem", context)


def _certificate(name: str, issuer: Any = None, issuer_key: Any = None) -> tuple[Any, Any]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer is not None else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name.replace(" ", "-").lower())]), critical=False)
    )
    return builder.sign(issuer_key or key, hashes.SHA256()), key


@pytest.fixture
async def tls(postgres_url: str, certificates: Certificates) -> AsyncIterator[TlsFront]:
    """A front with TLS before the test's PostgreSQL database, certified for ``localhost``."""
    async with TlsFront(postgres_url, certificates.server) as front:
        yield front
