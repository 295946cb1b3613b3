"""Pages of answers as text: the answer as it is shown, and row by row. Names in both link to questions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape
from importlib.resources import files
from ipaddress import ip_address
from itertools import islice
from typing import Final, NamedTuple
from urllib.parse import urlencode

import msgspec

from lineage.model.errors import BadUse
from lineage.questions.registry import blocks_of, table_of
from lineage.questions.shared.models import Model
from lineage.render import html
from lineage.render.html import hashed, safe
from lineage.render.text import plain

MOST: Final = 2_000
"""Rows of a table that are shown."""
_EVENT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_KEY = re.compile(r"A[KS]IA[A-Z2-7]{12,28}")
_SESSION = re.compile(r"\d{12}/\S+/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_ROLE = re.compile(r"arn:[\w-]+:iam::\d{12}:role/\S+")
_ACCOUNT = re.compile(r"\d{12}")


class Span(NamedTuple):
    """The time range that is kept from page to page, as it was typed."""

    since: str = ""
    until: str = ""


NO_SPAN: Final = Span()
_UPLOAD: Final = (
    '<form id="upload" action="investigate" method="post" enctype="multipart/form-data"><label>Investigate a finding '
    'or CloudTrail record: <input type="file" name="alert" required></label> <button>Investigate</button></form>'
)


class Match(msgspec.Struct, frozen=True):
    """Something in the store that has a text in its name or ID."""

    kind: str
    name: str
    account: str
    """ID and name."""
    seen: str
    """From when to when."""
    question: str
    ask: str


def page(
    line: str, questions: Sequence[str], answer: Model | None = None, *, others: Sequence[tuple[str, str]] = (),
    problem: str = "", span: Span = NO_SPAN,
) -> str:  # fmt: skip
    """The page of the answer to a typed question, or of what is wrong with it.

    `others` are other forms of the same answer: their name, and the value of `as` that selects them.
    """
    body = f'<p role="alert">{safe(problem)}</p>' if answer is None else _answer(answer, span)
    return document(line, f"{form(line, questions, others, span)}\n<h1>lineage {safe(line)}</h1>\n{body}\n")


def start(questions: Sequence[str], rules: Sequence[str], span: Span) -> str:
    """The page that `explore` starts with; its parts are asked for by a script."""
    parts = (
        ("loaded", "What is loaded"),
        ("findings", "Last findings"),
        ("people", "People by activity"),
        ("gaps", "Gaps"),
    )
    sections = [
        f'<section data-part="{name}"><h2>{title}</h2>'
        '<div class="part"><p class="quiet">Reading\u2026</p></div></section>'
        for name, title in parts
    ]
    hunts = (
        f'<section><h2>Hunts with something to look at</h2><ul id="rules" data-rules="{safe(" ".join(rules))}"></ul>'
        '<p id="looked" class="quiet" role="status"></p></section>'
    )
    sections.insert(3, hunts)
    body = f"{form('', questions, (), span)}\n{_finder('', span)}\n{_UPLOAD}\n<main>{''.join(sections)}</main>\n"
    return document("lineage explore", body, _file("start.js"))


def sent(kind: str, body: bytes) -> bytes:
    """The content of the file in a form that a browser sent (`multipart/form-data`). Raises `BadUse`.

    >>> sent("multipart/form-data; boundary=b", b'--b\\r\\nContent-Disposition: x\\r\\n\\r\\n{}\\r\\n--b--\\r\\n')
    b'{}'
    """
    _, there, boundary = kind.partition("boundary=")
    _, begun, rest = body.partition(f"--{boundary}".strip('"').encode("latin-1", "replace"))
    _, headed, rest = rest.partition(b"\r\n\r\n")
    content, ended, _ = rest.partition(f"\r\n--{boundary}".strip('"').encode("latin-1", "replace"))
    if not (kind.startswith("multipart/form-data") and there and boundary and begun and headed and ended):
        raise BadUse("no file was sent; choose one with a finding or an event")
    return content


def found(text: str, matches: Sequence[Match], questions: Sequence[str], span: Span) -> str:
    """The page of what a search found."""
    rows = "\n".join(
        f'<tr><td>{safe(one.kind)}</td><td><a href="{escape(href(one.question, one.ask, span=span))}">{safe(one.name)}'
        f"</a></td><td>{safe(one.account)}</td><td>{safe(one.seen)}</td></tr>"
        for one in matches
    )
    table = (
        f'<div class="wide"><table><thead><tr><th>kind</th><th>name</th><th>account</th><th>seen</th></tr></thead>'
        f"<tbody>\n{rows}\n</tbody></table></div>"
    )
    told = table if matches else f'<p role="alert">Nothing in the store has {safe(text)} in its name or ID.</p>'
    title = f"find {text}"
    return document(title, f"{form('', questions, (), span)}\n{_finder(text, span)}\n<main>{told}</main>\n")


def document(title: str, body: str, script: str = "", head: str = "") -> str:
    """A page with a content security policy that lets nothing run but this script."""
    style = html.style() + _file("pages.css")
    runs = f"script-src {hashed(script)}; connect-src 'self'; " if script else ""
    policy = f"default-src 'none'; style-src {hashed(style)}; {runs}base-uri 'none'; form-action 'self'"
    run = f"<script>{script}</script>\n" if script else ""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"{head}<title>{safe(title)}</title>\n<style>{style}</style>\n</head>\n<body>\n{body}{run}</body>\n</html>\n"
    )


def _file(name: str) -> str:
    return files("lineage.explore").joinpath(name).read_text("utf-8")


def _finder(text: str, span: Span) -> str:
    """The form that searches the store by a name or ID."""
    kept = "".join(f'<input type="hidden" name="{name}" value="{safe(value)}">' for name, value in _kept(span).items())
    return (
        f'<form id="finder" action="./" method="get" role="search">{kept}<input name="find" type="search" required '
        f'autofocus value="{safe(text)}" aria-label="Find" autocomplete="off" spellcheck="false" '
        'placeholder="Find a person, role, key, session, account, address or resource"> <button>Find</button></form>'
    )


def form(line: str, questions: Sequence[str], others: Sequence[tuple[str, str]] = (), span: Span = NO_SPAN) -> str:
    """The form for any question, filled with this one, and links to other forms of its answer."""
    question, _, rest = line.strip().partition(" ")
    there = "".join(
        f"<option{' selected' if name == question.replace('_', '-') else ''}>{name}</option>" for name in questions
    )
    links = "".join(f' <a href="{escape(href(question, rest, form, span))}">{safe(name)}</a>' for name, form in others)
    times = "".join(
        f'<input name="{name}" class="time" value="{safe(value)}" aria-label="{label}" autocomplete="off" '
        f'placeholder="{label}, {example}" title="{label} of the time range of this and the next questions">'
        for name, value, label, example in (
            ("from", span.since, "start", "2026-03-11T08:00"), ("to", span.until, "end", "2026-03-12")
        )
    )  # fmt: skip
    begin = escape(f"./?{urlencode({'start': 1, **_kept(span)})}")
    return (
        f'<form id="live" action="./" method="get"><a href="{begin}">Start</a> '
        f'<select name="question" aria-label="Question">{there}</select> '
        f'<input name="ask" type="search" size="30" value="{safe(rest)}" aria-label="Ask" autocomplete="off" '
        f'spellcheck="false" placeholder="event ID, key, session, ARN …; options as in lineage --help"> {times}'
        f'<button>Ask</button>{links}<span id="told" role="alert"></span></form>'
    )


def _answer(answer: Model, span: Span) -> str:
    columns, rows = table_of(answer)
    rows = iter(rows)
    listed = list(islice(rows, MOST))
    cut = f'<p class="quiet">The first {MOST:,} rows; a time or --limit gives fewer.</p>' if next(rows, None) else ""
    head = "".join(f'<th scope="col">{safe(column.replace("_", " "))}</th>' for column in columns)
    lines = "\n".join(f"<tr>{''.join(_cells(columns, row, span))}</tr>" for row in listed)
    table = f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>\n{lines}\n</tbody></table></div>'
    shown = html.text(blocks_of(answer), lambda value: _address("", value, span))
    return f"<main>{shown}</main>\n<h2>Row by row</h2>\n{cut}{table}"


def _cells(columns: Sequence[str], row: Sequence[object], span: Span) -> Iterator[str]:
    for column, value in zip(columns, row, strict=True):
        values = value if isinstance(value, (list, tuple)) else (value,)
        yield f"<td>{' '.join(_linked(column, plain(one), span) for one in values)}</td>"


def _linked(column: str, value: str, span: Span) -> str:
    address = _address(column, value, span)
    return f'<a href="{escape(address)}">{safe(value)}</a>' if address else safe(value)


def _address(column: str, value: str, span: Span) -> str | None:
    question = _question(column, value)
    return href(question, value, span=span) if question else None


def _question(column: str, value: str) -> str | None:
    if column.endswith(("event_id", "event_ids")) or _EVENT.fullmatch(value) or _KEY.fullmatch(value):
        return "who" if value else None
    if _ROLE.fullmatch(value):
        return "role"
    if _SESSION.fullmatch(value):
        return "session"
    if value.startswith("arn:"):
        return "touched"
    if _ACCOUNT.fullmatch(value):
        return "coverage"
    try:
        ip_address(value)
    except ValueError:
        return None
    return "from"


def href(question: str, ask: str, form: str | None = None, span: Span = NO_SPAN) -> str:
    """The address of a question, in the time range."""
    asked = {"question": question, "ask": ask} | ({"as": form} if form else {})
    return f"./?{urlencode(asked | _kept(span))}"


def _kept(span: Span) -> dict[str, str]:
    return {name: value for name, value in (("from", span.since), ("to", span.until)) if value}
