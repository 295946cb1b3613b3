"""The Neo4j Browser kit: complete, generated, and at work in the real Neo4j Browser in a real Chromium."""

from __future__ import annotations

import csv
import http.client
import io
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from neo4j.graph import Node
from neo4j.graph import Path as GraphPath

import lineage
from lineage import queries
from lineage.draw.labels import LOOKS
from lineage.kit import files, grass, guide, saved
from lineage.kit.files import KitServer
from lineage.kit.saved import literal
from lineage.model import schema
from lineage.model.errors import BadUse
from tests.conftest import ROOT
from tests.neo4j_browser import Classic, Newer, served
from tests.neo4j_server import Server
from tests.test_cli import Shell

if TYPE_CHECKING:
    from neo4j import Record
    from playwright.sync_api import Browser, Page

DRAWINGS = {one.name: one for one in queries.drawings()}
TABLES = {one.name: one for one in queries.queries()}


def wanted(query: queries.Query) -> set[str]:
    """The parameters of a question."""
    return {one.name for one in query.parameters}


RULE = re.compile(r"(node|relationship)\.(\w+) \{\n((?:  [a-z-]+: [^;:\n]+;\n)+)\}\n")


# ---- the style sheet


def test_every_name_of_the_schema_has_a_look() -> None:
    """Each label, kind and relationship type has a rule of its own, and there is no other."""
    rules = [(what, name) for what, name, _ in RULE.findall(grass.grass())]

    assert rules == [
        *(("node", name) for name in (*schema.LABELS, *schema.KINDS)),
        *(("relationship", name) for name in schema.RELATIONSHIPS),
    ]


def test_the_style_sheet_is_what_browser_can_parse() -> None:
    """It is rules and nothing else, no value has a colon or semicolon in it, and quotes come in pairs."""
    text = grass.grass()

    assert RULE.sub("", text).strip() == ""
    assert "'" not in text
    assert all(line.count('"') in (0, 2) for line in text.splitlines())


def test_captions_name_properties_of_the_schema() -> None:
    """What a caption shows is a property that the label or type has."""
    captions = {name: look.caption for name, look in grass.NODES.items()}
    captions |= {name: line.caption for name, line in grass.LINES.items()}
    shown = {(name, shown) for name, caption in captions.items() for shown in re.findall(r"\{(\w+)\}", caption)}
    known = schema.NODE_PROPERTIES | schema.RELATIONSHIP_PROPERTIES
    known |= dict.fromkeys(schema.KINDS, schema.NODE_PROPERTIES[schema.PRINCIPAL])

    assert {(name, shown) for name, shown in shown if shown not in known[name]} == set()


def test_only_what_is_one_kind_shares_a_colour() -> None:
    """People of all kinds have one colour, and so has whoever is not known; anything else has its own."""
    shared = {
        colour: {label for label in grass.NODES if grass.colour(label) == colour}
        for colour in map(grass.colour, grass.NODES)
    }

    assert sorted(map(len, shared.values()))[-3:] == [1, 3, 8]
    assert shared[grass.colour("Unknown")] == {"Anonymous", "SignInAttempt", "Unknown"}
    assert shared[grass.colour("IAMUser")] == {
        "Principal", "IAMUser", "RootUser", "FederatedUser", "SAMLIdentity", "WebIdentity", "IdentityCenterUser",
        "OtherIdentity",
    }  # fmt: skip


# ---- the questions


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_drawing_takes_the_parameters_of_its_table(name: str) -> None:
    """A file that draws goes by the name of one that answers with a table, and takes its parameters and a limit."""
    table = TABLES[name.removeprefix("draw/")]

    assert wanted(DRAWINGS[name]) == wanted(table) | {"limit"}


def test_every_parameter_is_set() -> None:
    """Each parameter of the questions is set by the kit, and no other: to an example where a question requires one,
    else to the default of the questions that draw."""
    every = [each for one in (*DRAWINGS.values(), *TABLES.values()) for each in one.parameters]
    required = {one.name for one in every if one.required}

    assert saved.settings().keys() == {one.name for one in every}
    assert re.findall(r"^:param (\w+) => .+;$", saved.parameters(), re.M) == list(saved.settings())
    assert saved.settings() == {
        name: queries.EXAMPLES[name] if name in required else {"cross_account": False, "made": False, "limit": 50,
        "min_depth": 2}.get(name) for name in saved.settings()
    }  # fmt: skip


