"""The Cypher files for analysts: name, title, header, parameters and text of each.

A file's title is its first line, its header all comment lines up to the first statement, so that a file explains
itself in Neo4j Browser. A parameter is declared there and nowhere else, as `// $limit (integer, default 50): how many
rows at most.`: the command, `Lineage.query` and the Browser kit take name, type, default and help from it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from importlib import resources
from itertools import takewhile
from typing import Final, NamedTuple

from lineage.model import schema
from lineage.model.errors import BadUse
from lineage.model.times import iso, time_of

Value = str | int | bool | list[str] | None

EXAMPLES: Final[dict[str, Value]] = {
    "ask": "537140928816/AROAX2EAYEEYMFDBS2QXG:dana.whitfield/2026-03-11T21:47:55Z",
    "limit": 50,
    "since": "2026-03-11T21:00:00Z",
    "until": "2026-03-12T12:00:00Z",
    "role": "arn:aws:iam::804275613390:role/payments-operations",
    "account": "804275613390",
    "known_accounts": ["537140928816", "804275613390"],
    "cross_account": True,
    "min_depth": 3,
    "made": True,
    "start": "537140928816",
    "end": "804275613390/AROA3WQUP53HIZHAFMVCF:ops-maintenance/2026-03-11T21:53:30Z",
    "resource": "payments/ledger-db",
    "addresses": ["198.51.100.23", "192.0.2.144"],
}
"""By parameter: a value from the incident in `examples/incident`. One serves a parameter in every file."""

_DECLARED = re.compile(r"\$(\w+) \(([a-z ]+)(?:, default (\S+))?\): (.+)")
_LARGEST: Final = 2**63 - 1
"""Of Neo4j's integers."""
_WHAT: Final = {
    schema.TEXT: "a text",
    schema.TIME: "a time",
    schema.NUMBER: "a whole number",
    schema.YES_NO: "true or false",
    schema.TEXTS: "a list of texts",
}
"""What a value of a type is."""


class Parameter(NamedTuple):
    """A parameter of a Cypher file, as its header declares it."""

    name: str
    type: str
    """One of the types of properties in `lineage.model.schema`."""
    required: bool
    default: Value
    """None also where one is required."""
    help: str

    def spelled(self) -> str:
        """Name, type and default in a few words.

        >>> Parameter("limit", "integer", False, 50, "").spelled()
        'limit (integer, default 50)'
        """
        default = "" if self.required else f", default {json.dumps(self.default)}"
        return f"{self.name} ({self.type}{default})"

    def example(self) -> str:
        """The parameter with a value, as `--param` takes it."""
        value = EXAMPLES[self.name]
        if isinstance(value, list):
            value = ",".join(value)
        return f"{self.name}={value if isinstance(value, str) else json.dumps(value)}"

    def read(self, text: str) -> Value:
        """The value that a text of the command line means: `null` for the default null, a list as JSON or with commas.
        Raises `BadUse`."""
        if text == "null" and not self.required and self.default is None:
            return None
        value: object = text
        if self.type == schema.TEXTS:
            value = text.split(",") if not text.startswith("[") else _json(text)
        elif self.type in (schema.NUMBER, schema.YES_NO):
            value = _json(text)
        return self.checked(value, text)

    def checked(self, value: object, shown: str | None = None) -> Value:
        """The value, a time as the graph holds it. Raises `BadUse` where it is none of the type."""
        if value is None and not self.required and self.default is None:
            return None
        match self.type, value:
            case (schema.TEXT, str() as text):
                return text
            case (schema.TIME, str() as text) if (seconds := _seconds(text, last=self.name == "until")) is not None:
                return iso(seconds)
            case (schema.YES_NO, bool() as yes):
                return yes
            case (schema.NUMBER, int() as number) if not isinstance(number, bool) and 0 <= number <= _LARGEST:
                return number
            case (schema.TEXTS, (list() | tuple()) as items) if all(isinstance(one, str) for one in items):
                return list(items)
        shown = repr(value) if shown is None else shown
        raise BadUse(f"{self.name}={shown}: not {_WHAT[self.type]}; write it like {self.example()}")


