"""Nodes of the graph in the SQLite store: each has a number, which relationships, identities and sessions hold.

What others hold is a few bytes long, and a session's key stands once in the file: a session is kept as account,
principal ID and time, a temporary key as its ID and the number of its session.
"""

from __future__ import annotations

import functools
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from lineage.model import keys, schema
from lineage.model.compact import compress, decompress
from lineage.model.keys import Ref
from lineage.model.results import Properties
from lineage.model.times import iso, parse_when
from lineage.resolve.graph_elements import Node
from lineage.stores.merging import merge_properties, pack
from lineage.stores.sqlite.db import IN_VALUES, last_number, read_in, unpack_properties
from lineage.stores.sqlite.texts import MOST, Texts

LABELS = {label: number for number, label in enumerate(schema.LABELS)}
"""Numbers of labels; the file holds them."""
PRINCIPAL, SESSION, CREDENTIAL, RESOURCE = (
    LABELS[label] for label in (schema.PRINCIPAL, schema.SESSION, schema.CREDENTIAL, schema.RESOURCE)
)
_Name = tuple[int, str, int, int]
"""What tells a node from all others: label, name, parent, created. Of a session the middle of its key, the number of
the account (a text) and the time; of a key with a session its ID and the number of the session; of others the key."""
_EMPTY: dict[str, Properties] = {
    label: dict.fromkeys(name for name in names if name not in ("key", "unique_ids"))
    for label, names in schema.NODE_PROPERTIES.items()
}
"""The properties that nodes of each label are stored with, without values."""
_WRITTEN = 20_000
_MARK = ":assumed-root"


