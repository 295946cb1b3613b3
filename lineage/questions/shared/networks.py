"""Addresses and networks as people write them, and which of the logged addresses lie in them."""

from __future__ import annotations

import ipaddress
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from lineage.model.errors import BadUse

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Entry(NamedTuple):
    """What somebody asks for: a text, and the networks that it stands for (none of the name of a service)."""

    text: str
    networks: tuple[Network, ...]


def entry(text: str) -> Entry | None:
    """The entry that a text is: an address, a network, a range `A-B`, or a source that AWS writes by name; None of
    anything else.

    >>> entry("198.51.100.7/24").networks, entry("no address")
    ((IPv4Network('198.51.100.0/24'),), None)
    >>> entry("198.51.100.0-198.51.100.2").networks
    (IPv4Network('198.51.100.0/31'), IPv4Network('198.51.100.2/32'))
    """
    text = text.strip()
    if text.startswith("AWS Internal") or text.endswith((".amazonaws.com", ".amazonaws.com.cn")):
        return Entry(text, ())
    first, dash, last = text.partition("-")
    try:
        if not dash:
            return Entry(text, (ipaddress.ip_network(text, strict=False),))
        begin, end = ipaddress.ip_address(first.strip()), ipaddress.ip_address(last.strip())
        return Entry(text, tuple(ipaddress.summarize_address_range(begin, end)))
    except (ValueError, TypeError):
        return None


def entries(lines: Iterable[str]) -> Iterator[tuple[str, Entry | None]]:
    """The entries of a list, one a line, each with its line; comments begin with `#` or `;`.

    What follows the first comma, tab or blank is left aside, for lists often say why.
    """
    for line in lines:
        text = re.split(r"[#;]", line, maxsplit=1)[0].strip()
        if text:
            whole = entry(text)
            yield text, whole or entry(re.split(r"[\s,]", text, maxsplit=1)[0].strip('"'))


def read(asks: Iterable[str]) -> tuple[list[Entry], list[str]]:
    """The entries that texts are or that files of these names hold (`-`: standard input), and the lines of files that
    are none. Raises `BadUse`."""
    found: list[Entry] = []
    unread: list[str] = []
    for ask in asks:
        one = entry(ask)
        if one is not None:
            found.append(one)
            continue
        before = len(found)
        for line, there in entries(_lines(ask)):
            if there is not None:
                found.append(there)
            else:
                unread.append(line)
        if len(found) == before:
            raise BadUse(f"{ask}: holds no address and no network; write one a line")
    return found, unread


def _lines(path: str) -> Iterable[str]:
    if path == "-":
        return sys.stdin
    try:
        return Path(path).read_text("utf-8-sig", errors="replace").splitlines()
    except (OSError, ValueError):
        raise BadUse(
            f"{path}: no address, no network and no file; write it like 198.51.100.7 or 198.51.100.0/24"
        ) from None


class Finder:
    """The entries by network, so that a long list is not gone through for each address."""

    def __init__(self, wanted: Iterable[Entry]) -> None:
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
