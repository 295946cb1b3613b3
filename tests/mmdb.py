"""A writer of small databases in MaxMind's format (version 2.0), for tests of places.

Source: MaxMind DB File Format Specification.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping

METADATA = b"\xab\xcd\xefMaxMind.com"
EMPTY = 16
"""Zero bytes between the tree and the data."""


class Short(int):
    """A number that the format keeps in 16 bits."""


class Long(int):
    """A number that the format keeps in 64 bits."""


def database(networks: Mapping[str, object], kind: str) -> bytes:
    """A database of IPv4 networks, each with a record of texts, numbers and maps."""
    data, places = b"", {}
    for network, record in networks.items():
        places[network] = len(data)
        data += encoded(record)
    nodes: list[list[int | None]] = [[None, None]]
    leaves: dict[tuple[int, int], int] = {}
    for network, place in places.items():
        parsed = ipaddress.IPv4Network(network)
        bits = f"{int(parsed.network_address):032b}"[: parsed.prefixlen]
        node = 0
        for bit in map(int, bits[:-1]):
            found = nodes[node][bit]
            if found is None:
                nodes.append([None, None])
                found = nodes[node][bit] = len(nodes) - 1
            node = found
        leaves[node, int(bits[-1])] = place
    count = len(nodes)
    tree = b""
    for number, sides in enumerate(nodes):
        for bit, side in enumerate(sides):
            leaf = leaves.get((number, bit))
            value = side if side is not None else count if leaf is None else count + EMPTY + leaf
            tree += value.to_bytes(4, "big")
    told = {
        "node_count": count, "record_size": Short(32), "ip_version": Short(4), "database_type": kind,
        "languages": ["en"], "binary_format_major_version": Short(2), "binary_format_minor_version": Short(0),
        "build_epoch": Long(1), "description": {},
    }  # fmt: skip
    return tree + bytes(EMPTY) + data + METADATA + encoded(told)


def encoded(value: object) -> bytes:
    """A value in the data format: a text, an unsigned number, a list or a map."""
    if isinstance(value, str):
        raw = value.encode()
        return _control(2, len(raw)) + raw
    if isinstance(value, int):
        raw = value.to_bytes((value.bit_length() + 7) // 8, "big")
        return _control(5 if isinstance(value, Short) else 9 if isinstance(value, Long) else 6, len(raw)) + raw
    if isinstance(value, Mapping):
        inner = b"".join(encoded(str(name)) + encoded(one) for name, one in value.items())
        return _control(7, len(value)) + inner
    assert isinstance(value, list)
    return _control(11, len(value)) + b"".join(map(encoded, value))


def _control(type_: int, size: int) -> bytes:
    """The control byte of a value; types from 8 on are told in a byte of their own."""
    first = (type_ if type_ < 8 else 0) << 5
    extended = bytes([type_ - 7]) if type_ >= 8 else b""
    if size < 29:
        return bytes([first | size]) + extended
    return bytes([first | 29]) + extended + bytes([size - 29])
