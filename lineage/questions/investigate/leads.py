"""From an alert to what of the store it is about: sessions, keys and principals, by the most certain way there.

The order is that of field guide §11.1. The leads are the calls that the alert speaks of; whose they were is then asked
of the lineage, never of the alert. A workload (instance, function, task, build, pod) leads to the sessions that it runs
as. Where the source address of a call was that of an instance in these logs, it leads to the instance and to who
started it, but joins no identities: others may have used the same way out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from lineage.model import keys, schema
from lineage.model.alert import Actor, Alert, AlertResource
from lineage.model.facts import Grant, Identity
from lineage.model.keys import Ref, ref
from lineage.model.results import ALWAYS, CallFilter, CallRow, ChangeEdge, SessionRow, Window
from lineage.questions.shared import subjects
from lineage.questions.shared.addresses import parsed
from lineage.questions.shared.climb import principal_id_in, session_key_of
from lineage.questions.shared.identifiers import DEFAULT_LIFE_SECONDS, SIGN_IN_SECONDS, is_live, one_by_record
from lineage.questions.shared.resources import wanted
from lineage.questions.shared.subjects import Subject
from lineage.stores.reader import Reader

MOST_LEADS = 20
EVENTS_SHOWN = 20
NO_CALL = "no call of it in the time of the alert is loaded"


class SubjectLead(NamedTuple):
    """One thing in the store that an alert leads to."""

    subject: Subject
    how: str
    """What it was found by, in words."""
    confidence: str
    """How surely the alert means it; whose it is, is another question."""
    calls: int
    """Calls in the time of the alert that fit it."""
    event_ids: list[str]
    """The earliest of them."""
    note: str | None = None


class Leads(NamedTuple):
    """What an alert leads to."""

    found: list[SubjectLead]
    """Those of the surest kind that found any, in order of first call and key; at most 20."""
    total: int
    own: list[Own]
    """Source addresses that are ours."""
    started: dict[str, list[str]]
    """By resource: the nodes (as references) of who started it."""


def leads(reader: Reader, alert: Alert, accounts: Iterable[str]) -> Leads:
    """Everything that the alert leads to in the store; `accounts` are those that have logs."""
    loaded = sorted(accounts)
    window = activity(alert)
    ours = [known for address in alert.source_ips if (known := own(reader, address, loaded, window.until)) is not None]
    found = _told(reader, alert) if alert.kind in ("ask", "record") else []
    for actor in alert.actors if not found else ():
        found += _of_actor(reader, alert, actor, window)
    if all(lead.confidence == "HINT" for lead in found):
        # A workload that the alert names with its role is more certain than all sessions of the role.
        beside = [lead for thing in alert.resources for lead in _of_thing(reader, alert, thing, loaded, window)]
        found = [lead for lead in beside if lead.confidence != "HINT"] or found or beside
    if not found or not alert.actors:
        for known in ours:
            found += _of_own(reader, known, loaded, window)
    unique = list({lead.subject.starts: lead for lead in reversed(found)}.values())[::-1]
    things = list(alert.resources)
    things += [AlertResource(type="AWS::EC2::Instance", id=one.instance) for one in ours if one.instance]
    started = {
        thing.id: list(dict.fromkeys(deed.source for deed in workload_starts(reader, thing, loaded, window.until)))
        for thing in things
    }
    return Leads(unique[:MOST_LEADS], len(unique), ours, {name: by for name, by in started.items() if by})


def activity(alert: Alert) -> Window:
    """The time in which the alert's calls are looked for: its activity, five minutes wider on either side."""
    if alert.first_seen is None or alert.last_seen is None:
        return ALWAYS
    return Window(alert.first_seen - subjects.MARGIN_SECONDS, alert.last_seen + subjects.MARGIN_SECONDS)


def _told(reader: Reader, alert: Alert) -> list[SubjectLead]:
    """The event, key, session or principal that was given as it is."""
    subject = subjects.find(reader, alert.id)
    if subject is not None:
        ids = [subject.event_id] if subject.event_id is not None else []
        return [SubjectLead(subject, "as asked", subject.opened or "EXACT", len(ids), ids, subject.note)]
    if alert.identity is None or alert.first_seen is None:
        return []
    category = alert.category or ""
    asked = one_by_record(reader, alert.identity, alert.first_seen, alert.apis[0], category, alert.shared)
    if not reader.has(keys.ref(asked.start)):
        return []
    note = "the event itself is not loaded; found by the identity in it"
    if asked.own_copy is not None:
        note = f"the event itself is not loaded; found by the caller's own copy of it, event {asked.own_copy}"
    return [SubjectLead(subjects.of_node(asked.start), "identity of the event", "STRONG", 0, [], note)]


