"""An investigation as Markdown (CommonMark with tables), for tickets, wikis and pull requests.

Text from the logs is data: every mark of Markdown and every `<` in it is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from lineage.questions.investigate import Investigation
from lineage.questions.who import Hop, WhoAnswer
from lineage.render import words
from lineage.render.blocks import IDS, Block, Chart, Code, Facts, Fold, Grid, Inline, Items, Ladder, Para, Span, rows_of
from lineage.render.report import report, title
from lineage.render.tables import plain
from lineage.render.text import clean, moment

_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~!$&@])")
_BARS = "▁▂▃▄▅▆▇█"


def text(answer: Investigation) -> str:
    """The report as Markdown text that ends with a newline."""
    lines = [f"# {escaped(title(answer))}", ""]
    for block in report(answer):
        lines += _block(block)
    return "\n".join(lines).rstrip() + "\n"


def escaped(value: str) -> str:
    r"""A text with nothing in it that Markdown or HTML would take for a mark.

    >>> escaped("a_b|<script>")
    'a\\_b\\|\\<script\\>'
    """
    return _MARKS.sub(r"\\\1", clean(value))


def _block(block: Block) -> Iterator[str]:
    match block:
        case Para(parts):
            yield from (_inline(parts), "")
        case Facts(rows):
            told = [(label, plain(value)) for label, value in rows if value not in (None, "", [])]
            yield from (f"- **{escaped(label)}**: {_code(value)}" for label, value in told)
            yield ""
        case Items(lines):
            yield from (f"- {_inline(line)}" for line in lines)
            yield ""
        case Grid():
            yield from _grid(block)
        case Ladder(answer):
            yield from _ladder(answer)
        case Code(source):
            # An indented block ends with its lines: no text in it can close it.
            yield from (f"    {clean(line)}" for line in source.splitlines())
            yield ""
        case Chart(hours):
            most = max((hour.calls for hour in hours), default=0) or 1
            bars = (_BARS[(hour.calls * (len(_BARS) - 1) + most - 1) // most] for hour in hours)
            yield from (f"`{''.join(bars)}` calls an hour, at most {most:,}", "")
        case Fold():
            yield from (f"{'#' * block.level} {escaped(block.title)}", "")
            if block.summary:
                yield from (_inline(block.summary), "")
            for inner in block.blocks:
                yield from _block(inner)


def _grid(grid: Grid) -> Iterator[str]:
    if not grid.rows:
        return
    columns, rows = rows_of(grid)
    if grid.caption:
        yield from (f"**{escaped(grid.caption)}**", "")
    yield _row(column.rstrip(">") for column in columns)
    yield _row(("---:" if column.endswith(">") else "---" for column in columns), raw=True)
    for row in rows:
        yield _row(_cell(column, value) for column, value in zip(columns, row, strict=True))
    yield ""
    if grid.total is not None and grid.total > len(grid.rows):
        yield from (f"{len(grid.rows):,} of {grid.total:,} shown.", "")


def _row(cells: Iterable[str], raw: bool = False) -> str:
    return f"| {' | '.join(cell if raw else cell or ' ' for cell in cells)} |"


def _cell(column: str, value: object) -> str:
    if column in IDS and isinstance(value, (list, tuple)):
        return " ".join(_code(str(one)) for one in value)
    if isinstance(value, (list, tuple)):
        return (" " if column in ("when", "used") else "; ").join(escaped(plain(one)) for one in value)
    return escaped(plain(value))


def _code(value: str) -> str:
    """A value as code, or escaped where a grave accent or a bar in it would end it."""
    shown = clean(value)
    return f"`{shown}`" if shown and "`" not in shown and "|" not in shown else escaped(value)


def _inline(parts: Inline) -> str:
    return "".join(_span(part) for part in parts)


def _span(part: str | Span) -> str:
    if isinstance(part, str):
        return escaped(part)
    shown = escaped(part.text)
    bold = part.style in ("name", "open") or part.style in words.CONFIDENCE
    stripped = shown.strip()
    return shown.replace(stripped, f"**{stripped}**", 1) if bold and stripped else shown


def _ladder(answer: WhoAnswer) -> Iterator[str]:
    """The chain as a numbered list, from the origin down."""
    yield f"1. **{escaped(words.verdict(answer))}**{_origin(answer)}"
    for hop in answer.hops:
        yield from _hop(hop)
    yield ""
    for note in words.notes(answer):
        yield from (escaped(note), "")
    for relation, made in (("made_by", answer.made_by), ("started_by", answer.started_by)):
        if made is not None:
            ids: Sequence[str] = made.event_ids
            yield from (f"{escaped(words.provenance(made, relation))}: {escaped(made.api)} at {moment(made.time)}, "
                        f"{' '.join(_code(one) for one in ids)}", "")  # fmt: skip


def _origin(answer: WhoAnswer) -> str:
    details = (("id", answer.origin.id), ("key", answer.origin.access_key_id), ("resource", answer.origin.resource))
    return "".join(f", {what} {_code(value)}" for what, value in details if value and value != answer.origin.name)


def _hop(hop: Hop) -> Iterator[str]:
    role = (hop.role_arn or "").rsplit("/", 1)[-1]
    name = role or hop.session_name or hop.session.principal_id or "a session"
    session = f" as {escaped(hop.session_name)}" if role and hop.session_name else ""
    yield f"1. **{escaped(name)}**{session} in account {escaped(hop.session.account or 'unknown')}"
    crossing = f", from account {hop.caller_account}" if hop.cross_account and hop.caller_account else ""
    place = f" from {_code(hop.source_ip)}" if hop.source_ip else ""
    yield f"   - {moment(hop.time)} {escaped(hop.api)}, {escaped(words.ways(hop.how, hop.via))}{crossing}{place}"
    yield f"   - {hop.confidence}, rule {hop.rule}: {' '.join(_code(one) for one in hop.event_ids[:4])}"
