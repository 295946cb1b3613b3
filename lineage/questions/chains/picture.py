"""The picture of `chains`: roles that lead to roles, and whose credentials begin the chains."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator

from lineage.draw.labels import ref_of
from lineage.draw.shape import is_guess
from lineage.draw.sheet import Drawing, Known, Sheet, facts
from lineage.model import schema
from lineage.questions.chains import Chain, Chains
from lineage.questions.chains.answer import ORIGINS_SHOWN

EVENTS = 20
"""So many grants are listed for a step."""
_Step = tuple[str, str, bool, bool]
"""Source and target, whether a chain begins with it, and whether it is a guess."""


def refs(answer: Chains) -> Iterator[str]:
    """The nodes that the picture names."""
    for one in answer.chains:
        yield from map(ref_of, one.origins)


def draw(answer: Chains, known: Known) -> Drawing:
    """A node for each role and origin, a link for each step that chains take, with their number."""
    sheet = Sheet(known)
    steps: dict[_Step, list[Chain]] = defaultdict(list)
    rests: dict[_Step, list[str]] = defaultdict(list)
    for one in answer.chains:
        roles = [sheet.principal(arn, "Role", None, None) for arn in one.roles]
        guess = is_guess(one.confidence)
        origins = [sheet.of_ref(ref_of(key)) for key in one.origins]
        if not origins and roles:
            origins = [sheet.nobody(f"before {roles[0]}", facts(why="The origin of the chain is unknown."))]
        logged = one.event_ids or [[] for _ in roles]
        taken: dict[_Step, list[str]] = {}
        for origin in origins:
            if origin != roles[0]:
                taken[origin, roles[0], True, guess] = logged[0] if len(origins) == 1 else []
        for (source, target), events in zip(itertools.pairwise(roles), logged[1:], strict=True):
            taken.setdefault((source, target, False, guess), []).extend(events)
        for step, events in taken.items():
            steps[step].append(one)
            rests[step] += events
    for (source, target, begins, guess), chains in steps.items():
        shared = begins and any(len(one.origins) > 1 for one in chains)
        sheet.link(
            source, target, schema.ASSUMED, label=f"{'perhaps: ' if guess else ''}{'begins' if begins else 'assumed'}",
            confidence=min((one.confidence for one in chains), key=schema.CONFIDENCE.index),
            first=min(one.first for one in chains), last=max(one.last for one in chains),
            count=1 if shared else sum(one.count for one in chains),
            chains=[" > ".join(arn.rsplit("/", 1)[-1] for arn in one.roles) + f" ({one.count:,})" for one in chains],
            events=rests[source, target, begins, guess][:EVENTS],
            last_sessions=[key for one in chains for key in one.sessions][:20],
        )  # fmt: skip
    count = len(answer.chains)
    notes = []
    if answer.total > count:
        notes.append(f"{count:,} of {answer.total:,} paths are drawn, the deepest; --limit draws more.")
    if any(len(one.origins) >= ORIGINS_SHOWN for one in answer.chains):
        notes.append(f"Of a path, {ORIGINS_SHOWN} origins at most are drawn.")
    title = f"{answer.total:,} path{'s' if answer.total != 1 else ''} through several roles"
    return Drawing(sheet, title, "lineage chains", notes)
