"""What the files of `cypher/questions/` have to answer about a story: the API's answer, in the columns that both have.

A file's header says what it leaves out; the rows here are the API's without that. Where a file has one row for several
lines of the API (it does not tell callers of unknown origin apart, or workloads of one service), the lines are summed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

from lineage.model import keys, schema
from lineage.model.arn import role_of
from lineage.model.errors import BadUse, NotFound
from lineage.model.keys import ref
from lineage.questions.shared.whose import whose
from lineage.questions.who import Hop, Origin

if TYPE_CHECKING:
    from lineage import Store
    from lineage.model.results import Graph
    from lineage.questions.path import PathStep
    from lineage.questions.shared.models import Whose
    from lineage.questions.trace import Branch

Row = dict[str, Any]
LEFT_OUT = {
    "callers-copy-lost": "the caller's own record of a call is missing, and the session behind it is found by time",
    "event-history-rows": "rows that name a key and no identity count for the key's owner",
    "product-provider-acts-by-delegation": "the origin is the provider, which no relationship states",
    "twins-of-two-callers": "several callers fit the session, and the key that one of them got tells them apart",
    "twins-of-two-callers-told-apart-by-key": "several callers fit the session, and its key tells them apart",
    "use-known-from-a-row-alone": "a row that names a key and no identity counts for the key's owner",
}
"""Stories whose chains the files do not follow to the end, with what the headers leave out; their origins differ."""
ENDS = {"origin_kind", "origin", "depth", "hops", "sessions", "callers"}
"""The columns that differ there."""
RULES = ("trails-stopped", "keys-for-others", "password-then-sign-in", "recycled-keys", "foreign-accounts")
STEP = ("api", "how", "via", "time", "event_ids", "rule", "confidence", "role_arn", "session_name", "cross_account")


class Case(NamedTuple):
    """A question file with its parameters, and what it has to answer."""

    name: str
    params: Row
    rows: list[Row]
    by: tuple[str, ...]
    """The shared columns that tell rows apart."""
    sums: tuple[str, ...] = ()
    """Shared columns that are summed where lines of the API are one row of the file."""
    least: tuple[str, ...] = ()
    most: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()
    """Columns that only the file has and that tell its rows apart in addition to `by`."""
    extra: Callable[[Row], bool] = lambda _: False
    """Is that a row of the API which the file leaves out? Where the file has it, it has to be equal."""


def disagreements(store: Store, reference: Store, story: str) -> list[str]:
    """In what the files, run on a Neo4j store, differ from the API about the story that it holds.

    The API is asked on `reference`, an SQLite store that holds the same story: both stores give the same answers, and
    SQLite gives them at once.
    """
    asked = []
    for case in cases(reference):
        columns, rows = store.query(case.name, **case.params)
        asked.append((case, [dict(zip(columns, row, strict=True)) for row in rows]))
    left_out = story in LEFT_OUT
    found = [told for case, rows in asked if (told := difference(case, rows, ends=not left_out))]
    if left_out and not any(difference(case, rows) for case, rows in asked):
        found.append(f"{story}: the files know all that the API knows; take it off the list")
    return found


def cases(store: Store) -> Iterator[Case]:
    """Every file with parameters that fit what the store holds."""
    graph = store.graph()
    asks = [*_some(_keys(graph)), *_some(_of(graph, schema.SESSION)), *_some(_identities(graph))]
    for ask in asks:
        yield _who(store, graph, ask)
        yield from _trace(store, graph, ask)
        yield from _assumed(store, ask)
        yield from _blast(store, graph, ask)
    for ask in _some(_used_keys(graph)):
        yield _who(store, graph, ask)
        yield from _trace(store, graph, ask)
    for ask in _some(_events(graph), 6):
        yield from _who_of_event(store, graph, ask)
    yield from _chains(store)
    yield from _cross_account(store)
    for key in _some(_of(graph, schema.PRINCIPAL, "Role")):
        yield from _role(store, graph, key)
    yield from _denied(store, graph)
    yield from _from(store, graph)
    for key in _some(_of(graph, schema.RESOURCE)):
        yield _touched(store, graph, key)
    yield from _path(store, graph)
    yield _hunt(store, graph)


def difference(case: Case, rows: Sequence[Row], *, ends: bool = True) -> str:
    """In what the rows of a file differ from the case, empty if in nothing; without `ends` where chains begin does not
    count."""
    if not ends:
        shared = [tuple(name for name in names if name not in ENDS) for names in (case.by, case.sums)]
        case = case._replace(by=shared[0], sums=shared[1])
    by = case.by
    got, want = _grouped(case, by, rows), _grouped(case, by, case.rows)
    if ends and len({_key((*by, *case.apart), row) for row in rows}) < len(rows):
        return f"{case.name} {case.params}: rows that are alike in {by}"
    for row in case.rows:
        if case.extra(row) and (key := _key(by, row)) not in got:
            want.pop(key, None)
    wrong = [f"  file {key} {got[key]}" for key in got if want.get(key) != got[key]]
    wrong += [f"  API  {key} {want[key]}" for key in want if want[key] != got.get(key)]
    return "\n".join([f"{case.name} {case.params}: {by}", *wrong]) if wrong else ""


def _grouped(case: Case, by: Sequence[str], rows: Iterable[Row]) -> dict[tuple[Any, ...], Row]:
    found: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        had = found.get(_key(by, row))
        new = {name: row[name] for name in (*case.sums, *case.least, *case.most)}
        if had is not None:
            new = (
                {name: had[name] + new[name] for name in case.sums}
                | {name: min(had[name], new[name]) for name in case.least}
                | {name: max(had[name], new[name]) for name in case.most}
            )
        found[_key(by, row)] = new
    return found


def _key(by: Sequence[str], row: Row) -> tuple[Any, ...]:
    return tuple(_plain(row[name]) for name in by)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return tuple(sorted((name, _plain(one)) for name, one in value.items() if name not in ("source_ip", "type")))
    return tuple(_plain(one) for one in value) if isinstance(value, list) else value


def _some(found: list[str], number: int = 3) -> list[str]:
    """The first, the last, and some between."""
    if len(found) <= number:
        return found
    return [found[at * (len(found) - 1) // (number - 1)] for at in range(number)]


def _of(graph: Graph, label: str, *kinds: str) -> list[str]:
    """Keys of the nodes of a label, and of some kinds of principals if given."""
    nodes = graph.nodes(data=True)
    return sorted(
        ref(node).key for node, body in nodes if ref(node).label == label and (not kinds or body.get("kind") in kinds)
    )


def _keys(graph: Graph) -> list[str]:
    """Access key IDs."""
    return sorted({key.partition(" ")[0] for key in _of(graph, schema.CREDENTIAL)})


def _used_keys(graph: Graph) -> list[str]:
    """Access key IDs that calls state and no key of the graph has, such as those of console sessions."""
    calls = (way for _, _, way in graph.edges(data=True) if way["type"] == schema.USED)
    return sorted({str(way["access_key_id"]) for way in calls if way.get("access_key_id")} - {*_keys(graph)})


def _events(graph: Graph) -> list[str]:
    """Event IDs of grants and changes, and the first of each row of calls."""
    ways = [way for _, _, way in graph.edges(data=True) if way["type"] != schema.ISSUED]
    return sorted({event_id for way in ways for event_id in way.get("event_ids") or ()})


def _identities(graph: Graph) -> list[str]:
    """Principals but services, whose names `lineage` takes for addresses."""
    return _of(graph, schema.PRINCIPAL, *(kind for kind in schema.KINDS if kind != "AWSService"))


def _origin(graph: Graph, told: Whose | Origin) -> Row:
    """Where a chain begins, as the files know it: a principal of the graph that is no role."""
    kind = graph.nodes[told.node]["kind"] if told.node else None
    if told.node is None or told.kind == "Unresolved" or kind == "Role":
        return {"origin_kind": "Unresolved", "origin": None}
    return {"origin_kind": kind, "origin": ref(told.node).key}


def _role_key(arn: str) -> str:
    parts = role_of(arn)
    return keys.role(*parts[:3]).key if parts else arn


def _way(graph: Graph, node: str) -> Row:
    """The relationship to the resolved parent."""
    types = (schema.ASSUMED, schema.ISSUED)
    found = (way for _, _, way in graph.in_edges(node, data=True) if way["type"] in types and way["parent"])
    return next(found, {})


def _who(store: Store, graph: Graph, ask: str) -> Case:
    groups: dict[str, list[Any]] = {}
    for one in store.who(ask, limit=1000).answers:
        if one.node and graph.nodes[one.node].get("kind") not in ("Role", "FederatedUser"):
            groups.setdefault(one.node, []).append(one)
    rows = []
    for node, answers in groups.items():
        one = answers[0]
        row: Row = {"start": ref(node).key, "origin_kind": "Unresolved", "origin": None, "depth": 0, "hops": []}
        if len(answers) == 1:
            row |= _origin(graph, one.origin)
        if len(answers) == 1 or _way(graph, f"{schema.SESSION} {one.session_key}"):
            row |= {"depth": len(one.hops), "hops": [_hop(hop) for hop in one.hops]}
        rows.append(row)
    return Case("who", {"ask": ask, "limit": 1000}, rows, ("start", "origin_kind", "origin", "depth", "hops"))


def _who_of_event(store: Store, graph: Graph, event_id: str) -> Iterator[Case]:
    """The chain of the node that an event hangs on; none where the command finds another, by time or shared event."""
    found = {one.node for one in store.who(event_id).answers}
    ways = [(source, way) for source, _, way in graph.edges(data=True) if event_id in (way.get("event_ids") or ())]
    if len(found) == 1 and (node := found.pop()) in {source for source, way in ways if way["type"] != schema.TOUCHED}:
        case = _who(store, graph, node)
        yield case._replace(params=case.params | {"ask": event_id})


def _hop(hop: Hop) -> Row:
    return {name: getattr(hop, name) for name in STEP} | {"session": hop.session.key}


def _trace(store: Store, graph: Graph, ask: str) -> Iterator[Case]:
    found: dict[str, Row] = {}

    def walk(branch: Branch, parent: Branch | None, depth: int) -> None:
        depth += branch.relation == "assumed"
        row = {
            "depth": depth, "label": branch.label, "key": branch.key, "relation": branch.relation,
            "parent": parent.key if parent else None, "how": branch.how,
            "time": branch.time or graph.nodes[branch.ref].get("created"),
            "role_arn": branch.role_arn, "session_name": branch.session_name, "account": branch.account,
            "confidence": branch.confidence, "calls": branch.calls,
            "failed": sum(done.count for done in branch.done if done.error) + sum(one.count for one in branch.tried),
            "first": branch.first, "last": branch.last,
            "tried": sorted({_role_key(one.role_arn) for one in branch.tried}),
        }  # fmt: skip
        if branch.ref not in found or found[branch.ref]["depth"] > depth:
            found[branch.ref] = row
        for child in branch.children:
            walk(child, branch, depth)

    try:
        starts = store.trace(ask).starts()
    except NotFound:  # a key that AWS reused is asked back
        return
    for start in starts:
        asked = {"relation": "asked", "how": None, "time": None, "confidence": "EXACT"}
        walk(start.model_copy(update=asked), None, 0)
    by = ("depth", "label", "key", "relation", "parent", "how", "time", "role_arn", "session_name", "account",
          "confidence", "calls", "failed", "first", "last", "tried")  # fmt: skip
    yield Case("trace", {"ask": ask, "limit": 1000}, list(found.values()), by,
                extra=lambda row: row["label"] == schema.PRINCIPAL and ask.startswith("ASIA"))  # fmt: skip


def _assumed(store: Store, ask: str) -> Iterator[Case]:
    try:
        answer = store.assumed(ask, since="2000-01-01", until="2100-01-01")
    except (BadUse, NotFound):
        return
    rows = []
    for one in answer.roles:
        granted = one.outcome == "granted"
        rows.append(
            {
                "role": one.role_arn if granted else _role_key(one.role_arn), "outcome": one.outcome,
                "how": one.how if granted else None, "via": one.via if granted else None, "through": one.through,
                "hops": one.hops, "count": one.count, "first": one.first, "last": one.last,
            }
        )  # fmt: skip
    yield Case(
        "assumed", {"ask": ask, "limit": 1000}, rows, ("role", "outcome", "how", "via", "through"), ("count",),
        ("hops", "first"), ("last",), extra=lambda row: ask.startswith("AKIA") and row["how"] == "service-on-behalf",
    )  # fmt: skip


def _blast(store: Store, graph: Graph, ask: str) -> Iterator[Case]:
    for made in (False, True):
        try:
            answer = store.blast(ask, made=made)
        except (BadUse, NotFound):
            return
        rows = []
        for one in answer.nodes:
            below = one.relation in ("assumed", "issued", "made")
            altered = [
                {
                    "api": deed.api,
                    "what": deed.what,
                    "target": deed.target,
                    "time": deed.time,
                    "event_ids": deed.event_ids,
                }
                for deed in answer.altered
                if deed.source == one.ref
            ]
            rows.append(
                {
                    "label": one.label, "key": one.key, "made": one.made, "role_arn": one.role_arn,
                    "how": one.how if below else _way(graph, one.ref).get("how"), "altered": _sorted(altered),
                    "keys_made": sorted(
                        branch.target for branch in answer.branches
                        if branch.source == one.ref and branch.what == "access key"
                    ),
                    "workloads": sorted(run.key for run in answer.workloads if one.ref in run.sources),
                }
            )  # fmt: skip
        by = ("label", "key", "made", "role_arn", "how", "altered", "keys_made", "workloads")
        yield Case("blast", {"ask": ask, "made": made, "limit": 1000}, rows, by, extra=lambda row: row["made"])


def _sorted(altered: list[Row]) -> list[Row]:
    return sorted(altered, key=lambda deed: (deed["time"], deed["event_ids"], deed["what"], deed["target"]))


def _chains(store: Store) -> Iterator[Case]:
    every: Row = {
        "min_depth": 2, "role": None, "account": None, "cross_account": False, "since": None, "until": None,
    }  # fmt: skip
    options = [every, every | {"cross_account": True}, every | {"min_depth": 3}]
    for chain in store.chains().chains[:2]:
        roles = (chain.roles[-1], chain.roles[0].rsplit("/", 1)[-1])
        options += [every | {"role": role} for role in roles]
        options += [
            every | {"account": chain.accounts[-1]},
            every | {"since": chain.last},
            every | {"until": chain.first},
        ]
    by = ("roles", "accounts", "origins", "depth", "count", "cross_account", "first", "last", "sessions")
    for some in options:
        rows = [{name: getattr(chain, name) for name in by} for chain in store.chains(**some).chains]
        yield Case("chains", some | {"limit": 1000}, rows, by)


def _cross_account(store: Store) -> Iterator[Case]:
    by = ("from_account", "from_name", "to_account", "to_name", "count", "callers", "roles", "hows", "first", "last",
          "role_arns")  # fmt: skip
    for since in (None, *(one.first for one in store.cross_account().crossings[:2])):
        rows = [
            {name: getattr(one, name) for name in by} for one in store.cross_account(since=since, until=since).crossings
        ]
        yield Case("cross_account", {"since": since, "until": since}, rows, by)


def _role(store: Store, graph: Graph, key: str) -> Iterator[Case]:
    callers = store.role(key).callers
    for since in (None, *(one.first for one in callers[:1])):
        answer = store.role(key, since=since, until=since)
        rows = [
            {"direction": "in", "principal": one.principal, "kind": one.kind, "account": one.account}
            | _origin(graph, one.whose)
            | {"hows": one.hows, "count": one.count, "sessions": one.sessions, "first": one.first, "last": one.last}
            for one in answer.callers
        ]
        rows += [
            {"direction": "out", "principal": one.role_arn, "kind": "Role", "account": one.account}
            | {"origin_kind": None, "origin": None}
            | {"hows": one.hows, "count": one.count, "sessions": one.sessions, "first": one.first, "last": one.last}
            for one in answer.taken
        ]
        by = ("direction", "principal", "kind", "account", "origin_kind", "origin", "hows")
        params = {"role": key, "since": since, "until": since, "limit": 1000}
        yield Case("role", params, rows, by, ("count", "sessions"), ("first",), ("last",))


def _denied(store: Store, graph: Graph) -> Iterator[Case]:
    hours = [one.first[:14] for one in store.denied().operations[:1]]
    for since, until in [(None, None), *((f"{hour}00:00Z", f"{hour}59:59Z") for hour in hours)]:
        rows = [
            _origin(graph, one.whose)
            | {"action": one.api, "error": one.error, "count": one.count, "nodes": one.nodes_total}
            | {"first": one.first, "last": one.last}
            for one in store.denied(since=since, until=until).operations
        ]
        by = ("origin_kind", "origin", "action", "error")
        params = {"since": since, "until": until, "limit": 1000}
        yield Case("denied", params, rows, by, ("count", "nodes"), ("first",), ("last",))


def _from(store: Store, graph: Graph) -> Iterator[Case]:
    found = sorted({key.split(" ")[0] for key in _of(graph, schema.IP_ADDRESS) if key[0].isdigit() and ":" not in key})
    beginnings = [f"{found[0].rpartition('.')[0]}."] if found else []
    for addresses in (found, beginnings):
        entries = [one if not one.endswith(".") else f"{one}0/24" for one in addresses]
        rows = [
            {"address": hit.address, **_origin(graph, one.whose), "calls": one.calls, "failed": one.failed}
            | {"sessions": one.sessions, "first": one.first, "last": one.last}
            for hit in (store.from_(entries).addresses if entries else ())
            for one in hit.origins
        ]
        by, sums = ("address", "origin_kind", "origin"), ("calls", "failed", "sessions")
        yield Case("from", {"addresses": addresses, "limit": 1000}, rows, by, sums, ("first",), ("last",), ("caller",))


def _touched(store: Store, graph: Graph, key: str) -> Case:
    answer = store.touched(key)
    owners = whose(store._store, {deed.node for deed in answer.deeds})
    rows = [
        _origin(graph, one.whose)
        | {"type": schema.TOUCHED, "action": touch.api, "error": touch.error, "count": touch.count}
        | {"first": touch.first, "last": touch.last}
        for one in answer.origins
        for touch in one.operations
        if not touch.at_least
    ]
    rows += [
        _origin(graph, owners[deed.node])
        | {"type": deed.type, "action": deed.api, "error": None, "count": 1, "first": deed.time, "last": deed.time}
        for deed in answer.deeds
    ]
    by = ("origin_kind", "origin", "type", "action", "error")
    params = {"resource": key, "since": None, "until": None, "limit": 1000}
    # Other spellings of the resource, its principal, and what samples name are left out.
    several = key.startswith("arn:") or "AWS::IAM::" in key
    return Case("touched", params, rows, by, ("count",), ("first",), ("last",),
                extra=lambda row: several or row["type"] == schema.TOUCHED)  # fmt: skip


def _path(store: Store, graph: Graph) -> Iterator[Case]:
    people = _some(_of(graph, schema.PRINCIPAL, "IAMUser", "IdentityCenterUser", "SAMLIdentity", "RootUser"), 2)
    calls = (way for _, _, way in graph.edges(data=True) if way["type"] == schema.USED)
    accounts = _some(sorted({way["account"] for way in calls if way["account"]}), 2)
    sessions = _some(_of(graph, schema.SESSION))
    pairs = [*product((*people, *_some(_keys(graph), 2)), sessions), *product((*people[:1], *accounts), accounts)]
    for start, end in pairs:
        try:
            answer = store.path(start, end)
        except (BadUse, NotFound):
            continue
        for made in (False, *([True] if end not in accounts else [])):
            rows: list[Row] = [
                {
                    "start": ref(way.start).key, "end": ref(way.end).key, "hops": way.hops, "made": way.made,
                    "first": way.first, "last": way.last, "steps": [_step(step) for step in way.steps],
                }
                for way in answer.ways
                if way.steps and (made or not way.made)
            ]  # fmt: skip
            by = ("start", "end", "hops", "made", "steps", "first", "last")
            params = {"start": start, "end": end, "made": made, "limit": 1000}
            yield Case("path", params, rows, by, extra=lambda row: row["made"])


def _step(step: PathStep) -> Row:
    return {
        "target": ref(step.target).key, "time": step.time, "how": step.how, "api": step.api, "rule": step.rule,
        "confidence": step.confidence, "event_ids": step.event_ids,
    }  # fmt: skip


def _hunt(store: Store, graph: Graph) -> Case:
    # Refused tries to stop a trail, and changed log buckets, are left out.
    left_out = ("were refused", "changed the log bucket")
    rows = [
        {"rule": one.rule, "subject": ref(one.subject).key, "first": one.first, "last": one.last}
        | (_origin(graph, one.whose) if one.whose else {"origin_kind": "Unresolved", "origin": None})
        for one in store.hunt().findings
        if one.rule in RULES and not any(words in one.statement for words in left_out)
    ]
    params = {"known_accounts": None, "since": None, "until": None, "limit": 1000}
    return Case("hunt", params, rows, ("rule", "subject", "origin_kind", "origin", "first", "last"))
