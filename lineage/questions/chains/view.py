"""`chains` as shown: a paragraph for each path, its roles one below the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lineage.questions.chains import Chain, Chains
from lineage.questions.registry import Row
from lineage.questions.shared.view import up_to
from lineage.render.blocks import Block, Branch, Facts, Heading, Note, Para, Some, Span, Tree
from lineage.render.text import between, counted

ORIGINS_SHOWN = 3
EVENTS_SHOWN = 3
COLUMNS = ("depth", "count", "cross_account", "confidence", "first", "last", "accounts", "roles", "origins", "sessions")


def blocks(answer: Chains) -> Iterator[Block]:
    """The paths, deepest first."""
    yield Para((Span(f"{counted(answer.total, 'role path')}, deepest first", "name"),))
    for one in answer.chains:
        where = "across accounts" if one.cross_account else "in one account"
        yield Heading((f"{one.depth} roles deep", f", {counted(one.count, 'time')}, ", *_sure(one), f", {where}"))
        yield Para((Span(between(one.first, one.last), "quiet"),))
        yield Tree([Branch(depth, (role,)) for depth, role in enumerate(one.roles)], indent=1)
        last = [" ".join(event_ids[-EVENTS_SHOWN:]) for event_ids in one.event_ids[-1:]]
        yield Facts([("last by", last), ("begins with", Some(list(one.origins), few=ORIGINS_SHOWN))])
    if answer.total > len(answer.chains):
        yield Note((f"{len(answer.chains):,} of {answer.total:,} shown; --limit shows more",))
    yield from up_to(answer.newest)


def _sure(one: Chain) -> Iterator[Span | str]:
    """The confidence of its chains: with numbers, where they are not equally sure."""
    if len(one.confidences) < 2:
        yield Span(one.confidence, one.confidence)
    for position, (sure, count) in enumerate(one.confidences.items() if len(one.confidences) > 1 else ()):
        yield f"{', ' if position else ''}{count:,} "
        yield Span(sure, sure)


def rows(answer: Chains) -> Iterable[Row]:
    """A row for each path."""
    return answer.chains
