"""`contain`: the plan that stops what came from a key, session or principal. It is text and never carried out.

What stops re-issuing comes first: sessions that end while their source works are simply granted again. A revocation
also ends sessions of others: they are counted.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, get_args

from lineage.model import schema
from lineage.model.errors import BadUse
from lineage.model.keys import ref
from lineage.model.results import CallFilter, Graph, Window, grouped
from lineage.model.times import iso
from lineage.questions.blast import Life
from lineage.questions.blast.answer import account_behind, principals
from lineage.questions.contain import NOBODY, Contain, Exposure, Phase, Step, plan, secrets
from lineage.questions.contain.leftovers import LISTED, Change, Ours, changes, history, left_behind
from lineage.questions.contain.others import other_sessions
from lineage.questions.contain.plan import bystanders, origin
from lineage.questions.shared import grants, models
from lineage.questions.shared.climb import account_of, principal_behind, session_key_of
from lineage.questions.shared.descent import Descent, above, begin, walk
from lineage.questions.shared.fates import Fates
from lineage.questions.shared.lives import last_second, lives, owners
from lineage.questions.shared.log_coverage import log_coverage
from lineage.questions.shared.whose import whose
from lineage.render.text import moment
from lineage.stores.reader import Reader

NODES = 1000
"""Nodes of the descent that a plan covers."""
STEPS = 1000
STARTS = 100
"""Sessions asked about whose origins are looked up."""


class Known(NamedTuple):
    """What a plan is based on."""

    descent: Descent
    up: Graph
    mine: frozenset[str]
    """The descent and all that it came from."""
    living: dict[str, Life]
    whose: dict[str, models.Whose]
    """Of the sessions asked about (of a role, those that may work) and of those in permission sets."""
    keys: frozenset[str]
    """The long-term keys that these begin with."""
    roles: frozenset[str]
    """The roles that were asked about."""
    secrets: list[Step]
    """A step for each secret that was read."""
    changes: list[Change]
    exposures: list[Exposure]
    at: int
    closed: dict[str, int]
    """Roles and users (references) that are gone, or have no password any more, and since when."""
    fates: Fates


def answer(reader: Reader, ask: str, *, at: int | None = None, made: bool = False, whole_role: bool = False) -> Contain:
    """The plan for an ask, with sessions judged live or not at `at` (the last second loaded of its accounts). Raises
    `BadUse` where the ask names no credentials, or a role without `whole_role`: its plan stops everyone in it."""
    subject = begin(reader, ask)
    if subject is not None and not whole_role and _roles(subject.starts):
        raise BadUse(
            f"{ask}: the plan for a role closes it to everyone; add --whole-role to confirm, or ask for one "
            "session or event (lineage role lists its sessions)"
        )
    if subject is not None and subject.opened is not None and len(subject.starts) > 1:
        raise BadUse(f"{ask}: several sessions fit this event; ask for one of them: {', '.join(subject.sessions)}")
    if subject is None:
        return Contain(
            asked=ask, found=False, subject=models.Subject(kind="unknown", key=None), whose=None,
            at=iso(at) if at is not None else None, made=made, exposures=[],
            steps=[], history=[], ended=0, undone=0, branches=0, above=[],
            sight=log_coverage(reader, [], Window(None, at)), truncated=False,
        )  # fmt: skip
    known = _known(reader, subject.starts, walk(reader, subject.starts, made=made, limit=NODES), at)
    ran = _ran(reader, known)
    drafts = [*_sources(known), *_workloads(known, ran), *_sessions(reader, known, ran), *known.secrets]
    drafts += [left_behind(change) for change in known.changes if change.phase not in ("", "sources", "workloads")]
    drafts = _once(sorted(drafts, key=lambda step: get_args(Phase).index(step.phase)))
    steps = [step.model_copy(update={"number": number}) for number, step in enumerate(drafts[:STEPS], 1)]
    others, others_total = other_sessions(reader, known.mine, known.whose.values(), steps, known.at)
    if not others and not any(step.phase == "sessions" for step in steps):
        steps = [plan.nothing_below(step) for step in steps]
    accounts = {account for node in known.mine if (account := account_behind(known.up, node))}
    return Contain(
        asked=ask, found=True, subject=subject.to_model(),
        whose=known.whose.get(subject.starts[0]) if len(subject.starts) == 1 else None,
        at=iso(known.at), made=made, exposures=known.exposures[:STEPS], steps=steps,
        others=others, others_total=others_total,
        history=history(known.changes)[:STEPS],
        ended=sum(known.living[node].live == "no" for node in known.descent.nodes if node in known.living),
        undone=sum(change.fate.state == "gone" for change in known.changes), branches=len(known.descent.branches),
        above=_sessions_above(known, subject.starts)[: LISTED],
        sight=log_coverage(reader, accounts, Window(None, known.at)),
        truncated=known.descent.cut or len(drafts) > STEPS,
    )  # fmt: skip


def _once(steps: Iterable[Step]) -> list[Step]:
    """The steps, those that do the same in one: where the first of them stands, with the events and notes of all."""
    found = []
    for held in grouped(steps, _does).values():
        notes = " ".join(dict.fromkeys(step.note for step in held if step.note)) or None
        ids = list(dict.fromkeys(event_id for step in held for event_id in step.event_ids))[:LISTED]
        found.append(held[0].model_copy(update={"note": notes, "event_ids": ids}) if len(held) > 1 else held[0])
    return found


def _does(step: Step) -> tuple[object, ...]:
    """What a step does, and where; without a command what it says."""
    if step.commands:
        return step.account, tuple(step.commands), step.policy
    return step.account, step.phase, step.kind, step.title, step.note


def _roles(starts: Iterable[str]) -> list[str]:
    return [start for start in starts if ref(start).label == schema.PRINCIPAL and ":role/" in start]


def _sessions_above(known: Known, starts: Iterable[str]) -> list[str]:
    """Keys of the sessions that the starts came from."""
    own = {session_key_of(node) for node in known.descent.nodes}
    found = [session_key_of(node) for start in list(starts)[:STARTS] for node in above(known.up, start)]
    return list(dict.fromkeys(key for key in found if key is not None and key not in own))


def _known(reader: Reader, starts: Iterable[str], descent: Descent, at: int | None) -> Known:
    keys = [f"{schema.CREDENTIAL} {branch.target}" for branch in descent.branches if branch.what == "access key"]
    perhaps = [link.node for link in descent.perhaps]
    up = reader.ascend([*descent.nodes, *keys, *perhaps])
    first = list(starts)[:STARTS]
    mine = frozenset([*descent.nodes, *keys, *perhaps, *(node for start in first for node in above(up, start))])
    moment = last_second(reader, {account_behind(up, node) for node in mine}) if at is None else at
    living = lives(reader, sorted(mine), moment)
    roles = set(_roles(first))
    heads = [link.node for link in descent.links if link.parent in roles and living[link.node].live != "no"]
    permitted = [node for node in mine if ref(node).label == schema.SESSION and _is_permission_set(up, node)]
    rows = grants.own(reader, reader.calls(CallFilter("node", tuple(sorted(descent.nodes)))))
    created = [deed for deed in descent.deeds if deed.type == schema.CREATED]
    ours = Ours(
        frozenset([
            *(ref(one).key for one in principals(up, mine)),
            *(key for label, key in map(ref, mine) if label == schema.CREDENTIAL and " " not in key),
        ]),
        frozenset(ref(deed.target).key for deed in created if deed.properties["what"] in ("user", "role")),
    )  # fmt: skip
    names = whose(reader, [*(start for start in first if start not in roles), *heads[-STARTS:], *sorted(permitted)])
    used = {f"{schema.CREDENTIAL} {one.access_key_id}": one for one in names.values() if one.access_key_id}
    living |= lives(reader, sorted(used.keys() - mine), moment)
    return Known(
        descent, up, mine, living, names, frozenset(used), frozenset(roles), secrets.steps(rows, up),
        *changes(reader, descent.deeds, rows, ours, moment), moment, _closed(reader, up, mine, moment),
        Fates(reader, [], moment),
    )  # fmt: skip


def _closed(reader: Reader, up: Graph, nodes: Iterable[str], at: int) -> dict[str, int]:
    """The principals of nodes that were deleted, or whose password was removed, and when; none that was restored."""
    wanted = sorted(principals(up, nodes))
    found: dict[str, int] = {}
    types = (schema.CREATED, schema.CHANGED)
    for deed in reader.changes(types, targets=wanted, window=Window(None, at)) if wanted else ():
        what, after = deed.properties["what"], deed.properties.get("after")
        if what == "deleted" or (what == "password" and after == "deleted"):
            found[deed.target] = deed.time
        elif what in ("user", "role", "login profile", "password"):
            found.pop(deed.target, None)
    return found


def _is_permission_set(up: Graph, session: str) -> bool:
    return "/AWSReservedSSO_" in str(up.nodes[session].get("role_arn") if session in up else "")


def _events(up: Graph, node: str) -> list[str]:
    """The events that granted a session or issued a key; of a key whose making is not logged, those it asked with."""
    if node not in up:
        return []
    into = [way for _, _, way in up.in_edges(node, data=True) if way["type"] in (schema.ASSUMED, schema.ISSUED)]
    found = sorted({event_id for way in into for event_id in way.get("event_ids") or ()})
    if not found:
        out = [way for _, _, way in up.out_edges(node, data=True) if way["type"] == schema.ASSUMED]
        found = sorted({event_id for way in out for event_id in way["event_ids"]})
    return found[:LISTED]


def _sources(known: Known) -> list[Step]:
    """What new sessions would come from: keys, passwords, and the principal where the chain begins."""
    up = known.up
    steps = [plan.closed(role) for role in sorted(known.roles) if role not in known.closed]
    for node in sorted(known.mine | known.keys):
        label, key = ref(node)
        if label == schema.CREDENTIAL and " " not in key and known.living[node].live != "no":
            made_elsewhere = any(
                way["type"] == schema.ISSUED and way.get("event_id") and source not in known.mine
                for source, _, way in (up.in_edges(node, data=True) if node in up else ())
            )
            steps.append(
                plan.key(key, principal_behind(up, node), account_behind(up, node), _events(up, node), made_elsewhere)
            )
    for user, (events, last) in sorted(_signed_in(known).items()):
        ids, gone = sorted(events)[:LISTED], known.closed.get(user)
        if gone is None or iso(gone) < last:
            steps.append(plan.password(user, ids))
        elif known.fates.has_gap(account_of(user) or "", gone):
            steps.append(plan.password_gone(user, gone, ids))
    tops = {_top(up, node): one for node, one in known.whose.items()}
    for top, one in sorted(tops.items()):
        step = plan.source(one, _events(up, top)) if one.kind != "Unresolved" else None
        steps += [step] if step is not None else []
    unknown = {top: one for top, one in sorted(tops.items()) if one.kind == "Unresolved"}
    if unknown:
        steps.append(plan.unknown(unknown, [event_id for top in unknown for event_id in _events(up, top)]))
    steps += [left_behind(change) for change in known.changes if change.phase == "sources"]
    return list({(step.kind, step.target): step for step in reversed(steps)}.values())[::-1]


def _signed_in(known: Known) -> dict[str, tuple[set[str], str]]:
    """The users that signed in to the console, with the sign-ins and the time of the last."""
    found: dict[str, tuple[set[str], str]] = {}
    for node in known.mine:
        if ref(node).label != schema.SESSION or node not in known.up:
            continue
        for source, _, way in known.up.in_edges(node, data=True):
            if way["type"] == schema.ASSUMED and way["how"] == "console" and ":user/" in source:
                events, last = found.get(str(source), (set(), ""))
                found[str(source)] = events | set(way["event_ids"]), max(last, str(way["time"]))
    return found


def _top(up: Graph, node: str) -> str:
    """Where the chain of a node begins: the last session below its origin."""
    sessions = [one for one in (node, *above(up, node)) if ref(one).label == schema.SESSION]
    return sessions[-1] if sessions else node


class Ran(NamedTuple):
    """What workloads run as."""

    sessions: dict[str, list[str]]
    """By workload (reference): the sessions that it ran as."""
    living: dict[str, Life]
    graph: Graph

    def live(self, workload: str) -> list[str]:
        """Its sessions that work."""
        return [one for one in self.sessions[workload] if self.living[one].live == "yes"]


def _ran(reader: Reader, known: Known) -> Ran:
    """The sessions of the workloads that were started or entered; they outlive the workload."""
    started = sorted({change.deed.target for change in known.changes if change.deed.type == schema.STARTED})
    graph = reader.descend(started) if started else known.up
    runs: dict[str, list[str]] = {target: [] for target in started}
    for target, session, way in graph.edges(data=True) if started else ():
        if way["type"] == schema.RUNS_AS and target in runs:
            runs[str(target)].append(str(session))
    return Ran(runs, lives(reader, sorted({session for held in runs.values() for session in held}), known.at), graph)


def _workloads(known: Known, ran: Ran) -> list[Step]:
    """The workloads that were started or entered and still run; they hand out new credentials by themselves."""
    started: dict[str, list[Change]] = {}
    for change in known.changes:
        if change.phase == "workloads":
            started.setdefault(change.deed.target, []).append(change)
    return [
        plan.workload(found, ran.live(target), ran.graph)
        for target, found in sorted(started.items(), key=lambda one: (one[1][0].deed.time, one[0]))
    ]


def _outlived(reader: Reader, known: Known, ran: Ran) -> dict[str, set[str]]:
    """By role (reference): the workloads that are gone, or probably, and whose sessions may still work."""
    found: dict[str, set[str]] = {}
    standing = {change.deed.target for change in known.changes if change.phase == "workloads"}
    up = reader.ascend(sorted({session for held in ran.sessions.values() for session in held}))
    for target, sessions in ran.sessions.items():
        for session in sessions if target not in standing else ():
            if ran.living[session].live == "no" or session in known.mine:
                continue
            for owner in owners(up, session):
                found.setdefault(owner, set()).add(ref(target).key.rsplit(":", 1)[-1])
    return found


def _sessions(reader: Reader, known: Known, ran: Ran) -> list[Step]:
    """A step for each role, permission set and user whose sessions may still work."""
    up = known.up
    groups: dict[str, list[str]] = {}
    for node in sorted(known.mine):
        if ref(node).label == schema.SESSION and known.living[node].live != "no":
            for owner in owners(up, node) or [node]:
                if ":federated-user/" not in owner or len(owners(up, node)) == 1:
                    groups.setdefault(owner, []).append(node)
    trusted = _trusted(reader, known)
    outlived = _outlived(reader, known, ran)
    own = {origin(one) for one in known.whose.values()}
    besides = bystanders(reader, [*groups, *trusted, *outlived], known.mine, own, known.at)
    perhaps = {link.node for link in known.descent.perhaps}
    steps = []
    for owner, nodes in sorted(groups.items(), key=lambda one: (one[1][0].rsplit("/", 1)[-1], one[0])):
        events = sorted({event_id for node in nodes for event_id in _events(up, node)})[:LISTED]
        steps += plan.sessions(
            owner, nodes, up, known.whose, besides.get(owner, NOBODY), known.at, events,
            sure=not set(nodes) <= perhaps,
        )  # fmt: skip
    for owner, time in sorted(trusted.items()):
        ends = besides[owner]
        if owner not in groups and (ends.others or ends.open or ends.same or ends.perhaps):
            why = f"Who may enter it was changed at {moment(iso(time))}; these sessions may result from that change."
            steps.append(plan.whole_role(owner, why, ends, known.at))
    for owner, names in sorted(outlived.items()):
        if owner not in groups and owner not in trusted:
            why = f"Credentials that {', '.join(sorted(names)[:LISTED])} was given outlive it."
            steps.append(plan.whole_role(owner, why, besides[owner], known.at))
    return steps


def _trusted(reader: Reader, known: Known) -> dict[str, int]:
    """The roles (references) that were made or opened to others, and since when; those that were closed again where
    sessions that began meanwhile may still work."""
    found: dict[str, int] = {}
    for change in known.changes:
        deed, fate = change.deed, change.fate
        if deed.properties.get("what") not in ("trust", "role") or ":role/" not in deed.target:
            continue
        if fate.state == "stands" and change.phase == "trust":
            found.setdefault(deed.target, deed.time)
        elif fate.state != "stands" and fate.why != "deleted" and fate.time is not None:
            begun = [
                f"{schema.SESSION} {seen.key}"
                for seen in reader.sessions_of(ref(deed.target).key, None, False)
                if deed.time <= seen.created <= fate.time
            ]
            others = [session for session in begun if session not in known.mine]
            if any(life.live != "no" for life in lives(reader, others, known.at).values()):
                found.setdefault(deed.target, deed.time)
    return found
