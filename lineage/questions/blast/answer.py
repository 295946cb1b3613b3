"""`blast`: everything that came from a key, session or principal, and what still works of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from lineage.model import schema
from lineage.model.keys import ref
from lineage.model.results import CallFilter, CallRow, ChangeEdge, Graph, Window, grouped
from lineage.model.times import iso
from lineage.questions.blast import Blast, Life, MadeBranch, Reach, Reached, Touched, Workload
from lineage.questions.shared import grants, models
from lineage.questions.shared.alterations import altered, permissions
from lineage.questions.shared.climb import principal_behind, session_key_of
from lineage.questions.shared.descent import Descent, Link, begin, walk
from lineage.questions.shared.fates import Fates
from lineage.questions.shared.lives import last_second, lives
from lineage.questions.shared.log_coverage import log_coverage
from lineage.questions.shared.whose import whose_node
from lineage.stores.reader import Reader

IDS_SHOWN = 3
LISTED = 20


def answer(
    reader: Reader, ask: str, *, at: int | None = None, since: int | None = None, made: bool = False, limit: int = 1000
) -> Blast:
    """What came from the ask, as far as it was granted, made or used at `since` or later, and what of it works at
    `at` (the last second loaded of its accounts); at most `limit` of each kind. Raises
    `BadUse` where the ask names no credentials."""
    subject = begin(reader, ask)
    if subject is None:
        return _nothing(reader, ask, at, since, made)
    descent = walk(reader, subject.starts, since=since, made=made, limit=limit)
    rows = grants.own(reader, reader.calls(CallFilter("node", tuple(sorted(descent.nodes))), Window(since, None)))
    by_node = grouped(rows, lambda row: row.source)
    if since is not None:
        descent = descent._replace(links=_in_use(descent.links, by_node, iso(since)))
    up = reader.ascend([*descent.nodes, *(link.node for link in descent.perhaps)])
    accounts = {account for node in descent.nodes if (account := account_behind(up, node))}
    moment = last_second(reader, accounts) if at is None else at
    living = lives(reader, [link.node for link in (*descent.links, *descent.perhaps)], moment)
    nodes = [_reached(link, up, by_node[link.node], living.get(link.node)) for link in descent.links]
    fates = Fates(reader, descent.deeds, moment, own=descent.deeds)
    changes = altered(descent.deeds, fates)
    branches = _branches(reader, descent, fates, moment)
    runs = _workloads(reader, descent.deeds)
    touched = _touched(rows)
    holders = principals(up, descent.nodes)
    given = permissions(reader, holders, moment)
    result = {permission.principal for permission in given}
    unknown = [key for holder in holders if (key := ref(holder).key) not in result]
    roles = sorted({node.role_arn for node in nodes if node.role_arn})
    return Blast(
        asked=ask, found=True, subject=subject.to_model(),
        whose=whose_node(reader, up, subject.starts[0]) if len(subject.starts) == 1 else None,
        since=iso(since) if since is not None else None, at=iso(moment), made=made,
        reach=_reach(descent, living), roles=roles[:limit], accounts=sorted(accounts)[:limit], nodes=nodes,
        perhaps=[_reached(link, up, [], living.get(link.node)) for link in descent.perhaps[:limit]],
        perhaps_total=len(descent.perhaps),
        branches=branches[:limit], branches_total=len(branches),
        branches_live=sum(branch.live != "no" for branch in branches),
        altered=changes[:limit], altered_total=len(changes),
        workloads=runs[:limit], workloads_total=len(runs),
        touched=touched[:limit], touched_total=len(touched),
        permissions=given[:limit], permissions_total=len(given),
        permissions_not_known=unknown[:limit], permissions_not_known_total=len(unknown),
        sight=log_coverage(reader, accounts, Window(since, moment)),
        truncated=descent.cut or max(len(changes), len(runs), len(touched), len(given), len(descent.perhaps),
                                     len(descent.branches), len(unknown), len(roles), len(accounts)) > limit,
    )  # fmt: skip


def _nothing(reader: Reader, ask: str, at: int | None, since: int | None, made: bool) -> Blast:
    return Blast(
        asked=ask, found=False, subject=models.Subject(kind="unknown", key=None), whose=None,
        since=iso(since) if since is not None else None, at=iso(at) if at is not None else None, made=made,
        reach=Reach(sessions=0, keys=0, users=0, live=0, unknown=0, ended=0),
        roles=[], accounts=[], nodes=[], perhaps=[], perhaps_total=0, branches=[], branches_total=0, branches_live=0,
        altered=[], altered_total=0, workloads=[], workloads_total=0, touched=[], touched_total=0, permissions=[],
        permissions_total=0, permissions_not_known=[], permissions_not_known_total=0,
        sight=log_coverage(reader, [], Window(since, at)), truncated=False,
    )  # fmt: skip


def _in_use(links: list[Link], rows: Mapping[str, Sequence[CallRow]], since: str) -> list[Link]:
    """The links that were granted, made or used at a time or later, with all that they hang on."""
    kept: set[str] = set()
    for link in reversed(links):
        if link.parent is None or link.node in kept or link.time >= since or rows.get(link.node):
            kept.add(link.node)
            kept |= {link.parent} if link.parent else set()
    return [link for link in links if link.node in kept]


def _branches(reader: Reader, descent: Descent, fates: Fates, at: int) -> list[MadeBranch]:
    """What was made for others, in order of time, with whether it still works."""
    followed = any(link.made for link in descent.links)
    deeds = {event_id: deed for deed in descent.deeds if deed.type != schema.STARTED for event_id in deed.event_ids}
    keys = [f"{schema.CREDENTIAL} {branch.target}" for branch in descent.branches if branch.what == "access key"]
    living = lives(reader, keys, at)
    found = []
    for branch in descent.branches:
        life = living.get(f"{schema.CREDENTIAL} {branch.target}")
        deed = next((deeds[event_id] for event_id in branch.event_ids if event_id in deeds), None)
        fate = fates.of(deed).state if deed is not None and life is None else "stands"
        live = life.live if life is not None else {"stands": "yes", "gone": "no", "probably": "unknown"}[fate]
        found.append(
            MadeBranch(**branch._asdict(), followed=followed, live=live)  # type: ignore[arg-type]  # one of the words
        )
    return found


def account_behind(up: Graph, node: str) -> str | None:
    """The account of a session, key or principal."""
    session = session_key_of(node)
    if session is not None:
        return session.split("/", 1)[0] or None
    found = up.nodes.get(principal_behind(up, node) or "", {}).get("account")
    return str(found) if found else None


def principals(up: Graph, nodes: Iterable[str]) -> list[str]:
    """The roles and users (references) that nodes are of, sorted."""
    found = set()
    for node in nodes:
        owner = principal_behind(up, node)
        if owner and (":role/" in owner or ":user/" in owner):
            found.add(owner)
    return sorted(found)


def _reach(descent: Descent, living: dict[str, Life]) -> Reach:
    labels = [ref(node).label for node in descent.nodes]
    states = [living[node].live for node in descent.nodes if node in living]
    return Reach(
        sessions=labels.count(schema.SESSION), keys=labels.count(schema.CREDENTIAL),
        users=labels.count(schema.PRINCIPAL), live=states.count("yes"), unknown=states.count("unknown"),
        ended=states.count("no"),
    )  # fmt: skip


def _reached(link: Link, up: Graph, rows: Sequence[CallRow], life: Life | None) -> Reached:
    label, key = ref(link.node)
    node = up.nodes.get(link.node, {})
    calls = [row for row in rows if row.row.relation != schema.TRIED or row.row.error is not None]
    return Reached(
        ref=link.node, label=label, key=key, parent=link.parent, relation=link.relation,  # type: ignore[arg-type]  # words
        depth=link.depth, made=link.made, how=link.way.get("how"), time=link.time or None, name=node.get("name"),
        role_arn=node.get("role_arn"), account=account_behind(up, link.node), rule=link.way.get("rule"),
        confidence=link.way.get("confidence") or "EXACT", event_ids=list(link.way.get("event_ids") or []), life=life,
        calls=grants.total(calls), failed=grants.failed(calls), first=grants.first(calls) if calls else None,
        last=grants.last(calls) if calls else None,
    )  # fmt: skip


def _workloads(reader: Reader, deeds: Iterable[ChangeEdge]) -> list[Workload]:
    """The workloads that were started or entered, with the sessions that they ran as from then on."""
    groups = grouped((deed for deed in deeds if deed.type == schema.STARTED), lambda deed: deed.target)
    graph = reader.descend(sorted(groups)) if groups else None
    found = []
    for target, members in groups.items():
        account, kind, name = ref(target).key.split(":", 1)[0], *_kind_and_id(ref(target).key)
        first = iso(min(deed.time for deed in members))
        sessions = sorted(
            (
                str(session)
                for _, session, way in (graph.out_edges(target, data=True) if graph is not None else ())
                if way["type"] == schema.RUNS_AS and str(session).rsplit("/", 1)[-1] >= first
            ),
            key=lambda session: (session.rsplit("/", 1)[-1], session),
            reverse=True,
        )
        found.append(
            Workload(
                key=ref(target).key, type=kind, id=name, account=account or None,
                apis=sorted({str(deed.properties["api"]) for deed in members}), first=first,
                last=iso(max(deed.time for deed in members)),
                entered=any(deed.properties["entered"] for deed in members),
                sources=sorted({deed.source for deed in members}),
                event_ids=[event_id for deed in members for event_id in deed.event_ids][:LISTED],
                sessions=[ref(session).key for session in sessions[:LISTED]], sessions_total=len(sessions),
            )
        )  # fmt: skip
    return sorted(found, key=lambda run: (run.first, run.key))


def _kind_and_id(key: str) -> tuple[str, str]:
    """Type and ID in the key of a workload, `ACCOUNT:AWS::EC2::Instance:i-…`."""
    parts = key.split(":", 1)[1].split("::")
    last, _, identifier = parts[-1].partition(":")
    return "::".join([*parts[:-1], last]), identifier


def _touched(rows: Iterable[CallRow]) -> list[Touched]:
    groups: dict[str, list[CallRow]] = defaultdict(list)
    for row in rows:
        if row.row.relation == schema.TOUCHED:
            for one in row.row.targets:
                groups[one.key].append(row)
    found = []
    for key, members in groups.items():
        members.sort(key=lambda row: (row.first, row.row.id))
        target = next((one for one in members[0].row.targets if one.key == key), None)
        found.append(
            Touched(
                resource=key, type=target.type if target else "unknown", account=target.account if target else None,
                calls=grants.total(members), failed=grants.failed(members),
                actions=sorted({row.row.api for row in members}),
                sensitive=any(row.row.sensitive for row in members),
                first=grants.first(members), last=grants.last(members),
                event_ids=[event_id for row in members for event_id in row.event_ids][:IDS_SHOWN],
                sources=sorted({row.source for row in members}),
            )
        )  # fmt: skip
    return sorted(found, key=lambda one: (not one.sensitive, -one.calls, one.resource))
