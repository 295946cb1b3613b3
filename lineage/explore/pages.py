"""Pages of answers as text: what the command line prints, and the same as a table whose cells link to questions."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from functools import cache
from html import escape
from importlib.resources import files
from ipaddress import ip_address
from itertools import islice
from typing import Final
from urllib.parse import urlencode

from rich.console import Console

from lineage.draw.html import hashed
from lineage.questions.shared.models import Model
from lineage.render import csv, people
from lineage.render.console import THEME
from lineage.render.tables import plain
from lineage.render.text import clean

WIDTH: Final = 110
"""Characters of a line."""
MOST: Final = 2_000
"""Rows of a table that are shown."""
_KEY = re.compile(r"A[KS]IA[A-Z2-7]{12,28}")
_ROLE = re.compile(r"arn:[\w-]+:iam::\d{12}:role/\S+")
_ACCOUNT = re.compile(r"\d{12}")


def page(
    line: str, questions: Sequence[str], answer: Model | None = None, *, others: Sequence[tuple[str, str]] = (),
    problem: str = "",
) -> str:  # fmt: skip
    """The page of the answer to a typed question, or of what is wrong with it.

    `others` are other forms of the same answer: their name, and the value of `as` that selects them.
    """
    style = _style()
    policy = f"default-src 'none'; style-src {hashed(style)}; base-uri 'none'; form-action 'self'"
    body = f'<p role="alert">{_safe(problem)}</p>' if answer is None else _answer(answer)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_safe(line)}</title>\n<style>{style}</style>\n</head>\n<body>\n"
        f"{form(line, questions, others)}\n<h1>lineage {_safe(line)}</h1>\n{body}\n</body>\n</html>\n"
    )


def form(line: str, questions: Sequence[str], others: Sequence[tuple[str, str]] = ()) -> str:
    """The form for any question, filled with this one, and links to other forms of its answer."""
    question, _, rest = line.strip().partition(" ")
    there = "".join(
        f"<option{' selected' if name == question.replace('_', '-') else ''}>{name}</option>" for name in questions
    )
    links = "".join(f' <a href="{escape(_href(question, rest, form))}">{_safe(name)}</a>' for name, form in others)
    return (
        '<form id="live" action="./" method="get">'
        f'<select name="question" aria-label="Question">{there}</select> '
        f'<input name="ask" type="search" size="44" value="{_safe(rest)}" aria-label="Ask" autocomplete="off" '
        'spellcheck="false" placeholder="event ID, key, session, ARN …; options as in lineage --help"> '
        f'<button>Ask</button>{links}<span id="told" role="alert"></span></form>'
    )


def _answer(answer: Model) -> str:
    text = io.StringIO()
    console = Console(
        file=text, theme=THEME, width=WIDTH, color_system=None, markup=False, highlight=False, emoji=False
    )
    for renderable in people.renderables(answer):
        console.print(renderable, crop=False)
    columns, rows = csv.table(answer)
    shown = list(islice(rows, MOST))
    cut = f'<p class="quiet">The first {MOST:,} rows; a time or --limit gives fewer.</p>' if next(rows, None) else ""
    head = "".join(f'<th scope="col">{_safe(column.replace("_", " "))}</th>' for column in columns)
    lines = "\n".join(f"<tr>{''.join(_cells(columns, row))}</tr>" for row in shown)
    table = f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>\n{lines}\n</tbody></table></div>'
    return f"<pre>{_safe_lines(text.getvalue())}</pre>\n<h2>Row by row</h2>\n{cut}{table}"


def _cells(columns: Sequence[str], row: Sequence[object]) -> Iterator[str]:
    for column, value in zip(columns, row, strict=True):
        values = value if isinstance(value, (list, tuple)) else (value,)
        yield f"<td>{' '.join(_linked(column, plain(one)) for one in values)}</td>"


def _linked(column: str, value: str) -> str:
    """A value as text, or as a link to a question about it."""
    question = _question(column, value)
    if question is None:
        return _safe(value)
    return f'<a href="{escape(_href(question, value))}">{_safe(value)}</a>'


def _question(column: str, value: str) -> str | None:
    if column.endswith(("event_id", "event_ids")) or _KEY.fullmatch(value):
        return "who" if value else None
    if _ROLE.fullmatch(value):
        return "role"
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


def _safe(text: str) -> str:
    return escape(clean(text))


def _safe_lines(text: str) -> str:
    return "\n".join(_safe(line) for line in text.splitlines())


@cache
def _style() -> str:
    return files("lineage.render").joinpath("report.css").read_text("utf-8") + files("lineage.explore").joinpath(
        "pages.css"
    ).read_text("utf-8")
