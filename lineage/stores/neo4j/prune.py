"""Forgetting the usage of old days in Neo4j, some hours in a transaction.

What is kept are facts, identities and what is derived of them. What a load brings of forgotten days is added like all
else, so that its facts and identities count and copies are compared; the end of the load forgets its usage.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from lineage.model import schema
from lineage.stores.merging import pack
from lineage.stores.neo4j.coverage import lines
from lineage.stores.neo4j.db import Db, event_key, read_many, ref_of, row_key, write_rows
from lineage.stores.neo4j.shards import KEPT, Place, pack_hours, places, shard_keys, unpack_hours
from lineage.stores.windows import HOUR

STEP_EVENTS = 50_000
"""What one transaction forgets, in whole hours."""
_KIND = "prune"
_KEY = f"{_KIND} line"
"""The note of the first hour that is not forgotten."""


class Forgotten(NamedTuple):
    """What one step forgot."""

    events: int
    rows: int
    hours: int
    """Hours with events."""


def pruned_before(db: Db) -> int | None:
    """Return the second before which usage is forgotten; None if none is."""
    found = db.read("notes", keys=[_KEY])
    return int(found[0][1]) * HOUR if found else None


def kept_facts(db: Db, events: Collection[tuple[int, bytes]]) -> set[tuple[int, bytes]]:
    """Return those of some events (hour and ID) whose facts stand for good."""
    by_key = {event_key(*event): event for event in events}
    return {by_key[key] for (key,) in read_many(db.read, "kept_facts", "events", list(by_key))}


def begin(db: Db, before: int) -> int:
    """Move the line to a second, unless it is there already; returns where it is."""
    line = max(before // HOUR, (pruned_before(db) or 0) // HOUR)
    db.write("set_notes", rows=[{"key": _KEY, "kind": _KIND, "body": str(line).encode()}])
    return line * HOUR


def forget(db: Db) -> Forgotten | None:
    """Forget some hours before the line; None where none is left. Hours that a load still writes to are left to its
    end."""
    line = (pruned_before(db) or 0) // HOUR
    hours: dict[int, int] = {}
    events = 0
    for hour, buckets, size in db.read("hours_before", hour=line):
        hours[hour] = buckets
        events += size
        if events > STEP_EVENTS:
            break
    if not hours:
        return None
    shards = [key for hour, buckets in hours.items() for key in shard_keys(hour, buckets)]
    found = [
        (key >> 16, place)
        for key, ids, rest in read_many(db.read, "shards", "keys", shards)
        for _, place in places(ids, rest)
    ]
    rows = {row_key(place.actor, place.row) for _, place in found}
    _forget_rows(db, rows)
    _keep_actors(db, hours, found)
    db.write("keep_facts", hours=list(hours))
    db.write("forget_hours", hours=list(hours), shards=shards)
    db.write("forget_lost", since=min(hours) * HOUR, until=(max(hours) + 1) * HOUR)
    _forget_coverage(db, hours)
    return Forgotten(len(found), len(rows), len({hour for hour, _ in found}))


def _forget_rows(db: Db, rows: Iterable[str]) -> None:
    """Remove the relationships of rows, what their nodes were seen from, and the nodes that are left alone."""
    dropped: list[str] = []
    loose: set[str] = set()
    seen: dict[str, dict[str, str]] = {}
    for id_, type_, source_id, labels, key, target_id, _, properties in read_many(
        db.read, "rows_by_key", "keys", sorted(rows)
    ):
        dropped.append(id_)
        loose |= {source_id, target_id}
        address = properties.get("source_ip")
        if type_ == schema.USED and address and not (source := ref_of(labels, key)).startswith(f"{schema.PRINCIPAL} "):
            endpoint = properties.get("endpoint") or ""
            seen_from = f"{source} {schema.IP_ADDRESS} {f'{address} {endpoint}' if endpoint else address}"
            seen[seen_from] = {"source": source_id, "key": seen_from, "address": address, "endpoint": endpoint}
    write_rows(db, "drop_relationships", dropped)
    loose |= {target for (target,) in read_many(db.read, "recount_seen_from", "rows", list(seen.values()))}
    write_rows(db, "drop_lone_nodes", sorted(loose))


def _keep_actors(db: Db, hours: Collection[int], found: Iterable[tuple[int, Place]]) -> None:
    """Forget in which hours identities were seen; that they were is kept."""
    actors = sorted({place.actor.hex() for _, place in found})
    changed = []
    for record in read_many(db.read, "actors", "ids", actors):
        kept = {hour: last for hour, last in unpack_hours(record[2]).items() if hour not in hours}
        changed.append({"id": record[0], "properties": {"hours": pack_hours(kept | {KEPT: 0})}})
    write_rows(db, "set_actors", changed)


def _forget_coverage(db: Db, hours: Collection[int]) -> None:
    changed, gone = [], []
    for key, account, day, body in db.read("coverage_of_days", days=sorted({hour // 24 for hour in hours})):
        left = [line for line in lines(body) if line[1] not in hours]
        if not left:
            gone.append(key)
            continue
        changed.append({
            "key": key, "account": account, "day": day, "count": sum(line[3] for line in left),
            "first": min(line[4] for line in left), "last": max(line[5] for line in left),
            "regions": sorted({line[0] for line in left if line[0]}), "body": pack(left),
        })  # fmt: skip
    write_rows(db, "set_coverage", changed)
    write_rows(db, "forget_coverage", gone)
