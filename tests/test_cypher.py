"""Every statement of `cypher/`: valid on both release lines and in both languages, and said right in its header."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import lineage
from lineage.model import schema
from lineage.stores.neo4j.store import schema_statements
from tests.conftest import ROOT

if TYPE_CHECKING:
    from tests.neo4j_server import Server

FILES = sorted(path for path in (ROOT / "cypher").rglob("*.cypher") if path.stem != "schema")
STATEMENTS = {path.relative_to(ROOT / "cypher").as_posix(): path.read_text("utf-8") for path in FILES}
SCHEMA = schema_statements()
PROPERTIES = {
    name
    for table in (schema.NODE_PROPERTIES, schema.RELATIONSHIP_PROPERTIES, schema.BOOKKEEPING)
    for names in table.values()
    for name in names
}
NAMES = {
    "01N50": {*schema.LABELS, *schema.KINDS, *schema.BOOKKEEPING},
    "01N51": set(schema.RELATIONSHIPS),
    "01N52": PROPERTIES,
}
"""Names that may be unknown to a database with little in it, by the code of the notice that says so."""
PARAMETERS = "01N60"


def notices(server: Server, statement: str) -> list[tuple[str, str]]:
    """Code and description of each notice about the statement."""
    with server.driver().session(database=server.database, notifications_min_severity="INFORMATION") as session:
        told = session.run(f"{statement}").consume().gql_status_objects
    return [(one.gql_status, one.status_description) for one in told if one.is_notification]


def told(server: Server, statement: str) -> list[str]:
    """The notices that should not be: all but parameters that EXPLAIN does without, and names that the schema
    declares and the database has not met yet."""
    return [
        text
        for code, text in notices(server, statement)
        if code != PARAMETERS and not set(re.findall(r"`(\w+)` does", text)) & NAMES.get(code, set())
    ]


def missing(server: Server, statement: str) -> set[str]:
    """The parameters that the server misses in the statement."""
    texts = [text for code, text in notices(server, f"EXPLAIN {statement}") if code == PARAMETERS]
    return {name for text in texts for name in re.findall(r"\$`(\w+)`", text)}


def header(statement: str) -> str:
    """The comment lines at the top."""
    return "\n".join(line for line in statement.splitlines() if line.startswith("//"))


@pytest.fixture(scope="module")
def prefixes() -> dict[str, list[str]]:
    """The languages that each release line takes."""
    return {"5": [""], "2": ["CYPHER 5 ", "CYPHER 25 "]}


@pytest.mark.parametrize("name", STATEMENTS)
def test_statement_is_valid(neo4j_server: Server, prefixes: dict[str, list[str]], name: str) -> None:
    """The server plans the statement in each language that it has, and warns of nothing."""
    for prefix in prefixes[neo4j_server.version[0]]:
        assert told(neo4j_server, f"{prefix}EXPLAIN {STATEMENTS[name]}") == []


def test_schema_is_made(neo4j_server: Server) -> None:
    """Opening a store makes every constraint and index, and opening it again makes none."""
    lineage.open(neo4j_server.uri).close()
    with neo4j_server.driver().session(database=neo4j_server.database) as session:
        names = {name for (name,) in session.run("SHOW INDEXES YIELD name RETURN name").values()}

    assert set(SCHEMA) <= names


def test_schema_is_valid_in_both_languages(neo4j_server: Server, prefixes: dict[str, list[str]]) -> None:
    """Each statement of the schema runs in each language, again and again."""
    with neo4j_server.driver().session(database=neo4j_server.database) as session:
        for prefix in prefixes[neo4j_server.version[0]]:
            for statement in SCHEMA.values():
                session.run(prefix + statement).consume()


@pytest.mark.parametrize("name", STATEMENTS)
def test_header_names_the_parameters(neo4j_any: Server, name: str) -> None:
    """A header begins with a title and names exactly the parameters that the statement takes."""
    top = header(STATEMENTS[name])

    assert re.match(r"// [A-Z].+", top)
    assert set(re.findall(r"\$(\w+)", top)) == missing(neo4j_any, STATEMENTS[name])


@pytest.mark.parametrize("name", STATEMENTS)
def test_header_names_the_columns(neo4j_any: Server, name: str) -> None:
    """A header names every column of the statement, and has no word on columns where there are none."""
    with neo4j_any.driver().session(database=neo4j_any.database) as session:
        columns = session.run(f"EXPLAIN {STATEMENTS[name]}").keys()
    _, word, told_columns = header(STATEMENTS[name]).partition("// Columns:")

    assert bool(word) == bool(columns)
    assert [column for column in columns if column not in told_columns] == []


def test_names_are_those_of_the_schema() -> None:
    """No statement uses a label that the schema does not declare."""
    used = {label for text in [*STATEMENTS.values(), *SCHEMA.values()] for label in re.findall(r"\(\w*:(\w+)", text)}

    assert used <= {*schema.LABELS, *schema.KINDS, *schema.BOOKKEEPING}


def test_every_store_statement_is_run() -> None:
    """Each file of `cypher/store/` is named by the code that runs it."""
    code = "".join(path.read_text("utf-8") for path in Path(ROOT / "lineage" / "stores").glob("neo4j*.py"))
    stems = {Path(name).stem for name in STATEMENTS if name.startswith("store/")}

    assert {stem for stem in stems if f'"{stem}"' not in code} == set()
