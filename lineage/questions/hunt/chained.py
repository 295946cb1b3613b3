"""Rules about chains: renewed past their hour, deep, many roles tried, and roles assumed by a caller of a new kind."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from lineage.model import schema
from lineage.model.keys import ref
from lineage.model.results import ALWAYS, CallFilter
from lineage.model.times import parse_when
from lineage.questions.denied.answer import ASSUME, ENUMERATION, ROLES, ROLES_SECONDS, found_bursts
from lineage.questions.hunt.rules import Data, Found, Rule, span
from lineage.questions.shared import grants
from lineage.questions.shared.climb import account_of
from lineage.questions.shared.forest import Forest, account_of_role, short_role
from lineage.render.text import counted

HOUR = 3600
DAY = 24 * HOUR
DEEP = 4
"""Distinct roles of a chain that is called deep."""
HISTORY_DAYS = 14
LEAST_GRANTS = 5
"""Grants of a role in the days before, without which nothing is called new."""
PATHS_SHOWN = 6
ROLES_SHOWN = 10


def juggling(data: Data) -> Iterable[Found]:
    """One finding for each chain whose renewals carried it past an hour, reported with its last renewal."""
    forest = data.forest
    places = data.places
    last: dict[str, str] = {}
    for node, place in places.items():
        if place.renewals and (
            place.start not in last or (forest.begun(node), node) > (forest.begun(last[place.start]), last[place.start])
        ):
            last[place.start] = node
    for node in last.values():
        place, end = places[node], forest.begun(node)
        if end - place.since <= HOUR or not data.within(end):
            continue
        line = [one for one in forest.line(node) if one in forest.hops]
        names = " and ".join(sorted({short_role(forest.role(one)) for one in line if forest.role(one)})[:PATHS_SHOWN])
        ids = [event_id for one in line for event_id in forest.hops[one].event_ids]
        yield Found(
            f"{data.credentials(node)} renewed their session with the session itself: "
            f"{counted(place.renewals, 'renewal')} of "
            f"{names} {span(place.since, end)}, past the one hour that a chained session lives",
            node, node, account_of_role(forest.role(node)), place.since, end, tuple(ids), len(line),
        )  # fmt: skip


def deep_chains(data: Data) -> Iterable[Found]:
    """One finding for each path of `DEEP` and more distinct roles that nothing goes on from, and its origin."""
    forest = data.forest
    places = data.places
    groups: dict[tuple[tuple[str, ...], str], list[str]] = defaultdict(list)
    for node, place in places.items():
        goes_on = any(forest.role(one) for one in forest.children.get(node, ()))
        if len(place.roles) >= DEEP and not goes_on and data.within(forest.begun(node)):
            roles = tuple(dict.fromkeys(role for one in forest.line(node) if (role := forest.role(one))))
            origin = forest.origin(node)
            groups[roles, origin.node if origin is not None else forest.top(node)].append(node)
    for (roles, _), held in groups.items():
        held.sort(key=lambda node: (forest.begun(node), node))
        line = [one for one in forest.line(held[0]) if one in forest.hops]
        ids = [event_id for one in line for event_id in forest.hops[one].event_ids]
        path = " -> ".join(short_role(role) for role in roles[:PATHS_SHOWN])
        more = f" -> … ({len(roles)} roles)" if len(roles) > PATHS_SHOWN else ""
        yield Found(
            f"{data.credentials(held[0])} went through {len(roles)} roles, one after another: {path}{more}; "
            f"{counted(len(held), 'chain')}",
            held[0], held[0], account_of_role(roles[-1]), forest.begun(line[0] if line else held[0]),
            forest.begun(held[-1]), tuple(ids), len(held),
        )  # fmt: skip


def new_caller_kinds(data: Data) -> Iterable[Found]:
    """One finding for each role and kind of caller that the role's grants of the days before do not have."""
    forest = data.forest
    grants: dict[str, list[tuple[int, str, str]]] = defaultdict(list)
    for node, hop in forest.hops.items():
        role = forest.owners.get(node)
        if role is not None and forest.role(node):
            grants[role].append((forest.begun(node), node, _kind(forest, hop.caller)))
    for role, held in sorted(grants.items()):
        held.sort()
        latest: dict[str, int] = {}
        low = 0
        for place, (time, node, kind) in enumerate(held):
            while held[low][0] < time - HISTORY_DAYS * DAY:
                low += 1
            known = latest.get(kind)
            enough = place - low >= LEAST_GRANTS and time - held[low][0] >= DAY
            if enough and (known is None or known < time - HISTORY_DAYS * DAY) and data.within(time):
                kinds = sorted({one for _, _, one in held[low:place]})
                name, hop = short_role(ref(role).key), forest.hops[node]
                yield Found(
                    f"{data.credentials(node)}: {name} was assumed by {_article(kind)}; its {place - low:,} grants "
                    f"of the {HISTORY_DAYS} days before were by {', '.join(_article(one) for one in kinds)} alone",
                    role, node, account_of_role(forest.role(node)), time, time, hop.event_ids, 1,
                )  # fmt: skip
            latest[kind] = time


