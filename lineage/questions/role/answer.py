"""`role`: who has assumed a role, and which roles were assumed out of it.

Counts are of grants: each is a logged call, whether or not the session that it granted can be distinguished
from another of the same second. Nothing follows from a shared role: the callers are listed side by side, none above
another.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from lineage.model import keys, schema
from lineage.model.arn import role_of
from lineage.model.errors import BadUse
from lineage.model.keys import Ref, ref
from lineage.model.results import CallFilter, Graph, SessionRow, Window, grouped
from lineage.model.times import iso, parse_when
from lineage.questions.role import Role, RoleCaller, RoleSession, RoleTaken
from lineage.questions.shared import grants
from lineage.questions.shared.climb import account_of, principal_behind, principal_of, session_key_of
from lineage.questions.shared.grants import Owners
from lineage.questions.shared.log_coverage import log_coverage
from lineage.questions.shared.models import Whose
from lineage.questions.shared.subjects import find
from lineage.questions.shared.whose import call_it
from lineage.stores.reader import Reader


def answer(reader: Reader, ask: str, *, since: int | None = None, until: int | None = None, limit: int = 200) -> Role:
    """Tell who assumed the role, who was refused, what was assumed out of it, and the sessions on both sides.

    The window is over the times of grants; a session without one counts at its begin. Raises `BadUse` where the ask
    is no role, `NotFound` where several have that name.
    """
    window = Window(since, until)
    key = _role(reader, ask.strip())
    if key is None:
        return Role(asked=ask, found=False)
    found = _Found(reader, key, window)
    callers, taken = _callers(found), _taken(found)
    refused, refused_callers = _refused(found)
    inside = sorted(found.sessions, key=lambda seen: (-seen.created, seen.key))
    begins = {
        node: parse_when(found.below.nodes[node].get("created")) or 0 for node in {one.session for one in found.out}
    }
    outside = sorted(begins, key=lambda node: (-begins[node], node))
    seen_out = _ends(reader, found.below, outside[:limit])
    accounts = {found.account, *(account_of(grant.caller) for grant in found.granted)}
    looked = log_coverage(reader, accounts, window)
    lists: tuple[Sequence[object], ...] = (callers, refused, taken, inside, outside)
    return Role(
        asked=ask, found=True, role_arn=found.arn, account=found.account, unique_ids=_unique_ids(found.sessions),
        scope=grants.whole_scope(looked, window), callers=callers[:limit], callers_total=len(callers),
        refused=refused[:limit], refused_total=len(refused), refused_callers=refused_callers,
        taken=taken[:limit], taken_total=len(taken),
        sessions=[_session(found, f"{schema.SESSION} {seen.key}", seen, out=False) for seen in inside[:limit]],
        sessions_total=len(inside), ungranted=sum(not found.ways[seen.key] for seen in inside),
        out=[_session(found, node, seen_out.get(ref(node).key), out=True) for node in outside[:limit]],
        out_total=len(outside),
        truncated=any(len(one) > limit for one in lists), sight=looked,
    )  # fmt: skip


def _role(reader: Reader, ask: str) -> str | None:
    """The key of the role that is asked about: by its ARN or name, or by a session, key or event of it."""
    subject = find(reader, ask, "Role")
    parts = role_of(ask)
    if subject is None:
        tried = parts is not None and reader.calls(CallFilter("resource", grants.spellings(reader, ask)))
        return keys.role(*parts[:3]).key if parts is not None and tried else None
    if subject.kind == "role":
        return subject.key
    graph = reader.ascend(subject.starts)
    owners = {principal_behind(graph, start) for start in subject.starts}
    roles = {owner for owner in owners if owner is not None and graph.nodes[owner].get("kind") == "Role"}
    if len(roles) != 1:
        raise BadUse(f"{ask}: not the credentials of one role; ask with the ARN of a role")
    return ref(roles.pop()).key


class _Found:
    def __init__(self, reader: Reader, key: str, window: Window) -> None:
        self.reader = reader
        node = str(Ref(schema.PRINCIPAL, key))
        every = reader.sessions_of(key)
        own = {seen.key for seen in every}
        self.below = reader.descend([node])
        own_nodes = sorted(one for one in self.below.nodes if session_key_of(one) in own or one == node)
        self.above = reader.ascend([node, *(f"{schema.SESSION} {seen.key}" for seen in every), *own_nodes])
        self.owners = Owners(reader, self.above)
        self.arn: str = self.above.nodes[node].get("arn") or key
        self.account: str | None = self.above.nodes[node].get("account") or account_of(node)
        self.ways = {seen.key: grants.into(self.above, f"{schema.SESSION} {seen.key}", window) for seen in every}
        self.sessions = [
            seen
            for seen in every
            if self.ways[seen.key]
            or (
                grants.in_window(seen.created, window)
                and not grants.into(self.above, f"{schema.SESSION} {seen.key}", Window())
            )
        ]
        self.granted = sorted(grant for ways in self.ways.values() for grant in ways)
        self.out = [
            grant
            for caller in own_nodes
            for grant in grants.out_of(self.below, caller, window)
            if self.below.nodes[grant.session].get("role_arn")
        ]
        calls = reader.calls(CallFilter("resource", grants.spellings(reader, self.arn)), window)
        self.rows = grants.own(reader, [row for row in calls if row.row.relation == schema.TRIED])


def _callers(found: _Found) -> list[RoleCaller]:
    groups = grouped(found.granted, lambda grant: found.owners.caller(grant.caller))
    return _ordered(
        RoleCaller(
            **_principal(found.above, principal), whose=found.owners.whose(some[0].caller),
            hows=sorted({grant.how for grant in some}), count=len(some), sessions=len({one.session for one in some}),
            first=iso(some[0].time), last=iso(some[-1].time), event_ids=grants.ids_of(some),
        )
        for (principal, _), some in groups.items()
    )  # fmt: skip


def _refused(found: _Found) -> tuple[list[RoleCaller], int]:
    """Who asked without success, a line for each error, and how many callers that are."""
    graph = found.reader.ascend({row.source for row in found.rows})
    owners = Owners(found.reader, graph)
    groups = grouped(found.rows, lambda row: (*owners.caller(row.source), row.row.error))
    lines = _ordered(
        RoleCaller(
            **_principal(graph, principal), whose=owners.whose(some[0].source), hows=[], error=error,
            count=grants.total(some), sessions=len({session_key_of(row.source) for row in some} - {None}),
            first=grants.first(some), last=grants.last(some), event_ids=grants.earliest(some),
        )
        for (principal, _, error), some in groups.items()
    )  # fmt: skip
    return lines, len({key[:2] for key in groups})


def _principal(graph: Graph, principal: str | None) -> dict[str, Any]:  # Any: of the graph's attributes
    """Who called, as members of a `RoleCaller`."""
    node = graph.nodes.get(principal, {}) if principal else {}
    names = ("kind", "name", "account")
    return {"principal": ref(principal).key if principal else None, **{name: node.get(name) for name in names}}


def _ordered(found: Iterable[RoleCaller]) -> list[RoleCaller]:
    return sorted(
        found, key=lambda one: (-one.count, one.principal or "", grants.sort_name(one.whose), one.error or "")
    )


def _taken(found: _Found) -> list[RoleTaken]:
    groups = grouped(found.out, lambda grant: found.below.nodes[grant.session]["role_arn"])
    taken = []
    for arn, some in groups.items():
        origins = [found.owners.whose(grant.caller).key for grant in some]
        taken.append(RoleTaken(
            role_arn=arn, account=found.below.nodes[some[0].session].get("account"),
            origins=len(set(origins) - {None}), unresolved=None in origins, hows=sorted({grant.how for grant in some}),
            count=len(some), sessions=len({grant.session for grant in some}), first=iso(min(some).time),
            last=iso(max(some).time), event_ids=grants.ids_of(some),
        ))  # fmt: skip
    return sorted(taken, key=lambda one: (-one.count, one.role_arn))


def _unique_ids(sessions: Iterable[SessionRow]) -> list[str]:
    """The role's IDs in the principal IDs of its sessions, in order of their first session."""
    oldest = sorted(sessions, key=lambda seen: (seen.created, seen.key))
    ids = (seen.key.split("/", 1)[1].split(":", 1)[0] for seen in oldest)
    return [one for one in dict.fromkeys(ids) if one.startswith("AROA")]


