"""The whole lineage as the forest that it is: each session with its parent, its origin and its depth.

One pass over nodes and relationships, of which only what these questions need is read, along resolved parents alone
(design §3, Chains): questions about the whole store cost in proportion to it.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import msgspec

from lineage.model import schema
from lineage.model.arn import linked_service
from lineage.model.keys import ref
from lineage.model.results import Graph, LineageParts, Shapes
from lineage.model.times import parse_when
from lineage.questions.shared.climb import Evidence, account_of, acting, states_its_user
from lineage.questions.shared.models import Confidence

ORIGINS = (
    "IAMUser", "RootUser", "AWSService", "Anonymous", "SAMLIdentity", "WebIdentity", "IdentityCenterUser",
    "ExternalAccount",
)  # fmt: skip
"""Kinds of principals that a chain ends at as known; at any other it is open."""
PEOPLE = ("IAMUser", "IdentityCenterUser", "SAMLIdentity")
"""Kinds whose name may be that of a person."""

Attributes = dict[str, Any]


class Origin(msgspec.Struct, frozen=True, gc=False):
    """Where a chain begins."""

    node: str
    """Its principal, as a reference."""
    kind: str
    name: str
    account: str | None


class Assumed(msgspec.Struct, gc=False):
    """What an `ASSUMED` says (`lineage.model.schema`)."""

    parent: bool = False
    how: str = ""
    time: str = ""
    event_ids: list[str] = []
    caller_account: str | None = None
    cross_account: bool = False
    rule: str = ""
    confidence: Confidence = "NONE"
    grants: list[str] = []


class Issued(msgspec.Struct, gc=False):
    """What an `ISSUED` says."""

    parent: bool = False
    event_id: str | None = None
    rule: str = ""
    confidence: Confidence = "NONE"


class Belongs(msgspec.Struct, gc=False):
    """What a `SESSION_OF` or `BELONGS_TO` says."""

    stated: str | None = None


class Session(msgspec.Struct, gc=False):
    """What a session says."""

    type: str | None = None
    name: str | None = None
    role_arn: str | None = None
    source_identity: str | None = None
    workload: str | None = None


class Principal(msgspec.Struct, gc=False):
    """What a principal says."""

    kind: str | None = None
    name: str | None = None
    account: str | None = None


class Hop(msgspec.Struct, frozen=True, gc=False):
    """The grant of a session by its resolved parent."""

    caller: str
    """The session, long-term key or principal that obtained it, as a reference."""
    time: str
    """When, as ISO text."""
    event_ids: tuple[str, ...]
    how: str
    caller_account: str | None
    evidence: Evidence
    issued: Evidence | None
    """Of the `ISSUED` of the caller's key, where it called with a key that a loaded event issued."""
    grants: tuple[str, ...]
    """Each grant as the `ASSUMED` has it, of a caller in another account."""


_PREFIX = f"{schema.SESSION} "
_UNKNOWN = Session()
_NOBODY = Principal()
_TIME = len("2026-01-31T12:00:00Z")
_CHAINS: Shapes = {schema.ASSUMED: Assumed, schema.ISSUED: Issued}


class Parts(Protocol):
    """Anything that lineage can be read from: a store, or a part of its graph."""

    def lineage_parts(self, nodes: Shapes, relationships: Shapes) -> LineageParts:
        """As `Reader.lineage_parts`."""


class InGraph(NamedTuple):
    """A part of a store's graph, to make a forest of."""

    graph: Graph

    def lineage_parts(self, nodes: Shapes, relationships: Shapes) -> LineageParts:
        """As `Reader.lineage_parts`."""
        return LineageParts(
            (
                (node, _converted(body, nodes[body["label"]]))
                for node, body in self.graph.nodes(data=True)
                if body.get("label") in nodes
            ),
            (
                (edge["type"], source, target, _converted(edge, relationships[edge["type"]]))
                for source, target, edge in self.graph.edges(data=True)
                if edge["type"] in relationships
            ),
        )


def _converted(properties: Attributes, shape: type[msgspec.Struct]) -> msgspec.Struct:
    return msgspec.convert({name: value for name, value in properties.items() if value is not None}, shape)