def _of_actor(reader: Reader, alert: Alert, actor: Actor, window: Window) -> list[SubjectLead]:
    """What an actor leads to: by the first way that leads anywhere."""
    for way in (_by_key_and_principal, _by_session, _by_principal, _by_key, _by_name, _by_arn):
        found = way(reader, alert, actor, window)
        if found:
            return found
    return []


def _by_key_and_principal(reader: Reader, alert: Alert, actor: Actor, window: Window) -> list[SubjectLead]:
    if not actor.access_key_id or not actor.principal_id:
        return []
    rows = _fitting(reader, reader.calls(CallFilter("key", (actor.access_key_id,)), window), _is_principal(actor))
    return _leads(_narrowed(rows, alert), "access key and principal", "EXACT")


def _by_session(reader: Reader, alert: Alert, actor: Actor, window: Window) -> list[SubjectLead]:
    """By principal ID and creationDate, which are a session's name (design §3)."""
    if actor.created is None or not actor.principal_id:
        return []
    same = [
        seen.key
        for seen in reader.sessions_by_id(actor.principal_id)
        if abs(seen.created - actor.created) <= SIGN_IN_SECONDS
    ]
    return _of_sessions(reader, alert, same, window, "principal and creation date of the session", "EXACT")


def _by_principal(reader: Reader, alert: Alert, actor: Actor, window: Window) -> list[SubjectLead]:
    """By principal ID and operation, or by principal ID alone where the alert names no operation."""
    if not actor.principal_id or window == ALWAYS:
        return []
    rows = _fitting(reader, _around(reader, alert, actor, window), _is_principal(actor))
    narrow = _narrowed(rows, alert)
    how = "principal, operation and address" if alert.source_ips and alert.apis else "principal and operation"
    return _leads(narrow, how if alert.apis else "principal", "STRONG" if _is_one(narrow) else "LIKELY")


def _by_key(reader: Reader, alert: Alert, actor: Actor, window: Window) -> list[SubjectLead]:
    """By the key alone: in the time of the alert, else where it was live then, else wherever it is known."""
    key = actor.access_key_id
    if not key:
        return []
    rows = _fitting(reader, reader.calls(CallFilter("key", (key,)), window), lambda who: True)
    if rows and window != ALWAYS and not actor.principal_id:
        return _leads(_narrowed(rows, alert), "access key", "STRONG" if _is_one(rows) else "LIKELY")
    known = [str(one) for one in reader.nodes_of_key(key)]
    sessions = [found for one in known if (found := session_key_of(one))]
    if actor.principal_id:
        sessions = [one for one in sessions if _id_of(one) == actor.principal_id] or sessions
    # A key that was handed out again belonged to one session at a time.
    sessions = list(live_sessions(reader, sessions, window)) or sessions
    if sessions:
        return _of_sessions(reader, alert, sorted(set(sessions)), window, "access key", "LIKELY")
    return [SubjectLead(subjects.of_node(one), "access key", "STRONG", 0, [], NO_CALL) for one in known[:1]]


def _by_name(reader: Reader, alert: Alert, actor: Actor, window: Window) -> list[SubjectLead]:
    """By the name of user or role and the operation, where the alert says no more."""
    if not actor.user_name or window == ALWAYS:
        return []
    rows = _fitting(reader, _around(reader, alert, actor, window), _is_name(actor))
    narrow = _narrowed(rows, alert)
    return _leads(
        narrow, "user name and operation" if alert.apis else "user name", "LIKELY" if _is_one(narrow) else "HINT"
    )


