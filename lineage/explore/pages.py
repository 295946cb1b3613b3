"""Pages of answers as text: the answer as it is shown, and row by row. Names in both link to questions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape
from importlib.resources import files
from ipaddress import ip_address
from itertools import islice
from typing import Final
from urllib.parse import urlencode

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


def page(
    line: str, questions: Sequence[str], answer: Model | None = None, *, others: Sequence[tuple[str, str]] = (),
    problem: str = "",
) -> str:  # fmt: skip
    """The page of the answer to a typed question, or of what is wrong with it.

    `others` are other forms of the same answer: their name, and the value of `as` that selects them.
    """
    style = html.style() + files("lineage.explore").joinpath("pages.css").read_text("utf-8")
    policy = f"default-src 'none'; style-src {hashed(style)}; base-uri 'none'; form-action 'self'"
    body = f'<p role="alert">{safe(problem)}</p>' if answer is None else _answer(answer)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{safe(line)}</title>\n<style>{style}</style>\n</head>\n<body>\n"
        f"{form(line, questions, others)}\n<h1>lineage {safe(line)}</h1>\n{body}\n</body>\n</html>\n"
    )


def form(line: str, questions: Sequence[str], others: Sequence[tuple[str, str]] = ()) -> str:
    """The form for any question, filled with this one, and links to other forms of its answer."""
    question, _, rest = line.strip().partition(" ")
    there = "".join(
        f"<option{' selected' if name == question.replace('_', '-') else ''}>{name}</option>" for name in questions
    )
    links = "".join(f' <a href="{escape(_href(question, rest, form))}">{safe(name)}</a>' for name, form in others)
    return (
        '<form id="live" action="./" method="get">'
        f'<select name="question" aria-label="Question">{there}</select> '
        f'<input name="ask" type="search" size="44" value="{safe(rest)}" aria-label="Ask" autocomplete="off" '
        'spellcheck="false" placeholder="event ID, key, session, ARN …; options as in lineage --help"> '
        f'<button>Ask</button>{links}<span id="told" role="alert"></span></form>'
    )


def _answer(answer: Model) -> str:
    columns, rows = table_of(answer)
    rows = iter(rows)
    listed = list(islice(rows, MOST))
    cut = f'<p class="quiet">The first {MOST:,} rows; a time or --limit gives fewer.</p>' if next(rows, None) else ""
    head = "".join(f'<th scope="col">{safe(column.replace("_", " "))}</th>' for column in columns)
    lines = "\n".join(f"<tr>{''.join(_cells(columns, row))}</tr>" for row in listed)
    table = f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>\n{lines}\n</tbody></table></div>'
    shown = html.text(blocks_of(answer), lambda value: _address("", value))
    return f"<main>{shown}</main>\n<h2>Row by row</h2>\n{cut}{table}"


def _cells(columns: Sequence[str], row: Sequence[object]) -> Iterator[str]:
    for column, value in zip(columns, row, strict=True):
        values = value if isinstance(value, (list, tuple)) else (value,)
        yield f"<td>{' '.join(_linked(column, plain(one)) for one in values)}</td>"


def _linked(column: str, value: str) -> str:
    address = _address(column, value)
    return f'<a href="{escape(address)}">{safe(value)}</a>' if address else safe(value)


def _address(column: str, value: str) -> str | None:
    question = _question(column, value)
    return _href(question, value) if question else None


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


def _href(question: str, ask: str, form: str | None = None) -> str:
    asked = {"question": question, "ask": ask} | ({"as": form} if form else {})
    return f"./?{urlencode(asked)}"