class Query(NamedTuple):
    """One Cypher file."""

    name: str
    """`who` for `cypher/questions/who.cypher`, `draw/who` for `cypher/draw/who.cypher`."""
    title: str
    """The text of the first `//` line."""
    about: str
    """What it tells and what it leaves out: the `//` lines between the title and the parameters."""
    parameters: tuple[Parameter, ...]
    """In the order of the header."""
    columns: str
    """The columns and their order, in words."""
    text: str
    """The whole file, as it pastes into Neo4j Browser."""

    def read(self, given: Mapping[str, str]) -> dict[str, Value]:
        """All parameters from texts of the command line, defaults filled in. Raises `BadUse`."""
        return self.filled({name: self._known(name).read(text) for name, text in given.items()})

    def filled(self, given: Mapping[str, object]) -> dict[str, Value]:
        """All parameters, defaults filled in. Raises `BadUse` where one is missing, unknown or of another type."""
        values = {name: self._known(name).checked(value) for name, value in given.items()}
        for one in self.parameters:
            if one.required and one.name not in values:
                raise BadUse(f"query {self.name}: needs {one.spelled()}; write it like {one.example()}")
        return {one.name: values.get(one.name, one.default) for one in self.parameters}

    def _known(self, name: str) -> Parameter:
        """The parameter of that name. Raises `BadUse`."""
        known = {one.name: one for one in self.parameters}
        if name not in known:
            takes = ", ".join(one.spelled() for one in self.parameters)
            raise BadUse(f"query {self.name}: no parameter {name}; it takes {takes}")
        return known[name]


def queries() -> list[Query]:
    """The files of `cypher/questions/`, which answer with tables, by name."""
    return _within("questions", "")


def drawings() -> list[Query]:
    """The files of `cypher/draw/`, which answer with paths for Neo4j Browser to draw, by name."""
    return _within("draw", "draw/")


def _within(folder: str, prefix: str) -> list[Query]:
    files = (file for file in resources.files("cypher").joinpath(folder).iterdir() if file.name.endswith(".cypher"))
    return sorted(parse(prefix + file.name.removesuffix(".cypher"), file.read_text("utf-8")) for file in files)


def query(name: str) -> Query:
    """The query of that name. Raises `BadUse` if there is none."""
    known = {one.name: one for one in (*queries(), *drawings())}
    if name not in known:
        raise BadUse(f"query {name}: not found; the queries are: {', '.join(known)}")
    return known[name]


def parse(name: str, text: str) -> Query:
    """A Cypher file taken apart.

    >>> parse("a", "// Roles\\n// $limit (integer, default 9): how many.\\nMATCH (r:Role) RETURN r").parameters
    (Parameter(name='limit', type='integer', required=False, default=9, help='how many.'),)
    """
    lines = takewhile(lambda line: line.startswith("//"), text.splitlines())
    title, *header = [line.removeprefix("//").strip() for line in lines] or [""]
    blocks = re.split(r"\n(?=\$|Columns: )", "\n".join(["", *header]))
    about, *rest = (" ".join(block.split()) for block in blocks)
    columns = next((block.removeprefix("Columns: ") for block in rest if block.startswith("Columns: ")), "")
    parameters = tuple(_parameter(name, block) for block in rest if block.startswith("$"))
    return Query(name, title, about, parameters, columns, text)


def _parameter(query: str, block: str) -> Parameter:
    """The parameter that a block of a header declares. Raises `ValueError`."""
    found = _DECLARED.fullmatch(block)
    if found is None or found[2] not in _WHAT:
        raise ValueError(f"{query}: {block!r} declares no parameter")
    name, kind, default, about = found.groups()
    return Parameter(name, kind, default is None, json.loads(default) if default is not None else None, about)


def _seconds(text: str, *, last: bool) -> int | None:
    """The second that a text names; None where it names none."""
    try:
        return time_of(text, last=last)
    except BadUse:
        return None


def _json(text: str) -> object:
    """The value of JSON; the text itself where it is none."""
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value
