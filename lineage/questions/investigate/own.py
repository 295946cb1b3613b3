"""Addresses of our own: is the source of a call an address that the logs show to be one of an instance of ours?

The address leads to the instance and to who started it. It joins nobody: another may have used the instance's way out.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import NamedTuple

from lineage.model import schema
from lineage.model.keys import ref
from lineage.model.results import ChangeEdge, Window
from lineage.stores.reader import Reader

EIP = "AWS::EC2::EIP"


class Own(NamedTuple):
    """What the logs say of an address."""

    address: str
    account: str | None
    instance: str | None
    """The instance that had it last, None where that is not logged."""
    api: str
    time: int
    event_ids: list[str]
    source: str
    """Whose call it was, as a reference."""


def own(reader: Reader, address: str, accounts: Iterable[str], until: int | None) -> Own | None:
    """What is known of an address as one of ours at a time, None where nothing is."""
    found = _elastic(reader, address, sorted(accounts), until) or _given(reader, address, accounts, until)
    if found is None:
        return None
    deed, instance = found
    account = ref(deed.target).key.split(":", 1)[0] or None
    return Own(address, account, instance, str(deed.properties["api"]), deed.time, deed.event_ids, deed.source)


def _elastic(
    reader: Reader, address: str, accounts: list[str], until: int | None
) -> tuple[ChangeEdge, str | None] | None:
    """The last event about an elastic address, with the instance that it went to."""
    window = Window(None, until)
    names = [f"{schema.RESOURCE} {account}:{EIP}:{address}" for account in accounts]
    about = [deed for deed in reader.changes((schema.CHANGED,), targets=names, window=window) if _is_address(deed)]
    allocations = {
        f"{ref(deed.target).key.split(':', 1)[0]}:{EIP}:{after}"
        for deed in about
        if (after := str(deed.properties.get("after") or "")).startswith("eipalloc-")
    }
    if allocations:
        targets = [f"{schema.RESOURCE} {key}" for key in sorted(allocations)]
        about += [
            deed for deed in reader.changes((schema.CHANGED,), targets=targets, window=window) if _is_address(deed)
        ]
    if not about:
        return None
    last = max(about, key=lambda deed: (deed.time, deed.key))
    after = str(last.properties.get("after") or "")
    return last, after if after.startswith("i-") else None


def _given(reader: Reader, address: str, accounts: Iterable[str], until: int | None) -> tuple[ChangeEdge, str] | None:
    """The last start of an instance that was given the address; of a private one only where one account has it."""
    given = [
        deed
        for deed in reader.changes((schema.STARTED,), window=Window(None, until))
        if address in _addresses(deed) and ref(deed.target).key.split(":", 1)[0] in set(accounts)
    ]
    if not given or (_is_private(address) and len({ref(deed.target).key.split(":")[0] for deed in given}) > 1):
        return None
    last = max(given, key=lambda deed: (deed.time, deed.key))
    return last, ref(last.target).key.rpartition(":")[2]


def _is_address(deed: ChangeEdge) -> bool:
    return deed.properties.get("what") == "address"


def _addresses(deed: ChangeEdge) -> list[str]:
    found = deed.properties.get("addresses")
    return found if isinstance(found, list) else []


def _is_private(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_private
    except ValueError:
        return False
