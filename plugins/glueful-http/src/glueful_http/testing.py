"""For tests of whoever lets users write URLs: hostile ones, and a resolver that answers as it is told."""

from collections.abc import Sequence
from ipaddress import ip_address

from .addresses import Address

__all__ = ["ScriptedResolver", "hostile_urls", "malformed_urls"]

_HOSTS = """
127.0.0.1 127.0.0.1. 127.1 127.0.1 0 0.0.0.0 2130706433 017700000001 0x7f000001 0x7f.1 0x7f.0.0.1 0177.0.0.1
00127.0.0.1 127.000.000.001 0x7f.0.0x0.1 1. 127.0.0.1.. .127.0.0.1 127..0.1 4294967297 127.0.0.1%00 127.0.0.1%2e
\uff11\uff12\uff17.\uff10.\uff10.\uff11 \u2460\u2461\u2466.\u24ea.\u24ea.\u2460 127\u30020\u30020\u30021
127\uff0e0\uff0e0\uff0e1 127\uff610\uff610\uff611
\u246f\u2468\u3002\u2461\u2464\u2463\u3002\u246f\u2468\uff61\u2461\u2464\u2463 localhost LOCALHOST localhost.
\uff4c\uff4f\uff43\uff41\uff4c\uff48\uff4f\uff53\uff54
\u24db\u24de\u24d2\u24d0\u24db\u24d7\u24de\u24e2\u24e3 localhost.localdomain ip6-localhost
[::1] [::] [0:0:0:0:0:0:0:1] [::ffff:127.0.0.1] [::ffff:7f00:1] [0:0:0:0:0:ffff:127.0.0.1] [::127.0.0.1] [::7f00:1]
[::ffff:0:127.0.0.1] [::ffff:a9fe:a9fe] [64:ff9b::127.0.0.1] [64:ff9b::a9fe:a9fe] [64:ff9b:1::7f00:1] [2002:7f00:1::]
[2002:a9fe:a9fe::1] [2001:0:7f00:1::] [2001::1] [fe80::1] [fe80::1%25lo] [fe80::1%lo] [::1%25lo] [::1%lo] [fec0::1]
[ff02::1] [fc00::1] [fd00:ec2::254] [100::1] [2001:db8::1] [3fff::1] [5f00::1] [2001:470:1f0b::5efe:7f00:1]
[2001:470:1f0b::200:5efe:a00:1] [::1 ::1 [127.0.0.1] [localhost] [v1.a] []
10.0.0.1 100.64.0.1 100.100.100.200 168.63.129.16 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.8 192.0.2.1
192.88.99.1 192.168.0.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
metadata.google.internal. -a.example a-.example a..example a_b..example *.example exa<mple exa"mple x^y
"""
"""Notations of addresses that are not public, and hosts that are none."""

_WHOLE = [
    "http://127.0.0.1:{port}",
    "//127.0.0.1:{port}/",
    "127.0.0.1:{port}",
    "file:///etc/passwd",
    "file://127.0.0.1/etc/passwd",
    "gopher://127.0.0.1:{port}/_x",
    "ftp://127.0.0.1:{port}/",
    "ws://127.0.0.1:{port}/",
    "unix:/run/docker.sock",
    "http+unix://%2frun%2fdocker.sock/",
    "data:text/plain,x",
    "https:127.0.0.1:{port}/",
    "https:/127.0.0.1:{port}/",
    "https:///127.0.0.1:{port}/",
    "https:\\\\127.0.0.1:{port}/",
    "https://good.example\\@127.0.0.1:{port}/",
    "https://good.example#@127.0.0.1:{port}/",
    "https://good.example?@127.0.0.1:{port}/#@127.0.0.1",
    "https://user:pw@127.0.0.1:{port}/",
    "https://user@good.example/",
    "https://@127.0.0.1:{port}/",
    "https://good.example%2f@127.0.0.1:{port}/",
    "https://good.example%00.127.0.0.1:{port}/",
    "https://127.0.0.1:{port}%20.good.example/",
    "https://127.0.0.1\t.good.example:{port}/",
    "https://good.example\r\nHost: 127.0.0.1/",
    "https://good.example:{port}\n/",
    " https://127.0.0.1:{port}/",
    "https://127.0.0.1:{port} /",
    "https://good.example:0{port}000000/",
    "https://good.example:22/",
    "https://good.example:25/",
    "https://good.example:6379/",
    "https://good.example:-1/",
    "https://good.example:x/",
    "https://good.example:\u0664\u0664\u0663/",
    "https://b\xfccher.example/",
    "https://127.0.0.1:{port}:80/",
    "https://[::1]:{port}@good.example/",
    "https://good.example,127.0.0.1:{port}/",
    "https://good.example;127.0.0.1:{port}/",
    "https://good.example&@127.0.0.1:{port}/",
    "https://good.example:443@127.0.0.1:{port}/",
    "https://" + "a" * 3000 + ".example/",
    "https://",
    "https://?",
    "",
]


def malformed_urls(port: int) -> list[str]:
    """URLs that are refused by how they are written, before any name is asked for.

    Args:
        port: that they name, where they name one that matters.
    """
    return [text.replace("{port}", str(port)) for text in _WHOLE]


def hostile_urls(port: int) -> list[str]:
    """URLs that must not be called: all notations of addresses that are not public, and ``malformed_urls``.

    Listen on the port at 127.0.0.1 and ::1, and count connections: there must be none.

    Args:
        port: that the URLs name, where they name one.
    """
    hosts = _HOSTS.split()
    return [f"{scheme}://{host}:{port}/" for scheme in ("http", "https") for host in hosts] + malformed_urls(port)


class ScriptedResolver:
    """A resolver for ``HttpPlugin(settings, resolver)``.

    Attributes:
        answers: by name, a list of answers, each with all addresses; every question takes the next, and the last one
            again and again. A name that is not there has no address.
        asked: the names that were asked for.
    """

    def __init__(self) -> None:
        self.answers: dict[str, list[Sequence[str]]] = {}
        self.asked: list[str] = []

    async def __call__(self, host: str) -> list[Address]:
        """The next answer for a name."""
        self.asked.append(host)
        known = self.answers.get(host, [()])
        found = known.pop(0) if len(known) > 1 else known[0]
        return [ip_address(text) for text in found]
