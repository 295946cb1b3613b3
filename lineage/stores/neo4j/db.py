"""What the parts of the Neo4j store share: named statements, keys, what waits to be written, and nodes of the graph."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import cache
from importlib import resources
from typing import Any

import msgspec
from neo4j import ManagedTransaction, Result, Transaction

from lineage.model import keys, schema
from lineage.model.batch import Row, Sighting, is_joined, relation_of
from lineage.model.facts import Target
from lineage.model.results import Properties
from lineage.model.times import iso, parse_when
from lineage.resolve.graph_elements import Node, in_account
from lineage.stores.merging import merge_properties

UNWIND_ROWS = 1_000
"""Rows of one statement: with more, what the server holds of them outlives its young garbage, which costs it a third of
the time of the statement (measured with 5,000)."""

Record = list[Any]
"""One record of a result: values as the driver gives them, in the order of the statement's columns."""


@cache
def statement(name: str) -> str:
    """The statement of `cypher/store/NAME.cypher`."""
    return resources.files("cypher").joinpath("store", f"{name}.cypher").read_text("utf-8")


KEEP_PLANS = "CYPHER replan=skip "
"""Before the statements of a load: they seek by key whatever the database holds, so their plans stay right as it grows,
and planning takes longer than running them."""
REPLANNED = frozenset(("drop_relationships", "rows_by_key", "set_relationships"))
"""Statements that scan as long as the database is empty."""


class Parameters(dict[str, object]):
    """The parameters of a statement. The driver writes out all that it sends for its log, even where nobody reads it:
    that took longer than sending."""

    def __repr__(self) -> str:
        return f"<{', '.join(self)}>"


class Db:
    """An open transaction. Statements are named: the files of `cypher/store/`.

    Their parameters are members of one map, `$p`: the server would plan a statement anew for each order of magnitude
    of a list that is a parameter of its own.
    """

    def __init__(self, transaction: ManagedTransaction | Transaction, loading: bool = False) -> None:
        self.transaction = transaction
        self._prefix = KEEP_PLANS if loading else ""

    def read(self, name: str, /, **parameters: object) -> list[Record]:
        """Run a statement; returns its records. The driver takes long over each, so statements that find many give
        them in one."""
        return records(self._run(name, parameters))

    def write(self, name: str, /, **parameters: object) -> None:
        """Run a statement without waiting for its end; what follows waits for it."""
        self._run(name, parameters)

    def _run(self, name: str, parameters: dict[str, object]) -> Result:
        prefix = "" if name in REPLANNED else self._prefix
        return self.transaction.run(prefix + statement(name), p=Parameters(parameters))


def records(result: Result) -> list[Record]:
    """The records of a result; those of a statement that gives them in one, as a list named `rows`, one by one."""
    found: list[Record] = result.values()
    return found[0][0] if list(result.keys()) == ["rows"] and found else found


class Statements(ABC):
    """A connection that runs reading statements."""

    @abstractmethod
    def _read(self, name: str, /, **parameters: object) -> list[Record]:
        """Run a statement of `cypher/store/`; returns its records."""


def write_rows(db: Db, name: str, rows: Sequence[object]) -> None:
    """Run a writing statement on `$rows`, some thousands at a time."""
    for start in range(0, len(rows), UNWIND_ROWS):
        db.write(name, rows=rows[start : start + UNWIND_ROWS])


def read_many(
    read: Callable[..., list[Record]], name: str, parameter: str, values: Sequence[object], **more: object
) -> list[Record]:
    """The records of a statement on a list, some thousands of values at a time."""
    parts = (values[start : start + UNWIND_ROWS] for start in range(0, len(values), UNWIND_ROWS))
    return [record for part in parts for record in read(name, **{parameter: part}, **more)]


class Delta(msgspec.Struct, array_like=True):
    """What a batch adds to a row."""

    row: Row
    count: int
    first: int
    last: int
    samples: list[bytes]
    """As `lineage.model.samples.pack` packs them."""


