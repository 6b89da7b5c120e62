"""Which addresses are on the public Internet: the IANA special-purpose registries (RFC 6890), and what hides in them.

``ipaddress.is_global`` does not do: it accepts multicast, IPv4 inside IPv6 (mapped, compatible, NAT64, 6to4) and
deprecated ranges.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import TypeAlias

from .errors import NetworkInvalid

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

NOT_PUBLIC_V4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",
        "100.64.0.0/10",  # shared by carriers (RFC 6598)
        "127.0.0.0/8",
        "168.63.129.16/32",  # the host of a virtual machine on Azure
        "169.254.0.0/16",  # link-local; metadata of most clouds
        "172.16.0.0/12",
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # multicast tunnels
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
PUBLIC_V6 = IPv6Network("2000::/3")
NOT_PUBLIC_V6 = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments, Teredo
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: an IPv4 address inside
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)
LOCALHOST: tuple[Network, ...] = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))
_ISATAP = 0x00005EFE


def is_public(address: Address) -> bool:
    """Whether an address belongs to the public Internet. Unknown ranges do not."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in NOT_PUBLIC_V4)
    if address.scope_id is not None or address not in PUBLIC_V6:
        return False
    if any(address in network for network in NOT_PUBLIC_V6):
        return False
    interface = int(address) & 0xFFFF_FFFF_FFFF_FFFF
    if (interface >> 32) & ~0x0200_0000 == _ISATAP:  # RFC 5214: an IPv4 address in the interface identifier
        return is_public(IPv4Address(interface & 0xFFFF_FFFF))
    return True


def networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """Read networks.

    Raises:
        NetworkInvalid: one cannot be read, or has bits set beyond its prefix.
    """
    found: list[Network] = []
    for text in texts:
        try:
            found.append(ip_network(text))
        except ValueError:
            raise NetworkInvalid(text) from None
    return tuple(found)


def is_in(address: Address, allowed: Sequence[Network]) -> bool:
    """Whether an address, written as it is, lies in one of the networks."""
    return any(address.version == network.version and address in network for network in allowed)
