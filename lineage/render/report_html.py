"""An investigation as one HTML page that needs nothing else: no network, no outside style, no outside script.

Text from the logs is data: everything is escaped, and a content security policy lets nothing run but the one script
below, which only opens the folded sections for the printer.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator
from html import escape
from importlib.resources import files

from lineage.questions.investigate import Investigation
from lineage.questions.who import CallIdentity, Hop, WhoAnswer
from lineage.render import words
from lineage.render.blocks import IDS, Block, Chart, Code, Facts, Fold, Grid, Inline, Items, Ladder, Para, Span, rows_of
from lineage.render.chart import svg
from lineage.render.report import report, title
from lineage.render.tables import plain
from lineage.render.text import clean, moment

SCRIPT = 'addEventListener("beforeprint",()=>document.querySelectorAll("details").forEach(d=>d.open=true))'
_WHOLE = frozenset({
    "time", "when", "used", "issued", "expires", "begun", "last used", "hour", "operation", "operations", "key",
    "until", "account", "from", "to", "granted after", "error", "errors",
})  # fmt: skip
"""Columns whose values are not broken."""
_LONG = frozenset({
    "about", "about, and what came of it", "requests", "filters", "target", "note", "file", "user agent", "why",
    "after", "lead", "credentials and source", "resource", "session", "value", "workload", "role", "caller", "policy",
})  # fmt: skip
"""Columns of long texts, which get room before the table scrolls."""


def page(answer: Investigation) -> str:
    """The report as an HTML document."""
    style = files("lineage.render").joinpath("report.css").read_text("utf-8")
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(SCRIPT)}'; base-uri 'none'; "
        "form-action 'none'"
    )
    blocks = list(report(answer))
    shown = "".join(part for block in blocks for part in _block(block))
    head = safe(title(answer))
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer">'
        f"<title>{head}</title><style>{style}</style></head>\n<body><header><h1>{head}</h1>"
        f'<p class="by">A chain proves credentials, not hands. About: {safe(answer.asked)}</p></header>\n'
        f"<nav>{_nav(blocks)}</nav>\n<main>{shown}</main>\n"
        f"<footer>Times are UTC. What the logs do not cover, this page cannot say.</footer><script>{SCRIPT}</script>"
        "</body></html>\n"
    )


def safe(value: str) -> str:
    """A text with nothing in it that HTML would take for a mark, and nothing that turns the reading direction.

    >>> safe("<b>&")
    '&lt;b&gt;&amp;'
    """
    return escape(clean(value), quote=True)


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _nav(blocks: Iterable[Block]) -> str:
    return "".join(
        f'<a href="#{fold.anchor}">{safe(fold.title)}</a>' for fold in blocks if isinstance(fold, Fold) and fold.anchor
    )


def _block(block: Block) -> Iterator[str]:
    match block:
        case Para(parts):
            yield f"<p>{_inline(parts)}</p>\n"
        case Facts(rows):
            told = [(label, value) for label, value in rows if value not in (None, "", [], ())]
            if told:
                lines = (f"<dt>{safe(label)}</dt><dd>{_value(value)}</dd>" for label, value in told)
                yield f"<dl>{''.join(lines)}</dl>\n"
        case Items(lines) if lines:
            yield f"<ul>{''.join(f'<li>{_inline(line)}</li>' for line in lines)}</ul>\n"
        case Grid():
            yield from _grid(block)
        case Ladder(answer):
            yield from _ladder(answer)
        case Code(source):
            yield f"<pre>{escape(chr(10).join(clean(line) for line in source.splitlines()))}</pre>\n"
        case Chart(hours):
            yield f'<div class="wide">{svg(hours)}</div>{_LEGEND}\n'
        case Fold():
            yield from _fold(block)


_LEGEND = (
    '<p class="legend"><span><i class="ok"></i>succeeded</span><span><i class="bad"></i>failed</span>'
    '<span><i class="usual"></i>usual level</span><span><i class="scope"></i>scope</span>'
    '<span><i class="void"></i>no logs loaded</span></p>'
)


def _fold(fold: Fold) -> Iterator[str]:
    level = min(max(fold.level, 2), 4)
    anchor = f' id="{fold.anchor}"' if fold.anchor else ""
    says = f'<span class="says">{_inline(fold.summary)}</span>' if fold.summary else ""
    yield f"<details{' open' if fold.open else ''}>"
    # The anchor stands inside: a link to it unfolds the section.
    yield f'<summary><h{level}>{safe(fold.title)}</h{level}>{says}</summary><div class="body"{anchor}>'
    for inner in fold.blocks:
        yield from _block(inner)
    yield "</div></details>\n"


def _grid(grid: Grid) -> Iterator[str]:
    if not grid.rows:
        return
    columns, rows = rows_of(grid)
    caption = f"<caption>{safe(grid.caption)}</caption>" if grid.caption else ""
    heads = "".join(f"<th{_class(column)}>{safe(column.rstrip('>'))}</th>" for column in columns)
    yield f'<div class="wide"><table>{caption}<thead><tr>{heads}</tr></thead><tbody>'
    for row in rows:
        yield f"<tr>{''.join(_cell(column, value) for column, value in zip(columns, row, strict=True))}</tr>"
    yield "</tbody></table></div>\n"
    if grid.total is not None and grid.total > len(grid.rows):
        yield f'<p class="quiet">{len(grid.rows):,} of {grid.total:,} shown.</p>\n'


def _class(column: str) -> str:
    kind = "n" if column.endswith(">") else "id" if column in IDS else "t" if column in _WHOLE else ""
    kind = kind or ("w" if column in _LONG else "k" if column == "what" else "")
    return f' class="{kind}"' if kind else ""


def _cell(column: str, value: object) -> str:
    return f"<td{_class(column)}>{_value(value)}</td>"


def _value(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return "<br>".join(safe(plain(one)) for one in value)
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return safe(plain(value))


def _inline(parts: Inline) -> str:
    return "".join(safe(part) if isinstance(part, str) else _span(part) for part in parts)


def _span(part: Span) -> str:
    return f'<span class="{escape(part.style)}">{safe(part.text)}</span>' if part.style else safe(part.text)


def _ladder(answer: WhoAnswer) -> Iterator[str]:
    """The chain, a rung for the origin and one for each hop; what is open says why."""
    for note in words.notes(answer):
        yield f'<p class="open">{safe(note)}</p>'
    origin = answer.origin
    kind = words.KINDS.get(origin.kind, origin.kind)
    told = [("id", origin.id if origin.id != origin.name else None), ("resource", origin.resource)]
    told += [("key", origin.access_key_id), ("provider", origin.provider)]
    if answer.attempt:
        first = _rung(answer.attempt, "", [], "")
    elif origin.kind == "Unresolved":
        first = _rung("?", "", ["what came before is not in the loaded logs"], "")
    else:
        first = _rung(origin.name or origin.id or kind, kind, [f"{what} {value}" for what, value in told if value], "")
    rungs = [first, *(_hop(hop) for hop in answer.hops)]
    yield f'<ol class="ladder">{"".join(rungs)}</ol>\n'
    if line := _identity(answer.identity):
        yield f'<p class="quiet">on the call: {safe(line)}</p>'
    for hint in answer.hints:
        doubt = "" if hint.rule == "1" else f" (rule {safe(hint.rule)}; no proof)"
        yield f'<p class="quiet">hint {safe(hint.what)}: {safe(hint.value)}{doubt}</p>'
    for relation, made in (("made_by", answer.made_by), ("started_by", answer.started_by)):
        if made is not None:
            yield f'<p class="open">{safe(words.provenance(made, relation))}</p>'
            yield f"<p>{moment(made.time)} {safe(made.api)} <code>{safe(' '.join(made.event_ids))}</code></p>"
            yield from _ladder(made.answer)


def _hop(hop: Hop) -> str:
    role = (hop.role_arn or "").rsplit("/", 1)[-1]
    name = role or hop.session_name or hop.session.principal_id or "a session"
    session = f"as {hop.session_name}" if role and hop.session_name else ""
    crossing = f", from account {hop.caller_account} into {hop.account}" if hop.cross_account else ""
    place = " ".join(filter(None, ("from", hop.source_ip, hop.user_agent))) if hop.source_ip else None
    lines = [
        f"{moment(hop.time)}  {words.ways(hop.how, hop.via)}: {hop.api}{crossing}",
        f"with key {hop.caller_access_key_id}" if hop.caller_access_key_id else None,
        place,
        f"source identity {hop.source_identity}" if hop.source_identity else None,
        f"in account {hop.session.account or 'unknown'}, session {hop.session.creation_date}",
    ]
    sure = f'<div><span class="{hop.confidence}">{hop.confidence}</span> rule {safe(hop.rule)}'
    sure += f" <code>{safe(' '.join([*hop.event_ids[:4], *hop.sign_in_event_ids[:2]]))}</code></div>"
    return _rung(name, session, [line for line in lines if line], sure)


def _rung(name: str, beside: str, lines: Iterable[str], more: str) -> str:
    told = "".join(f"<div>{safe(line)}</div>" for line in lines)
    return f'<li class="rung"><span class="name">{safe(name)}</span> {safe(beside)}{told}{more}</li>'


def _identity(who: CallIdentity) -> str:
    parts = (("key", who.access_key_id), ("identity", who.arn or who.principal_id))
    return ", ".join(f"{what} {value}" for what, value in parts if value)
