"""`find` as shown: what matches, each with the command to ask on with."""

from __future__ import annotations

from collections.abc import Iterator

from lineage.draw.labels import command
from lineage.questions.find import FILE, Find, FoundName
from lineage.questions.registry import Row
from lineage.render.blocks import Block, Grid, Para, Span
from lineage.render.columns import detail, head, line, number, span, when
from lineage.render.text import counted

COLUMNS = ("match", "kind", "name", "account", "account_name", "first", "last", "calls", "ask", "question")
HINTS = {"exact": "so named:", "beginning": "begins so:", "part": "contains it:", "similar": "similar:"}
HOW = {"exact": "so named", "beginning": "begins so", "part": "contains it", "similar": "similar"}


def blocks(answer: Find) -> Iterator[Block]:
    """How many match, and each with the command to ask on."""
    like = f"; it looks like {answer.looks_like}" if answer.looks_like else ""
    yield Para((Span(counted(answer.total, "match", "matches"), "name"), f" for {answer.asked}{like}"), main=True)
    yield Grid(
        "",
        (head("name", style="name"), head("kind", style="quiet"), detail("match", lead=""),
         detail("account", lead="account "), when("seen"), number("calls", "call"), line("ask with", "whole", lead="")),
        [
            (one.name, one.kind, HOW[one.match], _account(one), span(one.first, one.last), one.calls, asking(one))
            for one in answer.matches
        ],
        answer.total, more="--limit shows more",
    )  # fmt: skip


def asking(one: FoundName) -> Span:
    """The command to ask on; the text alone where it is not safe in one."""
    return Span(command(one.question, one.ask) or one.ask, "key")


def hint(answer: Find, *, alone: bool = True) -> list[str]:
    """What to say of an ask that was not found: what it looks like, and what is called so or much alike.

    Where it is not `alone`, nothing is said of one that is known: another of them was not found.
    """
    exact = [one for one in answer.matches if one.match == "exact"]
    if not alone and any(answer.asked in (one.ask, one.name) for one in exact):
        return []
    said = [f"it looks like {answer.looks_like}"] if answer.looks_like else []
    if answer.looks_like == FILE:
        said = [f"{said[0]}: lineage load reads logs, lineage investigate a finding, lineage who a record"]
    for one in exact or answer.matches:
        said.append(f"{HINTS[one.match]} {one.name} ({one.kind}): {asking(one).text}")
    if answer.total > len(answer.matches) and not exact:
        said.append(f"{answer.total - len(answer.matches):,} more: {command('find', answer.asked) or 'lineage find'}")
    return said


def _account(one: FoundName) -> str | None:
    return f"{one.account} ({one.account_name})" if one.account and one.account_name else one.account


def rows(answer: Find) -> list[Row]:
    """A row for each match."""
    return list(answer.matches)
