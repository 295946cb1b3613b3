"""Every statement of `cypher/`: valid on both release lines and in both languages, with a right header.

That the question files agree with the API is part of each story's test (`tests/question_rows.py`).
"""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

import lineage
from lineage import queries
from lineage.model import schema
from lineage.model.keys import ref
from lineage.stores.neo4j.store import schema_statements
from tests import make_graph_page
from tests.conftest import ROOT
from tests.test_stories import ABOUT, STORIES

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
AT_ONCE = 4
"""Statements that are planned at once."""


class Planned(NamedTuple):
    """What a server says of a statement, in one of its languages."""

    unwanted: list[str]
    """Its notices, but for those of parameters and of names that the schema declares."""
    parameters: set[str]
    """What it misses; EXPLAIN does without."""
    columns: list[str]


def planned(server: Server, language: str, statement: str) -> Planned:
    """Have the server plan a statement. What it knows no name of, it says: it has met none but those of tests."""
    with server.driver().session(database=server.database, notifications_min_severity="INFORMATION") as session:
        result = session.run(f"{language}EXPLAIN {statement}")
        columns = list(result.keys())
        notices = [one for one in result.consume().gql_status_objects if one.is_notification]
    missing = [one.status_description for one in notices if one.gql_status == PARAMETERS]
    unwanted = [
        one.status_description
        for one in notices
        if one.gql_status != PARAMETERS
        and not set(re.findall(r"`(\w+)` does", one.status_description)) & NAMES.get(one.gql_status, set())
    ]
    return Planned(unwanted, {name for text in missing for name in re.findall(r"\$`(\w+)`", text)}, columns)


def header(statement: str) -> str:
    """The comment lines at the top."""
    return "\n".join(line for line in statement.splitlines() if line.startswith("//"))


LANGUAGES = {"5": [""], "2": ["CYPHER 5 ", "CYPHER 25 "]}
"""The languages that each release line takes."""


@pytest.fixture(scope="module")
def plans(neo4j_server: Server) -> dict[str, Planned]:
    """Every statement in each language of the server, by both, planned once for all tests."""
    asked = {
        f"{language}{name}": (language, text)
        for language in LANGUAGES[neo4j_server.version[0]]
        for name, text in STATEMENTS.items()
    }
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip(asked, pool.map(lambda one: planned(neo4j_server, *one), asked.values()), strict=True))


def test_statements_are_valid(plans: dict[str, Planned]) -> None:
    """The server plans each statement in each language that it has, and warns of nothing."""
    assert len(plans) >= len(STATEMENTS) > 0
    assert {name: plan.unwanted for name, plan in plans.items() if plan.unwanted} == {}


@pytest.mark.parametrize(
    ("statement", "notice"),
    [
        ("MATCH (n:Sesion) RETURN n.key", "label `Sesion` does not exist"),
        ("MATCH (n:Session)-[:ASUMED]->() RETURN n.key", "relationship type `ASUMED` does not exist"),
        ("MATCH (n:Session) RETURN n.rolearn", "property `rolearn` does not exist"),
        ("MATCH (n:Session), (m:Role) RETURN n, m", "cartesian product"),
        ("MATCH (n:Session) RETURN id(n)", "deprecated"),
    ],
)
def test_a_wrong_statement_is_noticed(neo4j_server: Server, statement: str, notice: str) -> None:
    """A name that the schema does not declare, and what the server advises against, would be found above."""
    for language in LANGUAGES[neo4j_server.version[0]]:
        assert any(notice in text for text in planned(neo4j_server, language, statement).unwanted)


def test_schema_is_made(neo4j_server: Server) -> None:
    """Opening a store makes every constraint and index, and opening it again makes none."""
    lineage.open(neo4j_server.uri).close()
    with neo4j_server.driver().session(database=neo4j_server.database) as session:
        names = {name for (name,) in session.run("SHOW INDEXES YIELD name RETURN name").values()}

    assert set(SCHEMA) <= names