def _by_arn(reader: Reader, alert: Alert, actor: Actor, window: Window) -> list[SubjectLead]:
    """By an ARN: the sessions of a role that were live, or the principal."""
    subject = subjects.find(reader, actor.arn) if actor.arn else None
    if subject is None:
        return []
    if subject.kind != "role":
        return [SubjectLead(subject, "ARN", "STRONG", 0, [])]
    seen = [one for start in subject.starts for one in reader.sessions_of(keys.ref(start).key)]
    live = [one.key for one in seen if was_live(one, window)]
    return _of_sessions(reader, alert, live, window, "sessions of the role then", "HINT") or [
        SubjectLead(subject, "ARN of the role", "STRONG", 0, [], "no session of it in the time of the alert is loaded")
    ]


def _of_thing(
    reader: Reader, alert: Alert, thing: AlertResource, loaded: list[str], window: Window
) -> list[SubjectLead]:
    """What a resource leads to: the sessions that it ran as, else whose credentials touched it."""
    live = workload_sessions(reader, thing, loaded, window)
    if live:
        return _of_sessions(reader, alert, live, window, f"session of {thing.id}", "EXACT")
    named = wanted(thing.arn or thing.id)
    targets = tuple(sorted(named.keys | {f"{one}:{thing.type}:{thing.id}" for one in loaded}))
    rows = [row for row in reader.calls(CallFilter("resource", targets), window) if not row.row.copy]
    return _leads(_narrowed(rows, alert), f"changed, read or tried {thing.id}", "HINT")


def _of_own(reader: Reader, known: Own, loaded: list[str], window: Window) -> list[SubjectLead]:
    """What an address of our own leads to: its instance's sessions."""
    if known.instance is None:
        return []
    thing = AlertResource(type="AWS::EC2::Instance", id=known.instance, account=known.account)
    note = f"{known.address} was the address of {known.instance} ({known.api}); others may have used the same address"
    live = workload_sessions(reader, thing, loaded, window)
    rows = reader.calls(CallFilter("session", tuple(live)), window) if live else []
    return [lead._replace(note=note) for lead in _leads(rows, "instance at the source address", "HINT", extra=live)]


def _of_sessions(
    reader: Reader, alert: Alert, sessions: list[str], window: Window, how: str, confidence: str
) -> list[SubjectLead]:
    """Sessions as leads: those with fitting calls in the time of the alert, else all."""
    if not sessions:
        return []
    rows = reader.calls(CallFilter("session", tuple(sorted(sessions))), window)
    if rows and window != ALWAYS:
        return _leads(_narrowed(rows, alert), how, confidence)
    return _leads([], how, confidence, extra=sessions, note=NO_CALL)


def _leads(
    rows: Iterable[CallRow], how: str, confidence: str, *, extra: Iterable[str] = (), note: str | None = None
) -> list[SubjectLead]:
    """A lead for each session, key or principal that rows hang on, in order of first call; then sessions without."""
    by: dict[tuple[str, ...], list[CallRow]] = {}
    for row in rows:
        by.setdefault(subjects.of_node(row.source).starts, []).append(row)
    found = []
    for group in by.values():
        samples = sorted({(sample.time, sample.event_id) for row in group for sample in row.samples})
        subject = subjects.of_node(group[0].source)
        ids = [event_id for _, event_id in samples][:EVENTS_SHOWN]
        found.append(SubjectLead(subject, how, confidence, sum(row.count for row in group), ids, None))
    for session in extra:
        subject = subjects.of_node(f"{schema.SESSION} {session}")
        if subject.starts not in by:
            found.append(SubjectLead(subject, how, confidence, 0, [], note))
    return found


def _around(reader: Reader, alert: Alert, actor: Actor, window: Window) -> list[CallRow]:
    """The calls of the time among which an actor's are: by operation, else all of its sessions or account."""
    if alert.apis and all(not api.startswith("*:") for api in alert.apis):
        return reader.calls(CallFilter("api", alert.apis), window)
    if actor.principal_id and (seen := reader.sessions_by_id(actor.principal_id)):
        return reader.calls(CallFilter("session", tuple(sorted(one.key for one in seen))), window)
    account = actor.account or alert.account
    return reader.calls(CallFilter("account", (account,)), window) if account else []


def _fitting(reader: Reader, rows: list[CallRow], fits: Callable[[Identity], bool]) -> list[CallRow]:
    """The rows whose caller fits; copies in other accounts show nothing that the caller's do not."""
    whos = reader.identities({row.row.actor for row in rows})
    return [row for row in rows if not row.row.copy and row.row.actor in whos and fits(whos[row.row.actor])]