def test_every_drawing_is_documented() -> None:
    """The page on Neo4j Browser has a line for each question that draws, and for no other."""
    page = (ROOT / "docs/browser.md").read_text("utf-8").partition("| `queries/draw/` |")[2]

    assert sorted(re.findall(r"^\| `(\w+)` \|", page, re.M)) == [name.removeprefix("draw/") for name in DRAWINGS]


@pytest.mark.parametrize("name", [*DRAWINGS, *TABLES])
def test_a_saved_question_is_the_shipped_one(name: str) -> None:
    """A saved question has its title first, a line with an example or the default of each of its parameters, and is
    otherwise unchanged."""
    query = (DRAWINGS | TABLES)[name]
    title, *lines = saved.text(query).splitlines()
    parameters = [line for line in lines if line.startswith("//   :param ")]
    values = [queries.EXAMPLES[one.name] if one.required else one.default for one in query.parameters]

    assert title == f"// {query.title}"
    assert [line.split()[2] for line in parameters] == [one.name for one in query.parameters]
    assert [line.partition(" => ")[2] for line in parameters] == [literal(value) for value in values]
    assert [title, *lines[len(parameters) :]] == query.text.splitlines()


def test_the_list_of_saved_questions_is_whole() -> None:
    """The list that the newer Browser imports has every question once, in a folder, each name once in its folder."""
    rows = list(csv.DictReader(io.StringIO(saved.listed(), newline="")))
    folders = {row["id"] for row in rows if row["isFolder"] == "true"}

    assert tuple(rows[0]) == saved.COLUMNS
    assert [row["id"] for row in rows] == [str(number) for number in range(len(rows))]
    assert {row["parentId"] for row in rows[1:]} == folders
    assert len({(row["parentId"], row["name"]) for row in rows}) == len(rows)
    assert all(0 < len(row["name"]) < 500 for row in rows)
    assert {row["query"] for row in rows if row["isFolder"] == "false"} == set(saved.files().values())


# ---- the guide


class Tags(HTMLParser):
    """The tags of a page in balance, and the texts of its queries."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.slides = 0
        self.runnable: list[str] = []
        self._runs = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Goes one deeper."""
        self.open.append(tag)
        self.slides += tag == "slide"
        self._runs = "runnable" in (dict(attributes).get("class") or "")
        if self._runs:
            self.runnable.append("")

    def handle_endtag(self, tag: str) -> None:
        """Comes out again."""
        self._runs = False
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Text, of a query if it stands in one."""
        if self._runs:
            self.runnable[-1] += data


def test_the_guide_is_whole() -> None:
    """Its tags are balanced, and what a click runs is the query as written; served, it loads the style as well."""
    slides = guide.slides()
    written = [query for slide in slides for query in slide.queries]
    plain, offered = Tags(guide.guide()), Tags(guide.guide("http://localhost:1"))

    assert plain.open == []
    assert plain.slides == len(slides)
    assert plain.runnable == written
    assert offered.runnable == [":style http://localhost:1/lineage.grass", *written]


def test_queries_of_the_guide_stand_alone() -> None:
    """No query of the guide needs a parameter, and none holds a condition that is always true."""
    text = "\n".join(query for slide in guide.slides() for query in slide.queries)

    assert "$" not in text
    assert "null IS NULL" not in text


# ---- the folder and the command


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A shell in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return Shell(capsys)


def written(folder: Path) -> dict[str, str]:
    """Text by path of the files of a folder."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes().decode() for path in found}


def test_the_folder_is_written(run: Shell, tmp_path: Path) -> None:
    """`lineage browser` writes all files, and writes them anew over an older kit."""
    first = run("browser")
    (tmp_path / "lineage-browser/lineage.grass").write_text("old")
    second = run("browser")

    assert first == second
    assert (first.code, first.err) == (0, "")
    assert first.out.startswith("Written to lineage-browser; its README.md says how to use it.\n")
    assert written(tmp_path / "lineage-browser") == files.files()


TRY = "name an empty or a new folder\n"


