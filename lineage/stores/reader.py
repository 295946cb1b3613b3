"""The protocols of a store: `Reader`, which all questions use, and `Store`, which adds writing.

A graph that a store returns is a `networkx.MultiDiGraph`. Its nodes are references as text (`LABEL KEY`); the
attributes of nodes and edges are the properties of `lineage.model.schema`, nodes with `label` and `key`, edges with
`type`. Times are seconds since the epoch in values and ISO text (UTC) in graphs. Every method may raise
`StoreUnreachable`; no method of `Reader` changes the store.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Literal, Protocol

from lineage.model import schema
from lineage.model.batch import Batch, Sighting
from lineage.model.facts import AnyFact, Identity
from lineage.model.keys import Ref
from lineage.model.results import (
    ALWAYS,
    Activity,
    CallFilter,
    CallRow,
    ChangeEdge,
    Conflict,
    Coverage,
    EventRow,
    Graph,
    LineageParts,
    LogsAround,
    NameRow,
    PrincipalRow,
    Pruned,
    SessionRow,
    Shapes,
    SharedCall,
    Size,
    Sums,
    Totals,
    Window,
)
from lineage.resolve.join_keys import JoinKey
from lineage.resolve.resolved import Derived, Item


class Reader(Protocol):
    """A store as questions read it."""

    # events

    def events(self, event_id: str) -> list[EventRow]:
        """The events under an ID, in order of time: one, except where two hours log the same ID."""

    def events_of(self, event_ids: Iterable[str]) -> dict[str, list[EventRow]]:
        """`events` of many IDs at once, by ID. An ID that is not loaded is missing."""

    def facts_of(self, event_id: str) -> list[AnyFact]:
        """The facts that were read from an event: grants, sign-ins, changes."""

    def amended(self, event_id: str) -> list[str]:
        """IDs of the events that an addendum with that ID amends, sorted."""

    def callers_copies(self, calls: Iterable[SharedCall]) -> dict[SharedCall, list[tuple[str, EventRow]]]:
        """The callers' own copies of calls that other accounts logged too.

        Returns event ID and event by call, sorted by event ID; a call without such a copy is missing. The cost is
        that of the hours in which the calls were made.
        """

    def conflicts(self, event_ids: Sequence[str] | None = None) -> list[Conflict]:
        """The events whose copies contradict each other, among some IDs or all; in order of hour and ID."""

    # look-ups

    def has(self, ref: Ref) -> bool:
        """Whether the node is in the store."""

    def nodes_of_key(self, access_key_id: str) -> list[Ref]:
        """The credentials of an access key, and the sessions and principals that used it without its issue
        having been logged; sorted."""

    def keys_of(self, principal: str) -> list[str]:
        """IDs of the long-term access keys of a principal (by key), sorted."""

    def sessions_of(self, principal: str, name: str | None = None, ends: bool = True) -> list[SessionRow]:
        """The sessions of a principal (by key), of one session name if given; newest first.

        Without `ends`, last use and expiry are None: finding them costs one read for each session.
        """

    def sessions_by_id(self, principal_id: str) -> list[SessionRow]:
        """The sessions with a principalId (`AROA…:NAME`), newest first."""

    def principals_of(self, identifier: str) -> list[str]:
        """Keys of the principals with that key or ARN, sorted."""

    def named(self, text: str) -> list[PrincipalRow]:
        """The principals with a name, also a learnt one of an Identity Center user, an ARN, or a unique ID (`AROA…`,
        `AIDA…`, a user ID), sorted."""

    def search(self, text: str) -> list[NameRow]:
        """The principals, sessions, keys and resources whose key, name or ID contains a text, in lower or upper case;
        sorted. Sessions are found by name and principal ID, all of one principal ID together; those of users and root
        are left out, for their names are the user's, and workloads that no call is about.

        The cost is that of a pass over all principals, sessions, keys and targets: at a million events half a second.
        """

    def sessions_named(self, name: str) -> list[NameRow]:
        """The sessions with exactly that name, as `search` gives them."""

    def activity(
        self, by: Literal["principal", "key", "id", "address", "resource"], values: Sequence[str]
    ) -> dict[str, Activity]:
        """When something called or was called upon, and how often, by value; what never was is missing.

        `principal` (key) means its own sessions and keys too, `key` an access key ID, `id` the sessions of a principal
        ID, `address` a source as logged, through whatever endpoint, `resource` a target of changing, sensitive and
        refused calls. Copies of a call count. The cost is that of the rows, which are summed and not read.
        """

    def principals(self, kinds: Sequence[str]) -> list[tuple[str, str, str | None]]:
        """Key, kind and name of the principals of some kinds that have lineage, sorted by key."""

    def names_of(self, unique_id: str) -> list[Sighting]:
        """The principals and ARNs that a unique ID was logged with (of an Identity Center user ID: the names), with
        first and last second; in order of principal and ARN."""

    def user_names(self) -> list[tuple[str, str]]:
        """The Identity Center users (keys of principals) with each name that sign-in events gave them, sorted; also
        those that have no lineage."""

    def lookup(self, wanted: Iterable[JoinKey]) -> Mapping[JoinKey, Sequence[Item]]:
        """Facts, identities and names by join key."""

    def identities(self, actors: Iterable[bytes]) -> dict[bytes, Identity]:
        """The identities by ID (`Row.actor`). An ID that is not there is missing."""

    def identities_of(self, ref: Ref) -> list[Identity]:
        """The identities whose calls are attached to a node."""

    # graphs

    def ascend(self, refs: Iterable[str]) -> Graph:
        """Everything that leads to some nodes: callers, keys, owners, workloads and makers, to the origins.

        Takes references as text. Returns the union of the nodes' ancestries, the nodes themselves included, also
        those that the store does not have (without properties). Relationship types: those of `results.leading`.
        A cycle (edited logs) ends the walk. The cost grows with the result, with one read for each level.
        """

    def descend(self, refs: Iterable[str]) -> Graph:
        """Everything that came from some nodes: sessions and keys by the resolved parent, the candidates too, and
        keys and users that were made for others.

        Takes references as text. Sessions of a workload are included only where the workload itself is asked for.
        Returns and costs as `ascend`.
        """

    def lineage(self, types: Collection[str] = schema.RELATIONSHIPS) -> Graph:
        """The lineage of the whole store: sessions, keys and principals with what relates them, but no calls.

        With `types`, only relationships of those types and the nodes that they join. The cost grows with the number
        of sessions and keys, not of events: about a second for 100,000 relationships.
        """

    def lineage_parts(self, nodes: Shapes, relationships: Shapes) -> LineageParts:
        """Nodes of some labels and relationships of some types, one by one and in no order, for questions about the
        whole store that need no graph: a third of the time and memory of `lineage`.

        `nodes` and `relationships` say what is wanted, and by their fields which properties of each label and type; a
        property without a value keeps its default. What the key of a node states may be missing: of a session the
        account, the principal ID and the time.
        """

    # calls

    def calls(self, which: CallFilter, window: Window = ALWAYS, *, every: bool = False) -> list[CallRow]:
        """Rows of calls (one an hour, identity, operation, address …), cut to a window by the second.

        `which` says which calls, `window` when. Counts, first and last are those of the events in the window.
        With `every`, `samples` holds every event of the row in the window, in order of (time, event ID); otherwise
        it holds up to `SAMPLES_PER_ROW`. Returns rows in order of first second, row ID and source.

        The cost grows with the rows of the hours that the window touches; the ledger of single events is read only
        for rows that the window cuts, or with `every`.
        """

    def direct_calls(self, principal: str, time: int, seconds: int) -> list[tuple[int, str, str]]:
        """The calls that a principal made itself with a long-term key within `seconds` of a time.

        Returns second, service (first part of the operation) and access key ID, sorted; for rule 7 (guide §12.3).
        """

    def changes(
        self,
        types: Sequence[str],
        *,
        sources: Iterable[str] | None = None,
        targets: Iterable[str] | None = None,
        window: Window = ALWAYS,
    ) -> list[ChangeEdge]:
        """The relationships that one event made from its caller, of some types (`CHANGE_TYPES`).

        `sources` keeps those of some callers, `targets` those about some nodes (references as text; None: all).
        Returns them in order of time, type and key. The cost grows with the result, given sources or targets;
        otherwise with all relationships of those types.
        """

    def addresses(self) -> list[str]:
        """Every source address of calls, as logged, sorted."""

    # what was loaded

    def coverage(self, account: str | None = None, window: Window = ALWAYS) -> list[Coverage]:
        """Events by account, region, hour and category, in that order: of one account if given, of the hours that
        a window touches. First and last are seconds."""

    def extent(self) -> dict[str | None, tuple[int, int]]:
        """The first and the last second that are loaded of each account; the cost grows with the accounts alone."""

    def logs_around(self, account: str | None, time: int) -> LogsAround:
        """What was loaded of an account around a time."""

    def pruned_before(self) -> int | None:
        """The second before which usage is forgotten (the start of an hour); None if none is."""

    def account_names(self) -> dict[str, str]:
        """Names of accounts by ID, as far as they were given."""

    def loads(self) -> list[Sums]:
        """The sums of every load, oldest first."""

    def loaded_at(self, event_ids: Iterable[str], window: Window = ALWAYS) -> str | None:
        """When the load ended that last gave an event, or changed one, in the files that some events are in.

        Events outside the hours of the window are left out, and those of files that were loaded by a program that did
        not note it; None where none is left. The cost grows with the events times the days (Neo4j: hours) of the
        window."""

    def noted(self, kind: str, keys: Sequence[str] | None = None) -> dict[str, bytes]:
        """The values of some keys, or of all in their order, that were kept beside the lineage."""

    def set_aside(self) -> list[tuple[str, int, str]]:
        """What all loads set aside: path, place and reason, sorted; what several loads set aside is there once."""


class Store(Reader, Protocol):
    """A place for lineage. Every method may raise `StoreUnreachable`."""

    name: str

    @property
    def path(self) -> object:
        """Where it is: a path, or an address without a password."""

    def reading(self) -> AbstractContextManager[None]:
        """What is read inside is of one state of the store, where the database keeps old states for readers."""

    # writing

    def begin_load(self, paths: Sequence[str]) -> str:
        """Note that a load began; returns its ID."""

    def add(self, load: str, batch: Batch) -> None:
        """Add a batch in one transaction; what the store has already changes nothing."""

    def transaction(self) -> AbstractContextManager[None]:
        """One write transaction; no other derivation runs at the same time."""

    def dirty(self, limit: int) -> list[JoinKey]:
        """At most `limit` of the join keys that wait to be derived."""

    def write_derived(self, derived: Derived, done: Sequence[JoinKey]) -> None:
        """Replace what is stored in the derived scopes, and forget the dirty join keys that led to them."""

    def waiting(self) -> int:
        """How many join keys wait to be derived."""

    def settle(self) -> bool:
        """Bring up to date, after all scopes are derived, a part of what the store derives from rows alone; returns
        whether there was any."""

    def finish_load(self, load: str) -> Sums:
        """Note that a load ended; returns its sums."""

    def prune(self, before: int) -> Pruned:
        """Forget the usage before a second, of whole hours: calls, their samples and the ledger of events.

        Facts, identities, sessions, keys and the names of files stay. The latest time of all calls counts. From then on
        usage before it is forgotten at the end of the load that brings it, while facts and identities are taken in: it
        makes no difference whether the same logs are loaded before or after, in one load. Of an event whose facts were
        kept they stand for good, also against a fuller copy that comes later. In one transaction.
        """

    def name_accounts(self, names: Mapping[str, str]) -> None:
        """Give accounts their names."""

    def make_durable(self) -> None:
        """Let every commit from now on survive a power failure, which may cost speed."""

    def note(self, kind: str, entries: Mapping[str, bytes]) -> None:
        """Keep values beside the lineage by kind and key, each in place of the one before."""

    # reading what questions do not need

    def graph(self) -> Graph:
        """The whole graph, calls included."""

    def totals(self) -> Totals:
        """How much the store holds. The cost is that of a pass over all rows."""

    def size(self) -> Size:
        """How large the store is, by part. The cost is that of a pass over the file, or of counting labels."""

    def aside(self, load: str, limit: int) -> list[tuple[str, int, int | None, str]]:
        """What a load set aside: path, place, offset and reason, at most `limit`."""

    def file_hash(self, path: str) -> str | None:
        """SHA-256 of a file as it was loaded, None if it was not."""

    def loaded_files(self, paths: Sequence[str]) -> dict[str, int]:
        """The sizes of those of some files that were loaded to their end, by path as it was given."""

    def query(self, name: str, parameters: Mapping[str, object]) -> tuple[list[str], list[list[object]]]:
        """Run a Cypher file by name: columns and rows. Raises `BadUse` where the store runs no Cypher."""

    def close(self) -> None:
        """Give back files and connections."""


__all__ = ["Reader", "Store"]
