"""The questions as saved Cypher: a file each for any Browser, and one list that the newer Browser imports.

Browser draws no answer of a run of several statements, so the `:param` lines are comments above each question,
and once, as statements, in a file of their own: run that, then any question, then change what is asked.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from functools import cache
from typing import Final

from lineage.queries import EXAMPLES, Query, Value, drawings, queries

COLUMNS: Final = ("name", "description", "query", "id", "parentId", "isFolder")
"""Of the list that the newer Browser exports and imports as "Saved Cypher"."""
PARAMETERS: Final = "parameters.cypher"
_TITLE: Final = "Set every parameter, to its default or an example from the incident"

# The example incident: `examples/incident` has its story.
SESSION: Final = str(EXAMPLES["ask"])
"""Key of the session that the sign-in from an unknown address obtained."""
CHAINED: Final = str(EXAMPLES["end"])
"""Key of the session that came of it in the account payments."""
KEY: Final = "AKIA3WQUP53HKQ7V2LCK"
"""The access key that was made there for another user."""
INSTANCE: Final = "i-07b3e6f20c9a5d184"
SECRET: Final = str(EXAMPLES["resource"])


@cache
def settings() -> dict[str, Value]:
    """A value for every parameter of the questions: an example where some file requires one, else the default.

    Browser has one value for all questions. Where their defaults differ, that of those that draw is taken.
    """
    found = [each for one in (*drawings(), *queries()) for each in one.parameters]
    required = {one.name for one in found if one.required}
    return {one.name: EXAMPLES[one.name] if one.name in required else one.default for one in reversed(found)}


def files() -> dict[str, str]:
    """Text by path: `parameters.cypher`, then every question, `draw/…` those that draw."""
    return {PARAMETERS: parameters()} | {f"{one.name}.cypher": text(one) for one in (*drawings(), *queries())}


def parameters() -> str:
    """A `:param` line for every parameter of the questions. The newer Browser takes no comment before the first."""
    return "".join(f":param {name} => {literal(value)};\n" for name, value in settings().items())


def text(query: Query) -> str:
    """A question as it ships, with the `:param` lines that it needs below its title."""
    title, _, rest = query.text.partition("\n")
    values = {one.name: EXAMPLES[one.name] if one.required else one.default for one in query.parameters}
    return "\n".join([title, *(f"//   :param {name} => {literal(value)}" for name, value in values.items()), rest])


def listed() -> str:
    """All of them as CSV in two folders, as the newer Browser imports it."""
    rows: list[tuple[str, str, str, str, str, str]] = [("lineage", "", "", "0", "", "true")]
    rows.append((_TITLE, "", parameters(), "1", "0", "false"))
    for folder, questions in (("Drawn", drawings()), ("As tables", queries())):
        parent = str(len(rows))
        rows.append((folder, "", "", parent, "0", "true"))
        rows += _items(questions, parent, len(rows))
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows([COLUMNS, *rows])
    return out.getvalue()


def _items(questions: Iterable[Query], parent: str, first: int) -> list[tuple[str, str, str, str, str, str]]:
    return [
        (query.title.rstrip("."), query.about, text(query), str(number), parent, "false")
        for number, query in enumerate(questions, first)
    ]


def literal(value: Value) -> str:
    r"""A value as Cypher writes it.

    >>> literal("it's"), literal(["a"]), literal(True), literal(None), literal(7)
    ("'it\\'s'", "['a']", 'true', 'null', '7')
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list):
        return "[" + ", ".join(literal(one) for one in value) + "]"
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
