"""The sheet that answers are drawn on: each node is placed on it once, however many answers name it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from lineage.draw.labels import caption, command, paste, role_name, short_name, type_of
from lineage.draw.shape import Box, Fact, Facts, Kind, Link, Node, Paste, Works, is_guess
from lineage.model import attempts, keys, schema
from lineage.model.arn import role_of
from lineage.model.results import EventRow, Graph
from lineage.questions.shared import words
from lineage.questions.shared.models import Whose
from lineage.questions.who import Origin, WhoAnswer
from lineage.render.text import clean

ORIGINS: dict[str, Kind] = {
    "AWSService": "service", "ExternalAccount": "outside", "Role": "role", "Anonymous": "unknown",
    "Unknown": "unknown", "Unresolved": "unknown", attempts.KIND: "unknown",
}  # fmt: skip
"""How principals and origins are drawn, by their kind; all others are people or users."""
WORDS = {
    schema.ASSUMED: "assumed", schema.ISSUED: "key", schema.BELONGS_TO: "its key", schema.TRIED: "refused",
    schema.CREATED: "created", schema.CHANGED: "changed", schema.STARTED: "started", schema.RUNS_AS: "runs as",
    schema.TOUCHED: "touched", schema.USED: "called", schema.SESSION_OF: "session of",
}  # fmt: skip


class Known(NamedTuple):
    """What is known besides an answer: names of accounts, the graph around what it names, and where that came from."""

    accounts: Mapping[str, str]
    graph: Graph
    """Sessions, keys and principals of the answer with all that leads to them."""
    above: Mapping[str, Sequence[WhoAnswer]]
    """Whose nodes are, by their references."""
    calls: Mapping[str, EventRow]
    """Calls that the answer is based on, by event ID."""


def facts(**values: object) -> Facts:
    """Lines of evidence, without those that say nothing; texts cleaned. Underscores become blanks.

    >>> facts(event_ids=["a"], rule="4", agent=None)
    (('event ids', ('a',)), ('rule', '4'))
    """
    found: list[Fact] = []
    for name, value in values.items():
        if value is None or value == "" or value == [] or value is False:
            continue
        if isinstance(value, (list, tuple)):
            found.append((name.replace("_", " "), tuple(clean(str(one)) for one in value)))
        else:
            said = "yes" if value is True else f"{value:,}" if isinstance(value, int) else str(value)
            found.append((name.replace("_", " "), clean(said)))
    return tuple(found)


_Key = tuple[str, str, str, bool, str]
"""Source, target, type, outcome and label of a link."""


class _Said(NamedTuple):
    confidence: str
    beside: bool
    lit: bool
    first: str | None
    last: str | None
    calls: int
    events: list[str]
    cross: bool | None
    facts: dict[str, object]

    def with_(self, other: _Said, *, counted: bool) -> _Said:
        """Both in one: as lit as either, as sure as the weaker, and with the events of both."""
        new = [event for event in other.events if event not in self.events]
        if not new:
            return self._replace(lit=self.lit or other.lit)
        result = dict(self.facts)
        for name, value in other.facts.items():
            result[name] = _both(result.get(name), value)
        times = [time for time in (self.first, self.last, other.first, other.last) if time]
        return self._replace(
            confidence=schema.weakest([self.confidence, other.confidence]), lit=self.lit or other.lit,
            first=min(times, default=None), last=max(times, default=None),
            calls=self.calls + (other.calls if counted else 0), events=self.events + new, facts=result,
        )  # fmt: skip


def _both(one: object, other: object) -> object:
    """Two values of one fact: the one there is, or each that differs."""
    if one == other or other in (None, "", [], False):
        return one
    if one in (None, "", [], False):
        return other
    values = [*(one if isinstance(one, list) else [one]), *(other if isinstance(other, list) else [other])]
    return list(dict.fromkeys(values))


class Sheet:
    """Nodes and links as they are put down; what was put down first stays, and later facts are added."""

    def __init__(self, known: Known) -> None:
        self.known = known
        self.nodes: dict[str, Node] = {}
        self.links: dict[_Key, Link] = {}
        self._said: dict[_Key, _Said] = {}
        self.boxes: dict[str, Box] = {}
        """Boxes of the question's own."""
        self.inside: dict[str, str] = {}
        """Boxes of nodes, by their IDs."""

    # ---- nodes ---------------------------------------------------------------------------------------------------
    def put(self, node: Node) -> str:
        """Put a node down; returns its ID. One that exists already is kept, and lit if either is."""
        there = self.nodes.get(node.id)
        if there is None:
            self.nodes[node.id] = node
        else:
            more = tuple(fact for fact in node.facts if fact[0] not in {name for name, _ in there.facts})
            if more or (node.lit and not there.lit):
                self.nodes[node.id] = msgspec.structs.replace(
                    there, facts=there.facts + more, lit=there.lit or node.lit
                )
        return node.id

    def light(self, *ids: str) -> None:
        """Mark nodes as part of what was asked about."""
        for one in ids:
            if one in self.nodes:
                self.nodes[one] = msgspec.structs.replace(self.nodes[one], lit=True)

    def mark(self, node: str, works: Works) -> None:
        """Mark a node as one that works, or does not."""
        self.nodes[node] = msgspec.structs.replace(self.nodes[node], works=works)

    def of_ref(self, ref: str, *more: Fact, lit: bool = False, **said: Any) -> str:  # Any: of the graph's attributes
        """Put down what a reference names, with what the graph and `said` show of it."""
        label, key = ref.split(" ", 1)
        seen = self.known.graph.nodes[ref] if ref in self.known.graph else {}
        result = {**seen, **{name: value for name, value in said.items() if value is not None}}
        if label == schema.SESSION:
            return self._session(ref, key, result, more, lit)
        if label == schema.CREDENTIAL:
            return self._key(ref, key, result, more, lit)
        if label == schema.PRINCIPAL:
            return self.principal(key, result.get("kind"), result.get("name"), result.get("account"), *more, lit=lit)
        return self.resource(key, result.get("type"), result.get("account"), *more, lit=lit)

    def _session(self, ref: str, key: str, body: Mapping[str, Any], more: Facts, lit: bool) -> str:
        account, _, rest = key.partition("/")
        identity, _, created = rest.rpartition("/")
        role = role_name(body.get("role_arn"))
        name = body.get("name") or identity.partition(":")[2]
        first = role or name or body.get("type") or identity
        second = f"as {name}" if role and name else None
        return self.put(Node(
            id=ref, kind="session", label=clean(" ".join(filter(None, (first, second)))),
            caption=caption(first, second), account=body.get("account") or account or None, lit=lit,
            facts=facts(
                what="session", session_name=name, role=body.get("role_arn"), begun=body.get("created") or created,
                source_identity=body.get("source_identity"), mfa=body.get("mfa"), workload=body.get("workload"),
                key=key,
            ) + more,
            copy=texts(("ARN", body.get("role_arn")), ("key", key), ("command", command("trace", key))),
            cypher=paste("trace", ask=key),
        ))  # fmt: skip

    def _key(self, ref: str, key: str, body: Mapping[str, Any], more: Facts, lit: bool) -> str:
        access_key, _, session = key.partition(" ")
        account = body.get("account") or session.partition("/")[0] or self._owner_account(ref)
        return self.put(Node(
            id=ref, kind="key", label=clean(access_key), caption=caption(access_key), account=account or None,
            lit=lit,
            facts=facts(
                what="temporary key" if session else "long-term key", access_key=access_key,
                expires=body.get("expires"), session=session,
            ) + more,
            copy=texts(("key", access_key), ("command", command("who", access_key))),
            cypher=paste("who", ask=access_key),
        ))  # fmt: skip

    def _owner_account(self, ref: str) -> str | None:
        graph = self.known.graph
        ways = graph.out_edges(ref, data=True) if ref in graph else ()
        owners = [owner for _, owner, way in ways if way["type"] == schema.BELONGS_TO]
        return graph.nodes[owners[0]].get("account") if owners else None

    def principal(
        self, key: str, kind: str | None, name: str | None, account: str | None, *more: Fact, lit: bool = False,
        ref: str | None = None,
    ) -> str:  # fmt: skip
        """Put down a principal: a role, a user, a service, …"""
        role, parts = role_name(key), role_of(key)
        node = keys.role(*parts[:3]).key if parts else key  # without the path, which not all records know
        drawn: Kind = "role" if role else ORIGINS.get(kind or "", "person")
        called = (
            role
            or (attempts.describe(name, key.split(":", 2)[-1]) if kind == attempts.KIND else name)
            or short_name(key)
        )
        is_arn = key.startswith("arn:") and " " not in key  # an outside identity is a provider's ARN and its own name
        return self.put(Node(
            id=ref or f"{schema.PRINCIPAL} {node}", kind=drawn, label=clean(called), caption=caption(called),
            account=account or (key.split(":")[4] if is_arn else None) or None, lit=lit,
            facts=facts(what=kind or ("Role" if role else None), name=name, id=key) + more,
            copy=texts(
                ("ARN" if is_arn else "ID", key),
                ("command", command("role" if role else "trace", key) if is_arn else None),
            ),
            cypher=paste("role", role=key, since=None, until=None) if role else paste("trace", ask=key),
        ))  # fmt: skip

    def resource(self, key: str, type_: str | None, account: str | None, *more: Fact, lit: bool = False) -> str:
        """Put down a resource or workload."""
        parts = key.split(":")
        own = parts[4] if key.startswith("arn:") and len(parts) > 4 else parts[0]
        said = type_ or type_of(key)
        return self.put(Node(
            id=f"{schema.RESOURCE} {key}", kind="resource", label=clean(short_name(key)),
            caption=caption(short_name(key), said.removeprefix("AWS::").replace("::", " ") if said else None),
            account=account or (own if own.isdigit() and len(own) == 12 else None), lit=lit,
            facts=facts(what=said or "resource", key=key) + more,
            copy=texts(("ARN" if key.startswith("arn:") else "key", key), ("command", command("touched", key))),
            cypher=paste("touched", resource=key, since=None, until=None),
        ))  # fmt: skip

    def action(self, caller: str, api: str, error: str | None, *more: Fact, event: str | None = None) -> str:
        """Put down the calls of one operation and outcome by one caller."""
        service, _, operation = api.partition(":")
        return self.put(Node(
            id=f"Action {api} {error or ''} {caller}", kind="action", label=clean(api),
            caption=caption(operation or api, error or service), account=self.account(caller),
            facts=facts(operation=api, error=error) + more,
            copy=texts(("operation", api), ("command", command("who", event) if event else None)),
        ))  # fmt: skip

    def origin(self, found: Origin | Whose, *more: Fact, lit: bool = False) -> str:
        """Put down where a chain begins. Of a service each workload represents itself."""
        called = found.name or (found.person if isinstance(found, Whose) else None) or found.id or found.kind
        principal = found.kind in ("IAMUser", "RootUser", "Role")
        if principal and found.id:
            ref = f"{schema.PRINCIPAL} {found.id}"
        elif found.node and not found.resource:
            ref = found.node
        else:
            ref = " ".join(("Origin", found.kind, found.id or called, found.provider or "", found.resource or ""))
        is_arn = bool(found.id and found.id.startswith("arn:"))
        second = found.resource.rsplit(":", 1)[-1] if found.resource else None
        return self.put(Node(
            id=ref, kind=ORIGINS.get(found.kind, "person"), label=clean(called), caption=caption(called, second),
            account=found.account if principal else None, lit=lit,
            facts=facts(
                what=words.KINDS.get(found.kind, found.kind), name=found.name, id=found.id, account=found.account,
                provider=found.provider, workload=found.resource,
            ) + more,
            copy=texts(
                ("ARN" if is_arn else "ID", found.id),
                ("command", command("who", found.id or "") if is_arn else None),
            ),
            cypher=paste("trace", ask=found.id) if is_arn else None,
        ))  # fmt: skip

    def nobody(self, apart: str, more: Facts, *, called: str = "unknown", lit: bool = False) -> str:
        """Put down an open end; `apart` distinguishes it from others."""
        return self.put(Node(
            id=f"Unresolved {apart}", kind="unknown", label=clean(called), caption=caption(called), lit=lit,
            facts=facts(what="the chain is open") + more,
        ))  # fmt: skip

    def into(self, box: Box, nodes: Iterable[str]) -> None:
        """Put nodes into a box that is folded when the picture opens."""
        self.boxes.setdefault(box.id, box)
        self.inside |= dict.fromkeys(nodes, box.id)

    def account(self, node: str) -> str | None:
        """The account of a node in the drawing."""
        return self.nodes[node].account if node in self.nodes else None

    # ---- links ---------------------------------------------------------------------------------------------------
    def link(
        self, source: str, target: str, type_: str, *, label: str | None = None, confidence: str = "EXACT",
        failed: bool = False, beside: bool = False, lit: bool = False, first: str | None = None,
        last: str | None = None, count: int = 1, events: Iterable[str] = (), cross: bool | None = None,
        counted: bool = True, **result: object,
    ) -> None:  # fmt: skip
        """Draw a link. One of the same ends, type, outcome and label that is there already stays the only one: it
        takes on what the new one is based on, if that is other events. `counted`: are these calls no part of those?"""
        key = (source, target, type_, failed, label or WORDS.get(type_, type_.lower()))
        said = _Said(confidence, beside, lit, first, last or first, count, list(dict.fromkeys(events)), cross, result)
        there = self.links.get(key)
        if there is not None:
            said = self._said[key].with_(said, counted=counted)
        self._said[key] = said
        self.links[key] = link = self._made(key, said, there.id if there else f"{len(self.links)}")
        node = self.nodes.get(target)
        if node is not None and node.kind == "action":  # its one link is all there is to say of it
            own = tuple(fact for fact in node.facts if fact[0] in ("operation", "error"))
            names = {name for name, _ in own}
            facts_ = own + tuple(fact for fact in link.facts if fact[0] not in names)
            self.nodes[target] = msgspec.structs.replace(node, facts=facts_)

    def shows(self, event_id: str) -> bool:
        """Is a link based on this event?"""
        return any(event_id in said.events for said in self._said.values())

    def _made(self, key: _Key, said: _Said, id_: str) -> Link:
        source, target, type_, failed, label = key
        own, other = self.account(source), self.account(target)
        crosses = bool(own and other and own != other) if said.cross is None else said.cross
        guess = " (a guess, not proven)" if is_guess(said.confidence) else ""
        first, last, ids = said.first, said.last, said.events
        return Link(
            id=id_, source=source, target=target, type=type_, label=clean(label), confidence=said.confidence,
            failed=failed, beside=said.beside, cross=crosses, lit=said.lit, first=first,
            last=last if last != first else None, count=said.calls,
            facts=facts(
                times=f"{first} to {last}" if last != first else first, calls=said.calls if said.calls > 1 else None,
                confidence=said.confidence + guess, **said.facts,
                from_one_account_into_another=f"{own or '?'} into {other or '?'}" if crosses else None, events=ids,
            ),
            copy=texts(("event ID", ids[0]), ("command", command("who", ids[0]))) if ids else {},
            cypher=_path_to(target),
        )  # fmt: skip

    def way(self, source: str, target: str) -> dict[str, Any]:  # Any: of the graph's attributes
        """What the graph says about the grant between two nodes; empty where it has none."""
        graph = self.known.graph
        for _, other, way in graph.out_edges(source, data=True) if source in graph else ():
            if other == target and way["type"] in (schema.ASSUMED, schema.ISSUED):
                return dict(way)
        return {}


def texts(*named: tuple[str, str | None]) -> dict[str, str]:
    """Texts to take along by their names, without those that there are not."""
    return {name: text for name, text in named if text}


def _path_to(target: str) -> Paste | None:
    label, _, key = target.partition(" ")
    if label == schema.SESSION:
        return paste("who", ask=key)
    if label == schema.CREDENTIAL:
        return paste("who", ask=key.split(" ", 1)[0])
    return None


class Drawing(NamedTuple):
    """What the picture of a question draws, before anything is folded."""

    sheet: Sheet
    title: str
    about: str
    """The command that gives the answer."""
    notes: Sequence[str] = ()
    matrix: bool = False
    """Is it better shown as a matrix where it cannot be read as a drawing?"""
    evaluated: str | None = None
    """The time at which nodes work or do not."""
