"""The picture of `chains`: roles that lead to roles, and whose credentials begin the chains."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator

from lineage import schema
from lineage.answers import Chain, Chains
from lineage.draw.shapes.told import Told
from lineage.draw.sheet import Known, Sheet


def refs(answer: Chains) -> Iterator[str]:
    """The nodes that the picture names."""
    for one in answer.chains:
        yield from (f"{schema.PRINCIPAL} {key}" for key in one.origins)


def draw(answer: Chains, known: Known) -> Told:
    """A node for each role and origin, a link for each step that chains take, with their number."""
    sheet = Sheet(known)
    steps: dict[tuple[str, str], list[Chain]] = defaultdict(list)
    for one in answer.chains:
        roles = [sheet.principal(arn, "Role", None, None) for arn in one.roles]
        for key in one.origins:
            origin = sheet.of_ref(f"{schema.PRINCIPAL} {key}")
            if roles and origin != roles[0]:
                steps[origin, roles[0]].append(one)
        for source, target in itertools.pairwise(roles):
            steps[source, target].append(one)
    for (source, target), chains in steps.items():
        begins = source in {f"{schema.PRINCIPAL} {key}" for one in chains for key in one.origins}
        shared = begins and any(len(one.origins) > 1 for one in chains)
        sheet.link(
            source, target, schema.ASSUMED, label="begins" if begins else "assumed",
            confidence=schema.weakest([one.confidence for one in chains]), first=min(one.first for one in chains),
            last=max(one.last for one in chains), count=1 if shared else sum(one.count for one in chains),
            chains=[" > ".join(arn.rsplit("/", 1)[-1] for arn in one.roles) + f" ({one.count:,})" for one in chains],
            last_sessions=[key for one in chains for key in one.sessions][:20],
        )  # fmt: skip
    count = len(answer.chains)
    notes = []
    if answer.total > count:
        notes.append(f"{count:,} of {answer.total:,} paths are drawn, the deepest; --limit draws more.")
    if any(len(one.origins) >= SHOWN for one in answer.chains):
        notes.append(f"Of a path, {SHOWN} origins at most are drawn.")
    title = f"{answer.total:,} path{'s' if answer.total != 1 else ''} through several roles"
    return Told(sheet, title, "lineage chains", notes)


SHOWN = 20
"""Origins of a chain that the answer names."""
