"""All that a store says, as one plain mapping, and where two stores say different things."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from lineage.model import schema
from lineage.model.errors import NotFound

if TYPE_CHECKING:
    from lineage import Store
    from lineage.questions.info import Info
    from lineage.questions.who import Who
    from tests.neo4j_server import Server

Said = dict[str, Any]
SHOWN = 40
"""Lines of difference that a failing test shows."""


def graph_of(store: Store) -> Said:
    """Nodes and relationships with all their attributes: `node REF` and `TYPE KEY`.

    A row of calls is related to each of its resources by the key of the row: `TYPE KEY TARGET`.
    """
    graph = store.graph()
    told: Said = {f"node {ref}": dict(attributes) for ref, attributes in graph.nodes(data=True)}
    for source, target, key, attributes in graph.edges(keys=True, data=True):
        name = f"{attributes['type']} {key}" if not key.startswith(attributes["type"]) else key
        if attributes["type"] in (schema.TOUCHED, schema.TRIED):
            name = f"{name} {target}"
        assert name not in told, f"two relationships of one key: {name}"
        told[name] = {**attributes, "source": source, "target": target}
    return told


def sums_agree(info: Info) -> None:
    """Fails where two sums of `info` about one thing differ."""
    assert info.events == sum(one.events for one in info.accounts) == sum(one.loaded for one in info.loads)
    assert info.nodes["Principal"] == sum(info.principals.values())
    assert info.nodes["Account"] == sum(one.nodes > 0 for one in info.accounts)
    assert info.relationships["IN_ACCOUNT"] == sum(one.nodes for one in info.accounts)
    assert all((one.events > 0) == (one.first is not None) == (one.last is not None) for one in info.accounts)
    assert info.first == min((one.first for one in info.accounts if one.first), default=None)
    assert info.last == max((one.last for one in info.accounts if one.last), default=None)


def answers_of(store: Store, event_ids: Iterable[str], keys: Iterable[str] = ()) -> Said:
    """`who` of each event, `who` and `trace` of each key, `chains` and `cross_account`; without when it was loaded."""
    told: Said = {f"who {one}": _without_files(store.who(one)) for one in dict.fromkeys(event_ids)}
    for key in dict.fromkeys(keys):
        told[f"who {key}"] = store.who(key).model_dump(mode="json", exclude={"loaded_at"})
        try:
            told[f"trace {key}"] = store.trace(key).model_dump(mode="json", exclude={"loaded_at"})
        except NotFound as several:  # of a reused key: its owners
            told[f"trace {key}"] = {"refused": several.head, "owners": list(several.candidates)}
    told["chains"] = store.chains().model_dump(mode="json")
    told["cross_account"] = store.cross_account().model_dump(mode="json")
    return told


def _without_files(answer: Who) -> Said:
    """The answer without the places of contradicting copies, which are those of the files."""
    told = answer.model_dump(mode="json", exclude={"loaded_at"})
    for one in told["answers"]:
        for name in ("path", "index") if one["copied_from"] else ():
            del one["copied_from"][name]
    return told


def said(store: Store, records: Iterable[Mapping[str, Any]]) -> Said:
    """The graph and the answers about every event and key of the records."""
    records = list(records)
    keys = sorted({k for r in records if (k := (r.get("userIdentity") or {}).get("accessKeyId"))})
    return graph_of(store) | answers_of(store, sorted(r["eventID"] for r in records), keys)


def different(expected: Any, actual: Any) -> str:
    """The first differences, a line each with its path; empty if there are none."""
    lines = list(itertools.islice(_differ(expected, actual, ""), SHOWN + 1))
    if len(lines) > SHOWN:
        lines[SHOWN] = "…"
    return "\n".join(lines)


def _differ(expected: Any, actual: Any, path: str) -> Iterator[str]:
    if isinstance(expected, dict) and isinstance(actual, dict):
        for name in expected.keys() | actual.keys():
            here = f"{path} · {name}" if path else name
            if name not in actual:
                yield f"missing: {here} = {expected[name]!r:.300}"
            elif name not in expected:
                yield f"too much: {here} = {actual[name]!r:.300}"
            else:
                yield from _differ(expected[name], actual[name], here)
    elif isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        for n, (one, other) in enumerate(zip(expected, actual, strict=True)):
            yield from _differ(one, other, f"{path}[{n}]")
    elif expected != actual:
        yield f"{path}: {expected!r:.300} became {actual!r:.300}"


def undeclared(server: Server) -> list[str]:
    """Labels, types and properties in a database that the schema does not declare for them."""
    declared = {**schema.NODE_PROPERTIES, **schema.BOOKKEEPING}
    declared |= dict.fromkeys(schema.KINDS, schema.NODE_PROPERTIES[schema.PRINCIPAL])
    with server.driver().session(database=server.database) as session:
        nodes = session.run("MATCH (n) UNWIND labels(n) AS l UNWIND keys(n) AS k RETURN DISTINCT l, k").values()
        edges = session.run("MATCH ()-[r]->() UNWIND keys(r) AS k RETURN DISTINCT type(r), k").values()
    return [
        f"{name}.{key} is not declared"
        for names, found in ((declared, nodes), (schema.RELATIONSHIP_PROPERTIES, edges))
        for name, key in found
        if key not in names.get(name, ())
    ]
