"""The client: one request, one answer, within limits."""

import asyncio
import ssl
import time
from collections.abc import Callable, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import msgspec

from .errors import (
    AnswerInvalid,
    ConnectionBroken,
    HostUnreachable,
    RequestFailed,
    RequestTimedOut,
    TlsFailed,
)

if TYPE_CHECKING:
    import httpx2

    from .guard import Guard
    from .settings import HttpSettings


class HttpResponse(msgspec.Struct, frozen=True, kw_only=True):
    """An answer, whatever its status."""

    status: int
    headers: dict[str, str]
    """Names in lower case; values of a name that came several times are joined by a comma."""
    body: bytes
    """As it was sent; the client asks for no compression and undoes none."""
    is_truncated: bool = False
    """Whether the body was longer than what was read of it."""
    duration_seconds: float


class HttpClient:
    """Sends requests, also to URLs that users give: without redirects, cookies, proxies or credentials of its own.

    It speaks to the transport itself: ``httpx2.AsyncClient`` adds what this client must not do, and writes every URL
    into the log, with the credentials that its path or query may hold.

    Args:
        guard: decides where requests may go.
        settings: limits.
        transport: by default a ``GuardedTransport``, made at the first request.
    """

    def __init__(
        self,
        guard: "Guard",
        settings: "HttpSettings",
        transport: "Callable[[], httpx2.AsyncBaseTransport] | None" = None,
    ) -> None:
        self.guard = guard
        self._settings = settings
        self._transport = transport
        self._opened: httpx2.AsyncBaseTransport | None = None
        self._headers = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": settings.user_agent}
        self._extensions = {"timeout": {"connect": settings.connect_timeout_seconds}}

    async def check(self, url: str) -> str:
        """The URL in the form that is called, if it may be called now: for places where users give one.

        Every request checks again, since what a name stands for changes.

        Raises:
            UrlRefused: it is malformed, or not allowed.
            HostUnreachable: its name has no address, or one that is not allowed.
        """
        checked = self.guard.url(url)
        await self.guard.addresses(checked.raw_host.decode("ascii"))
        return str(checked)

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        timeout_seconds: float | None = None,
        max_response_bytes: int | None = None,
    ) -> HttpResponse:
        """Send a request and read its answer.

        Redirects are answers like others and are not followed.

        Args:
            method: for example ``POST``.
            url: checked before anything is sent.
            headers: beside ``User-Agent``, ``Accept``, ``Host`` and ``Content-Length``.
            content: the body.
            timeout_seconds: for the whole of it; None for ``http.timeout_seconds``.
            max_response_bytes: how much of the body to read; None for ``http.max_response_bytes``.

        Raises:
            UrlRefused: the URL may not be called.
            RequestFailed: there is no complete answer; ``kind`` says why.
        """
        target = self.guard.url(url)
        limit = self._settings.max_response_bytes if max_response_bytes is None else max_response_bytes
        total = self._settings.timeout_seconds if timeout_seconds is None else timeout_seconds
        started = time.perf_counter()
        try:
            async with asyncio.timeout(total):
                return await self._exchange(method, target, dict(headers or {}), content, limit, started)
        except TimeoutError:
            raise RequestTimedOut from None
        except RequestFailed:
            raise
        except Exception as error:
            raise _failure(error) from None

    async def _exchange(
        self,
        method: str,
        url: "httpx2.URL",
        headers: dict[str, str],
        content: bytes | None,
        limit: int,
        started: float,
    ) -> HttpResponse:
        import httpx2

        named = httpx2.Headers(self._headers)
        named.update(headers)
        request = httpx2.Request(method, url, headers=named, content=content, extensions=self._extensions)
        response = await self._open().handle_async_request(request)
        async with aclosing(response):
            parts: list[bytes] = []
            size = 0
            async for part in response.aiter_raw():
                parts.append(part)
                size += len(part)
                if size > limit:
                    break
            body = b"".join(parts)
        return HttpResponse(
            status=response.status_code,
            headers=dict(response.headers),
            body=body[:limit],
            is_truncated=size > limit,
            duration_seconds=time.perf_counter() - started,
        )

    def _open(self) -> "httpx2.AsyncBaseTransport":
        if self._opened is None:
            from .transport import GuardedTransport

            settings = self._settings
            make = self._transport or (lambda: GuardedTransport(self.guard, settings))
            self._opened = make()
        return self._opened

    async def close(self) -> None:
        """Close all connections; the next request opens new ones."""
        opened, self._opened = self._opened, None
        if opened is not None:
            await opened.aclose()


def _failure(error: Exception) -> Exception:
    import httpx2

    chain: list[BaseException] = []
    cause: Any = error
    while cause is not None and cause not in chain:
        chain.append(cause)
        cause = cause.__cause__ or cause.__context__
    if any(isinstance(found, ssl.SSLError) for found in chain):
        return TlsFailed()
    match error:
        case httpx2.ConnectError() | httpx2.ConnectTimeout():
            return HostUnreachable()
        case httpx2.TimeoutException():
            return RequestTimedOut()
        case httpx2.ProtocolError():
            ended = isinstance(error, httpx2.RemoteProtocolError) and "disconnected" in str(error)
            return ConnectionBroken() if ended else AnswerInvalid()
        case httpx2.TransportError():
            return ConnectionBroken()
    return error
