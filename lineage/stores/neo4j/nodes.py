"""Nodes of the answer graph in Neo4j: read, merged and written some thousands at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from lineage.model import keys, schema
from lineage.model.times import iso
from lineage.resolve.graph_elements import Node, Properties, in_account
from lineage.stores.merging import merge_properties
from lineage.stores.neo4j.db import Db, known, write_rows


def read_nodes(db: Db, refs: Iterable[str]) -> dict[str, tuple[str, dict[str, Any]]]:
    """Element ID and properties of the nodes that are there, by reference."""
    wanted: dict[str, list[str]] = {label: [] for label in schema.LABELS}
    for text in refs:
        label, key = text.split(" ", 1)
        wanted[label].append(key)
    if not any(wanted.values()):
        return {}
    return {f"{label} {key}": (id_, properties) for label, key, id_, properties in db.read("nodes", **wanted)}


def write_nodes(
    db: Db, nodes: Iterable[Node], ends: Iterable[str] = (), fresh: Collection[str] = frozenset()
) -> dict[str, str]:
    """Write nodes and return their element IDs by reference, with those of `ends`.

    A node that stands already takes the fuller of two values, whichever came first; one in `fresh` takes
    the new properties alone. An end that is not there yet is made with nothing but its key.
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
    ids.update(_make(db, made))
    if placed:
        accounts = write_nodes(db, [account for _, account, _ in placed])
        write_rows(db, "set_in_account", [
            {"source": ids[text], "target": accounts[str(account.ref)], "key": key} for text, account, key in placed
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
