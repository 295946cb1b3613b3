"""`central`: what many chains have in common: roles that they pass through, entry points, groups, the longest.

Passes and reach are counted over real chains, along resolved parents. Measures on the graph of roles are another
thing: one role's sessions have many callers, so a way from role to role need not be one chain; they are called "by
role". Times: linear in sessions; betweenness on at most `EXACT_ROLES` roles exactly, else from a sample of them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import NamedTuple

import networkx as nx

from lineage.model.keys import ref
from lineage.model.results import ALWAYS, grouped
from lineage.model.times import iso
from lineage.questions.central import Central, Entry, LongChain, RoleGroup, RolePassed
from lineage.questions.shared.climb import account_of
from lineage.questions.shared.forest import Forest, account_of_role
from lineage.questions.shared.grants import Owners
from lineage.questions.shared.log_coverage import log_coverage
from lineage.stores.reader import Reader

SHOWN = 20
"""Roles and accounts of one line."""
EXACT_ROLES = 500
"""Betweenness of more roles than this is worked out from a sample of `SAMPLE` of them."""
SAMPLE = 200
MOST_ROLES = 20_000
"""Of more roles than this betweenness is not worked out."""
SEED = 7


def answer(reader: Reader, *, limit: int = 20) -> Central:
    """Measure the whole lineage; at most `limit` of each list."""
    forest = Forest(reader)
    owners = Owners(reader)
    chains = _chains(forest)
    graph = role_graph(forest)
    between, how = betweenness(graph)
    roles, entries = _passed(chains, graph, between), _entries(forest)
    groups, longest = _groups(graph), _longest(chains)
    accounts = set(map(account_of, forest.sessions))
    return Central(
        found=bool(forest.sessions), sessions=len(forest.sessions), chains=len(chains),
        roles=roles[:limit], roles_total=len(roles),
        entries=[_entry(forest, owners, one) for one in entries[:limit]], entries_total=len(entries),
        groups=groups[:limit], groups_total=len(groups),
        longest=[_long(owners, held) for held in longest[:limit]], longest_total=len(longest),
        betweenness=how, truncated=max(len(roles), len(entries), len(groups), len(longest)) > limit,
        sight=log_coverage(reader, accounts, ALWAYS),
    )  # fmt: skip


class _Chain(NamedTuple):
    """One chain of two and more role sessions that nothing goes on from."""

    roles: tuple[str, ...]
    """ARNs, first to last."""
    origin: str
    """What distinguishes its origin from others: the principal, else where the chain is open."""
    known: bool
    first: str
    last: str
    session: str
    """The last session, as a reference."""


def _chains(forest: Forest) -> list[_Chain]:
    """Every chain, by its last session. Cost: the sum of their lengths."""
    found = []
    for node in forest.sessions:
        if forest.role(node) is None or any(forest.role(one) for one in forest.children.get(node, ())):
            continue
        line = forest.line(node)
        roles = tuple(role for one in line if (role := forest.role(one)) is not None)
        if len(roles) < 2:
            continue
        origin = forest.origin(node)
        times = [hop.time for one in line if (hop := forest.hops.get(one)) is not None]
        begin = origin.node if origin is not None else forest.top(node)
        found.append(_Chain(roles, begin, origin is not None, min(times), max(times), node))
    return found


def role_graph(forest: Forest) -> nx.DiGraph[str]:
    """Roles by ARN, with a way from each to those that its sessions obtained."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    for session in forest.sessions:
        role = forest.role(session)
        if role is None:
            continue
        graph.add_node(role)
        parent = forest.parent(session)
        caller = forest.role(parent) if parent is not None else None
        if caller is not None:
            graph.add_edge(caller, role)
    return graph


def betweenness(graph: nx.DiGraph[str]) -> tuple[dict[str, float] | None, str]:
    """Betweenness of each role, and how it was worked out.

    Cost: roles times ways between them; above `EXACT_ROLES` the sample times ways. Renewals are no ways.
    """
    roles = graph.number_of_nodes()
    if roles > MOST_ROLES:
        return None, f"not computed: {roles:,} roles exceed the limit of {MOST_ROLES:,}"
    if roles > EXACT_ROLES:
        found = nx.betweenness_centrality(graph, k=SAMPLE, seed=SEED)
        return found, f"from a sample of {SAMPLE} of {roles:,} roles"
    return nx.betweenness_centrality(graph), f"of all {roles:,} roles"