class Nodes:
    """The table `node`, as an open file has it. Numbers never change and are never given up."""

    def __init__(self, db: sqlite3.Connection, texts: Texts) -> None:
        self._db = db
        self._texts = texts
        self._numbers: dict[Ref, int] = {}
        self._refs: dict[int, str] = {}
        self._written: set[tuple[Ref, bytes]] = set()

    def forget(self) -> None:
        """Forget what is in memory: a transaction that gave out numbers was rolled back."""
        self._numbers.clear()
        self._refs.clear()
        self._written.clear()

    # numbers

    def find(self, refs: Iterable[Ref]) -> dict[Ref, int]:
        """Return the numbers of those of some nodes that have one."""
        wanted = set(refs)
        self._look(wanted, {}, make=False)
        return {ref: self._numbers[ref] for ref in wanted if ref in self._numbers}

    def keep(self, refs: Iterable[Ref]) -> dict[Ref, int]:
        """Return the numbers of nodes, also of those that were not there before."""
        wanted = set(refs)
        self._look(wanted, {}, make=True)
        return {ref: self._numbers[ref] for ref in wanted}

    def of(self, numbers: Iterable[int | None]) -> dict[int | None, str | None]:
        """Return the references that have the numbers, as text; that of None is None."""
        if len(self._refs) > MOST:
            self._refs.clear()
        wanted = {number for number in numbers if number is not None}
        if missing := wanted.difference(self._refs):
            self._refs.update(self._read(read_in(self._db, f"{_SELECT} WHERE n.id IN (*)", sorted(missing))))
        return {None: None} | {number: self._refs[number] for number in wanted}

    def everything(self) -> dict[int | None, str | None]:
        """Return all references, as text, by number; that of None is None."""
        found: dict[int | None, str | None] = {None: None}
        keys: dict[int, str] = {}
        """Of sessions."""
        of_sessions: list[tuple[int, str, int]] = []
        account = self._accounts()
        for number, label, name, parent, created in self._db.execute(
            "SELECT id, label, name, parent, created FROM node"
        ):
            if not parent:
                found[number] = f"{schema.LABELS[label]} {name}"
            elif label == SESSION:
                keys[number] = key = f"{account(parent)}/{name}/{iso(created)}"
                found[number] = f"{schema.SESSION} {key}"
            else:
                of_sessions.append((number, name, parent))
        for number, name, session in of_sessions:
            found[number] = f"{schema.CREDENTIAL} {name} {keys[session]}"
        return found

    def _read(self, records: Iterable[tuple[int, int, str, int, int, str, int, int]]) -> Iterator[tuple[int, str]]:
        account = self._accounts()
        for number, label, name, parent, created, session, of_session, began in records:
            if parent and label == SESSION:
                name = f"{account(parent)}/{name}/{iso(created)}"
            elif parent:
                name = f"{name} {account(of_session)}/{session}/{iso(began)}"
            yield number, f"{schema.LABELS[label]} {name}"

    def _accounts(self) -> Callable[[int], str | None]:
        """What returns the account with a number, which thousands of sessions have in common."""
        return functools.cache(lambda number: self._texts.of([number])[number])

    def _look(self, refs: Collection[Ref], bodies: Mapping[Ref, bytes], *, make: bool) -> set[Ref]:
        """Bring the numbers of nodes into memory; make those that have none, and return which these are."""
        known = self._numbers
        if len(known) > MOST:
            known.clear()
        missing = {ref for ref in refs if ref not in known and ref.label in LABELS}
        if not missing:
            return set()
        # Keys hold the numbers of their sessions.
        sessions = {ref: session for ref in missing if (session := _session_of(ref)) is not None}
        first = missing.difference(sessions).union(session for session in sessions.values() if session not in known)
        parts = {ref: found for ref in first if ref.label == schema.SESSION and (found := session_parts(ref.key))}
        texts = {found[0] for found in parts.values()}
        accounts: Mapping[str | None, int | None] = self._texts.keep(texts) if make else self._texts.find(texts)  # type: ignore[assignment]  # keys of find are texts
        names: dict[Ref, _Name] = {}
        for ref in first:
            if ref not in parts:
                names[ref] = (LABELS[ref.label], ref.key, 0, 0)
            elif account := accounts.get(parts[ref][0]):
                names[ref] = (SESSION, parts[ref][1], account, parts[ref][2])
        made = self._seek(names, bodies, make)
        names = {
            ref: (CREDENTIAL, ref.key.partition(" ")[0], known[session], 0)
            for ref, session in sessions.items() if session in known
        }  # fmt: skip
        return made | self._seek(names, bodies, make)

    def _seek(self, names: Mapping[Ref, _Name], bodies: Mapping[Ref, bytes], make: bool) -> set[Ref]:
        by_name = {name: ref for ref, name in names.items()}
        wanted = sorted(by_name)
        for start in range(0, len(wanted), IN_VALUES):
            some = wanted[start : start + IN_VALUES]
            marks = ",".join(["(?,?,?,?)"] * len(some))
            for number, *name in self._db.execute(
                f"WITH w (label, name, parent, created) AS (VALUES {marks}) SELECT n.id, w.* FROM w CROSS JOIN node n "
                "ON n.name = w.name AND n.label = w.label AND n.parent = w.parent AND n.created = w.created",
                tuple(chain.from_iterable(some)),
            ):
                self._numbers[by_name.pop((name[0], name[1], name[2], name[3]))] = number
        if not make:
            return set()
        if by_name:
            new = []
            for number, (name, ref) in enumerate(sorted(by_name.items()), last_number(self._db, "node") + 1):
                self._numbers[ref] = number
                new.append((number, *name, bodies.get(ref)))
            self._db.executemany(
                "INSERT INTO node (id, label, name, parent, created, body) VALUES (?, ?, ?, ?, ?, ?)", new
            )
        return set(by_name.values())

    # content

    def write(self, nodes: Iterable[Node]) -> None:
        """Write nodes as they are; they are no principals."""
        bodies = {node.ref: pack_node(node) for node in nodes}
        made = self._look(bodies, bodies, make=True)
        self._db.executemany(
            "UPDATE node SET body = ? WHERE id = ?",
            [(body, self._numbers[ref]) for ref, body in bodies.items() if ref not in made],
        )

    def drop(self, numbers: Sequence[int]) -> None:
        """Forget the content of nodes."""
        for start in range(0, len(numbers), IN_VALUES):
            some = numbers[start : start + IN_VALUES]
            marks = ",".join("?" * len(some))
            self._db.execute(f"UPDATE node SET body = NULL WHERE id IN ({marks})", some)
        self._written.clear()

    def merge(self, nodes: Iterable[Node]) -> None:
        """Write shared nodes; each takes the fuller of two values, whichever came first."""
        wanted: dict[Ref, Node] = {}
        if len(self._written) > _WRITTEN:
            self._written.clear()
        for node in nodes:
            # They come again and again.
            what = (node.ref, pack(node.properties))
            if what not in self._written:
                self._written.add(what)
                had = wanted.get(node.ref)
                together = merge_properties(had.properties, node.properties) if had else node.properties
                wanted[node.ref] = node._replace(properties=together)
        if not wanted:
            return
        numbers = self.keep(wanted)
        refs = {number: ref for ref, number in numbers.items()}
        stored = read_in(self._db, "SELECT id, kind, body FROM node WHERE body IS NOT NULL AND id IN (*)", list(refs))
        old = {refs[number]: unpack_node(str(refs[number]), kind, body) for number, kind, body in stored}
        called = []
        for ref, node in wanted.items():
            if ref in old:
                wanted[ref] = node._replace(properties=merge_properties(old[ref], node.properties))
            elif ref.label == schema.PRINCIPAL:
                own = _own_id(node.kind, ref.key)
                called += [(name, ref.key) for name in (node.properties.get("name"), own) if name]
        self._db.executemany(
            "UPDATE node SET kind = ?, body = ? WHERE id = ?",
            [(node.kind, pack_node(node), numbers[ref]) for ref, node in wanted.items()],
        )
        self._db.executemany("INSERT OR IGNORE INTO called VALUES (?, ?)", called)


