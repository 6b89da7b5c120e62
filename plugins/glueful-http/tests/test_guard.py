"""Nothing that a user can write into a URL, and nothing that DNS can answer, reaches a private listener."""

from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

import pytest
from glueful_http import HostUnreachable, HttpSettings, UrlRefused
from glueful_http.addresses import is_public
from glueful_http.plugin import HttpPlugin
from glueful_http.testing import hostile_urls, malformed_urls
from hypothesis import given
from hypothesis import strategies as st


async def test_no_notation_of_a_private_address_reaches_a_canary(
    client_of: Callable[..., Any], open_listener: Callable[..., Any]
) -> None:
    canary = await open_listener("127.0.0.1")
    canary6 = await open_listener("::1", canary.port)
    client = await client_of(HttpSettings(require_https=False, allowed_ports=(80, 443, canary.port), timeout_seconds=2))

    reached = []
    for url in hostile_urls(canary.port):
        for call in (client.check, lambda url: client.request("POST", url, content=b"{}")):
            try:
                reached.append((url, await call(url)))
            except (UrlRefused, HostUnreachable):
                continue

    assert reached == []
    assert (canary.connections, canary6.connections) == (0, 0)


@pytest.mark.parametrize("url", malformed_urls(8443))
async def test_a_malformed_url_is_refused_before_any_name_is_asked_for(
    url: str, client_of: Callable[..., Any], names: Any
) -> None:
    names.answers["good.example"] = [["93.184.215.14"]]
    client = await client_of(names=names)

    with pytest.raises(UrlRefused):
        await client.check(url)

    assert names.asked == []


async def test_a_public_url_is_accepted_in_the_form_that_is_called(client_of: Callable[..., Any], names: Any) -> None:
    names.answers["hooks.example.com"] = [["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"]]
    client = await client_of(names=names)

    checked = await client.check("HTTPS://Hooks.Example.com/a%20b?é=1")

    assert checked == "https://hooks.example.com/a%20b?%C3%A9=1"


async def test_http_is_refused_outside_development_and_accepted_in_it(
    client_of: Callable[..., Any], names: Any
) -> None:
    names.answers["hooks.example.com"] = [["93.184.215.14"]]

    with pytest.raises(UrlRefused, match="is not https"):
        await (await client_of(names=names)).check("http://hooks.example.com/")
    assert await (await client_of(names=names, debug=True)).check("http://hooks.example.com/")


@pytest.mark.parametrize(
    "answers",
    [
        ["127.0.0.1"],
        ["93.184.215.14", "127.0.0.1"],
        ["2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::1"],
        ["93.184.215.14"] * 63 + ["10.0.0.1"],
        ["fe80::1%lo"],
        ["::ffff:127.0.0.1"],
        ["64:ff9b::7f00:1"],
        [],
    ],
)
async def test_one_bad_address_refuses_the_whole_name_with_the_words_for_an_unknown_name(
    answers: list[str], client_of: Callable[..., Any], open_listener: Callable[..., Any], names: Any
) -> None:
    canary = await open_listener("127.0.0.1")
    names.answers["rebind.example"] = [answers]
    client = await client_of(HttpSettings(require_https=False, allowed_ports=(canary.port,)), names)

    with pytest.raises(HostUnreachable) as refused:
        await client.request("GET", f"http://rebind.example:{canary.port}/")

    assert str(refused.value) == str(HostUnreachable())
    assert canary.connections == 0


async def test_a_refused_name_is_explained_to_the_operator(
    client_of: Callable[..., Any], names: Any, caplog: pytest.LogCaptureFixture
) -> None:
    names.answers["rebind.example"] = [["10.1.2.3"]]
    client = await client_of(names=names)

    with pytest.raises(HostUnreachable):
        await client.check("https://rebind.example/")

    assert "rebind.example is not called: it has the address 10.1.2.3" in caplog.text


