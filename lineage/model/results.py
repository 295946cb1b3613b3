"""What stores hand to questions: events, rows, sessions and coverage as they were found."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar

import msgspec

from lineage.model import schema
from lineage.model.batch import Batch, Row, Unread
from lineage.model.facts import Identity, Sample
from lineage.model.keys import Ref

if TYPE_CHECKING:
    import networkx as nx

    Graph = nx.MultiDiGraph[str]
else:
    Graph = object
"""A neighbourhood: nodes are references as text, attributes those of `lineage.model.schema`."""


T = TypeVar("T")
K = TypeVar("K")
Value = str | int | bool | list[str] | None
Properties = dict[str, Value]
"""Properties of a node or relationship, by the names of `lineage.model.schema`."""


class Sums(msgspec.Struct, kw_only=True):
    """The sums of one load: read = loaded + duplicate + set aside (design §4, invariant 3)."""

    id: str = ""
    started: str = ""
    finished: str | None = None
    paths: list[str] = []
    files: int = 0
    bytes: int = 0
    read: int = 0
    loaded: int = 0
    duplicate: int = 0
    set_aside: int = 0
    conflicting: int = 0
    """Duplicates whose content differs from what the store has; part of `duplicate`."""
    passed: dict[str, int] = {}
    no_records: list[Unread] = []
    """The first `MOST_UNREAD` files that had no record."""
    no_records_total: int = 0

    def add(self, batch: Batch, duplicates: int, conflicts: int, pruned: int = 0) -> None:
        """Count a batch; the store had some of its events already, some of these with other content.

        `pruned` of the others are of days whose usage is forgotten: they are passed over.
        """
        self.files += len(batch.ended)
        self.bytes += batch.bytes_read
        self.read += batch.read - pruned
        self.loaded += len(batch.entries) - duplicates - pruned
        self.duplicate += batch.duplicates + duplicates
        self.conflicting += batch.conflicts + conflicts
        self.set_aside += len(batch.aside)
        for passed in batch.passed:
            self.passed[passed.kind] = self.passed.get(passed.kind, 0) + passed.count
        if pruned:
            self.passed[PRUNED] = self.passed.get(PRUNED, 0) + pruned
        self.no_records = [*self.no_records, *batch.unread][:MOST_UNREAD]
        self.no_records_total += len(batch.unread)

    def fields(self) -> dict[str, Any]:
        """The sums as an answer has them."""
        return msgspec.structs.asdict(self) | {"no_records": [msgspec.structs.asdict(one) for one in self.no_records]}


MOST_UNREAD = 100
PRUNED = "pruned"
"""The kind of passed events whose usage is forgotten."""


class EventRow(msgspec.Struct, frozen=True):
    """One event of the ledger: its identity, operation and the node that its calls are attached to."""

    time: int
    api: str
    category: str
    account: str | None
    region: str | None
    who: Identity
    actor: bytes
    source: Ref
    session: str | None
    path: str | None
    place: int
    error: str | None = None
    user_agent: str | None = None
    copy: bool = False
    several: bool = False
    """Several copies of it were loaded, each of which says something that the others do not."""
    shared: int = 0
    """As `lineage.model.batch.shared_hash` gives it: what it has in common with other accounts' copies of its call."""


class SharedCall(NamedTuple):
    """What all accounts' copies of a call have in common."""

    account: str
    """The caller's account, whose log has the caller's own copy."""
    api: str
    time: int
    hash: int
    """As `lineage.model.batch.shared_hash` gives it."""


class EventCopy(msgspec.Struct, frozen=True):
    """One of several copies of an event: what it says, and where it lies."""

    time: int
    api: str
    category: str
    who: Identity
    error: str | None
    user_agent: str | None
    keys: tuple[str, ...]
    """The access keys that it says were issued or made."""
    path: str | None
    place: int


class Conflict(NamedTuple):
    """An event whose copies contradict each other; the copy that counts comes first."""

    event_id: str
    copies: list[EventCopy]


