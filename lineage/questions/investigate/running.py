"""The sessions that a workload runs as: of an instance, function, task or build, and of a pod."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lineage.model import keys, schema
from lineage.model.alert import AlertResource
from lineage.model.facts import Grant
from lineage.model.keys import Ref, ref
from lineage.model.results import CallFilter, ChangeEdge, SessionRow, Window
from lineage.questions.shared.asks import DEFAULT_LIFE_SECONDS, is_live
from lineage.questions.shared.climb import session_key_of
from lineage.stores.reader import Reader

POD = "AWS::EKS::Pod"
GRANTED = ("sts:AssumeRole", "sts:AssumeRoleWithWebIdentity")
"""How pods get their role: Pod Identity, which tags the session, and service accounts."""
POD_SERVICE = "pods.eks.amazonaws.com"
MOST_GRANTS = 5_000
"""At most so many grants of pods are looked at, newest first."""


def sessions(reader: Reader, thing: AlertResource, accounts: Iterable[str], window: Window) -> list[str]:
    """Keys of the sessions of a workload that were live in a window, newest first."""
    if thing.type == POD:
        found = set(_of_pod(reader, thing, window))
    else:
        starts = [Ref(schema.RESOURCE, key) for key in nodes(thing, accounts)]
        graph = reader.descend([str(start) for start in starts if reader.has(start)])
        found = {
            ref(str(target)).key
            for start in starts
            if str(start) in graph
            for _, target, way in graph.out_edges(str(start), data=True)
            if way["type"] == schema.RUNS_AS
        }
    return sorted(live(reader, found, window), key=lambda key: (key.rsplit("/", 1)[-1], key), reverse=True)


def nodes(thing: AlertResource, accounts: Iterable[str]) -> list[str]:
    """Keys of the nodes that a workload may have; they hold account, type and ID."""
    return [
        f"{account}:{thing.type}:{thing.id}" for account in ([thing.account] if thing.account else sorted(accounts))
    ]


def starts(reader: Reader, thing: AlertResource, accounts: Iterable[str], until: int | None) -> list[ChangeEdge]:
    """Who started, changed or entered a workload, in order of time."""
    targets = [f"{schema.RESOURCE} {key}" for key in nodes(thing, accounts)]
    return reader.changes((schema.STARTED,), targets=targets, window=Window(None, until))


def live(reader: Reader, found: Iterable[str], window: Window) -> Iterator[str]:
    """The sessions that were live at any second of a window."""
    wanted = set(found)
    for principal_id in sorted({key.split("/", 1)[1].rsplit("/", 1)[0] for key in wanted}):
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
