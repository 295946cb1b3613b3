"""`cross_account` as shown: from which account into which, how often and by which roles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lineage.questions.cross_account import CrossAccount
from lineage.questions.registry import Row
from lineage.questions.shared.view import up_to
from lineage.questions.shared.words import HOWS
from lineage.render.blocks import Block, Grid, Inline, Span
from lineage.render.columns import detail, head, ids, line, number, span, when

COLUMNS = (
    "from_account", "from_name", "to_account", "to_name", "count", "callers", "roles", "hows", "first",
    "last", "role_arns", "event_ids",
)  # fmt: skip


def blocks(answer: CrossAccount) -> Iterator[Block]:
    """The crossings, most frequent first."""
    yield Grid(
        "",
        (head("from", lead="from "), head("into", lead="into "), number("times", "time"), number("callers", "caller"),
         number("roles", "role"), when("first and last"), detail("how", lead=""), line("roles", lead="role "),
         ids("last grants", lead="last by ")),
        [
            (_account(one.from_account, one.from_name), _account(one.to_account, one.to_name), one.count, one.callers,
             one.roles, span(one.first, one.last), [HOWS.get(how, how) for how in one.hows], one.role_arns,
             one.event_ids[::-1])
            for one in answer.crossings
        ],
        answer.total,
    )  # fmt: skip
    yield from up_to(answer.newest)


def _account(account: str, name: str | None) -> Inline:
    return (Span(account, "key"), Span(f" ({name})" if name else "", "quiet"))


def rows(answer: CrossAccount) -> Iterable[Row]:
    """A row for each pair of accounts."""
    return answer.crossings
