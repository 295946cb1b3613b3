"""Rules about what was made and changed: keys and users, root, outside accounts, trails, contradicting copies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec

from lineage.model import schema
from lineage.model.keys import ref
from lineage.model.operations import is_refusal
from lineage.model.results import CallFilter, CallRow, ChangeEdge, EventCopy
from lineage.model.times import iso, parse_when
from lineage.questions.hunt.rules import Data, Found, Rule, span
from lineage.questions.shared import log_coverage
from lineage.questions.shared.climb import account_of
from lineage.questions.shared.forest import account_of_role, short_role
from lineage.questions.shared.grants import own_calls
from lineage.questions.shared.resources import PARTITIONS
from lineage.render.text import counted, moment

SOON_HOURS = 24
"""How soon after its password was made a sign-in follows."""


def recycled_keys(data: Data) -> Iterable[Found]:
    """One finding for each temporary key ID that was issued with more than one session."""
    forest = data.forest
    credentials: dict[str, list[str]] = defaultdict(list)
    for node in forest.issued:
        credentials[ref(node).key.partition(" ")[0]].append(node)
    again = {key: nodes for key, nodes in sorted(credentials.items()) if len(nodes) > 1}
    graph = data.reader.ascend([node for nodes in again.values() for node in nodes])
    for key, nodes in again.items():
        issues = sorted(
            (parse_when(edge["time"]) or 0, node, list(edge["event_ids"]))
            for node in nodes
            for _, _, edge in graph.in_edges(node, data=True)
            if edge["type"] == schema.ISSUED and edge.get("time")
        )
        if len(issues) < 2 or not data.within(issues[-1][0]):
            continue
        sessions = [ref(node).key.split(" ", 1)[1] for _, node, _ in issues]
        yield Found(
            f"access key {key} was issued {len(issues)} times, to {' and to '.join(sessions[:3])}"
            f"{' and others' if len(sessions) > 3 else ''}: a lookup by key alone mixes their calls",
            issues[-1][1], issues[-1][1], account_of(issues[-1][1]), issues[0][0], issues[-1][0],
            tuple(event_id for _, _, ids in issues for event_id in ids), len(issues),
        )  # fmt: skip


def keys_for_others(data: Data) -> Iterable[Found]:
    """One finding for each long-term key that one user made for another, and that was then used."""
    forest = data.forest
    made = []
    for one in data.changes:
        if one.type == schema.ISSUED:
            owner = forest.owners.get(one.target) or _made_for(data, one)
            maker = forest.origin(one.source)
            if owner is None or (maker is not None and maker.node == owner):
                continue
            made.append((iso(one.time), one.target, one.source, owner, one.event_ids))
    keys = {target: ref(target).key for _, target, _, _, _ in made}
    used: dict[str, list[CallRow]] = defaultdict(list)
    for row in data.reader.calls(CallFilter("key", tuple(sorted(set(keys.values()))))) if keys else ():
        used[row.access_key_id or ""].append(row)
    for time, target, source, owner, ids in sorted(made):
        rows = sorted(used.get(keys[target], []), key=lambda row: (row.first, row.row.id))
        if not rows or not data.within(max(row.last for row in rows)):
            continue
        count, first = sum(row.count for row in rows), rows[0]
        after = (first.event_ids or [""])[:1]
        yield Found(
            f"{data.credentials(source)} made access key {keys[target]} for {ref(owner).key} at {moment(time)}; "
            f"it was then used in {counted(count, 'call')} {span(first.first, max(row.last for row in rows))}",
            target, source, account_of(owner), parse_when(time) or 0, max(row.last for row in rows),
            (*ids, *filter(None, after)), count + len(ids),
        )  # fmt: skip


def _made_for(data: Data, issued: ChangeEdge) -> str | None:
    """The user that the same event made a key for."""
    for one in data.changes:
        made = one.type == schema.CREATED and one.source == issued.source and one.properties["what"] == "access key"
        if made and issued.properties["event_id"] in one.event_ids:
            return one.target
    return None


def passwords(data: Data) -> Iterable[Found]:
    """One finding for each console password that one user set for another who then signed in soon."""
    forest = data.forest
    signed_in: dict[str, list[tuple[int, str, tuple[str, ...]]]] = defaultdict(list)
    for node, hop in forest.hops.items():
        if hop.how == "console" and (owner := forest.owners.get(node)) is not None:
            signed_in[owner].append((forest.begun(node), node, hop.event_ids))
    for one in data.changes:
        source, target, time = one.source, one.target, one.time
        what = one.type, one.properties.get("what")
        login = what == (schema.CREATED, "login profile")
        changed = what == (schema.CHANGED, "password") and one.properties.get("after") == "updated"
        maker = forest.origin(source) if login or changed else None
        if not (login or changed) or (maker is not None and maker.node == target):
            continue
        after = sorted(found for found in signed_in.get(target, ()) if 0 <= found[0] - time <= SOON_HOURS * 3600)
        if after and data.within(after[0][0]):
            verb = "made a console password" if login else "changed the console password"
            yield Found(
                f"{data.credentials(source)} {verb} for {ref(target).key} at {iso(time)}; "
                f"{_minutes(after[0][0] - time)} later it was used to sign in",
                target, source, account_of(target), time, after[0][0], (*one.event_ids, *after[0][2]),
                len(one.event_ids) + len(after),
            )  # fmt: skip


def _minutes(seconds: int) -> str:
    return f"{counted(seconds // 60, 'minute')}" if seconds < 7200 else counted(seconds // 3600, "hour")


def root_use(data: Data) -> Iterable[Found]:
    """One finding for each root user and each origin of its credentials: root itself, or who asked for AssumeRoot."""
    roots = _roots(data)
    rows = own_calls(data.reader.calls(CallFilter("principal", roots), data.window), set(data.loaded)) if roots else []
    groups: dict[tuple[str | None, str], list[CallRow]] = defaultdict(list)
    data.owners.read(row.source for row in rows)
    for row in rows:
        if row.invoked_by is None:
            groups[account_of(row.source), data.owners.apart(row.source)].append(row)
    for (account, _), held in sorted(groups.items(), key=lambda group: (group[0][0] or "", group[0][1])):
        held.sort(key=lambda row: (row.first, row.row.id))
        source = held[0].source
        count = sum(row.count for row in held)
        names = sorted({row.row.api for row in held})
        shown = ", ".join(names[:5]) + (f" and {len(names) - 5:,} more" if len(names) > 5 else "")
        lasting = sorted({ref(row.source).key for row in held if row.source.startswith(f"{schema.CREDENTIAL} ")})
        how = f", with access key {lasting[0]}" if lasting and " " not in lasting[0] else ""
        if ":assumed-root/" in source:
            whose = data.credentials(source, held[0].event_ids)
            said = f"{whose} made {counted(count, 'call')} as root of account {account} (AssumeRoot)"
        else:
            said = f"credentials of the root user of account {account} made {counted(count, 'call')}{how}"
        yield Found(
            f"{said}: {shown}",
            source, source, account, held[0].first, max(row.last for row in held),
            tuple(event_id for row in held for event_id in row.event_ids), count,
        )  # fmt: skip


def _roots(data: Data) -> tuple[str, ...]:
    """Keys of root users; also of those that only ever signed in, or called without a session."""
    known = [ref(node).key for node, _ in data.forest.principals_of("RootUser")]
    every = [f"arn:{part}:iam::{account}:root" for account in sorted(data.loaded) for part in PARTITIONS]
    return tuple(dict.fromkeys(known + every))


STOPPERS = tuple(f"cloudtrail:{name}" for name in ("StopLogging", "DeleteTrail", "UpdateTrail", "PutEventSelectors"))


def foreign_accounts(data: Data) -> Iterable[Found]:
    """One finding for each pair of an account that is not known and a role that it assumed."""
    forest = data.forest
    groups: dict[tuple[str, str], list[tuple[int, str, list[str]]]] = defaultdict(list)
    for node, hop in forest.hops.items():
        caller, role = hop.caller_account, forest.owners.get(node)
        own = account_of(node)
        if not caller or caller == own or caller in data.known or role is None or not _is_own(data, own):
            continue
        for text in hop.grants:
            grant = msgspec.json.decode(text)
            time = parse_when(grant["time"]) or 0
            if data.within(time):
                groups[caller, role].append((time, node, list(grant["event_ids"])))
    names = data.reader.account_names()
    for (caller, role), held in sorted(groups.items()):
        held.sort()
        callers = {forest.owners.get(hop, hop) for hop in (forest.hops[node].caller for _, node, _ in held)}
        called = f"{caller} ({names[caller]})" if caller in names else caller
        known = "is none of the known accounts" if data.given else "has no logs here"
        account = account_of_role(forest.role(held[0][1]))
        yield Found(
            f"{short_role(ref(role).key)} of account {account} was assumed {counted(len(held), 'time')} "
            f"with credentials of {counted(len(callers), 'principal')} of account {called}, "
            f"which {known}, {span(held[0][0], held[-1][0])}",
            role, held[0][1], account, held[0][0], held[-1][0],
            tuple(event_id for _, _, ids in held for event_id in ids), len(held),
        )  # fmt: skip


def _is_own(data: Data, account: str | None) -> bool:
    """Is the role one of a known account? What happens between two others is not ours to judge."""
    return account is not None and (account in data.known or not data.known)


def trails_stopped(data: Data) -> Iterable[Found]:
    """One finding for each call that stopped, deleted or changed what is recorded, and for refused tries."""
    for change in data.trail_changes:
        if change.kind == "started" or not data.within(change.time) or _begins(change.api):
            continue
        end = log_coverage.ended(change, data.trail_changes) if change.kind in ("stopped", "deleted") else None
        then = ""
        if change.kind == "stopped" and change.api.startswith("cloudtrail:"):
            then = (
                f"; it was started again at {moment(iso(end.time))}"
                if end
                else "; no later StartLogging is in the logs"
            )
        verb = {"stopped": "stopped", "deleted": "deleted", "log bucket": "changed the log bucket"}.get(
            change.kind, "changed"
        )
        yield Found(
            f"{data.credentials(change.source, change.event_ids)} {verb} {change.target} ({change.api}) at "
            f"{moment(iso(change.time))}{then}",
            change.source, change.source, change.account, change.time, change.time, change.event_ids, change.calls,
        )  # fmt: skip
    tried: dict[tuple[str, str], list[CallRow]] = defaultdict(list)
    for row in data.reader.calls(CallFilter("api", STOPPERS), data.window):
        if is_refusal(row.row.error):
            tried[data.owners.apart(row.source), row.row.api].append(row)
    for (_, api), rows in sorted(tried.items()):
        rows.sort(key=lambda row: (row.first, row.row.id))
        count = sum(row.count for row in rows)
        yield Found(
            f"{data.credentials(rows[0].source, rows[0].event_ids)} were refused {api} {counted(count, 'time')} "
            f"{span(rows[0].first, max(row.last for row in rows))}",
            rows[0].source, rows[0].source, account_of(rows[0].source), rows[0].first, max(row.last for row in rows),
            tuple(event_id for row in rows for event_id in row.event_ids), count,
        )  # fmt: skip


def _begins(api: str) -> bool:
    """Does the call make something new that records, or sets one going?"""
    return api.partition(":")[2].startswith(("CreateTrail", "CreateEventDataStore", "Start"))


RULES = (
    Rule(
        "trails-stopped", "Recording stopped or changed",
        "Trails, event data stores, detectors, recorders and flow logs stopped, deleted or changed; changes of the "
        "buckets that trails write to; refused attempts to stop, delete or change a trail.",
        "Changes to a trail of another account, and to buckets that no loaded event names as a trail's. "
        "Infrastructure code changes trails too.",
        trails_stopped,
    ),
    Rule(
        "foreign-accounts", "Role assumed from an unknown account",
        "Roles assumed by principals of accounts outside --known-accounts; without it, outside all accounts that have "
        "logs.",
        "Access across accounts without a role (policies of buckets, keys, queues). Vendors have such access by "
        "agreement.",
        foreign_accounts,
    ),
    Rule(
        "keys-for-others", "Key created for another user, then used",
        "A long-term access key that one identity created for another user and that was then used.",
        "Keys that were made before the logs begin, or by a call that is not logged; who used the key: only that it "
        "was used. User administrators do this routinely.",
        keys_for_others,
    ),
    Rule(
        "password-then-sign-in", "Sign-in soon after another identity set the password",
        f"A login profile made, or a password changed, by another identity, and a console sign-in of that user within "
        f"{SOON_HOURS} hours.",
        "Sign-ins later than that, and those that are not loaded (they are logged in us-east-1 or the sign-in region). "
        "A new colleague's first day looks the same.",
        passwords,
    ),
    Rule(
        "recycled-keys", "Key ID issued more than once",
        "A temporary access key ID that was issued with two or more sessions.",
        "A key whose other issue is not logged. AWS reuses key IDs, so this is not an attack: it shows where a "
        "lookup by key alone is wrong.",
        recycled_keys,
    ),
    Rule(
        "root-use", "Root user in use",
        "Calls and sign-ins of root users, and root tasks with the credentials that requested them.",
        "What root did before the logs begin or in accounts without logs; what only root may do.",
        root_use,
    ),
)  # fmt: skip


COPIES_SHOWN = 4


def conflicting_copies(data: Data) -> Iterable[Found]:
    """One finding for each event of which copies contradict each other, reported with the copy that counts."""
    conflicts = [one for one in data.reader.conflicts() if data.within(one.copies[0].time)]
    seen = data.reader.events_of([one.event_id for one in conflicts])
    for event_id, copies in conflicts:
        first = copies[0]
        stands = next(one for one in seen[event_id] if one.time == first.time)
        result = "; ".join(_told(copy) for copy in copies[:COPIES_SHOWN])
        yield Found(
            f"{len(copies):,} loaded copies of {first.api} at {moment(iso(first.time))} "
            f"contradict each other in {_differences(copies)}: {result}",
            str(stands.source), str(stands.source), stands.account, first.time, first.time, (event_id,), 1,
        )  # fmt: skip


def _told(copy: EventCopy) -> str:
    who = copy.who
    name = who.arn or who.principal_id or who.invoked_by or who.user_name or who.access_key_id or "nobody"
    return f"{name} in {copy.path or 'an unknown file'}, record {copy.place:,}"


def _differences(copies: Sequence[EventCopy]) -> str:
    """What the copies contradict each other in."""
    said: dict[str, set[object]] = {
        "time": {copy.time for copy in copies},
        "outcome": {"refused" if copy.error else "done" for copy in copies},
        "operation": {copy.api for copy in copies},
        "key": {copy.who.access_key_id for copy in copies},
        "identity": {copy.who.arn or copy.who.principal_id or copy.who.account for copy in copies},
        "session": {copy.who.created for copy in copies},
        "issued keys": {copy.keys for copy in copies},
    }
    found = [name for name, values in said.items() if len(values - {None, ()}) > 1]
    return ", ".join(found) or "what they state of identity or grant"


COPY_RULES = (
    Rule(
        "conflicting-copies", "Copies that contradict each other",
        "Several copies of one event were loaded, and they differ in identity, keys, time or outcome, where both state "
        "them. Only one of them can be what AWS wrote.",
        "Copies that agree, or of which one is only redacted. An export that was anonymised with other names and "
        "account IDs looks the same.",
        conflicting_copies,
    ),
)  # fmt: skip