def _narrowed(rows: list[CallRow], alert: Alert) -> list[CallRow]:
    """Of the rows those of the alert's operations, and of these those from its addresses, as long as any is left."""
    rows = [row for row in rows if any(_is_api(api, row.row.api) for api in alert.apis)] or rows
    return [row for row in rows if row.row.source_ip in alert.source_ips] or rows


def _is_api(stated: str, api: str) -> bool:
    return stated == api or (stated.startswith("*:") and stated[2:] == api.partition(":")[2])


def _is_one(rows: list[CallRow]) -> bool:
    return len({subjects.of_node(row.source).starts for row in rows}) == 1


def _is_principal(actor: Actor) -> Callable[[Identity], bool]:
    wanted_id = actor.principal_id or ""

    def fits(who: Identity) -> bool:
        mine = who.principal_id or ""
        return mine == wanted_id or mine.startswith(f"{wanted_id}:")

    return fits


def _is_name(actor: Actor) -> Callable[[Identity], bool]:
    def fits(who: Identity) -> bool:
        name = "Root" if who.type == "Root" else who.role_name or who.user_name
        return name == actor.user_name and (actor.account is None or who.account in (None, actor.account))

    return fits


def _id_of(session: str) -> str:
    return session.split("/", 1)[1].rsplit("/", 1)[0]


EIP = "AWS::EC2::EIP"


class Own(NamedTuple):
    """What the logs say of an address."""

    address: str
    account: str | None
    instance: str | None
    """The instance that had it last, None where that is not logged."""
    api: str
    time: int
    event_ids: list[str]
    source: str
    """Whose call it was, as a reference."""


def own(reader: Reader, address: str, accounts: Iterable[str], until: int | None) -> Own | None:
    """What is known of an address as one of ours at a time, None where nothing is."""
    found = _elastic(reader, address, sorted(accounts), until) or _given(reader, address, accounts, until)
    if found is None:
        return None
    deed, instance = found
    account = ref(deed.target).key.split(":", 1)[0] or None
    return Own(address, account, instance, str(deed.properties["api"]), deed.time, deed.event_ids, deed.source)


def _elastic(
    reader: Reader, address: str, accounts: list[str], until: int | None
) -> tuple[ChangeEdge, str | None] | None:
    """The last event about an elastic address, with the instance that it went to."""
    window = Window(None, until)
    names = [f"{schema.RESOURCE} {account}:{EIP}:{address}" for account in accounts]
    about = [deed for deed in reader.changes((schema.CHANGED,), targets=names, window=window) if _is_address(deed)]
    allocations = {
        f"{ref(deed.target).key.split(':', 1)[0]}:{EIP}:{after}"
        for deed in about
        if (after := str(deed.properties.get("after") or "")).startswith("eipalloc-")
    }
    if allocations:
        targets = [f"{schema.RESOURCE} {key}" for key in sorted(allocations)]
        about += [
            deed for deed in reader.changes((schema.CHANGED,), targets=targets, window=window) if _is_address(deed)
        ]
    if not about:
        return None
    last = max(about, key=lambda deed: (deed.time, deed.key))
    after = str(last.properties.get("after") or "")
    return last, after if after.startswith("i-") else None


def _given(reader: Reader, address: str, accounts: Iterable[str], until: int | None) -> tuple[ChangeEdge, str] | None:
    """The last start of an instance that was given the address; of a private one only where one account has it."""
    given = [
        deed
        for deed in reader.changes((schema.STARTED,), window=Window(None, until))
        if address in _addresses(deed) and ref(deed.target).key.split(":", 1)[0] in set(accounts)
    ]
    ip = parsed(address)
    private = ip is not None and ip.is_private
    if not given or (private and len({ref(deed.target).key.split(":")[0] for deed in given}) > 1):
        return None
    last = max(given, key=lambda deed: (deed.time, deed.key))
    return last, ref(last.target).key.rpartition(":")[2]


def _is_address(deed: ChangeEdge) -> bool:
    return deed.properties.get("what") == "address"


def _addresses(deed: ChangeEdge) -> list[str]:
    found = deed.properties.get("addresses")
    return found if isinstance(found, list) else []