class Pending(msgspec.Struct, array_like=True):
    """What waits to be written to the graph until all identities have their places. Merging is commutative:
    what ledger and facts hold when it is taken decides."""

    rows: list[Delta] = []
    recount: list[tuple[bytes, bytes]] = []
    """Actor and row of rows that lost or won an event against another content: counted from the ledger."""
    events: list[str] = []
    """Events whose changes are to be written from their facts."""
    dropped: list[tuple[str, str]] = []
    """Type and key of changes whose facts are gone."""
    sightings: list[Sighting] = []
    moved: list[bytes] = []
    """Identities that have another node now."""
    replaced: list[tuple[bytes, bytes, int]] = []
    """Row, ID and fingerprint of contents that gave way to another one of the same event: the samples of the graph are
    still theirs."""


_TARGET = msgspec.json.Decoder(Target)
PENDING = msgspec.msgpack.Decoder(Pending)


def row_key(actor: bytes, row: bytes) -> str:
    """Key of the relationships of a row; rows of one actor begin alike."""
    return f"{actor_prefix(actor)}{row.hex()}"


def actor_prefix(actor: bytes) -> str:
    """What the keys of all rows of an actor begin with."""
    return f"{actor.hex()} "


def target_key(key: str, place: int) -> str:
    """Key of the relationship from a row to one of its targets, by the target's place: to the first the row's own."""
    return f"{key} {place}" if place else key


def actor_of_key(key: str) -> bytes:
    """The identity's ID in the key of a row, or of one of its targets."""
    return bytes.fromhex(key.split(" ", 1)[0])


def row_of_key(key: str) -> bytes:
    """The row's ID in its key, or in that of one of its targets."""
    return bytes.fromhex(key.split(" ", 2)[1])


def event_key(hour: int, id_: bytes) -> str:
    """Key of an event's facts."""
    return f"{hour} {id_.hex()}"


def lost_key(row: bytes, time: int, id_: bytes) -> str:
    """Key of an event that holds a place in a row, but does not count there."""
    return f"{row.hex()} {time} {id_.hex()}"


def stored_row(api: str, properties: dict[str, Any]) -> Row:
    """A row from its `USED` relationship."""
    target = None
    if (resource := properties.get("resource")) is not None:
        target = Target(
            key=resource, type=properties["resource_type"], account=properties.get("resource_account"),
            id=properties.get("resource_id"),
        )  # fmt: skip
    error = properties.get("error")
    return Row(
        actor=actor_of_key(properties["key"]), api=api, hour=(parse_when(properties["hour"]) or 0) // 3600,
        account=properties.get("account"), region=properties.get("region"), source_ip=properties.get("source_ip"),
        endpoint=properties.get("endpoint"), user_agent=properties.get("user_agent"), error=error,
        console="console" in properties, copy="copy" in properties, category=properties["category"],
        sensitive="sensitive" in properties, presigned="presigned" in properties, target=target,
        relation=relation_of(api, error, target),
        beside=tuple(map(_TARGET.decode, properties.get("beside") or ())), beyond=properties.get("beyond") or 0,
        joined=is_joined(row_of_key(properties["key"])),
    )  # fmt: skip


def ref_of(labels: Sequence[str], key: str) -> str:
    """The reference of a node, from all its labels."""
    return f"{next(label for label in labels if label in schema.LABELS)} {key}"


def known(properties: dict[str, Any]) -> dict[str, Any]:
    """Properties that have a value: the database keeps no others."""
    return {name: value for name, value in properties.items() if value is not None}


def by_label(refs: Iterable[str], labels: Sequence[str] = schema.LABELS) -> dict[str, list[str]]:
    """Keys of nodes by label, as parameters; nodes of other labels are left out."""
    found: dict[str, list[str]] = {label: [] for label in labels}
    for ref in refs:
        label, key = ref.split(" ", 1)
        if label in found:
            found[label].append(key)
    return found


def read_nodes(db: Db, refs: Iterable[str]) -> dict[str, tuple[str, dict[str, Any]]]:
    """Element ID and properties of the nodes that are there, by reference."""
    wanted = by_label(refs)
    if not any(wanted.values()):
        return {}
    return {f"{label} {key}": (id_, properties) for label, key, id_, properties in db.read("nodes", **wanted)}


