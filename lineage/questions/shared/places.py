"""What a source address says of where a caller was, and where it says nothing (guide §10.4)."""

from __future__ import annotations

import ipaddress
from functools import lru_cache

from lineage.model.results import CallRow

SHARED = ipaddress.ip_network("100.64.0.0/10")
PRIVATE = tuple(map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")))
"""Private networks (RFC 1918, RFC 4193)."""


def is_place(row: CallRow) -> bool:
    """Do the row's address and agent speak of the caller? Those of forward access, services and `AWS Internal`
    are the service's own."""
    return row.invoked_by is None and _ip(row.row.source_ip) is not None


def place(row: CallRow) -> str | None:
    """Where the calls came from: the address, with the endpoint if they came through one; None if it says nothing."""
    if not is_place(row):
        return None
    return f"{row.row.source_ip} {row.row.endpoint}" if row.row.endpoint else row.row.source_ip


@lru_cache(maxsize=8192)
def network(address: str | None) -> str | None:
    """The network around an internet address: /16 of IPv4, /32 of IPv6; None of what is none.

    >>> network("198.51.100.7"), network("AWS Internal"), network("10.0.0.1 vpce-1")
    ('198.51.0.0/16', None, None)
    """
    ip = _ip(address)
    if ip is None:
        return None
    return str(ipaddress.ip_network(f"{ip}/{16 if ip.version == 4 else 32}", strict=False))


@lru_cache(maxsize=8192)
def private_network(address: str | None) -> str | None:
    """The network around a private address, as wide as a VPC may be: /16 of IPv4; None of what is none.

    Shared, loopback and link-local ranges tell no network.

    >>> private_network("10.0.3.44"), private_network("198.51.100.7"), private_network("127.0.0.1")
    ('10.0.0.0/16', None, None)
    """
    ip = _ip(address)
    return network(address) if ip is not None and any(ip.version == n.version and ip in n for n in PRIVATE) else None


@lru_cache(maxsize=8192)
def doubt(address: str | None, endpoint: str | None = None) -> str | None:
    """Why an address does not say where somebody was; None where it may be trusted.

    >>> doubt("198.51.100.7"), doubt("10.0.0.1")
    (None, 'private range')
    """
    if endpoint:
        return "through a VPC endpoint: its VPC chooses the address"
    ip = _ip(address)
    if ip is None:
        return "AWS service or AWS Internal: the service's own address"
    if ip.version == 4 and ip in SHARED:
        return "shared range of carriers"
    return "private range" if ip.is_private and not _is_documentation(ip) else None


def _is_documentation(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Documentation ranges (RFC 5737, 3849) stand for internet addresses in examples and cleaned logs."""
    return any(
        ip.version == net.version and ip in net
        for net in map(ipaddress.ip_network, ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32"))
    )


@lru_cache(maxsize=8192)
def _ip(text: str | None) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text or "")
    except ValueError:
        return None