async def test_the_connection_goes_to_the_address_that_was_checked_whatever_dns_says_next(
    client_of: Callable[..., Any], open_listener: Callable[..., Any], names: Any
) -> None:
    checked = await open_listener("127.0.0.2")
    canary = await open_listener("127.0.0.1", checked.port)
    names.answers["rebind.example"] = [["127.0.0.2"], ["127.0.0.1"]]
    client = await client_of(
        HttpSettings(require_https=False, allowed_ports=(checked.port,), allowed_networks=("127.0.0.2/32",)), names
    )

    first = await client.request("GET", f"http://rebind.example:{checked.port}/")
    with pytest.raises(HostUnreachable):
        await client.request("GET", f"http://rebind.example:{checked.port}/")

    assert (first.status, names.asked) == (200, ["rebind.example", "rebind.example"])
    assert f"Host: rebind.example:{checked.port}".encode() in checked.requests[0]
    assert (checked.connections, canary.connections) == (1, 0)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_an_answer_and_is_not_followed(
    status: int, client_of: Callable[..., Any], open_listener: Callable[..., Any], names: Any
) -> None:
    canary = await open_listener("127.0.0.1")
    receiver = await open_listener("127.0.0.2")
    target = f"http://127.0.0.1:{canary.port}/"
    receiver.answer = f"HTTP/1.1 {status} Moved\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode()
    client = await client_of(
        HttpSettings(require_https=False, allowed_ports=(receiver.port,), allowed_networks=("127.0.0.2/32",)), names
    )

    response = await client.request("POST", f"http://127.0.0.2:{receiver.port}/", content=b"{}")

    assert (response.status, response.headers["location"]) == (status, target)
    assert (len(receiver.requests), canary.connections) == (1, 0)


async def test_localhost_is_allowed_by_a_setting_of_development(
    client_of: Callable[..., Any], open_listener: Callable[..., Any], names: Any
) -> None:
    listener = await open_listener("127.0.0.1")
    names.answers["localhost"] = [["127.0.0.1"]]
    client = await client_of(HttpSettings(allow_localhost=True), names, debug=True)

    by_name = await client.request("GET", f"http://localhost:{listener.port}/")
    by_address = await client.request("GET", f"http://127.0.0.1:{listener.port}/")

    assert (by_name.status, by_address.status, listener.connections) == (200, 200, 2)
    with pytest.raises(UrlRefused):
        await client.request("GET", "http://10.0.0.1/")


async def test_localhost_outside_development_stops_the_start(client_of: Callable[..., Any]) -> None:
    with pytest.RaisesGroup(pytest.RaisesExc(Exception, match="allow_localhost is set outside development")):
        await client_of(HttpSettings(allow_localhost=True))


def test_what_is_for_development_alone_is_found_before_a_deployment() -> None:
    findings = HttpPlugin(HttpSettings(require_https=False, allow_localhost=True)).glueful_production_findings()

    assert [found.code for found in findings] == ["http.plain_text", "http.localhost_outside_development"]
    assert HttpPlugin(HttpSettings()).glueful_production_findings() == []


async def test_a_network_that_cannot_be_read_is_named(client_of: Callable[..., Any]) -> None:
    with pytest.RaisesGroup(pytest.RaisesExc(Exception, match=r"'10\.0\.0\.1/8' is not a network")):
        await client_of(HttpSettings(allowed_networks=("10.0.0.1/8",)))


@given(st.integers(0, 2**32 - 1))
def test_no_ipv6_form_of_an_ipv4_address_is_public(number: int) -> None:
    v4 = IPv4Address(number)
    prefixes = ["::", "::ffff:0:0", "::ffff:0:0:0", "64:ff9b::", "64:ff9b:1::"]
    embedded = [IPv6Address(int(IPv6Address(prefix)) | int(v4)) for prefix in prefixes]
    embedded += [IPv6Address((0x2002 << 112) | (number << 80) | 1)]

    assert [address for address in embedded if is_public(address)] == []
    assert not is_public(v4) or v4.is_global


@given(st.integers(0, 2**128 - 1))
def test_what_python_calls_private_is_never_public_here(number: int) -> None:
    address = IPv6Address(number)

    assert not (is_public(address) and (address.is_private or address.is_multicast or address.is_reserved))


@pytest.mark.parametrize("text", ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700:4700::1111", "2a00::1"])
def test_public_addresses_are_public(text: str) -> None:
    assert is_public(ip_address(text))
