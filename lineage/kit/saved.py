"""The questions as saved Cypher: a file each for any Browser, and one list that the newer Browser imports.

Browser draws no answer of a run of several statements, so the `:param` lines are comments above each question,
and once, as statements, in a file of their own: run that, then any question, then change what is asked.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from typing import Final

from lineage.queries import Query, drawings, queries

COLUMNS: Final = ("name", "description", "query", "id", "parentId", "isFolder")
"""Of the list that the newer Browser exports and imports as "Saved Cypher"."""
PARAMETERS: Final = "parameters.cypher"
_TITLE: Final = "Set every parameter, to an example from the incident"

# The example incident: `examples/incident` has its story. One value serves a parameter in every question.
SESSION: Final = "537140928816/AROAX2EAYEEYMFDBS2QXG:dana.whitfield/2026-03-11T21:47:55Z"
"""Key of the session that the sign-in from an unknown address obtained."""
CHAINED: Final = "804275613390/AROA3WQUP53HIZHAFMVCF:ops-maintenance/2026-03-11T21:53:30Z"
"""Key of the session that came of it in the account payments."""
KEY: Final = "AKIA3WQUP53HKQ7V2LCK"
"""The access key that was made there for another user."""
INSTANCE: Final = "i-07b3e6f20c9a5d184"
SECRET: Final = "payments/ledger-db"
SIGN_IN_FROM, KEY_USED_FROM = "198.51.100.23", "192.0.2.144"

Value = str | int | bool | list[str] | None

EXAMPLES: Final[dict[str, Value]] = {
    "ask": SESSION,
    "limit": 50,
    "since": "2026-03-11T21:00:00Z",
    "until": "2026-03-12T12:00:00Z",
    "role": "arn:aws:iam::804275613390:role/payments-operations",
    "account": "804275613390",
    "known_accounts": None,
    "cross_account": True,
    "min_depth": 2,
    "made": True,
    "start": "537140928816",
    "end": KEY,
    "resource": SECRET,
    "addresses": [SIGN_IN_FROM, KEY_USED_FROM],
}
"""By parameter."""


def files() -> dict[str, str]:
    """Text by path: `parameters.cypher`, then every question, `draw/…` those that draw."""
    return {PARAMETERS: parameters()} | {f"{one.name}.cypher": text(one) for one in (*drawings(), *queries())}


def parameters() -> str:
    """A `:param` line for every parameter of the questions. The newer Browser takes no comment before the first."""
    return "".join(f":param {name} => {literal(value)};\n" for name, value in EXAMPLES.items())


def text(query: Query) -> str:
    """A question as it ships, with the `:param` lines that it needs below its title."""
    title, _, rest = query.text.partition("\n")
    return "\n".join([title, *(f"//   :param {name} => {literal(EXAMPLES[name])}" for name in wanted(query)), rest])


def wanted(query: Query) -> list[str]:
    """The parameters that a question's header names, in its order."""
    return list(dict.fromkeys(re.findall(r"\$(\w+)", query.header)))


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
        # Described by what the header says before its parameters.
        (query.title.rstrip("."), " ".join(query.header.partition("$")[0].split()), text(query), str(number), parent,
         "false")
        for number, query in enumerate(questions, first)
    ]  # fmt: skip


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
