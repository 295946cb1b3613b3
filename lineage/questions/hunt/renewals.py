"""Where role sessions stand in their chains: what came before, and how often the chain obtained a role again."""

from __future__ import annotations

from typing import NamedTuple

from lineage.questions.shared.forest import Forest


class Place(NamedTuple):
    """Where a role session stands in its chain."""

    start: str
    """The first role session of the chain."""
    roles: frozenset[str]
    """Roles up to here, its own among them."""
    renewals: int
    """Hops up to here that obtained a role which the chain had already."""
    since: int
    """When the first role session obtained by another one was granted."""


def places_of(forest: Forest) -> dict[str, Place]:
    """Every role session's place; callers before what they obtained, so without recursion and in one pass."""
    places: dict[str, Place] = {}
    waiting = [node for node in forest.sessions if forest.role(node) and not _above(forest, node)]
    while waiting:
        node = waiting.pop()
        role, above = forest.role(node) or "", _above(forest, node)
        time = forest.begun(node)
        if above is None or above not in places:
            places[node] = Place(node, frozenset((role,)), 0, 0)
        else:
            before = places[above]
            again = role in before.roles
            roles = before.roles if again else before.roles | {role}
            places[node] = Place(before.start, roles, before.renewals + again, before.since or time)
        waiting += [one for one in forest.children.get(node, ()) if forest.role(one) and one not in places]
    return places


def _above(forest: Forest, node: str) -> str | None:
    """The role session that obtained a session."""
    parent = forest.parent(node)
    return parent if parent is not None and forest.role(parent) else None