def enumerations(data: Data) -> Iterable[Found]:
    """One finding for each stretch in which one origin was refused many different roles."""
    calls = data.reader.calls(CallFilter("api", ASSUME))
    rows = grants.own(data.reader, [row for row in calls if row.row.relation == schema.TRIED])
    data.owners.read(row.source for row in rows)
    for one in found_bursts(data.reader, data.owners, rows, ALWAYS, (ENUMERATION,)):
        first, last = parse_when(one.first) or 0, parse_when(one.last) or 0
        if data.within(last):
            roles = [short_role(role) for role in one.roles]
            shown = ", ".join(roles[:ROLES_SHOWN]) + (", …" if len(roles) > ROLES_SHOWN else "")
            yield Found(
                f"{data.credentials(one.nodes[0])} were refused {one.roles_total:,} different roles in "
                f"{counted(last - first + 1, 'second')}: {shown}",
                one.nodes[0], one.nodes[0], account_of(one.nodes[0]), first, last, tuple(one.event_ids), one.count,
            )  # fmt: skip


def _kind(forest: Forest, caller: str) -> str:
    """The kind of an immediate caller: a service by its name, else the kind of its principal."""
    principal = caller if caller.startswith("Principal ") else forest.owners.get(caller)
    body = forest.principals.get(principal) if principal else None
    if body is None or body.kind is None:
        return "Unknown"
    return str(body.name) if body.kind == "AWSService" else body.kind


def _article(kind: str) -> str:
    words = {
        "IAMUser": "an IAM user", "Role": "a session of a role", "RootUser": "the root user",
        "FederatedUser": "a federated user", "SAMLIdentity": "a SAML identity", "WebIdentity": "a web identity",
        "IdentityCenterUser": "an Identity Center user", "ExternalAccount": "an account without logs",
        "Anonymous": "nobody", "Unknown": "an unknown caller",
    }  # fmt: skip
    return words.get(kind, kind)


RULES = (
    Rule(
        "juggling", "Session that renews itself",
        "A chain of role sessions in which each renewal of a role was made by the previous session, for longer than "
        "the one hour that AWS gives a chained session: credentials stay valid after their source is closed.",
        "Renewals whose grants are not logged (no management reads), and chains with a missing link. A program that "
        "renews its own session looks the same.",
        juggling,
    ),
    Rule(
        "deep-chains", "Deep chain",
        f"A chain through {DEEP} and more distinct roles, one after another.",
        "Chains with a missing link look shorter than they were. Some platforms chain roles by design.",
        deep_chains,
    ),
    Rule(
        "role-enumeration", "Many roles tried",
        f"{ROLES} and more different roles that were refused to one origin within {ROLES_SECONDS} seconds.",
        "Refusals that do not name the role, and tries that are spread over more time. A program with a list of roles "
        "looks the same.",
        enumerations,
    ),
    Rule(
        "new-caller-kind", "Role assumed by a new kind of caller",
        f"A role was assumed by a kind of caller (a user, a session of a role, a service by its name, …) that none of "
        f"its grants of the {HISTORY_DAYS} days before had. Needs {LEAST_GRANTS} grants over a day of history.",
        "A new caller of a kind that the role knows. Roles with less history are not evaluated.",
        new_caller_kinds,
    ),
)  # fmt: skip