def _passed(chains: Iterable[_Chain], graph: nx.DiGraph[str], between: dict[str, float] | None) -> list[RolePassed]:
    """The roles that chains go on from, those with most chains first."""
    through: Counter[str] = Counter()
    on: Counter[str] = Counter()
    origins: dict[str, set[str]] = defaultdict(set)
    for row in chains:
        for role in dict.fromkeys(row.roles):
            on[role] += 1
            if row.known:
                origins[role].add(row.origin)
        for role in dict.fromkeys(row.roles[:-1]):
            through[role] += 1
    found = [
        RolePassed(
            role_arn=role, through=count, chains=on[role], origins=len(origins[role]),
            assumed_by=len({*graph.predecessors(role)} - {role}), assumes=len({*graph.successors(role)} - {role}),
            betweenness=round(between.get(role, 0.0), 6) if between is not None else None,
        )
        for role, count in through.items()
    ]  # fmt: skip
    return sorted(found, key=lambda one: (-one.through, -one.chains, one.role_arn))


class _Reach(NamedTuple):
    """What came from one origin."""

    origin: str
    sessions: list[str]
    accounts: list[str]
    roles: int
    depth: int


def _entries(forest: Forest) -> list[_Reach]:
    """Known origins with what their chains reached; a service by each of its workloads' accounts."""
    sessions: dict[str, list[str]] = defaultdict(list)
    for session in forest.sessions:
        begin = forest.origin(session)
        if begin is not None:
            sessions[begin.node].append(session)
    found = []
    for origin, held in sessions.items():
        roles = {forest.role(one) for one in held} - {None}
        accounts = {account_of(one) for one in held} - {None}
        depth = max(forest.depth(one) for one in held)
        found.append(_Reach(origin, held, sorted(map(str, accounts)), len(roles), depth))
    return sorted(found, key=lambda one: (-len(one.accounts), -one.roles, -len(one.sessions), one.origin))


def _entry(forest: Forest, owners: Owners, reach: _Reach) -> Entry:
    deepest = max(reach.sessions, key=lambda one: (forest.depth(one), one))
    times = [forest.begun(one) for one in reach.sessions]
    whose = owners.whose(deepest)
    if whose.kind == "AWSService":
        # A service has many workloads; the entry is all of them.
        whose = whose.model_copy(update={"resource": None, "chain": whose.chain[:1]})
    return Entry(
        whose=whose, accounts=reach.accounts[:SHOWN], accounts_total=len(reach.accounts), roles=reach.roles,
        sessions=len(reach.sessions), depth=reach.depth, first=iso(min(times)), last=iso(max(times)),
    )  # fmt: skip


def _groups(graph: nx.DiGraph[str]) -> list[RoleGroup]:
    """Strongly connected groups of two and more roles."""
    found = []
    for group in nx.strongly_connected_components(graph):
        if len(group) > 1:
            roles = sorted(group)
            accounts = sorted({account for role in roles if (account := account_of_role(role))})
            found.append(RoleGroup(roles=roles[:SHOWN], size=len(roles), accounts=accounts[:SHOWN]))
    return sorted(found, key=lambda one: (-one.size, one.roles))


def _longest(chains: Iterable[_Chain]) -> list[list[_Chain]]:
    """Chains of one path of roles together, in order of time; the deepest path first."""
    groups = grouped(chains, lambda row: row.roles)
    found = [sorted(held, key=lambda row: (row.first, row.session)) for held in groups.values()]
    return sorted(found, key=lambda held: (-len(held[0].roles), -len(held), held[0].roles))


def _long(owners: Owners, held: list[_Chain]) -> LongChain:
    newest = held[-1]
    return LongChain(
        depth=len(newest.roles), count=len(held), origins=len({row.origin for row in held}),
        whose=owners.whose(newest.session), roles=list(newest.roles[:SHOWN]), session=ref(newest.session).key,
        first=held[0].first, last=max(row.last for row in held),
    )  # fmt: skip