def write_nodes(
    db: Db,
    nodes: Iterable[Node],
    ends: Iterable[str] = (),
    fresh: Collection[str] = frozenset(),
    new: set[str] | None = None,
) -> dict[str, str]:
    """Write nodes and return their element IDs by reference, with those of `ends`.

    A node that is stored already takes the fuller of two values, whichever came first; one in `fresh` takes
    the new properties alone. An end that is not there yet is made with nothing but its key. `new` takes the references
    of all that were made.
    """
    wanted: dict[str, tuple[str | None, Properties]] = {}
    for node in nodes:
        text = str(node.ref)
        had = wanted.get(text)
        wanted[text] = (node.kind, node.properties if had is None else merge_properties(had[1], node.properties))
    standing = read_nodes(db, {**wanted, **dict.fromkeys(ends)})
    placed: list[tuple[str, Node, str]] = []
    ids = {text: id_ for text, (id_, _) in standing.items()}
    changed = []
    made = []
    for text, (kind, properties) in wanted.items():
        label, key = text.split(" ", 1)
        labels = [label, kind] if kind else [label]
        if text not in standing:
            made.append({"labels": labels, "properties": {"key": key, **known(properties)}})
            placed += _place(text, properties)
            continue
        id_, old = standing[text]
        merged = properties if text in fresh else merge_properties(old, properties)
        full = {"key": key, **known(merged)}
        if full != old:
            changed.append({"id": id_, "labels": labels, "properties": full})
            placed += _place(text, merged)
    for text in dict.fromkeys(ends):
        if text not in ids and text not in wanted:
            label, key = text.split(" ", 1)
            made.append({"labels": [label], "properties": {"key": key}})
    write_rows(db, "set_nodes", changed)
    fresh_ids = _make(db, made)
    ids.update(fresh_ids)
    if new is not None:
        new |= fresh_ids.keys()
    if placed:
        accounts = write_nodes(db, [account for _, account, _ in placed])
        write_rows(db, "set_in_account", [
            {"source": ids[text], "target": accounts[str(account.ref)], "key": key}
            for text, account, key in placed if text not in fresh_ids
        ])  # fmt: skip
        write_rows(db, "new_relationships", [
            [schema.IN_ACCOUNT, ids[text], accounts[str(account.ref)], {"key": key}]
            for text, account, key in placed if text in fresh_ids
        ])  # fmt: skip
    return ids


def _place(text: str, properties: Properties) -> list[tuple[str, Node, str]]:
    """The account that a node is in: the node's reference, the account, the key of the relationship."""
    found = in_account(keys.ref(text), properties)
    return [(text, found[0], found[1].key)] if found is not None else []


def _make(db: Db, made: list[dict[str, Any]]) -> dict[str, str]:
    """Create nodes; principals and accounts take what is known of them already."""
    ids: dict[str, str] = {}
    for start in range(0, len(made), 5000):
        for label, key, id_ in db.read("new_nodes", rows=made[start : start + 5000]):
            ids[f"{label} {key}"] = id_
    principals = [key for label, key in map(keys.ref, ids) if label == schema.PRINCIPAL]
    if principals:
        name_principals(db, principals)
    accounts = {row["properties"].get("id") for row in made if row["labels"][0] == schema.ACCOUNT}
    if accounts:
        names = [{"id": id_, "name": name} for id_, name in db.read("account_names") if id_ in accounts]
        if names:
            db.write("set_account_names", rows=names)
    return ids


def name_principals(db: Db, principals: list[str]) -> None:
    """Give principals the unique IDs that were seen for them, with first and last time."""
    found: dict[str, list[str]] = {}
    for principal, unique_id, first, last in db.read("sightings", principals=principals):
        found.setdefault(principal, []).append(f"{unique_id} {iso(first)} {iso(last)}")
    write_rows(db, "set_unique_ids", [{"key": key, "unique_ids": ids} for key, ids in found.items()])