POD = "AWS::EKS::Pod"
GRANTED = ("sts:AssumeRole", "sts:AssumeRoleWithWebIdentity")
"""How pods get their role: Pod Identity, which tags the session, and service accounts."""
POD_SERVICE = "pods.eks.amazonaws.com"
MOST_GRANTS = 5_000
"""At most so many grants of pods are looked at, newest first."""


def workload_sessions(reader: Reader, thing: AlertResource, accounts: Iterable[str], window: Window) -> list[str]:
    """Keys of the sessions of a workload that were live in a window, newest first."""
    if thing.type == POD:
        found = set(_of_pod(reader, thing, window))
    else:
        starts = [node for node in workload_nodes(thing, accounts) if reader.has(ref(node))]
        graph = reader.descend(starts)
        found = {
            ref(str(target)).key
            for start in starts
            if start in graph
            for _, target, way in graph.out_edges(start, data=True)
            if way["type"] == schema.RUNS_AS
        }
    return sorted(live_sessions(reader, found, window), key=lambda key: (key.rsplit("/", 1)[-1], key), reverse=True)


def workload_nodes(thing: AlertResource, accounts: Iterable[str]) -> list[str]:
    """The nodes that a workload may have, as references; their keys hold account, type and ID."""
    within = [thing.account] if thing.account else sorted(accounts)
    return [f"{schema.RESOURCE} {account}:{thing.type}:{thing.id}" for account in within]


def workload_starts(
    reader: Reader, thing: AlertResource, accounts: Iterable[str], until: int | None
) -> list[ChangeEdge]:
    """Who started, changed or entered a workload, in order of time."""
    nodes = workload_nodes(thing, accounts)
    return reader.changes((schema.STARTED,), targets=nodes, window=Window(None, until))


def live_sessions(reader: Reader, found: Iterable[str], window: Window) -> Iterator[str]:
    """The sessions that were live at any second of a window."""
    wanted = set(found)
    for principal_id in sorted(set(map(principal_id_in, wanted))):
        for seen in reader.sessions_by_id(principal_id):
            if seen.key in wanted and was_live(seen, window):
                yield seen.key


def was_live(seen: SessionRow, window: Window) -> bool:
    """Was a session live at any second of a window?"""
    if window.until is not None and seen.created > window.until:
        return False
    return window.since is None or seen.created >= window.since or is_live(seen, seen.key, window.since)


def _of_pod(reader: Reader, thing: AlertResource, window: Window) -> Iterator[str]:
    """Keys of the sessions that were granted to a pod or its service account."""
    since = window.since - DEFAULT_LIFE_SECONDS if window.since is not None else None
    rows = reader.calls(CallFilter("api", GRANTED), Window(since, window.until), every=True)
    whos = reader.identities({row.row.actor for row in rows})
    subject = f"system:serviceaccount:{(thing.owner or '').replace('/', ':')}"
    grants = []
    for row in rows:
        who = whos.get(row.row.actor)
        if row.row.error is not None or who is None:
            continue
        if who.invoked_by == POD_SERVICE or (thing.owner and who.user_name == subject):
            grants += [(sample.time, sample.event_id) for sample in row.samples]
    for _, event_id in sorted(grants, reverse=True)[:MOST_GRANTS]:
        for fact in reader.facts_of(event_id):
            if isinstance(fact, Grant) and _is_granted_to(fact, thing, subject):
                yield from _granted(reader, fact)


def _is_granted_to(grant: Grant, thing: AlertResource, subject: str) -> bool:
    tags = dict(grant.tags)
    if "kubernetes-pod-name" not in tags:
        return bool(thing.owner) and grant.subject == subject
    namespace, _, name = thing.id.partition("/")
    cluster = tags.get("eks-cluster-name")
    return (
        tags.get("kubernetes-namespace") == namespace
        and (tags["kubernetes-pod-name"] == name or not name)
        and (cluster is None or thing.parent is None or cluster == thing.parent)
    )


def _granted(reader: Reader, grant: Grant) -> Iterator[str]:
    """Keys of the session that a grant gave, by its key, else by principal and second."""
    found = [session_key_of(str(one)) for one in (reader.nodes_of_key(grant.key) if grant.key else [])]
    if not any(found) and grant.principal_id:
        key = keys.session_key(grant.account, grant.principal_id, grant.event.time)
        found = [key if reader.has(Ref(schema.SESSION, key)) else None]
    yield from (key for key in found if key)