@pytest.mark.parametrize("name", ["notes.txt", "README.md"])
def test_a_folder_of_others_is_left_alone(name: str, run: Shell, tmp_path: Path) -> None:
    """Where a folder holds anything but a kit, nothing is written, and one line says so."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / name).write_text("# mine\n")
    ran = run("browser", "--out", "mine")

    assert (ran.code, ran.out) == (2, "")
    assert ran.err == f"error: --out mine: holds other files; {TRY}"
    assert written(tmp_path / "mine") == {name: "# mine\n"}


def test_a_folder_that_cannot_be_written_is_told(run: Shell, tmp_path: Path) -> None:
    """One line says which file cannot be written, and why."""
    (tmp_path / "file").write_text("")
    run("browser", "--out", "kit")
    (tmp_path / "kit/lineage.grass").unlink()
    (tmp_path / "kit/lineage.grass").mkdir()
    told = {name: run("browser", "--out", name) for name in ("file", "file/kit", "kit")}

    assert {(ran.code, ran.out) for ran in told.values()} == {(2, "")}
    assert {name: ran.err.partition("; ")[::2] for name, ran in told.items()} == {
        "file": ("error: --out file: not a folder", TRY),
        "file/kit": ("error: --out file/kit: file/kit cannot be written, not a directory", TRY),
        "kit": ("error: --out kit: kit/lineage.grass cannot be written, is a directory", TRY),
    }


def test_a_port_goes_with_serving(run: Shell, tmp_path: Path) -> None:
    """A port without a server is told, and nothing is written."""
    ran = run("browser", "--port", "8000")

    assert (ran.code, ran.err) == (2, "error: --port: goes with --serve\n")
    assert list(tmp_path.iterdir()) == []


def test_queries_that_draw_are_listed(run: Shell) -> None:
    """`lineage query` lists them with the others, by the name that runs them."""
    listed = run("query", "--csv").out.splitlines()

    assert [line.partition(",")[0] for line in listed[1:]] == [*TABLES, *DRAWINGS]


@pytest.mark.parametrize("arguments", [("who", "--help"), ("--help", "who"), ("who", "-h", "--param", "x=1")])
def test_a_query_explains_itself(arguments: tuple[str, ...], run: Shell) -> None:
    """`lineage query NAME --help` has the file's title, parameters with type and default, columns and an example."""
    ran = run("query", *arguments)
    told = " ".join(ran.out.split())

    assert (ran.code, ran.err) == (0, "")
    assert f"Usage: lineage query who [--param KEY=VALUE]... [--store URI] {TABLES['who'].title}" in told
    assert all(f"{one.spelled()}: {one.help}" in told for one in TABLES["who"].parameters)
    assert "limit (integer, default 1000): how many chains at most." in told
    assert f"Columns: {TABLES['who'].columns}" in told
    assert told.endswith(f"Example: lineage query who --param ask={saved.SESSION}")


def test_the_command_explains_itself(run: Shell) -> None:
    """Without a name, `--help` is that of the command."""
    ran = run("query", "--help")

    assert (ran.code, ran.err) == (0, "")
    assert "lineage query [OPTIONS]" in ran.out
    assert "--param KEY=VALUE" in ran.out


def test_the_list_names_the_parameters(run: Shell) -> None:
    """`lineage query` names type and default of each parameter."""
    rows = {row["name"]: row["parameters"] for row in csv.DictReader(io.StringIO(run("query", "--csv").out))}

    assert rows["draw/path"] == "start (text), end (text), made (boolean, default false), limit (integer, default 50)"
    assert rows == {
        name: ", ".join(each.spelled() for each in one.parameters) for name, one in (TABLES | DRAWINGS).items()
    }


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("who",), "query who: needs ask (text); write it like ask="),
        (
            ("chains", "--param", "depth=3"),
            "query chains: no parameter depth; it takes min_depth (integer, default 2), ",
        ),
        (("chains", "--param", "min_depth=three"), "min_depth=three: not a whole number; write it like min_depth=3\n"),
    ],
)
def test_a_wrong_parameter_of_the_command_is_one_line(arguments: tuple[str, ...], said: str, run: Shell) -> None:
    """A missing, unknown or wrong parameter is told in one line, before any store is opened."""
    ran = run("query", *arguments, "--store", "bolt://127.0.0.1:1")

    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"error: {said}")
    assert ran.err.count("\n") == 1


# ---- the server


@pytest.fixture
def kit() -> Iterator[KitServer]:
    """The kit's server, running."""
    with served() as server:
        yield server