def _session(found: _Found, node: str, seen: SessionRow | None, *, out: bool) -> RoleSession:
    """A session of the role, or one that came out of it: whose that is hangs on the session that obtained it."""
    graph = found.below if out else found.above
    attributes = graph.nodes[node]
    alone = next((grant for grant in grants.into(graph, node, Window()) if grant.alone), None)
    owned = node if not out else alone.caller if alone else None
    whose = found.owners.whose(owned) if owned else Whose(kind="Unresolved", id=None, confidence="NONE")
    return RoleSession(
        key=ref(node).key, role_arn=attributes.get("role_arn"), name=attributes.get("name"),
        begun=attributes["created"],
        last_used=iso(seen.last) if seen and seen.last is not None else None, expires=seen.expires if seen else None,
        caller=ref(alone.caller).key if alone else None, how=alone.how if alone else None,
        credentials_of=call_it(whose), confidence=whose.confidence,
    )  # fmt: skip


def _ends(reader: Reader, graph: Graph, sessions: Iterable[str]) -> dict[str, SessionRow]:
    """Last use and end of sessions, by key."""
    above = reader.ascend(sessions)
    roles = {role for node in sessions if (role := principal_of(above, node))}
    return {seen.key: seen for role in sorted(roles) for seen in reader.sessions_of(ref(role).key)}
