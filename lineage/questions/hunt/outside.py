"""Rules about outsiders and blindness: roles assumed from accounts that are not known, and trails stopped."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import msgspec

from lineage.model.keys import ref
from lineage.model.results import CallFilter, CallRow
from lineage.model.times import iso, parse_when
from lineage.questions.hunt.ground import Found, Ground, Rule, many, span
from lineage.questions.shared import trails
from lineage.questions.shared.forest import account_of_role, short
from lineage.questions.shared.grants import account_of
from lineage.questions.shared.refusals import is_refusal

STOPPERS = tuple(f"cloudtrail:{name}" for name in ("StopLogging", "DeleteTrail", "UpdateTrail", "PutEventSelectors"))


def foreign_accounts(ground: Ground) -> Iterable[Found]:
    """One finding for each pair of an account that is not known and a role that it assumed."""
    forest = ground.forest
    groups: dict[tuple[str, str], list[tuple[int, str, list[str]]]] = defaultdict(list)
    for node, hop in forest.hops.items():
        caller, role = hop.way.get("caller_account"), forest.owners.get(node)
        own = forest.sessions[node].get("account")
        if not caller or caller == own or caller in ground.known or role is None or not _is_own(ground, own):
            continue
        for text in hop.way["grants"]:
            told = msgspec.json.decode(text)
            time = parse_when(told["time"]) or 0
            if ground.within(time):
                groups[caller, role].append((time, node, list(told["event_ids"])))
    names = ground.reader.account_names()
    for (caller, role), held in sorted(groups.items()):
        held.sort()
        callers = {forest.hops[node].caller for _, node, _ in held}
        called = f"{caller} ({names[caller]})" if caller in names else caller
        known = "is none of the known accounts" if ground.given else "has no logs here"
        account = account_of_role(forest.role(held[0][1]))
        yield Found(
            f"{short(ref(role).key)} of account {account} was assumed {many(len(held), 'time')} with credentials of "
            f"{many(len(callers), 'principal')} of account {called}, which {known}, {span(held[0][0], held[-1][0])}",
            role, held[0][1], account, held[0][0], held[-1][0],
            tuple(event_id for _, _, ids in held for event_id in ids), len(held),
        )  # fmt: skip


def _is_own(ground: Ground, account: str | None) -> bool:
    """Is the role one of a known account? What happens between two others is not ours to judge."""
    return account is not None and (account in ground.known or not ground.known)


def trails_stopped(ground: Ground) -> Iterable[Found]:
    """One finding for each call that stopped, deleted or changed what is recorded, and for refused tries."""
    for change in ground.changes:
        if change.kind == "started" or not ground.within(change.time) or _begins(change.api):
            continue
        end = trails.ended(change, ground.changes) if change.kind in ("stopped", "deleted") else None
        then = ""
        if change.kind == "stopped" and change.api.startswith("cloudtrail:"):
            then = f"; it was started again at {iso(end.time)}" if end else "; no later StartLogging is in the logs"
        verb = {"stopped": "stopped", "deleted": "deleted", "log bucket": "changed the log bucket"}.get(
            change.kind, "changed"
        )
        yield Found(
            f"{ground.credentials(change.source, change.event_ids)} {verb} {change.target} ({change.api}) at "
            f"{iso(change.time)}{then}",
            change.source, change.source, change.account, change.time, change.time, change.event_ids, change.calls,
        )  # fmt: skip
    tried: dict[tuple[str, str], list[CallRow]] = defaultdict(list)
    for row in ground.reader.calls(CallFilter("api", STOPPERS), ground.window):
        if is_refusal(row.row.error):
            tried[ground.owners.apart(row.source), row.row.api].append(row)
    for (_, api), rows in sorted(tried.items()):
        rows.sort(key=lambda row: (row.first, row.row.id))
        count = sum(row.count for row in rows)
        yield Found(
            f"{ground.credentials(rows[0].source, rows[0].event_ids)} were refused {api} {many(count, 'time')} "
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
        "buckets that trails write to; refused tries to stop, delete or change a trail.",
        "What was done to a trail of another account's, and to buckets that no loaded event names as a trail's. "
        "Infrastructure code changes trails too.",
        trails_stopped,
    ),
    Rule(
        "foreign-accounts", "Role assumed from an account that is not known",
        "Roles assumed by principals of accounts outside --known-accounts; without it, outside all accounts that have "
        "logs.",
        "Access across accounts without a role (policies of buckets, keys, queues). Vendors come so by agreement.",
        foreign_accounts,
    ),
)  # fmt: skip