def ask(server: KitServer, method: str, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of an answer; the path goes out as it is."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=10)
    try:
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def test_each_file_is_served(kit: KitServer) -> None:
    """Each file of the kit is served as it is written, to a page from anywhere; the guide names the server."""
    for name, text in files.files(kit.address).items():
        status, headers, body = ask(kit, "GET", f"/{name}")

        assert (status, body.decode()) == (200, text)
        assert headers["Access-Control-Allow-Origin"] == "*"
    assert f":style {kit.address}/lineage.grass".encode() in ask(kit, "GET", "/guide.html")[2]
    assert ask(kit, "GET", "/guide.html?x=1")[0] == 200


def test_the_preflight_is_answered(kit: KitServer) -> None:
    """What Browser asks before it loads is allowed, also from a page outside this machine's network."""
    asked = {"Origin": "http://localhost:7474", "Access_Control_Request_Headers": "x-anything"}
    status, headers, _ = ask(kit, "OPTIONS", "/lineage.grass", **asked)
    private = ask(kit, "OPTIONS", "/lineage.grass", **asked, Access_Control_Request_Private_Network="true")[1]

    assert status == 204
    assert (headers["Access-Control-Allow-Origin"], headers["Access-Control-Allow-Headers"]) == ("*", "*")
    assert private["Access-Control-Allow-Private-Network"] == "true"


@pytest.mark.parametrize(
    "path",
    ["/", "/queries", "/queries/", "/../pyproject.toml", "/%2e%2e/pyproject.toml", "//etc/passwd", "/lineage.grass/",
     "/queries/../../README.md", "/README.MD", "http://elsewhere/none", "/\\..\\README.md"],
)  # fmt: skip
def test_nothing_else_is_served(kit: KitServer, path: str) -> None:
    """A path that is no file of the kit is not found, whatever lies on the disk."""
    assert ask(kit, "GET", path)[0] == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "TRACE"])
def test_nothing_can_be_changed(kit: KitServer, method: str) -> None:
    """Only reading is answered."""
    assert ask(kit, method, "/lineage.grass")[0] == 501


def test_head_has_no_body(kit: KitServer) -> None:
    """HEAD tells the length and nothing more."""
    status, headers, body = ask(kit, "HEAD", "/lineage.grass")

    assert (status, body) == (200, b"")
    assert int(headers["Content-Length"]) == len(grass.grass().encode())


def test_only_this_machine_is_served(kit: KitServer) -> None:
    """The server listens on 127.0.0.1; its address has the name that Browser trusts."""
    host, port = kit.socket.getsockname()

    assert (host, kit.address) == ("127.0.0.1", f"http://localhost:{port}")


def test_a_taken_port_is_told(kit: KitServer) -> None:
    """A port that somebody has is told in one line."""
    port = kit.server_address[1]
    with pytest.raises(BadUse, match=rf"^--port {port}: address already in use; leave it out$"):
        KitServer(port)