class Window(NamedTuple):
    """A stretch of time: seconds since the epoch, both ends included; None is open."""

    since: int | None = None
    until: int | None = None


ALWAYS = Window()


class CallFilter(NamedTuple):
    """Which calls are meant.

    - `node`: those attached to the nodes (references as text);
    - `session`: those of sessions (keys of Session nodes), with any key they were made;
    - `principal`: those of principals (keys): of all their sessions and keys, and their own;
    - `key`: those that were logged with an access key ID;
    - `account`: those that an account's trail delivered (recipientAccountId);
    - `address`: those from a source as logged, through whatever endpoint;
    - `agent`: those of user agents that have one of the texts in them (`has_part`);
    - `api`: those of an operation (`service:Operation`);
    - `resource`: changing, sensitive and refused calls about a target (key of `Target`);
    - `naming`: those of rows that have one of the texts in a target, or in the resources or request of an example;
    - `failed`: those that ended with an error;
    - `all`: every one.
    """

    by: Literal[
        "node", "session", "principal", "key", "account", "address", "agent", "api", "resource", "naming", "failed",
        "all",
    ]  # fmt: skip
    values: tuple[str, ...] = ()


def has_part(agent: str | None, parts: Sequence[str]) -> bool:
    """Has a user agent one of these parts in it? ASCII letters are equal in either case.

    >>> has_part("Boto3/1.34 Python/3.11", ["boto3", "curl"]), has_part(None, [""])
    (True, False)
    """
    return agent is not None and any(re.search(re.escape(part), agent, re.I | re.ASCII) for part in parts)


class CallRow(msgspec.Struct, frozen=True):
    """One `USED` row, or what of it lies in a window.

    `samples` are its examples, the smallest by (time, event ID); of an event that the row keeps no example of,
    a sample has time and ID alone.
    """

    source: str
    row: Row
    count: int
    first: int
    last: int
    samples: list[Sample]
    access_key_id: str | None = None
    """As logged on the calls."""
    invoked_by: str | None = None

    @property
    def event_ids(self) -> list[str]:
        """IDs of the examples."""
        return [sample.event_id for sample in self.samples]


def names_one(row: CallRow, texts: Sequence[str]) -> bool:
    """Has a row one of these texts in a target, or in the resources or request of an example?"""
    said = {text for sample in row.samples for text in (*sample.resources, sample.parameters) if text}
    said |= {text for target in row.row.targets for text in (target.key, target.id) if text}
    return any(text in one for text in texts for one in said)


class ChangeEdge(msgspec.Struct, frozen=True):
    """A relationship that one event made from its caller: `ISSUED` (of a key made for another principal), `CREATED`,
    `CHANGED` or `STARTED`. `properties` are those of the schema for the type, but `key`."""

    type: str
    key: str
    source: str
    target: str
    time: int
    event_ids: list[str]
    properties: Properties


Shapes = Mapping[str, type[msgspec.Struct]]
"""The properties that are wanted of nodes and relationships, by label or type: the fields of a class."""


class LineageParts(NamedTuple):
    """Nodes and relationships of the lineage, to be read once."""

    nodes: Iterator[tuple[str, Any]]
    """Reference as text, and properties as an object of the class of its label."""
    relationships: Iterator[tuple[str, str, str, Any]]
    """Type, references of source and target, and properties as an object of the class of its type."""


CHANGE_TYPES = (schema.ISSUED, schema.CREATED, schema.CHANGED, schema.STARTED)
"""Relationship types that one event makes from its caller."""


class SessionRow(NamedTuple):
    """A session as look-ups find it: when it began, was last used, and ends as far as its grants say."""

    key: str
    created: int
    last: int | None
    expires: str | None


class PrincipalRow(NamedTuple):
    """A principal as a look-up by name or unique ID finds it."""

    key: str
    kind: str
    account: str | None