def test_schema_is_valid_in_both_languages(neo4j_server: Server) -> None:
    """Each statement of the schema runs in each language, again and again."""
    with neo4j_server.driver().session(database=neo4j_server.database) as session:
        for prefix in LANGUAGES[neo4j_server.version[0]]:
            for statement in SCHEMA.values():
                session.run(prefix + statement).consume()


def test_headers_name_the_parameters(plans: dict[str, Planned]) -> None:
    """A header names exactly the parameters that the statement takes."""
    named = {name: set(re.findall(r"\$(\w+)", header(STATEMENTS[name.split()[-1]]))) for name in plans}

    assert named == {name: plan.parameters for name, plan in plans.items()}


def test_headers_name_the_columns(plans: dict[str, Planned]) -> None:
    """A header names every column of the statement, and has no word on columns where there are none."""
    words = {name: header(STATEMENTS[name.split()[-1]]).partition("// Columns:") for name in plans}

    assert {name: bool(word) for name, (_, word, _) in words.items()} == {
        name: bool(plan.columns) for name, plan in plans.items()
    }
    assert {
        (name, column) for name, plan in plans.items() for column in plan.columns if column not in words[name][2]
    } == set()


def test_headers_begin_with_a_title() -> None:
    """The first line of each statement is its title."""
    assert [name for name, text in STATEMENTS.items() if not re.match(r"// [A-Z].+\n", text)] == []


def test_question_files_say_what_they_leave_out() -> None:
    """Each question file says in its header what the command of its name tells and the file does not."""
    headers = {one.name: one.header for one in queries.queries()}

    assert {name for name, text in headers.items() if not re.search(r"^Leaves out \w", text, re.M)} == set()


def test_no_file_cuts_text() -> None:
    """No file for analysts cuts JSON or keys: what it needs is a property of its own."""
    texts = [one.text for one in (*queries.queries(), *queries.drawings())]

    assert [text for text in texts if "split(" in text or "substring(" in text] == []


TYPES = {schema.TEXT: str, schema.TIME: str, schema.NUMBER: int, schema.YES_NO: bool, schema.TEXTS: list}


def test_every_property_is_declared(tmp_path: Path) -> None:
    """What the graph of all stories holds is declared, each value of the declared type, times to the second."""
    files = [path for path in STORIES.rglob("*") if path.is_file() and path.name not in ABOUT]
    with lineage.open(tmp_path / "lineage.db") as store:
        store.load(files)
        graph = store.graph()
    declared = {(one.name, each.name): each.type for one in (*schema.NODES, *schema.EDGES) for each in one.properties}
    nodes = [(ref(node).label, body) for node, body in graph.nodes(data=True)]
    edges = [(body["type"], body) for _, _, body in graph.edges(data=True)]
    values = [
        (owner, name, value)
        for owner, body in (*nodes, *edges)
        for name, value in body.items()
        if name not in ("label", "key", "type") or (owner, name) in declared
    ]
    told = [(declared[owner, name], value) for owner, name, value in values if (owner, name) in declared]
    time = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")

    assert {(owner, name) for owner, name, _ in values} - declared.keys() == set()
    assert {body["kind"] for label, body in nodes if label == schema.PRINCIPAL} <= {*schema.KINDS}
    assert [one for one in told if one[1] is not None and type(one[1]) is not TYPES[one[0]]] == []
    assert [value for kind, value in told if kind == schema.TIME and value and not time.fullmatch(str(value))] == []
    assert len({(owner, name) for owner, name, value in values if value is not None}) > 100


def test_the_page_of_the_graph_is_current() -> None:
    """`docs/graph.md` has the tables of the schema."""
    assert make_graph_page.page() == make_graph_page.PAGE.read_text("utf-8")


def test_every_store_statement_is_run() -> None:
    """Each file of `cypher/store/` is named by the code that runs it."""
    code = "".join(path.read_text("utf-8") for path in (ROOT / "lineage" / "stores" / "neo4j").glob("*.py"))
    stems = {Path(name).stem for name in STATEMENTS if name.startswith("store/")}

    assert {stem for stem in stems if f'"{stem}"' not in code} == set()