_SELECT = (
    "SELECT n.id, n.label, n.name, n.parent, n.created, s.name, s.parent, s.created FROM node n "
    f"LEFT JOIN node s ON n.label = {CREDENTIAL} AND s.id = n.parent"
)


@functools.lru_cache(maxsize=8192)
def session_parts(key: str) -> tuple[str, str, int] | None:
    """Return account, principal ID with its mark, and time in the key of a session; None of another text."""
    account, _, rest = key.partition("/")
    middle, slash, text = rest.rpartition("/")
    created = parse_when(text) if slash else None
    return (account, middle, created) if created is not None and iso(created) == text else None


def _session_of(ref: Ref) -> Ref | None:
    """The session of a temporary key."""
    if ref.label != schema.CREDENTIAL:
        return None
    _, _, session = ref.key.partition(" ")
    return Ref(schema.SESSION, session) if session_parts(session) is not None else None


def middles(principal_id: str) -> tuple[str, str]:
    """Return the names that sessions of a principal ID have in the table."""
    return principal_id, f"{principal_id}{_MARK}"


def principal_id(middle: str) -> str:
    """Return the principal ID in the name of a session."""
    return middle.removesuffix(_MARK)


_STATED = {
    schema.CREDENTIAL: ("access_key_id", "long_term"),
    schema.PRINCIPAL: ("kind",),
    schema.SESSION: ("account", "principal_id", "created"),
}
"""Properties that the other columns of a node state."""


def stated(ref: Ref, kind: str | None) -> Properties:
    """Return the properties of a node that its other columns state."""
    label, key = ref
    if label == schema.CREDENTIAL:
        access_key_id, blank, _ = key.partition(" ")
        return {"access_key_id": access_key_id, "long_term": not blank}
    if label == schema.PRINCIPAL:
        return {"kind": kind}
    if label == schema.SESSION and (parts := session_parts(key)) is not None:
        named = None if parts[1].startswith("role:") else principal_id(parts[1])
        return {"account": parts[0] or None, "principal_id": named, "created": iso(parts[2])}
    return {}


def pack_node(node: Node) -> bytes:
    """Return the properties of a node that its other columns do not state."""
    omitted = _STATED.get(node.ref.label, ())
    if node.ref.label == schema.SESSION and session_parts(node.ref.key) is None:
        omitted = ()
    known = {name: value for name, value in node.properties.items() if value is not None and name not in omitted}
    return compress(pack(known))


def unpack_node(ref: str, kind: str | None, body: bytes | None) -> Properties:
    """Return the properties of a node; none of one that is only referred to."""
    if body is None:
        return {}
    named = keys.ref(ref)
    return {**_EMPTY[named.label], **stated(named, kind), **unpack_properties(decompress(body))}


def _own_id(kind: str | None, key: str) -> str | None:
    """The ID that a principal may be asked for by, where no sighting has it: of a principal of an outside account that
    behind the account, of an Identity Center user that behind the identity store."""
    if kind == "ExternalAccount":
        return key.partition(":")[2]
    return key.partition("/")[2] if kind == "IdentityCenterUser" and not key.startswith("name/") else None


# relationships

TYPES = {type_: number for number, type_ in enumerate(schema.RELATIONSHIPS)}
"""Numbers of types of relationships; the file holds them."""


_OF_SOURCE = (schema.BELONGS_TO, schema.SESSION_OF)


def key_of(type_: str, source: Ref, target: Ref) -> str:
    """Return the key that most relationships of a type have, from their ends."""
    if type_ == schema.ASSUMED:
        return f"{source} > {target.key}"
    return source.key if type_ in _OF_SOURCE else target.key


class Edge(NamedTuple):
    """A relationship, with the properties that have a value."""

    type: str
    key: str
    source: str
    target: str
    properties: Properties


def found_edges(
    records: Iterable[tuple[int, str, int | None, int, bytes | None]], refs: Mapping[int | None, str | None]
) -> Iterator[Edge]:
    """Yield the relationships in records of type, key, source, target and body, except from what is not derived yet."""
    for number, key, source, target, body in records:
        type_, start, end = schema.RELATIONSHIPS[number], refs[source], refs[target]
        if start is None or end is None:
            continue
        if not key:
            key = (start if type_ in _OF_SOURCE else end).partition(" ")[2]
            if type_ == schema.ASSUMED:
                key = f"{start} > {key}"
        yield Edge(type_, key, start, end, unpack_edge(body))


def pack_edge(properties: Properties) -> bytes | None:
    """Return the properties of a relationship that have a value; None if there are none."""
    known = {name: value for name, value in properties.items() if value is not None}
    return compress(pack(known)) if known else None


def unpack_edge(body: bytes | None) -> Properties:
    """Return the properties of a relationship."""
    return unpack_properties(decompress(body)) if body is not None else {}