class NameRow(NamedTuple):
    """What a search for a part of a name or ID finds."""

    label: str
    """`Principal`, `Session`, `Credential` or `Resource`."""
    key: str
    """Of the node; of keys the access key ID, of sessions the principal ID, which several may have."""
    name: str | None = None
    """Of a principal or account; of sessions the session name."""
    kind: str | None = None
    """Of a principal."""
    account: str | None = None
    principal: str | None = None
    """Of sessions: key of the principal that they are of."""
    others: tuple[str, ...] = ()
    """What else a principal is called: ARNs and unique IDs; sorted."""

    @property
    def order(self) -> tuple[str, ...]:
        """What lists of them are sorted by."""
        return (self.label, self.key, self.name or "", self.account or "", self.principal or "")


class Activity(NamedTuple):
    """When something called, in seconds, and how often."""

    first: int
    last: int
    calls: int


class Coverage(msgspec.Struct, frozen=True):
    """Events of one account, region, hour and category."""

    account: str | None
    region: str | None
    hour: int
    category: str
    count: int
    first: int
    last: int


class Totals(NamedTuple):
    """How much a store holds."""

    nodes: dict[str, int]
    """By label, all of `schema.LABELS` in order."""
    relationships: dict[str, int]
    """By type, all of `schema.RELATIONSHIPS` in order."""
    kinds: dict[str, int]
    """Principals by kind, the kinds that there are in the order of `schema.KINDS`."""
    accounts: dict[str, int]
    """Principals and resources by the ID of the account that they are in."""
    waiting: int
    """Join keys that still wait to be derived: a load was interrupted."""


class Part(NamedTuple):
    """A part of what a store keeps."""

    name: str
    bytes: int | None
    """None where the database does not tell."""
    entries: int | None = None
    """Nodes of a label; None in SQLite, where counting costs a pass over the table."""


class Size(NamedTuple):
    """How large a store is."""

    bytes: int | None
    """Of the file with its write-ahead log; None where the database does not tell."""
    parts: list[Part]
    """In SQLite they add up to all bytes."""


class Pruned(NamedTuple):
    """What a store forgot."""

    before: int
    """The second from which on usage is kept."""
    events: int
    rows: int
    hours: int
    """Hours with events."""
    bytes: int | None
    """Of the file, free for what is loaded next; None where the database does not tell."""


class LogsAround(NamedTuple):
    """Where a session or event lies in what was loaded: what `missing` and reasons are based on."""

    first: int | None
    """First second loaded of the account (any region); None: the account was not loaded."""
    last: int | None
    reads: int
    """Are management reads loaded of the account within a day of the time? Not 0 if so."""
    writes: int
    gap: bool
    """The time lies in a known gap of the account."""


_LEADING = {
    schema.SESSION: ((schema.ASSUMED, schema.RUNS_AS), (schema.SESSION_OF,)),
    schema.CREDENTIAL: ((schema.ISSUED,), (schema.BELONGS_TO,)),
    schema.RESOURCE: ((schema.STARTED,), ()),
}


def leading(ref: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Types of the relationships at a node that lead towards origins and makers: those that come in, those
    that go out."""
    label, key = ref.split(" ", 1)
    if label == schema.PRINCIPAL:
        return ((schema.CREATED, schema.CHANGED), ()) if ":user/" in key else ((), ())
    return _LEADING.get(label, ((), ()))


def json_value(text: str | None) -> object:
    """The value of a JSON text as stores keep it; None where there is none, or where it was cut.

    >>> json_value('{"a":1}'), json_value('{"a":')
    ({'a': 1}, None)
    """
    try:
        found: object = msgspec.json.decode(text) if text else None
    except (msgspec.DecodeError, RecursionError):
        return None
    return found


def grouped(values: Iterable[T], key: Callable[[T], K]) -> dict[K, list[T]]:
    """Values by what they have in common, in their order; an empty list under every other key.

    >>> dict(grouped(["iam:A", "sts:B", "iam:C"], lambda api: api[:3]))
    {'iam': ['iam:A', 'iam:C'], 'sts': ['sts:B']}
    """
    found: dict[K, list[T]] = defaultdict(list)
    for value in values:
        found[key(value)].append(value)
    return found
