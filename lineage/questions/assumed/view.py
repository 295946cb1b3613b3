"""`assumed` as shown: an entry for each role, way and outcome."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lineage.questions.assumed import Assumed
from lineage.questions.registry import Row
from lineage.questions.shared.view import heading, rests_on, scope, whose
from lineage.questions.shared.words import ways
from lineage.render.blocks import Block, Grid, Para, Span
from lineage.render.columns import detail, head, ids, line, number, span, when
from lineage.render.text import counted

COLUMNS = (
    "role_arn", "account", "coarse", "how", "via", "outcome", "hops", "through", "count", "first", "last", "sessions",
    "event_ids",
)  # fmt: skip


def blocks(answer: Assumed) -> Iterator[Block]:
    """Whose they are, then the roles, granted and refused."""
    about = answer.subject
    yield from heading(about, answer.whose)
    if answer.whose is not None and (about is None or about.person is None):
        yield Para(whose(answer.whose))
    elif answer.whose is None:
        asked = about.key if about and about.key else answer.asked
        yield Para(("the sessions of ", Span(asked, "name")))
    if answer.scope is not None:
        counts = f"{counted(answer.granted, 'grant')}, {counted(answer.refused, 'refusal')}"
        yield Para((Span(counts, "name"), f", {scope(answer.scope)}"), main=True)
    yield Grid(
        f"roles, by method and outcome ({answer.total:,})",
        (head("role", "long", style="key"), head("outcome", "whole"), number("times", "time"),
         detail("how", lead=""), when(), line("through", lead="through "), ids()),
        [
            (one.role_arn, Span(one.outcome, "quiet" if one.outcome == "granted" else "denied"), one.count,
             ways(one.how, one.via), span(one.first, one.last),
             f"{one.through}, {one.hops:,} hops away" if one.through else None, one.event_ids)
            for one in answer.roles
        ],
        answer.total,
    )  # fmt: skip
    yield from rests_on(answer.sight)


def rows(answer: Assumed) -> Iterable[Row]:
    """A row for each role, way and outcome."""
    return answer.roles