class Forest:
    """Every session of the lineage, by reference. Without `origins` it knows no principals, so it tells none."""

    def __init__(self, parts: Parts, *, origins: bool = True) -> None:
        self.sessions: dict[str, Session] = {}
        """Sessions in order of their begin."""
        self.principals: dict[str, Principal] = {}
        """Principals of every kind."""
        self.hops: dict[str, Hop] = {}
        """By session: how its parent obtained it; missing where that is open."""
        self.owners: dict[str, str] = {}
        """Principals of sessions and keys."""
        self.children: dict[str, list[str]] = {}
        """By session: those that it obtained."""
        self.stated: dict[str, str] = {}
        """By session without a grant: the one origin that its own records state, as a reference."""
        self.makers: dict[str, str] = {}
        """By long-term key: the node that made it, as a reference."""
        self.issued: dict[str, Evidence] = {}
        """Temporary keys that loaded events issued."""
        self._tops: dict[str, str] = {}
        self._depths: dict[str, int] = {}
        self._begun: dict[str, int] = {}
        self._origins: dict[str, Origin | None] = {}
        """By node that a chain begins at."""
        self._texts: dict[str, str] = {}
        belongs: Shapes = {schema.SESSION_OF: Belongs, schema.BELONGS_TO: Belongs} if origins else {}
        principals: Shapes = {schema.PRINCIPAL: Principal} if origins else {}
        self._read(parts.lineage_parts({schema.SESSION: Session, **principals}, {**_CHAINS, **belongs}))
        for session in self.sessions:
            self._place(session)

    def _read(self, parts: LineageParts) -> None:
        sessions: dict[str, Session] = {}
        for node, body in parts.nodes:
            if isinstance(body, Session):
                body.role_arn = self._one(body.role_arn)
                sessions[node] = body
            else:
                self.principals[node] = body
        ways: list[tuple[str, str, Assumed]] = []
        stated: dict[str, set[str]] = {}
        for kind, source, target, edge in parts.relationships:
            if kind == schema.ASSUMED:
                sessions.setdefault(target, _UNKNOWN)
                if edge.parent:
                    ways.append((source, target, edge))
            elif kind == schema.ISSUED:
                if edge.parent:
                    self.issued[target] = edge.rule, edge.confidence
                elif edge.event_id:
                    self.makers[target] = source
            elif kind == schema.SESSION_OF and edge.stated:
                stated.setdefault(source, set()).add(target)
            else:
                self.owners[source] = target
        self.sessions = dict(sorted(sessions.items(), key=lambda one: (one[0][-_TIME:], one[0])))
        several = {session for session, found in stated.items() if len(found) > 1}
        self.stated = {session: found.pop() for session, found in stated.items() if len(found) == 1}
        for source, target, way in ways:
            if target not in several:  # of a service that acts for several users each may be the origin
                self._add(source, target, way)

    def _add(self, source: str, target: str, way: Assumed) -> None:
        caller = acting(source)
        self.hops[target] = Hop(
            caller, way.time, tuple(way.event_ids), self._one(way.how) or "", self._one(way.caller_account),
            (self._one(way.rule) or "", way.confidence), self.issued.get(source),
            tuple(way.grants) if way.cross_account else (),
        )  # fmt: skip
        if caller.startswith(_PREFIX):
            self.children.setdefault(caller, []).append(target)

    def _one(self, text: str | None) -> str | None:
        """One object for equal texts."""
        return None if text is None else self._texts.setdefault(text, text)

    def _place(self, session: str) -> None:
        """Find where a session's chain begins, without recursion: renewed chains are long."""
        way: list[str] = []
        on_way: set[str] = set()
        current = session
        while current not in self._tops and current in self.hops and current not in on_way:
            way.append(current)
            on_way.add(current)
            current = self.hops[current].caller
        if current in on_way:  # edited data: grants of one second in a ring
            top, depth = session, 0
        else:
            top, depth = self._tops.get(current, current), self._depths.get(current, 0)
        for one in reversed(way):
            depth += 1
            self._tops[one], self._depths[one] = top, depth

    def top(self, node: str) -> str:
        """Where the chain of a session or key begins, as a reference."""
        return self._tops.get(node, node)

    def depth(self, session: str) -> int:
        """How many hops lead to a session."""
        return self._depths.get(session, 0)

    def origin(self, node: str) -> Origin | None:
        """The origin of a session, credential or principal.

        Parameters
        ----------
        node : reference

        Returns
        -------
        Its principal with kind, name and account, or None where the chain is open.

        Notes
        -----
        Cost: constant; the forest works out all chains in one pass when it is made.

        Examples
        --------
        >>> forest = Forest(incident())
        >>> forest.origin("Session 804275613390/AROA3WQUP53HIZHAFMVCF:ops-maintenance/2026-03-11T21:53:30Z").name
        'dana.whitfield'
        >>> forest.depth("Session 804275613390/AROA3WQUP53HIZHAFMVCF:ops-maintenance/2026-03-11T21:53:30Z")
        2
        """
        top = self._tops.get(node) or self.top(acting(node))
        if top not in self._origins:
            self._origins[top] = self._origin(top)
        return self._origins[top]

    def _origin(self, top: str) -> Origin | None:
        label, _ = ref(top)
        principal: str | None = top if label == schema.PRINCIPAL else self.owners.get(top)
        if label == schema.SESSION:
            principal = self.stated.get(top)
            if principal is None and states_its_user(self.session(top).type, top):
                principal = self.owners.get(top)
            if principal is None:
                return self._service(top)
        body = self.principals.get(principal, _NOBODY) if principal else _NOBODY
        if principal is None or body.kind is None or body.kind not in ORIGINS:
            return None
        return Origin(principal, body.kind, body.name or ref(principal).key.rsplit("/", 1)[-1], body.account)

    def behind(self, node: str) -> Origin | None:
        """The person behind a session, credential or principal: its origin, or who made the long-term key that its
        chain begins with, where that was another person. A key made by a pipeline or service is its owner's."""
        origin = self.origin(node)
        if not self.makers:
            return origin
        top, seen = self.top(acting(node)), set[str]()
        while origin is not None and top in self.makers and top not in seen:
            seen.add(top)
            maker = self.makers[top]
            found, top = self.origin(maker), self.top(acting(maker))
            if found is None or found.kind not in (*PEOPLE, "RootUser"):
                break
            origin = found
        return origin

    def _service(self, session: str) -> Origin | None:
        """The service behind a session without a grant, where its role is linked to that service (guide, rule 8)."""
        service = linked_service(self.session(session).role_arn)
        if service is None:
            return None
        return Origin(f"{schema.PRINCIPAL} {service}", "AWSService", service, account_of(session))

    def role(self, session: str) -> str | None:
        """ARN of a role session's role."""
        body = self.session(session)
        return body.role_arn if body.type == "role" else None

    def session(self, node: str) -> Session:
        """What a session says; nothing of another node."""
        return self.sessions.get(node, _UNKNOWN)

    def parent(self, session: str) -> str | None:
        """The session that obtained a session, None where none did."""
        hop = self.hops.get(session)
        return hop.caller if hop is not None and hop.caller in self.sessions else None

    def begun(self, session: str) -> int:
        """The second in which a session began."""
        found = self._begun.get(session)
        if found is None:
            hop = self.hops.get(session)
            found = self._begun[session] = parse_when(hop.time if hop is not None else session[-_TIME:]) or 0
        return found

    def line(self, session: str) -> list[str]:
        """The sessions of the chain that ends in a session, first to last."""
        found = [session]
        seen = {session}
        while (parent := self.parent(found[-1])) is not None and parent not in seen:
            found.append(parent)
            seen.add(parent)
        return found[::-1]

    def principals_of(self, *kinds: str) -> list[tuple[str, Principal]]:
        """The principals of some kinds, sorted."""
        return sorted((node, body) for node, body in self.principals.items() if body.kind in kinds)


def account_of_role(arn: str | None) -> str | None:
    """The account of a role's ARN.

    >>> account_of_role("arn:aws:iam::111122223333:role/x")
    '111122223333'
    """
    parts = (arn or "").split(":")
    return parts[4] or None if len(parts) > 5 else None


def short_role(arn: str | None) -> str:
    """The last part of a role's ARN, as people say it."""
    return (arn or "a role").rsplit("/", 1)[-1]
