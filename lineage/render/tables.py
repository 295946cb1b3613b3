"""Tables for people: chains, crossings between accounts, what a store holds, the sums of a load."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from lineage.questions.chains import Chains
from lineage.questions.cross_account import CrossAccount
from lineage.questions.info import Info
from lineage.questions.load import Load
from lineage.questions.query import QueryRows
from lineage.render import words
from lineage.render.lines import Line
from lineage.render.text import clean, counted, moment, size

ASIDE_SHOWN = 20
ORIGINS_SHOWN = 3
EVENTS_SHOWN = 3


def chains_table(chains: Chains) -> list[RenderableType]:
    """A paragraph for each path: roles one below the other are easier to read than a wide row."""
    shown: list[RenderableType] = [Line("", (f"{counted(chains.total, 'role path')}, deepest first", "name"))]
    for chain in chains.chains:
        where = "across accounts" if chain.cross_account else "in one account"
        shown.append(Line(""))
        shown.append(
            Line(
                "", (f"{chain.depth} deep", "name"), f", {counted(chain.count, 'time')}, ",
                (chain.confidence, chain.confidence), f", {where}",
            )
        )  # fmt: skip
        shown.append(Line("", (f"{moment(chain.first)} to {moment(chain.last)}", "quiet")))
        for depth, role in enumerate(chain.roles):
            shown.append(Line("  " + ("   " * (depth - 1) + "└─ " if depth else ""), clean(role)))
        for events in chain.event_ids[-1:]:
            shown.append(Line("  ", ("last by ", "quiet"), _last(events), then="    "))
        for origin in chain.origins[:ORIGINS_SHOWN]:
            shown.append(Line("  ", ("begins with ", "quiet"), clean(origin), then="    "))
        if len(chain.origins) > ORIGINS_SHOWN:
            more = counted(len(chain.origins) - ORIGINS_SHOWN, "more origin")
            shown.append(Line("  ", (f"and {more}; --json lists them", "quiet")))
    if chains.total > len(chains.chains):
        shown.append(Line(""))
        shown.append(Line("", f"{len(chains.chains):,} of {chains.total:,} shown; --limit shows more"))
    return shown


def crossings_table(answer: CrossAccount) -> list[RenderableType]:
    """Who gets from which account into which, and by which roles."""
    table = _table("from", "into", "times>", "callers>", "roles>", "first and last")
    for one in answer.crossings:
        table.add_row(
            _account(one.from_account, one.from_name),
            _account(one.to_account, one.to_name),
            f"{one.count:,}",
            f"{one.callers:,}",
            f"{one.roles:,}",
            Text(f"{moment(one.first)}\n{moment(one.last)}"),
        )
    shown: list[RenderableType] = [table]
    for one in answer.crossings:
        hows = "; ".join(words.HOWS.get(how, how) for how in one.hows)
        shown += [Line(""), Line("", f"{one.from_account} into {one.to_account}: {hows}")]
        shown += [Line("  ", clean(role)) for role in one.role_arns]
        shown.append(Line("  ", ("last by ", "quiet"), _last(one.event_ids), then="    "))
    return shown


def _last(event_ids: Sequence[str]) -> str:
    return " ".join(map(clean, event_ids[-EVENTS_SHOWN:]))


def info_table(info: Info) -> list[RenderableType]:
    """What a store holds."""
    span = f"  {moment(info.first)} to {moment(info.last)}" if info.first else ""
    head = Line("", (clean(info.store), "name"), f"  {counted(info.events, 'event')}", (span, "quiet"))
    accounts = _table("account", "name", "events>", "first", "last")
    for one in info.accounts:
        name = Text(clean(one.name or ""), overflow="fold")
        accounts.add_row(clean(one.id), name, f"{one.events:,}", moment(one.first), moment(one.last))
    counts = _table("nodes", ">", "relationships", ">")
    for (label, nodes), (type_, edges) in _beside(list(info.nodes.items()), list(info.relationships.items())):
        counts.add_row(label, nodes, type_, edges)
    loads = _table("load", "begun", "read>", "loaded>", "duplicate>", "set aside>")
    for sums in info.loads:
        begun = moment(sums.started) if sums.finished else f"{moment(sums.started)} (unfinished)"
        numbers = (f"{number:,}" for number in (sums.read, sums.loaded, sums.duplicate, sums.set_aside))
        loads.add_row(clean(sums.id), begun, *numbers)
    shown: list[RenderableType] = [head]
    for table in (accounts, counts, loads):
        shown += [Line(""), table] if table.row_count else []
    if info.unfinished:
        warning = "A load was cut off before all was joined; the next load finishes that."
        shown.append(Line("", (warning, "open")))
    return shown


def load_table(load: Load) -> list[RenderableType]:
    """The sums of a load, and what was set aside."""
    sums = load.sums
    table = _table("records", ">")
    table.add_row("read", f"{sums.read:,}")
    table.add_row("= loaded", f"{sums.loaded:,}")
    table.add_row("+ duplicate", f"{sums.duplicate:,}")
    table.add_row("+ set aside", f"{sums.set_aside:,}")
    if sums.conflicting:
        table.add_row("  duplicates that differed", f"{sums.conflicting:,}")
    for kind, count in sorted(sums.passed.items()):
        table.add_row(f"passed over: {clean(kind)}", f"{count:,}")
    if sums.no_records_total:
        table.add_row("files without a record", f"{sums.no_records_total:,}")
    head = f"{counted(sums.files, 'file')}, {size(sums.bytes)}"
    shown: list[RenderableType] = [Text(head, style="name"), table]
    if sums.no_records:
        shown.append(Line("", ("no record in:", "open")))
    for file in sums.no_records[:ASIDE_SHOWN]:
        shown.append(Line("  ", f"{clean(file.path)}:", f" {clean(file.looks_like)}; {clean(file.do)}", then="    "))
    if sums.no_records_total > min(ASIDE_SHOWN, len(sums.no_records)):
        shown.append(Line("  ", f"and {sums.no_records_total - min(ASIDE_SHOWN, len(sums.no_records)):,} more"))
    if load.aside:
        shown.append(Line("", ("set aside:", "open")))
    for place in load.aside[:ASIDE_SHOWN]:
        at = f" (byte {place.offset:,})" if place.offset is not None else ""
        where = f"{clean(place.path)}[{place.index}]{at}:"
        shown.append(Line("  ", where, f" {clean(place.reason)}", then="    "))
    if load.aside_total > min(ASIDE_SHOWN, len(load.aside)):
        shown.append(Line("  ", f"and {load.aside_total - min(ASIDE_SHOWN, len(load.aside)):,} more"))
    return shown


def query_table(rows: QueryRows) -> list[RenderableType]:
    """The rows of a Cypher file."""
    table = _table(*(clean(column) for column in rows.columns))
    for row in rows.rows:
        table.add_row(*(Text(clean(plain(value)), overflow="fold") for value in row))
    return [table]


def plain(value: object) -> str:
    """A value of a row as one text: lists with blanks between, nothing for null.

    >>> plain(["a", None, 3])
    'a  3'
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return " ".join(plain(one) for one in value)
    return str(value)


def _table(*columns: str) -> Table:
    """A plain table; a column whose name ends in `>` stands on the right."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="quiet")
    for name in columns:
        table.add_column(Text(name.rstrip(">")), justify="right" if name.endswith(">") else "left", overflow="fold")
    return table


def _account(account: str, name: str | None) -> Text:
    text = Text(clean(account), overflow="fold")
    if name:
        text.append(f"\n{clean(name)}", style="quiet")
    return text


def _beside(
    left: Sequence[tuple[str, int]], right: Sequence[tuple[str, int]]
) -> Iterable[tuple[tuple[str, str], tuple[str, str]]]:
    """Two lists of counts side by side, the shorter one filled with blanks."""
    for position in range(max(len(left), len(right))):
        yield _cell(left, position), _cell(right, position)


def _cell(counts: Sequence[tuple[str, int]], position: int) -> tuple[str, str]:
    if position >= len(counts):
        return "", ""
    name, count = counts[position]
    return name, f"{count:,}"
