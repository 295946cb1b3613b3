"""What is called something: its kind in words, the text to ask with, and when it was seen."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal

from lineage.model import schema
from lineage.model.arn import parse_arn, role_of
from lineage.model.errors import NotFound
from lineage.model.results import Activity, NameRow, PrincipalRow, grouped
from lineage.model.times import iso, parse_when
from lineage.questions.shared.words import KINDS
from lineage.render.text import between
from lineage.stores.reader import Reader

CANDIDATES = 10
"""So many of those that fit are listed."""
_KINDS = KINDS | {
    "FederatedUser": "federated user", "OtherIdentity": "identity of another type", "Role": "role",
    "SignInAttempt": "attempt to sign in",
}  # fmt: skip
_OF_TYPE = re.compile(r"(?:\d{12})?:(\w+::\w+(?:::\w+)*):", re.ASCII)
By = Literal["principal", "key", "id", "address", "resource"]
BY: dict[str, By] = {
    schema.PRINCIPAL: "principal", schema.CREDENTIAL: "key", schema.SESSION: "id", schema.IP_ADDRESS: "address",
    schema.RESOURCE: "resource",
}  # fmt: skip
"""What the activity of a node of a label is read by."""


def kind_of(row: NameRow) -> str:
    """What something is, in words: the kind of a principal, else of a node; of a resource the type where its key says
    it."""
    arn = parse_arn(row.key)
    match row.label:
        case schema.PRINCIPAL:
            return _KINDS.get(row.kind or "", row.kind or "principal")
        case schema.SESSION:
            return "session"
        case schema.CREDENTIAL:
            return "access key"
        case schema.ACCOUNT:
            return "account"
        case schema.IP_ADDRESS:
            return "address"
        case _:
            plain = _OF_TYPE.match(row.key)
            return plain[1] if plain else f"resource of {arn.service}" if arn else "resource"


def ask_of(row: NameRow) -> str:
    """The text that asks for it."""
    if row.label == schema.SESSION and row.key.startswith("role:"):  # no principal ID was logged
        return f"{row.account}:assumed-role/{row.key.removeprefix('role:').replace(':', '/', 1)}"
    if row.label == schema.PRINCIPAL and row.kind == "AWSService":
        return f"{row.label} {row.key}"  # the name alone is an address
    return row.key


def name_of(row: NameRow) -> str:
    """What to call it: of a session `ROLE as NAME`."""
    if row.label == schema.SESSION:
        role, name = role_of(row.principal), row.name or row.key
        return f"{role.role_name} as {name}" if role else name
    if row.kind == "IdentityCenterUser" and not row.name:
        # The name may have been learnt; the ID is the end of the key.
        return next((one for one in row.others if not row.key.endswith(f"/{one}")), row.key)
    return row.name or row.key


def activities(reader: Reader, rows: Iterable[NameRow]) -> dict[NameRow, Activity]:
    """When they called, and how often; of a user or other principal without calls of its own, and of a session that
    was not used, when sessions began. What left no trace in time is missing."""
    found: dict[NameRow, Activity] = {}
    for by, some in grouped((row for row in rows if row.label in BY), lambda row: BY[row.label]).items():
        seen = reader.activity(by, sorted({row.key for row in some}))
        found |= {row: seen[row.key] for row in some if row.key in seen}
        for row in some:
            if row not in found and (times := _begun(reader, row)):
                found[row] = Activity(min(times), max(times), 0)
    return found


def _begun(reader: Reader, row: NameRow) -> list[int]:
    """When its sessions began."""
    if row.label == schema.SESSION:
        if row.key.startswith("role:") and row.principal:
            return [seen.created for seen in reader.sessions_of(row.principal, row.name, False)]
        return [seen.created for seen in reader.sessions_by_id(row.key)]
    if row.label != schema.PRINCIPAL:
        return []
    if row.kind == "Role":
        return [seen.created for seen in reader.sessions_of(row.key, None, False)]
    node = f"{row.label} {row.key}"
    ways = reader.descend([node]).out_edges(node, data=True)
    return [time for _, _, way in ways if way["type"] == schema.ASSUMED and (time := parse_when(way["time"]))]


def several(reader: Reader, ask: str, found: Sequence[NameRow], what: str) -> NotFound:
    """The error that several fit an ask: each with kind, account, when it was seen, and the text to ask with."""
    shown = found[:CANDIDATES]
    seen = activities(reader, shown)
    lines = [f"{ask_of(row)} ({', '.join(_about(row, seen.get(row)))})" for row in shown]
    if len(found) > CANDIDATES:
        lines.append(f"and {len(found) - CANDIDATES:,} more")
    return NotFound(f"{ask}: {len(found):,} {what}; ask with one of them:", lines)


def _about(row: NameRow, seen: Activity | None) -> list[str]:
    told = [kind_of(row)]
    told += [name_of(row)] if row.label == schema.SESSION else []
    told += [f"account {row.account}"] if row.account and row.label != schema.ACCOUNT else []
    told += [between(iso(seen.first), iso(seen.last))] if seen is not None else []
    return told


def of_principal(one: PrincipalRow) -> NameRow:
    """A principal as a row."""
    return NameRow(schema.PRINCIPAL, one.key, None, one.kind, one.account)


def of_account(account: str, name: str | None) -> NameRow:
    """An account as a row."""
    return NameRow(schema.ACCOUNT, account, name, None, account)
