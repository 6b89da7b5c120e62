"""What may be called: the rules for URLs, and for the addresses behind their hosts."""

import asyncio
import logging
import re
from collections.abc import Sequence
from contextlib import suppress
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import TYPE_CHECKING

from .addresses import LOCALHOST, Address, is_in, is_public, networks
from .errors import HostUnreachable, UrlRefused
from .resolving import Resolver

if TYPE_CHECKING:
    import httpx2

    from .settings import HttpSettings

GREATEST_URL = 2_048
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f\\]")
_AUTHORITY = re.compile(r"(?i)https?://([^/?#]*)")
_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?)*")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_log = logging.getLogger("glueful.http")


class Guard:
    """Decides on URLs and on addresses.

    Args:
        settings: section ``[http]``.
        resolver: asked for the addresses of names.
        is_development: whether ``require_https`` may be left open and ``allow_localhost`` holds.
    """

    def __init__(self, settings: "HttpSettings", resolver: Resolver, *, is_development: bool = False) -> None:
        self._resolver = resolver
        self._timeout = settings.connect_timeout_seconds
        self._needs_https = not is_development if settings.require_https is None else settings.require_https
        self._ports = frozenset(settings.allowed_ports)
        self._localhost = LOCALHOST if is_development and settings.allow_localhost else ()
        self._allowed = (*networks(settings.allowed_networks), *self._localhost)

    def url(self, text: str) -> "httpx2.URL":
        """The URL in the form that is called, without asking DNS.

        Raises:
            UrlRefused: it is malformed, or of a scheme, host form, address or port that is not allowed.
        """
        import httpx2

        if len(text) > GREATEST_URL:
            raise UrlRefused(f"is longer than {GREATEST_URL} characters")
        if _FORBIDDEN.search(text):
            raise UrlRefused("has a space, a control character or a backslash")
        authority = _AUTHORITY.match(text)
        if authority is None:
            raise UrlRefused("does not begin with https://")
        if "@" in authority[1]:
            raise UrlRefused("has a user name")
        if "%" in authority[1]:
            raise UrlRefused("has a percent sign in its host")
        if not authority[1].isascii():
            raise UrlRefused("has a host that is not ASCII: write it in its xn-- form")
        if "#" in text:
            raise UrlRefused("has a fragment")
        try:
            url = httpx2.URL(text)
            scheme, host, port = url.scheme, url.raw_host.decode("ascii"), url.port
        except (httpx2.InvalidURL, ValueError):
            raise UrlRefused("is malformed") from None
        self.check(scheme, host, port)
        return url

    def check(self, scheme: str, host: str, port: int | None) -> None:
        """Refuse what a scheme, a host and a port tell already.

        Args:
            scheme: in lower case.
            host: in its ASCII form, an IPv6 address without brackets.
            port: None for that of the scheme.

        Raises:
            UrlRefused: they are not allowed.
        """
        if scheme not in ("http", "https"):
            raise UrlRefused("is neither http: nor https:")
        address = literal(host)
        is_local = bool(self._localhost) and (
            host == "localhost" if address is None else is_in(address, self._localhost)
        )
        if scheme == "http" and self._needs_https:
            raise UrlRefused("is not https:")
        if port is not None and port not in self._ports and not is_local:
            raise UrlRefused(f"names port {port}, which is not allowed")
        if address is not None and not self._may_reach(address):
            raise UrlRefused("names an address that is not public")

    async def addresses(self, host: str) -> Sequence[Address]:
        """The addresses to connect to: all that the host has, each of them checked.

        Raises:
            UrlRefused: the host is an address that is not allowed, or no host at all.
            HostUnreachable: the name has no address, has one that is not allowed, or DNS did not answer in time.
        """
        found: Sequence[Address] = []
        if (address := literal(host)) is not None:
            found = [address]
        else:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._timeout):
                    found = await self._resolver(host)
        if not found:
            raise HostUnreachable
        if refused := [address for address in found if not self._may_reach(address)]:
            _log.warning("%s is not called: it has the address %s, which is not public", host, refused[0])
            raise HostUnreachable
        return found

    def _may_reach(self, address: Address) -> bool:
        return is_public(address) or is_in(address, self._allowed)


def literal(host: str) -> Address | None:
    """The address that a host is, or None for a name.

    Only the forms of RFC 3986 are addresses; every other number (decimal, octal, hexadecimal, short) is refused.

    Raises:
        UrlRefused: it is neither.
    """
    if ":" in host:
        try:
            address = IPv6Address(host)
        except AddressValueError:
            raise UrlRefused("has no valid host") from None
        if address.scope_id is not None:
            raise UrlRefused("has a zone in its address")
        return address
    if not _NAME.fullmatch(host):
        raise UrlRefused("has no valid host")
    if not _NUMBER.fullmatch(host.rpartition(".")[2]):
        return None
    try:
        return IPv4Address(host)
    except AddressValueError:
        raise UrlRefused("has a number as its host") from None