def test_ctrl_c_ends_serving(tmp_path: Path) -> None:
    """`--serve` prints the two lines to paste, serves at once, writes nothing, and ends with 130 on Ctrl-C."""
    process = subprocess.Popen(
        [sys.executable, "-m", "lineage.cli", "browser", "--serve"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        told = [process.stdout.readline() for _ in range(3)]
        port = int(re.findall(r":(\d+)/", told[1])[0])
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/lineage.grass")
        status = connection.getresponse().status
        connection.close()
        process.send_signal(signal.SIGINT)
        rest, said = process.communicate(timeout=30)

    assert told[1:] == [
        f":style http://localhost:{port}/lineage.grass\n",
        f":guide http://localhost:{port}/guide.html\n",
    ]
    assert (status, process.returncode, rest) == (200, 130, "")
    assert said == "Serving until Ctrl-C.\n"
    assert list(tmp_path.iterdir()) == []


# ---- on a real Neo4j


def load(server: Server) -> Server:
    """A server that holds the incident and nothing else."""
    server.wipe(schema=False)
    with lineage.open(server.uri) as store:
        store.load([ROOT / "examples/incident/logs"], accounts=ROOT / "examples/incident/accounts.csv")
    return server


@pytest.fixture(scope="module")
def told(neo4j_browser: Server) -> Server:
    """A Neo4j with its Browser that holds the incident."""
    return load(neo4j_browser)


def answer(server: Server, text: str, **parameters: object) -> list[Record]:
    """The rows of a query."""
    return server.driver().execute_query(text, parameters, database_=server.database).records


def nodes(value: object) -> set[str]:
    """IDs of all nodes in a value and its paths."""
    if isinstance(value, Node):
        return {value.element_id}
    if isinstance(value, GraphPath):
        return {node.element_id for node in value.nodes}
    if isinstance(value, list):
        return {found for one in value for found in nodes(one)}
    return set()


def drawn(rows: list[Record]) -> set[str]:
    """IDs of all nodes that the rows draw."""
    return nodes([list(row.values()) for row in rows])


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_drawing_draws_the_incident(told: Server, name: str) -> None:
    """With what the kit sets every drawing question returns paths, and of a limit of one at most one row."""
    rows = answer(told, DRAWINGS[name].text, **saved.settings())
    first = answer(told, DRAWINGS[name].text, **saved.settings() | {"limit": 1})

    assert drawn(rows)
    assert all(isinstance(row["path"], GraphPath) for row in rows)
    assert len(first) == 1


DANA = "d-29279b1489/a4441acb-e00d-42f9-8207-2df8d55d375d"
ADMIN = "arn:aws:iam::537140928816:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_PlatformAdmin_e0d08636dec79f51"
WITHOUT_PATH = ADMIN.replace("aws-reserved/sso.amazonaws.com/", "")
OPERATIONS = "arn:aws:iam::804275613390:role/payments-operations"
REPORTS = "arn:aws:iam::804275613390:user/svc-reports"
LEDGER = "804275613390:AWS::SecretsManager::Secret:payments/ledger-db"

FOUND: dict[str, tuple[int, dict[str, object]]] = {
    "assumed": (1, {"role": OPERATIONS, "outcome": "granted", "how": "cli-sdk", "hops": 1, "count": 1}),
    "blast": (4, {"hops": 0, "label": "Session", "key": saved.SESSION, "made": False, "role_arn": ADMIN}),
    "chains": (1, {"roles": [ADMIN, OPERATIONS], "depth": 2, "cross_account": True}),
    "cross_account": (1, {"from_name": "platform", "to_name": "payments", "count": 43, "callers": 5, "roles": 2}),
    "denied": (1, {"origin": DANA, "action": "iam:AttachRolePolicy", "error": "AccessDenied", "count": 1}),
    "from": (2, {"address": "192.0.2.144", "origin": REPORTS, "calls": 14, "keys": [saved.KEY]}),
    "hunt": (2, {"rule": "trails-stopped", "last": "2026-03-11T21:49:35Z", "origin": DANA}),
    "path": (1, {"start": saved.SESSION, "end": saved.CHAINED, "hops": 1, "made": False}),
    "role": (
        4,
        {
            "direction": "in",
            "principal": ADMIN.replace("aws-reserved/sso.amazonaws.com/", ""),
            "origin": DANA,
            "count": 4,
            "sessions": 4,
        },
    ),
    "touched": (1, {"resource": LEDGER, "origin": REPORTS, "action": "secretsmanager:GetSecretValue", "count": 1}),
    "trace": (5, {"depth": 0, "label": "Session", "key": saved.SESSION, "relation": "asked", "calls": 5}),
    "who": (1, {"start": saved.SESSION, "origin_kind": "IdentityCenterUser", "origin": DANA, "depth": 1}),
}
"""What each question says of the incident with the kit's examples: how many rows, and cells of the first."""


@pytest.mark.parametrize("name", TABLES)
def test_a_table_answers_with_the_examples(told: Server, name: str) -> None:
    """With what the kit sets every question says of the incident what happened."""
    rows = answer(told, TABLES[name].text, **saved.settings())
    count, first = FOUND[name]

    assert (len(rows), {column: rows[0][column] for column in first}) == (count, first)


def test_a_parameter_is_set_to_its_example(told: Server) -> None:
    """What a `:param` line says is what the server takes it for."""
    said = ", ".join(f"{name}: {literal(value)}" for name, value in saved.settings().items())
    (row,) = answer(told, f"RETURN {{{said}}} AS examples")

    assert row["examples"] == saved.settings()


def test_a_node_has_the_colour_that_graph_gives_it(told: Server) -> None:
    """What `lineage graph` draws of the incident, Browser draws in the same colour."""
    of_config = "arn:aws:iam::537140928816:role/AWSServiceRoleForConfig"
    with lineage.open(told.uri) as store:
        asked = (store.blast(saved.SESSION, made=True), store.chains(), store.role(of_config))
        kinds = {node.id: node.kind for one in asked for node in store.picture(one).nodes}
    found = answer(
        told,
        "MATCH (n) UNWIND labels(n) AS label WITH n, label WHERE label + ' ' + n.key IN $ids "
        "RETURN label + ' ' + n.key AS id, coalesce(n.kind, label) AS look",
        ids=list(kinds),
    )

    looks = {row["id"]: row["look"] for row in found}
    looks |= {drawn: drawn.split()[1] for drawn in kinds if drawn.startswith("Origin ")}

    assert {kinds[drawn] for drawn in looks} == {"person", "role", "session", "key", "resource", "service"}
    assert {drawn: grass.colour(look) for drawn, look in looks.items()} == {
        drawn: LOOKS[kinds[drawn]].light for drawn in looks
    }


CASES = [
    ("touched", {"resource": saved.INSTANCE}),
    ("who", {"ask": saved.CHAINED}),
    ("denied", {}),
    ("cross_account", {}),
    ("chains", {}),
    ("role", {"role": saved.settings()["role"]}),
]


@pytest.mark.parametrize(("name", "asked"), CASES, ids=[name for name, _ in CASES])
def test_a_query_of_the_guide_asks_what_the_question_asks(
    told: Server, name: str, asked: dict[str, queries.Value]
) -> None:
    """Its values in the place of its parameters, and conditions left open left out, a question draws the same."""
    query = DRAWINGS[f"draw/{name}"]

    assert drawn(answer(told, guide.drawing(name, **asked))) == drawn(answer(told, query.text, **query.filled(asked)))


def test_the_chain_is_drawn_up_to_the_person(told: Server) -> None:
    """Drawn, the chained session leads to the Identity Center user, with the role of each session."""
    (row,) = answer(told, DRAWINGS["draw/who"].text, ask=saved.CHAINED, limit=100)

    assert [node.get("name") for node in row["path"].nodes] == ["dana.whitfield", "dana.whitfield", "ops-maintenance"]
    assert [path.end_node["name"].partition("_e0")[0] for path in row["owners"]] == [
        "AWSReservedSSO_PlatformAdmin",
        "payments-operations",
    ]


def test_who_made_a_key_is_drawn_beside_the_chain(told: Server) -> None:
    """Drawn, the new key is its own chain, and the session's key that made it stands beside."""
    (row,) = answer(told, DRAWINGS["draw/who"].text, ask=saved.KEY, limit=100)

    assert [node["access_key_id"] for node in row["path"].nodes] == [saved.KEY]
    (making,) = row["made_by"]
    assert making.start_node["key"].endswith(saved.CHAINED)


def test_a_drawing_runs_from_the_command_line(told: Server, capsys: pytest.CaptureFixture[str]) -> None:
    """`lineage query draw/…` prints the paths as text."""
    ran = Shell(capsys)(
        "query", "draw/who", "--param", f"ask={saved.CHAINED}", "--param", "limit=1", "--store", told.uri, "--csv"
    )

    assert (ran.code, ran.err) == (0, "")
    assert f"-[ASSUMED]-> {saved.SESSION} -[ASSUMED]-> {saved.CHAINED}" in ran.out


def test_a_table_runs_from_the_command_line(told: Server, capsys: pytest.CaptureFixture[str]) -> None:
    """`lineage query NAME` needs only what has no default; lists and maps are JSON, in the table and as CSV."""
    shell = Shell(capsys)
    asked = ("query", "who", "--param", f"ask={saved.CHAINED}", "--store", told.uri)
    (row,) = csv.DictReader(io.StringIO(shell(*asked, "--csv").out))
    hops = json.loads(row["hops"])
    shown = shell(*asked).out
    with lineage.open(told.uri) as store:
        columns, (cells,) = store.query("who", ask=saved.CHAINED)

    assert [(hop["session"], hop["event_ids"]) for hop in hops][1][0] == saved.CHAINED
    assert hops == dict(zip(columns, cells, strict=True))["hops"]
    assert row["candidates"] == "[]"
    assert f'"session":"{saved.CHAINED}"' in shown
    assert "{'" not in shown


CROWD = """
UNWIND range(1, 1000) AS n
CREATE (user:Principal:IAMUser {key: 'user ' + n, kind: 'IAMUser', name: 'user ' + n, account: '111111111111'})
CREATE (key:Credential {key: 'AKIA' + n, access_key_id: 'AKIA' + n, long_term: true})-[:BELONGS_TO {key: n}]->(user)
CREATE (key)-[:ASSUMED {key: 'one ' + n, parent: true, time: '2026-01-01T00:00:00Z', caller_account: '111111111111',
                        account: '222222222222', cross_account: true, grants: []}]->
       (one:Session {key: 'one ' + n, type: 'role', name: 'n', account: '222222222222', role_arn: 'one',
                     created: '2026-01-01T00:00:00Z'})
CREATE (one)-[:ASSUMED {key: 'two ' + n, parent: true, time: '2026-01-01T00:10:00Z', caller_account: '222222222222',
                        account: '222222222222', cross_account: false, grants: []}]->
       (two:Session {key: 'two ' + n, type: 'role', name: 'n', account: '222222222222', role_arn: 'two ' + n % 200,
                     created: '2026-01-01T00:10:00Z'})
MERGE (role:Principal:Role {key: 'one', kind: 'Role', name: 'one', account: '222222222222'})
MERGE (other:Principal:Role {key: 'two ' + n % 200, kind: 'Role', name: 'two', account: '222222222222'})
MERGE (place:IPAddress {key: '192.0.2.1', address: '192.0.2.1'})
MERGE (thing:Resource {key: 'thing', id: 'thing'})
MERGE (action:Action {key: 's3:GetObject', service: 's3', operation: 'GetObject'})
CREATE (one)-[:SESSION_OF {key: 'one ' + n}]->(role), (two)-[:SESSION_OF {key: 'two ' + n}]->(other),
       (one)-[:SEEN_FROM {key: n, count: 1, first: '2026', last: '2026'}]->(place),
       (one)-[:TRIED {key: n, count: 1, first: '2026', last: '2026'}]->(other),
       (one)-[:CHANGED {key: n, what: 'policy', time: '2026', api: 'iam:PutRolePolicy'}]->(other),
       (one)-[:TOUCHED {key: n, count: 1, first: '2026', last: '2026', action: 's3:GetObject'}]->(thing),
       (one)-[:USED {key: n, count: 1, error: 'AccessDenied', first: '2026', last: '2026'}]->(action)
"""
"""1,000 users, each through a role of all into one of 200 others."""


FIRST = 300
"""As many nodes Browser draws of an answer, unless its settings say otherwise."""


def test_no_drawing_floods_browser(neo4j_any: Server) -> None:
    """Of 1,000 chains through one role every drawing has 50 rows, and no more nodes than Browser draws at first."""
    neo4j_any.wipe(schema=False)
    lineage.open(neo4j_any.uri).close()
    answer(neo4j_any, CROWD)
    asked = saved.settings() | {
        "role": "one", "ask": "one", "start": "222222222222",
        "end": "222222222222", "resource": "thing", "addresses": ["192.0.2."], "cross_account": False,
    }  # fmt: skip
    rows = {name: answer(neo4j_any, query.text, **asked) for name, query in DRAWINGS.items()}
    neo4j_any.wipe(schema=False)

    assert {name: len(found) for name, found in rows.items()} == dict.fromkeys(DRAWINGS, 50)
    assert {name: len(drawn(found)) for name, found in rows.items() if not 50 < len(drawn(found)) <= FIRST} == {}


ITSELF = """
CREATE (role:Principal:Role {key: 'role', kind: 'Role', name: 'role'}),
       (one:Session {key: 'one', type: 'role', created: '1'})-[:SESSION_OF {key: '1'}]->(role),
       (one)-[:ISSUED {key: '2', parent: true}]->(key:Credential {key: 'key', access_key_id: 'ASIA'}),
       (key)-[:BELONGS_TO {key: '3'}]->(role),
       (key)-[:ASSUMED {key: '4', parent: true}]->(two:Session {key: 'two', type: 'role', created: '2'}),
       (two)-[:SESSION_OF {key: '5'}]->(role)
"""
"""A role that assumed itself with the key of its session."""


@pytest.mark.parametrize("name", ["draw/trace", "draw/blast"])
def test_each_session_and_key_is_drawn_once(neo4j_any: Server, name: str) -> None:
    """Of a role that assumed itself, no session takes two rows of the limit, and a key is drawn with its session."""
    neo4j_any.wipe(schema=False)
    answer(neo4j_any, ITSELF)
    rows = answer(neo4j_any, DRAWINGS[name].text, ask="role", made=True, limit=50)
    neo4j_any.wipe(schema=False)

    assert [[node["key"] for node in row["path"].nodes] for row in rows] == [["role"], ["one"], ["two"], ["one", "key"]]


# ---- in the real Neo4j Browser


@pytest.fixture(scope="module")
def opened(chromium: Browser, told: Server) -> Iterator[Classic]:
    """A classic Browser that is connected."""
    context = chromium.new_context(viewport={"width": 1400, "height": 900})
    yield Classic(context.new_page(), told)
    context.close()


@pytest.fixture
def classic(opened: Classic) -> Classic:
    """A classic Browser with nothing on its page, and the style that it brings along."""
    opened.run(":style reset", frame=False)
    opened.clear()
    return opened


def test_the_style_is_seen(kit: KitServer, classic: Classic) -> None:
    """The guide loads the style sheet at a click: each node of the chain has the colour of its kind and its caption,
    and each line says first how sure it is, or that it was refused."""
    classic.guide(kit.address)
    classic.play(classic.runnable().first)
    classic.run(guide.drawing("who", ask=saved.CHAINED))
    count, looks, lines = classic.drawn(), classic.looks(), classic.lines()
    classic.run(guide.drawing("denied"))
    classic.drawn()

    assert count == 5
    assert looks == {
        (grass.colour("IdentityCenterUser"), "dana.whitfield"),
        (grass.colour(schema.SESSION), "dana.whitfield AWSReservedSSO_PlatformA…"),
        (grass.colour(schema.SESSION), "ops-maintenance payments-operations"),
        (grass.colour("Role"), "537140928816 AWSReservedSSO_PlatformA…"),
        (grass.colour("Role"), "804275613390 payments-operations"),
    }
    assert sorted({(colour, caption.split()[0]) for colour, caption in lines}) == [
        (grass.LINES[schema.ASSUMED].colour, "STRONG"),
        (grass.LINES[schema.SESSION_OF].colour, "SESSION_OF"),
    ]
    assert (grass.LINES[schema.USED].colour, "AccessDenied") in {
        (colour, caption.split()[0]) for colour, caption in classic.lines()
    }


def test_the_style_can_be_dropped(classic: Classic) -> None:
    """Dropped on the page, the style sheet is taken as well, without any server of the kit."""
    classic.drop("lineage.grass", grass.grass())
    classic.run(guide.drawing("who", ask=saved.KEY))
    classic.drawn()

    assert {colour for colour, _ in classic.looks()} == {grass.colour(schema.CREDENTIAL), grass.colour("IAMUser")}


def test_each_query_of_the_guide_runs_and_draws(told: Server, kit: KitServer, classic: Classic) -> None:
    """Browser opens the guide; each query that it offers runs at a click and draws every node that it returns."""
    classic.guide(kit.address)
    shown = []
    while True:
        counts = []
        for runnable in classic.slide():
            classic.play(runnable)
            counts.append(classic.drawn())
        shown.append(counts)
        if not classic.turn():
            break

    assert shown == [[len(drawn(answer(told, query))) for query in slide.queries] for slide in guide.slides()]


def test_a_saved_question_draws_with_the_parameters(told: Server, classic: Classic) -> None:
    """In the classic Browser, the file of parameters and then a saved question: what it returns is drawn."""
    text = saved.files()["draw/chains.cypher"]
    classic.run_each(saved.parameters())
    classic.run(text)

    assert classic.drawn() == len(drawn(answer(told, text, **saved.settings())))


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """An empty page with nothing remembered."""
    context = chromium.new_context(viewport={"width": 1400, "height": 900})
    yield context.new_page()
    context.close()


def test_the_newer_browser_takes_the_list(told: Server, page: Page, tmp_path: Path) -> None:
    """The newer Browser imports the list; its parameters and then a question of it run and draw."""
    (tmp_path / "saved.csv").write_text(saved.listed(), encoding="utf-8", newline="")
    browser = Newer(page, told)
    browser.take(tmp_path / "saved.csv")
    lines = page.locator("[role=treegrid] [role=row]").all_inner_texts()
    browser.play_each("Set every parameter, to its default or an example from the incident", len(saved.settings()))
    browser.play("Draw the chain back to where these credentials come from")
    page.get_by_text("Results overview").wait_for()
    count = page.get_by_text(re.compile(r"^Nodes \(\d+\)$")).last.inner_text()

    assert len({line.strip() for line in lines}) >= len(DRAWINGS) + len(TABLES)
    assert count == f"Nodes ({len(drawn(answer(told, DRAWINGS['draw/who'].text, **saved.settings())))})"
