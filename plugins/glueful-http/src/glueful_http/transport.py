"""The transport: it connects to the address that was checked, and to nothing else."""

import select
import ssl
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpcore2
import httpx2

from .errors import HostUnreachable
from .guard import Guard

if TYPE_CHECKING:
    from .settings import HttpSettings

MOST_ATTEMPTS = 4


class GuardedBackend(httpcore2.AsyncNetworkBackend):
    """Opens connections: resolves a name once, checks every address, connects to one of these.

    What DNS answers afterwards is not asked. TLS and ``Host`` still use the name, which the connection pool keeps.

    Args:
        guard: decides.
        inner: connects; by default over the sockets of the running event loop.
    """

    def __init__(self, guard: Guard, inner: httpcore2.AsyncNetworkBackend | None = None) -> None:
        self._guard = guard
        self._inner = inner or httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Connect to the first of the host's addresses that accepts."""
        failure: Exception = HostUnreachable()
        for address in (await self._guard.addresses(host))[:MOST_ATTEMPTS]:
            try:
                return _Stream(
                    await self._inner.connect_tcp(str(address), port, timeout, local_address, socket_options)
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure

    async def connect_unix_socket(self, *_args: Any, **_options: Any) -> httpcore2.AsyncNetworkStream:
        """Refused: no URL leads to a file."""
        raise HostUnreachable

    async def sleep(self, seconds: float) -> None:
        """Wait between attempts."""
        await self._inner.sleep(seconds)


class _Stream(httpcore2.AsyncNetworkStream):
    """A connection that knows its socket.

    For each request the pool asks all idle connections, twice, whether their server has gone; with tens of them that
    costs as much as the request if the socket is looked up through the layers each time.
    """

    def __init__(self, inner: httpcore2.AsyncNetworkStream) -> None:
        self._inner = inner
        self.read, self.write, self.aclose = inner.read, inner.write, inner.aclose  # type: ignore[method-assign]
        self._socket = inner.get_extra_info("socket")
        self._poller: Any = None

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
    ) -> httpcore2.AsyncNetworkStream:
        """Speak TLS from now on."""
        return _Stream(await self._inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        """See ``httpcore2.AsyncNetworkStream``."""
        return self._is_readable() if info == "is_readable" else self._inner.get_extra_info(info)

    def _is_readable(self) -> bool:
        if self._socket is None or not hasattr(select, "poll"):
            return bool(self._inner.get_extra_info("is_readable"))
        if (number := self._socket.fileno()) < 0:
            return True
        if self._poller is None:
            self._poller = select.poll()
            self._poller.register(number, select.POLLIN)
        return bool(self._poller.poll(0))


class GuardedTransport(httpx2.AsyncBaseTransport):
    """A transport for ``httpx2.AsyncClient`` that can be given URLs of users.

    ``httpx2.AsyncClient(transport=GuardedTransport(guard, settings), trust_env=False)``. Total time, length of the
    answer, cookies and redirects are the client's: ``HttpClient`` limits them.

    Args:
        guard: decides on every request, and on every address.
        settings: number of connections, keep-alive, certificate authorities.
        inner: what connects; see ``GuardedBackend``.
    """

    def __init__(
        self, guard: Guard, settings: "HttpSettings", inner: httpcore2.AsyncNetworkBackend | None = None
    ) -> None:
        self._guard = guard
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=tls_context(settings.ca_file),
            max_connections=settings.max_connections,
            keepalive_expiry=settings.keepalive_seconds,
            network_backend=GuardedBackend(guard, inner),
        )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request.

        Raises:
            UrlRefused: it may not be called.
            HostUnreachable: see ``Guard.addresses``.
            httpx2.TransportError: there was no answer.
        """
        url = request.url
        self._guard.check(url.scheme, url.raw_host.decode("ascii"), url.port)
        with _errors_of_httpx():
            response = await self._pool.handle_async_request(
                httpcore2.Request(
                    method=request.method,
                    url=httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                    headers=request.headers.raw,
                    content=request.stream,
                    # An extension could name another host for TLS, or another target.
                    extensions={"timeout": request.extensions.get("timeout", {})},
                )
            )
        return httpx2.Response(
            response.status,
            headers=response.headers,
            stream=_Body(response.stream),
            extensions={"http_version": response.extensions.get("http_version", b"HTTP/1.1")},
        )

    async def aclose(self) -> None:
        """Close all connections."""
        await self._pool.aclose()


class _Body(httpx2.AsyncByteStream):
    def __init__(self, stream: Any) -> None:
        self._stream: AsyncIterable[bytes] = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _errors_of_httpx():
            async for part in self._stream:
                yield part

    async def aclose(self) -> None:
        await self._stream.aclose()  # type: ignore[attr-defined]


@contextmanager
def _errors_of_httpx() -> Iterator[None]:
    try:
        yield
    except (httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.ProtocolError) as error:
        kind = getattr(httpx2, type(error).__name__, httpx2.TransportError)
        raise kind(str(error)) from error


def tls_context(ca_file: str | None) -> ssl.SSLContext:
    """Verifies certificates and names, TLS 1.2 or later; the environment has no say in it."""
    import certifi

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(cafile=ca_file or certifi.where())
    return context
