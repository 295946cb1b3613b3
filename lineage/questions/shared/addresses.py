"""Source addresses: networks as people write them, and what an address says of where a caller was (guide §10.4)."""

from __future__ import annotations

import ipaddress
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from lineage.model.errors import BadUse
from lineage.model.results import CallRow

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class AddressRange(NamedTuple):
    """A text that people give, and the networks that it represents (none for the name of a service)."""

    text: str
    networks: tuple[Network, ...]


def address_range(text: str) -> AddressRange | None:
    """The entry that a text is: an address, a network, a range `A-B`, or a source that AWS writes by name; None of
    anything else.

    >>> address_range("198.51.100.7/24").networks, address_range("no address")
    ((IPv4Network('198.51.100.0/24'),), None)
    >>> address_range("198.51.100.0-198.51.100.2").networks
    (IPv4Network('198.51.100.0/31'), IPv4Network('198.51.100.2/32'))
    """
    text = text.strip()
    if text.startswith("AWS Internal") or text.endswith((".amazonaws.com", ".amazonaws.com.cn")):
        return AddressRange(text, ())
    first, dash, last = text.partition("-")
    try:
        if not dash:
            return AddressRange(text, (ipaddress.ip_network(text, strict=False),))
        begin, end = ipaddress.ip_address(first.strip()), ipaddress.ip_address(last.strip())
        return AddressRange(text, tuple(ipaddress.summarize_address_range(begin, end)))
    except (ValueError, TypeError):
        return None


def address_ranges(lines: Iterable[str]) -> Iterator[tuple[str, AddressRange | None]]:
    """The entries of a list, one a line, each with its line; comments begin with `#` or `;`.

    What follows the first comma, tab or blank is left aside, for lists often say why.
    """
    for line in lines:
        text = re.split(r"[#;]", line, maxsplit=1)[0].strip()
        if text:
            whole = address_range(text)
            yield text, whole or address_range(re.split(r"[\s,]", text, maxsplit=1)[0].strip('"'))


def read(asks: Iterable[str]) -> tuple[list[AddressRange], list[str]]:
    """The ranges that texts are or that files of these names hold (`-`: standard input), and the lines of files that
    are none. Raises `BadUse`."""
    found: list[AddressRange] = []
    unread: list[str] = []
    for ask in asks:
        one = address_range(ask)
        if one is not None:
            found.append(one)
            continue
        before = len(found)
        for line, there in address_ranges(_lines(ask)):
            if there is not None:
                found.append(there)
            else:
                unread.append(line)
        if len(found) == before:
            raise BadUse(f"{ask}: contains no address or network; write one per line")
    return found, unread


def _lines(path: str) -> Iterable[str]:
    if path == "-":
        return sys.stdin
    try:
        return Path(path).read_text("utf-8-sig", errors="replace").splitlines()
    except (OSError, ValueError):
        raise BadUse(
            f"{path}: not an address, network or file; write it like 198.51.100.7 or 198.51.100.0/24"
        ) from None


class RangeIndex:
    """The entries by network, so that a long list is not gone through for each address."""

    def __init__(self, wanted: Iterable[AddressRange]) -> None:
        self._names: dict[str, list[str]] = defaultdict(list)
        self._networks: dict[tuple[int, int], dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
        for one in wanted:
            if not one.networks:
                self._names[one.text].append(one.text)
            for network in one.networks:
                size = network.max_prefixlen - network.prefixlen
                known = self._networks[network.version, size]
                known[int(network.network_address) >> size].append(one.text)

    def matches(self, source: str) -> list[str]:
        """The texts of the entries that a source, as logged, lies in; sorted."""
        found = set(self._names.get(source, ()))
        ip = parsed(source)
        if ip is not None:
            for (version, size), known in self._networks.items():
                if version == ip.version:
                    found.update(known.get(int(ip) >> size, ()))
        return sorted(found)


@lru_cache(maxsize=8192)
def parsed(source: str | None) -> Address | None:
    """The address that a text is; None of a name."""
    try:
        return ipaddress.ip_address(source or "")
    except ValueError:
        return None


def by_number(source: str) -> tuple[int, int, str]:
    """What sources are ordered by: version and number, names last.

    >>> sorted(["ec2.amazonaws.com", "10.0.0.10", "10.0.0.9"], key=by_number)
    ['10.0.0.9', '10.0.0.10', 'ec2.amazonaws.com']
    """
    ip = parsed(source)
    return (ip.version, int(ip), source) if ip is not None else (9, 0, source)


SHARED = (ipaddress.ip_network("100.64.0.0/10"),)
PRIVATE = tuple(map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")))
"""Private networks (RFC 1918, RFC 4193)."""
DOCUMENTATION = tuple(map(ipaddress.ip_network, ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")))
"""Networks (RFC 5737, 3849) that represent internet addresses in examples and cleaned logs."""


def _is_in(ip: Address, networks: Iterable[Network]) -> bool:
    return any(ip.version == net.version and ip in net for net in networks)


def is_place(row: CallRow) -> bool:
    """Are the row's address and agent the caller's own? Those of forward access, services and `AWS Internal`
    are the service's own."""
    return row.invoked_by is None and parsed(row.row.source_ip) is not None


def place(row: CallRow) -> str | None:
    """Where the calls came from: the address, with the endpoint if they came through one; None if it says nothing."""
    if not is_place(row):
        return None
    return f"{row.row.source_ip} {row.row.endpoint}" if row.row.endpoint else row.row.source_ip


def doubt_of(row: CallRow) -> str | None:
    """Why the address of calls does not say where the caller was; None where nothing is known against it."""
    return doubt(row.row.source_ip, row.row.endpoint)


@lru_cache(maxsize=8192)
def network(address: str | None) -> str | None:
    """The network around an internet address: /16 of IPv4, /32 of IPv6; None of what is none.

    >>> network("198.51.100.7"), network("AWS Internal"), network("10.0.0.1 vpce-1")
    ('198.51.0.0/16', None, None)
    """
    ip = parsed(address)
    if ip is None:
        return None
    return str(ipaddress.ip_network(f"{ip}/{16 if ip.version == 4 else 32}", strict=False))


@lru_cache(maxsize=8192)
def private_network(address: str | None) -> str | None:
    """The network around a private address, as wide as a VPC may be: /16 of IPv4; None of what is none.

    Shared, loopback and link-local ranges show no network.

    >>> private_network("10.0.3.44"), private_network("198.51.100.7"), private_network("127.0.0.1")
    ('10.0.0.0/16', None, None)
    """
    ip = parsed(address)
    return network(address) if ip is not None and _is_in(ip, PRIVATE) else None


@lru_cache(maxsize=8192)
def doubt(address: str | None, endpoint: str | None = None) -> str | None:
    """Why an address does not say where a caller was; None where it may be trusted.

    >>> doubt("198.51.100.7"), doubt("10.0.0.1")
    (None, 'private range')
    """
    if endpoint:
        return "through a VPC endpoint: its VPC chooses the address"
    ip = parsed(address)
    if ip is None:
        return "AWS service or AWS Internal: the service's own address"
    if _is_in(ip, SHARED):
        return "shared range of carriers"
    return "private range" if ip.is_private and not _is_in(ip, DOCUMENTATION) else None
