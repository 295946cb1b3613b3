"""Every statement of `cypher/`: valid on both release lines and in both languages, with a right header.

That the question files agree with the API is part of each story's test (`tests/question_rows.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

import lineage
from lineage import queries
from lineage.model import schema
from lineage.model.errors import BadUse
from lineage.model.keys import ref
from lineage.model.results import grouped
from lineage.stores.neo4j.db import KEEP_PLANS, REPLANNED
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
_CODE = "".join(path.read_text("utf-8") for path in (ROOT / "lineage" / "stores" / "neo4j").glob("*.py"))
QUESTIONED = set(re.findall(r'self\._read(?:\(|, )"(\w+)"', _CODE)) - set(
    re.findall(r'(?:db|run)\.(?:read|write)(?:\(|, )"(\w+)"', _CODE)
)
"""Statements that only questions run; they are planned for what the database holds."""
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


def operators(plan: Any) -> Iterator[str]:
    """The operators of a plan."""
    yield plan["operatorType"]
    for child in plan.get("children", ()):
        yield from operators(child)


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


def test_statements_of_a_load_seek(neo4j_server: Server) -> None:
    """What a load runs on lists finds each by an index, also in a plan that was made for a database with nothing in
    it: a load keeps its plans."""
    lineage.open(neo4j_server.uri).close()
    scans = {}
    with neo4j_server.driver().session(database=neo4j_server.database) as session:
        for name, text in STATEMENTS.items():
            stem = Path(name).stem
            if name.startswith("store/") and "UNWIND $p." in text and stem not in REPLANNED | QUESTIONED:
                plan = session.run(f"{KEEP_PLANS}EXPLAIN {text}", p={}).consume().plan
                scans[stem] = [one for one in operators(plan) if "Scan" in one]

    assert len(scans) > 40
    assert {name: found for name, found in scans.items() if found} == {}


def test_schema_is_valid_in_both_languages(neo4j_server: Server) -> None:
    """Each statement of the schema runs in each language, again and again."""
    with neo4j_server.driver().session(database=neo4j_server.database) as session:
        for prefix in LANGUAGES[neo4j_server.version[0]]:
            for statement in SCHEMA.values():
                session.run(prefix + statement).consume()


def test_headers_name_the_parameters(plans: dict[str, Planned]) -> None:
    """A header names exactly the parameters that the statement takes; those of the store are members of one."""
    texts = {name: STATEMENTS[name.split()[-1]] for name in plans}
    named = {name: set(re.findall(r"\$([\w.]+)", header(text))) for name, text in texts.items()}
    taken = {name: set(re.findall(r"\$([\w.]+)", text.removeprefix(header(text)))) for name, text in texts.items()}

    assert named == taken
    assert {name: {one.split(".")[0] for one in names} for name, names in named.items()} == {
        name: plan.parameters for name, plan in plans.items()
    }
    assert {
        one for name, names in named.items() for one in names if ("store/" in name) != one.startswith("p.")
    } == set()


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
    assert [one.name for one in queries.queries() if not re.search(r"\. Leaves out \w", one.about)] == []


def test_no_file_cuts_text() -> None:
    """No file for analysts cuts JSON or keys: what it needs is a property of its own."""
    texts = [one.text for one in (*queries.queries(), *queries.drawings())]

    assert [text for text in texts if "split(" in text or "substring(" in text] == []


def test_headers_declare_the_parameters() -> None:
    """Each parameter of a file for analysts has its type, default and help in the header, where all is told of it, and
    an example of that type; those of one name have one type."""
    files = [*queries.queries(), *queries.drawings()]
    declared = [(one.name, each) for one in files for each in one.parameters]

    assert {
        one.name: set(re.findall(r"\$(\w+)", one.text)) for one in files
    } == {one.name: {each.name for each in one.parameters} for one in files}  # fmt: skip
    assert [(name, each) for name, each in declared if each.read(each.example().partition("=")[2]) is None] == []
    assert [name for name, each in declared if not each.required and each.checked(each.default) != each.default] == []
    assert len({(each.name, each.type) for _, each in declared}) == len({each.name for _, each in declared})
    assert {each.name for _, each in declared} == set(queries.EXAMPLES)


ASKED = queries.parse(
    "asked",
    "// A title\n// What it tells.\n// Leaves out the rest.\n// $ask (text): what is\n// asked.\n"
    "// $since (time, default null): from then on.\n// $until (time, default null): until then.\n"
    "// $made (boolean, default false): on?\n// $limit (integer, default 7): how many.\n"
    "// $known_accounts (list of texts, default null): accounts.\n// Columns: one, two.\nRETURN $ask // $not\n",
)


def test_a_header_is_taken_apart() -> None:
    """Title, description, parameters and columns of a header are told apart, lines joined."""
    assert (ASKED.title, ASKED.about, ASKED.columns) == (
        "A title",
        "What it tells. Leaves out the rest.",
        "one, two.",
    )
    assert ASKED.parameters[0] == queries.Parameter("ask", schema.TEXT, True, None, "what is asked.")
    assert [one.spelled() for one in ASKED.parameters] == [
        "ask (text)", "since (time, default null)", "until (time, default null)", "made (boolean, default false)",
        "limit (integer, default 7)", "known_accounts (list of texts, default null)",
    ]  # fmt: skip


@pytest.mark.parametrize("line", ["$ask: text, a key.", "$ask (words): a key.", "$ask (integer, default ): how many."])
def test_a_parameter_that_is_not_declared_right_is_refused(line: str) -> None:
    """A header with a parameter in another form fails, rather than to lose it."""
    with pytest.raises(ValueError, match="declares no parameter"):
        queries.parse("asked", f"// A title\n// {line}\nRETURN 1\n")


DEFAULTS = {"ask": "x", "since": None, "until": None, "made": False, "limit": 7, "known_accounts": None}


@pytest.mark.parametrize(
    ("given", "values"),
    [
        ({"ask": "x"}, {}),
        ({"ask": "111122223333"}, {"ask": "111122223333"}),
        ({"ask": "null"}, {"ask": "null"}),
        ({"ask": "x", "limit": "0", "made": "true"}, {"limit": 0, "made": True}),
        ({"ask": "x", "since": "2026-03-11", "until": "2026-03-11"},
         {"since": "2026-03-11T00:00:00Z", "until": "2026-03-11T23:59:59Z"}),
        ({"ask": "x", "since": "2026-03-11T10:00:00+01:00"}, {"since": "2026-03-11T09:00:00Z"}),
        ({"ask": "x", "since": "null", "known_accounts": "null"}, {}),
        ({"ask": "x", "known_accounts": "111122223333"}, {"known_accounts": ["111122223333"]}),
        ({"ask": "x", "known_accounts": "1,2"}, {"known_accounts": ["1", "2"]}),
        ({"ask": "x", "known_accounts": '["1,2", "3"]'}, {"known_accounts": ["1,2", "3"]}),
    ],
)  # fmt: skip
def test_texts_become_values_of_the_declared_type(given: dict[str, str], values: dict[str, object]) -> None:
    """A text of the command line is read by the type of its parameter; what is not given has its default."""
    assert ASKED.read(given) == DEFAULTS | values


SAID = "query asked: "


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, f"{SAID}needs ask (text); write it like ask={queries.EXAMPLES['ask']}"),
        ({"ask": "x", "top": "1"}, f"{SAID}no parameter top; it takes ask (text), since (time, default null), "),
        ({"ask": "x", "limit": "many"}, "limit=many: not a whole number; write it like limit=50"),
        ({"ask": "x", "limit": "-1"}, "limit=-1: not a whole number; "),
        ({"ask": "x", "limit": "1.5"}, "limit=1.5: not a whole number; "),
        ({"ask": "x", "limit": "true"}, "limit=true: not a whole number; "),
        ({"ask": "x", "limit": "9223372036854775808"}, "limit=9223372036854775808: not a whole number; "),
        ({"ask": "x", "limit": "null"}, "limit=null: not a whole number; "),
        ({"ask": "x", "made": "yes"}, "made=yes: not true or false; write it like made=true"),
        ({"ask": "x", "since": "soon"}, "since=soon: not a time; write it like since=2026-03-11T21:00:00Z"),
        ({"ask": "x", "known_accounts": "[1]"}, "known_accounts=[1]: not a list of texts; write it like "
         "known_accounts=537140928816,804275613390"),
    ],
)  # fmt: skip
def test_a_wrong_parameter_is_one_line_that_names_it(given: dict[str, str], said: str) -> None:
    """What is missing, unknown or of another type is named, with its type and an example."""
    with pytest.raises(BadUse) as told:
        ASKED.read(given)

    assert str(told.value).startswith(said)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    "given", [{"ask": 3}, {"ask": None}, {"ask": "x", "limit": "5"}, {"ask": "x", "made": 1}, {"ask": "x", "since": 7}]
)
def test_python_gives_values_of_the_declared_type(given: dict[str, object]) -> None:
    """From Python a value of another type is refused."""
    with pytest.raises(BadUse, match="write it like"):
        ASKED.filled(given)


TYPES = {
    schema.TEXT: str,
    schema.TIME: str,
    schema.NUMBER: int,
    schema.YES_NO: bool,
    schema.TEXTS: list,
    schema.NUMBERS: list,
}


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


QUERIES = {
    text.partition("\n")[0].removeprefix("// "): text
    for text in re.findall(r"^```cypher\n(.*?)^```$", make_graph_page.PAGE.read_text("utf-8"), re.M | re.S)
}
"""The queries of the page that have a title, and the walk that has none, by their first line."""
CHAINS, CROSSINGS, KEY, CONSOLE = (
    "Role chains of three hops and more",
    "Assumptions between accounts",
    "What did this key do?",
    "Keys of the console",
)
LOADED = {
    "incident": ROOT / "examples/incident/logs",
    **{
        name: STORIES / name
        for name in (
            "chain-of-six-hops", "copies-of-calls-in-two-accounts", "cross-account-pivot-and-back",
            "hunt-renewed-deep-new", "single-sign-on-into-the-console", "switch-role-in-the-console",
            "twins-of-two-callers", "two-keys-of-one-session", "assumed-itself-and-through-others",
        )
    },
}  # fmt: skip

WITH_CONSOLE = {"incident", "single-sign-on-into-the-console", "switch-role-in-the-console"}


@pytest.fixture(scope="module", params=LOADED)
def loaded(
    request: pytest.FixtureRequest, neo4j_any: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, lineage.Lineage, str]]:
    """A Neo4j that holds the incident or a story, and an SQLite store that holds the same, to ask the commands."""
    folder = LOADED[request.param]
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name not in ABOUT]
    neo4j_any.wipe(schema=False)
    with lineage.open(neo4j_any.uri) as store:
        store.load(files)
    with lineage.open(tmp_path_factory.mktemp("reference") / "lineage.db") as reference:
        reference.load(files)
        yield neo4j_any, reference, request.param
    neo4j_any.wipe(schema=False)


def rows_of(server: Server, title: str, **parameters: object) -> list[dict[str, Any]]:
    """The rows of a query of the page."""
    return [dict(row) for row in server.driver().execute_query(QUERIES[title], parameters).records]


def test_chains_of_the_page_are_those_of_the_command(loaded: tuple[Server, lineage.Lineage, str]) -> None:
    """The query of chains of three hops finds what `lineage chains --min-depth 3` finds."""
    server, store, _ = loaded
    rows = {(tuple(row["roles"]), row["count"], row["first"], row["last"]) for row in rows_of(server, CHAINS)}

    assert rows == {(tuple(one.roles), one.count, one.first, one.last) for one in store.chains(min_depth=3).chains}


def test_crossings_of_the_page_are_those_of_the_command(loaded: tuple[Server, lineage.Lineage, str]) -> None:
    """The query of assumptions between accounts counts every grant, as `lineage cross-account` does."""
    server, store, _ = loaded
    names = ("from_account", "to_account", "count", "first", "last")
    rows = {tuple(row[name] for name in names) for row in rows_of(server, CROSSINGS)}

    assert rows == {tuple(getattr(one, name) for name in names) for one in store.cross_account().crossings}


def test_calls_of_a_key_on_the_page_are_those_of_the_command(loaded: tuple[Server, lineage.Lineage, str]) -> None:
    """The query of what a key did has each operation and outcome with the numbers of `lineage trace`."""
    server, store, _ = loaded
    names = ("action", "error", "count", "first", "last")
    held = sorted(ref(str(node)) for node in store.graph().nodes if str(node).startswith(f"{schema.CREDENTIAL} "))
    wrong = {}
    for key in (one.key for one in held):
        (root,) = store.trace(key).starts()
        rows = {tuple(row[name] for name in names) for row in rows_of(server, KEY, key=key.split(" ")[0])}
        want = {tuple(getattr(one, name) for name in names) for one in root.done}
        for error, some in grouped(root.tried, lambda one: one.error).items():
            span = min(one.first for one in some), max(one.last for one in some)
            want.add(("sts:AssumeRole", error, sum(one.count for one in some), *span))
        if rows != want:
            wrong[key] = (rows, want)

    assert held
    assert wrong == {}


def test_keys_of_the_console_on_the_page_belong_to_their_sessions(loaded: tuple[Server, lineage.Lineage, str]) -> None:
    """The query of console keys finds some where the console was used, each with the session that `lineage who` finds,
    and that `lineage session` lists it for."""
    server, store, name = loaded
    rows = rows_of(server, CONSOLE)
    found = {(str(row["access_key_id"]), str(row["session"])) for row in rows}
    listed = {
        (key.access_key_id, session)
        for session in {session for _, session in found}
        for key in store.session(session).keys
        if key.session == session and key.calls
    }

    assert bool(found) == (name in WITH_CONSOLE)
    assert found <= listed
    assert all(session in {one.session_key for one in store.who(key).answers} for key, session in found)


def test_every_store_statement_is_run() -> None:
    """Each file of `cypher/store/` is named by the code that runs it."""
    code = "".join(path.read_text("utf-8") for path in (ROOT / "lineage" / "stores" / "neo4j").glob("*.py"))
    stems = {Path(name).stem for name in STATEMENTS if name.startswith("store/")}

    assert {stem for stem in stems if f'"{stem}"' not in code} == set()
