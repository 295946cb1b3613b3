"""The whole lineage as the forest that it is: each session with its parent, its origin and its depth.

One pass over the graph of `lineage()`, along resolved parents alone (design §3, Chains), so that questions about the
whole store cost in proportion to it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from lineage.model import schema
from lineage.model.arn import linked_service
from lineage.model.keys import ref
from lineage.model.results import Graph
from lineage.model.times import parse_when
from lineage.questions.shared.climb import acting, states_its_user

ORIGINS = (
    "IAMUser", "RootUser", "AWSService", "Anonymous", "SAMLIdentity", "WebIdentity", "IdentityCenterUser",
    "ExternalAccount",
)  # fmt: skip
"""Kinds of principals that a chain ends at as known; at any other it is open."""
PEOPLE = ("IAMUser", "IdentityCenterUser", "SAMLIdentity")
"""Kinds whose name may be that of a person."""

Attributes = dict[str, Any]


class Origin(NamedTuple):
    """Where a chain begins."""

    node: str
    """Its principal, as a reference."""
    kind: str
    name: str
    account: str | None


class Hop(NamedTuple):
    """The grant of a session by its resolved parent."""

    caller: str
    """The session, long-term key or principal that obtained it, as a reference."""
    way: Attributes
    """Properties of the `ASSUMED`."""
    issued: Attributes | None = None
    """Properties of the `ISSUED` of the caller's key, where it called with a key that a loaded event issued."""


class Forest:
    """Every session of the graph, by reference."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.sessions: dict[str, Attributes] = {}
        """Sessions with their properties, in order of their begin."""
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
        self._tops: dict[str, str] = {}
        self._depths: dict[str, int] = {}
        self._read(graph)
        for session in self.sessions:
            self._place(session)

    def _read(self, graph: Graph) -> None:
        found = [(node, body) for node, body in graph.nodes(data=True) if node.startswith(f"{schema.SESSION} ")]
        self.sessions = dict(sorted(found, key=lambda one: (one[1].get("created") or "", one[0])))
        ways: list[tuple[str, str, Attributes]] = []
        issued: dict[str, Attributes] = {}
        stated: dict[str, set[str]] = {}
        for source, target, edge in graph.edges(data=True):
            kind = edge["type"]
            if kind == schema.SESSION_OF and edge.get("stated"):
                stated.setdefault(source, set()).add(target)
            elif kind in (schema.SESSION_OF, schema.BELONGS_TO):
                self.owners[source] = target
            elif kind == schema.ASSUMED and edge["parent"]:
                ways.append((source, target, edge))
            elif kind == schema.ISSUED and edge.get("parent"):
                issued[target] = edge
            elif kind == schema.ISSUED and edge.get("event_id"):
                self.makers[target] = source
        several = {session for session, found in stated.items() if len(found) > 1}
        self.stated = {session: found.pop() for session, found in stated.items() if len(found) == 1}
        for source, target, edge in ways:
            if target in several:
                continue  # a service that acts for several users: each may be the origin
            caller = acting(source)
            self.hops[target] = Hop(caller, edge, issued.get(source))
            if caller.startswith(f"{schema.SESSION} "):
                self.children.setdefault(caller, []).append(target)

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
        >>> forest = Forest(incident().lineage())
        >>> forest.origin("Session 804275613390/AROA3WQUP53HIZHAFMVCF:ops-maintenance/2026-03-11T21:53:30Z").name
        'dana.whitfield'
        >>> forest.depth("Session 804275613390/AROA3WQUP53HIZHAFMVCF:ops-maintenance/2026-03-11T21:53:30Z")
        2
        """
        top = self.top(acting(node))
        label, _ = ref(top)
        principal: str | None = top if label == schema.PRINCIPAL else self.owners.get(top)
        if label == schema.SESSION:
            principal = self.stated.get(top)
            if principal is None and states_its_user(self.sessions.get(top, {}), top):
                principal = self.owners.get(top)
            if principal is None:
                return self._service(top)
        body = self.graph.nodes.get(principal, {}) if principal else {}
        if principal is None or body.get("kind") not in ORIGINS:
            return None
        name = body.get("name") or ref(principal).key.rsplit("/", 1)[-1]
        return Origin(principal, body["kind"], name, body.get("account"))

    def behind(self, node: str) -> Origin | None:
        """The person behind a session, credential or principal: its origin, or who made the long-term key that its
        chain begins with, where that was another person. A key made by a pipeline or service is its owner's."""
        origin, top = self.origin(node), self.top(acting(node))
        seen: set[str] = set()
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
        body = self.sessions.get(session, {})
        service = linked_service(body.get("role_arn"))
        if service is None:
            return None
        return Origin(f"{schema.PRINCIPAL} {service}", "AWSService", service, body.get("account"))

    def role(self, session: str) -> str | None:
        """ARN of a role session's role."""
        body = self.sessions.get(session, {})
        return body.get("role_arn") if body.get("type") == "role" else None

    def parent(self, session: str) -> str | None:
        """The session that obtained a session, None where none did."""
        hop = self.hops.get(session)
        return hop.caller if hop is not None and hop.caller in self.sessions else None

    def begun(self, session: str) -> int:
        """The second in which a session began."""
        hop = self.hops.get(session)
        text = hop.way["time"] if hop is not None else self.sessions[session].get("created")
        return parse_when(text) or 0

    def line(self, session: str) -> list[str]:
        """The sessions of the chain that ends in a session, first to last."""
        found = [session]
        seen = {session}
        while (parent := self.parent(found[-1])) is not None and parent not in seen:
            found.append(parent)
            seen.add(parent)
        return found[::-1]

    def principals(self, *kinds: str) -> list[tuple[str, Attributes]]:
        """The principals of some kinds with their properties, sorted."""
        prefix = f"{schema.PRINCIPAL} "
        nodes = self.graph.nodes(data=True)
        return sorted((node, body) for node, body in nodes if node.startswith(prefix) and body.get("kind") in kinds)


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
