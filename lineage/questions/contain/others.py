"""Other sessions of the same origin that still work: what a plan for one session leaves running."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from lineage.model import schema
from lineage.model.keys import ref
from lineage.questions.contain import OtherSession, Step
from lineage.questions.shared.climb import account_of, name_of
from lineage.questions.shared.descent import walk
from lineage.questions.shared.lives import lives, owners
from lineage.questions.shared.models import Whose
from lineage.stores.reader import Reader

LOOKED_AT = 1_000
"""Sessions and keys of the origins that are looked at."""
LISTED = 100
ENDING = ("role", "user", "permission-set")
"""Kinds of steps that end every session of a principal, of a permission set those of the user."""
NOBODY = ("AWSService", "ExternalAccount", "Anonymous", "Unknown", "Unresolved")
"""Origins that are no one in particular; the workload of a service has a step of its own."""


def other_sessions(
    reader: Reader, mine: Collection[str], origins: Iterable[Whose], steps: Sequence[Step], at: int
) -> tuple[list[OtherSession], int]:
    """The sessions of the origins that work, or may work, at a time and are none of `mine` (references), newest first,
    at most 100; and how many there are."""
    nodes = {one.node for one in origins if one.node and one.kind not in NOBODY}
    links = walk(reader, sorted(nodes), since=at, made=False, limit=LOOKED_AT).links if nodes else []
    found = [one.node for one in links if ref(one.node).label == schema.SESSION and one.node not in mine]
    living = {node: life for node, life in lives(reader, found, at).items() if life.live != "no"}
    up = reader.ascend(living)
    ends = {step.target: step.number for step in reversed(steps) if step.phase == "sessions" and step.kind in ENDING}
    result = [
        OtherSession(
            session=ref(node).key, name=name_of(up, node), account=up.nodes[node].get("account") or account_of(node),
            since=str(up.nodes[node].get("created") or ref(node).key.rsplit("/", 1)[-1]), life=life,
            ended_by=next((ends[key] for owner in owners(up, node) if (key := ref(owner).key) in ends), None),
        )
        for node, life in living.items()
    ]  # fmt: skip
    result.sort(key=lambda one: one.session)
    result.sort(key=lambda one: one.since, reverse=True)
    return result[:LISTED], len(result)
