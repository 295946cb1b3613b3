"""Rules about keys, passwords and root: made for somebody else, then used; handed out twice; used at all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from lineage.model import schema
from lineage.model.keys import ref
from lineage.model.results import CallFilter, CallRow
from lineage.model.times import parse_when
from lineage.questions.hunt.ground import Found, Ground, Rule, many, span
from lineage.questions.shared.grants import account_of
from lineage.questions.shared.subjects import own_calls

SOON_HOURS = 24
"""How soon after its password was made a sign-in follows."""


def recycled_keys(ground: Ground) -> Iterable[Found]:
    """One finding for each temporary key ID that was issued with more than one session."""
    forest = ground.forest
    credentials: dict[str, list[str]] = defaultdict(list)
    for node, body in forest.graph.nodes(data=True):
        if node.startswith(f"{schema.CREDENTIAL} ") and " " in ref(node).key and body.get("access_key_id"):
            credentials[body["access_key_id"]].append(node)
    for key, nodes in sorted(credentials.items()):
        if len(nodes) < 2:
            continue
        issues = sorted(
            (parse_when(edge["time"]) or 0, node, list(edge["event_ids"]))
            for node in nodes
            for _, _, edge in forest.graph.in_edges(node, data=True)
            if edge["type"] == schema.ISSUED and edge.get("time")
        )
        if len(issues) < 2 or not ground.within(issues[-1][0]):
            continue
        sessions = [ref(node).key.split(" ", 1)[1] for _, node, _ in issues]
        yield Found(
            f"access key {key} was issued {len(issues)} times, to {' and to '.join(sessions[:3])}"
            f"{' and others' if len(sessions) > 3 else ''}: a look-up by the key alone mixes their calls",
            issues[-1][1], issues[-1][1], account_of(issues[-1][1]), issues[0][0], issues[-1][0],
            tuple(event_id for _, _, ids in issues for event_id in ids), len(issues),
        )  # fmt: skip


def keys_for_others(ground: Ground) -> Iterable[Found]:
    """One finding for each long-term key that somebody made for another user, and that was then used."""
    forest = ground.forest
    made = []
    for source, target, edge in forest.graph.edges(data=True):
        if edge["type"] == schema.ISSUED and edge.get("event_id") and not edge["parent"]:
            owner = forest.owners.get(target) or _made_for(ground, source, edge["event_id"])
            maker = forest.origin(source)
            if owner is None or (maker is not None and maker.node == owner):
                continue
            made.append((edge["time"], target, source, owner, list(edge["event_ids"])))
    keys = {target: ref(target).key for _, target, _, _, _ in made}
    used: dict[str, list[CallRow]] = defaultdict(list)
    for row in ground.reader.calls(CallFilter("key", tuple(sorted(set(keys.values()))))) if keys else ():
        used[row.access_key_id or ""].append(row)
    for time, target, source, owner, ids in sorted(made):
        rows = sorted(used.get(keys[target], []), key=lambda row: (row.first, row.row.id))
        if not rows or not ground.within(max(row.last for row in rows)):
            continue
        count, first = sum(row.count for row in rows), rows[0]
        after = (first.event_ids or [""])[:1]
        yield Found(
            f"{ground.credentials(source)} made access key {keys[target]} for {ref(owner).key} at {time}; it was then "
            f"used in {many(count, 'call')} {span(first.first, max(row.last for row in rows))}",
            target, source, account_of(owner), parse_when(time) or 0, max(row.last for row in rows),
            (*ids, *filter(None, after)), count + len(ids),
        )  # fmt: skip


def _made_for(ground: Ground, source: str, event_id: str) -> str | None:
    """The user that the same event made a key for."""
    for _, target, edge in ground.forest.graph.out_edges(source, data=True):
        if edge["type"] == schema.CREATED and edge["what"] == "access key" and event_id in edge["event_ids"]:
            return str(target)
    return None


def passwords(ground: Ground) -> Iterable[Found]:
    """One finding for each console password that somebody set for another user who then signed in soon."""
    forest = ground.forest
    signed_in: dict[str, list[tuple[int, str, list[str]]]] = defaultdict(list)
    for node, hop in forest.hops.items():
        if hop.way["how"] == "console" and (owner := forest.owners.get(node)) is not None:
            signed_in[owner].append((forest.begun(node), node, list(hop.way["event_ids"])))
    for source, target, edge in forest.graph.edges(data=True):
        login = edge["type"] == schema.CREATED and edge["what"] == "login profile"
        changed = edge["type"] == schema.CHANGED and edge["what"] == "password" and edge.get("after") == "updated"
        maker = forest.origin(source) if login or changed else None
        if not (login or changed) or (maker is not None and maker.node == target):
            continue
        time = parse_when(edge["time"]) or 0
        after = sorted(one for one in signed_in.get(target, ()) if 0 <= one[0] - time <= SOON_HOURS * 3600)
        if after and ground.within(after[0][0]):
            verb = "made a console password" if login else "changed the console password"
            yield Found(
                f"{ground.credentials(source)} {verb} for {ref(target).key} at {edge['time']}; "
                f"{_minutes(after[0][0] - time)} later somebody signed in with it",
                target, source, account_of(target), time, after[0][0], (*edge["event_ids"], *after[0][2]),
                len(edge["event_ids"]) + len(after),
            )  # fmt: skip


def _minutes(seconds: int) -> str:
    return f"{many(seconds // 60, 'minute')}" if seconds < 7200 else many(seconds // 3600, "hour")


def root_use(ground: Ground) -> Iterable[Found]:
    """One finding for each root user and each origin of its credentials: root itself, or who asked for AssumeRoot."""
    roots = tuple(ref(node).key for node, _ in ground.forest.principals("RootUser"))
    roots += tuple(_without_credentials(ground, roots))
    rows = (
        own_calls(ground.reader.calls(CallFilter("principal", roots), ground.window), set(ground.loaded))
        if roots
        else []
    )
    groups: dict[tuple[str | None, str], list[CallRow]] = defaultdict(list)
    for row in rows:
        if row.invoked_by is None:
            groups[account_of(row.source), ground.owners.apart(row.source)].append(row)
    for (account, _), held in sorted(groups.items(), key=lambda group: (group[0][0] or "", group[0][1])):
        held.sort(key=lambda row: (row.first, row.row.id))
        source = held[0].source
        count = sum(row.count for row in held)
        names = sorted({row.row.api for row in held})
        shown = ", ".join(names[:5]) + (f" and {len(names) - 5:,} more" if len(names) > 5 else "")
        lasting = sorted({ref(row.source).key for row in held if row.source.startswith(f"{schema.CREDENTIAL} ")})
        how = f", with access key {lasting[0]}" if lasting and " " not in lasting[0] else ""
        if ":assumed-root/" in source:
            whose = ground.credentials(source, held[0].event_ids)
            said = f"{whose} made {many(count, 'call')} as root of account {account} (AssumeRoot)"
        else:
            said = f"credentials of the root user of account {account} made {many(count, 'call')}{how}"
        yield Found(
            f"{said}: {shown}",
            source, source, account, held[0].first, max(row.last for row in held),
            tuple(event_id for row in held for event_id in row.event_ids), count,
        )  # fmt: skip


def _without_credentials(ground: Ground, known: tuple[str, ...]) -> Iterable[str]:
    """Root users that only ever signed in, or called without a session, of each account that has logs."""
    for account in sorted(ground.loaded):
        for partition in ("aws", "aws-cn", "aws-us-gov"):
            key = f"arn:{partition}:iam::{account}:root"
            if key not in known:
                yield key


RULES = (
    Rule(
        "keys-for-others", "Key made for somebody else, then used",
        "A long-term access key that one identity made for another user, and that was then used.",
        "Keys that were made before the logs begin, or by a call that is not logged; who used the key: only that it "
        "was used. Those who administer users do this by trade.",
        keys_for_others,
    ),
    Rule(
        "password-then-sign-in", "Sign-in soon after somebody else set the password",
        f"A login profile made, or a password changed, by another identity, and a console sign-in of that user within "
        f"{SOON_HOURS} hours.",
        "Sign-ins later than that, and those that are not loaded (they are logged in us-east-1 or the sign-in region). "
        "A new colleague's first day looks the same.",
        passwords,
    ),
    Rule(
        "recycled-keys", "Key ID issued more than once",
        "A temporary access key ID that was issued with two and more sessions.",
        "A key whose other issue is not logged. AWS hands out IDs again, so this is no attack: it says where a look-up "
        "by the key alone goes wrong.",
        recycled_keys,
    ),
    Rule(
        "root-use", "Root user in use",
        "Calls and sign-ins of root users, and of root tasks with whose credentials asked for them.",
        "What root did before the logs begin or in accounts without logs; what only root may do.",
        root_use,
    ),
)  # fmt: skip
