"""What is documented is there, what is there is documented, and every example does what the page shows."""

from __future__ import annotations

import doctest
import re
import shlex
from pathlib import Path

import pytest

from lineage import queries
from lineage.ask import answers
from lineage.commands.app import app
from lineage.model import schema
from lineage.questions.shared import words
from lineage.questions.shared.models import Model
from lineage.questions.who import CallIdentity, Hop, Origin, Who, WhoAnswer
from tests import make_tables
from tests.test_cli import Shell, commands

ROOT = Path(__file__).parent.parent
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
CONSOLE = re.compile(r"^```console\n(.*?)^```", re.M | re.S)
SHELL = re.compile(r"^```sh\n(.*?)^```", re.M | re.S)
PYTHON = re.compile(r"^```pycon\n(.*?)^```", re.M | re.S)
LINK = re.compile(r"\]\(([^)\s]+)\)")
ELISION = "…"
LOADED = re.compile(r"(?<=^evidence loaded )[\d-]+ [\d:]+Z")
"""When a page's store was loaded, which is another time in each run."""


def page(name: str) -> str:
    """The text of a page."""
    return (ROOT / name).read_text("utf-8")


def questions() -> str:
    """The text of all pages about questions and pictures."""
    about = [path for path in PAGES if "questions" in path.parts[-2:][0] + path.stem]
    others = {"browser", "guard", "mcp", "pictures", "serve", "spark", "stores", "verify", "watch"}
    about += [path for path in PAGES if path.stem in others]
    return "".join(path.read_text("utf-8") for path in about)


def names(path: Path) -> str:
    """A page's path, as a test's name."""
    return str(path.relative_to(ROOT))


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A shell in a folder of its own that has the examples, and no store yet."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LINEAGE_STORE", "lineage.db")
    monkeypatch.setenv("COLUMNS", "80")
    return Shell(capsys)


def load(run: Shell) -> None:
    """Load the incident."""
    assert run("load", "examples/incident/logs", "--accounts", "examples/incident/accounts.csv").code == 0


def fits(shown: list[str], printed: list[str]) -> bool:
    """Whether what a page shows is what was printed; a line `…` stands for any lines."""
    if not shown:
        return not printed
    if shown[0] == ELISION:
        return any(fits(shown[1:], printed[skipped:]) for skipped in range(len(printed) + 1))
    return bool(printed) and shown[0] == printed[0] and fits(shown[1:], printed[1:])


def undated(lines: list[str]) -> list[str]:
    """The lines without when the store was loaded."""
    return [LOADED.sub("then", line.rstrip()) for line in lines]


def test_an_example_fits_only_what_was_printed() -> None:
    """The comparison below tells a page that shows something else."""
    assert fits(["a", "…", "d"], ["a", "b", "c", "d"])
    assert fits(["…"], [])
    assert not fits(["a"], ["a", "b"])
    assert not fits(["a", "…", "x"], ["a", "b"])
    assert not fits([], ["a"])


@pytest.mark.parametrize("path", [path for path in PAGES if CONSOLE.search(path.read_text("utf-8"))], ids=names)
def test_console_examples_print_what_is_shown(path: Path, run: Shell) -> None:
    """Every `$ lineage …` of a page, run in its order on the incident, prints what the page shows."""
    text = path.read_text("utf-8")
    if "$ lineage load" not in text:
        load(run)
    for block in CONSOLE.findall(text):
        for example in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, *shown = example.rstrip("\n").split("\n")
            ran = run(*shlex.split(command)[1:])

            assert (ran.code, ran.err) == (0, ""), command
            assert fits(undated(shown), undated(ran.out.splitlines())), f"{command}\n{ran.out}"


def test_the_readme_works_as_typed(run: Shell) -> None:
    """`lineage` is on the PATH before the README first uses it, and each command for the SQLite store works."""
    text = page("README.md")
    lines = [shlex.split(line, comments=True) for block in SHELL.findall(text) for line in block.splitlines()]
    typed = [line[1:] for line in lines if line[:1] == ["lineage"] and "--store" not in line]

    assert text.index("source .venv/bin/activate") < text.index("\nlineage ") < text.index("$ lineage ")
    assert CONSOLE.findall(text)[0].startswith("$ lineage load examples/incident/logs")
    load(run)
    assert len(typed) > 3
    for arguments in typed:
        if arguments != ["explore"]:  # serves until it is stopped
            assert run(*arguments).code == 0, arguments


@pytest.mark.parametrize("path", [path for path in PAGES if PYTHON.search(path.read_text("utf-8"))], ids=names)
def test_python_examples_work(path: Path, run: Shell) -> None:
    """Every Python session of a page gives what the page shows."""
    load(run)
    text = "\n".join(PYTHON.findall(path.read_text("utf-8")))
    test = doctest.DocTestParser().get_doctest(text, {}, names(path), str(path), 0)
    said: list[str] = []
    doctest.DocTestRunner().run(test, out=said.append)

    assert "".join(said) == ""


@pytest.mark.parametrize("path", PAGES, ids=names)
def test_links_lead_somewhere(path: Path) -> None:
    """Every link to a file of the project leads to one, and every anchor to a heading of it."""
    for link in LINK.findall(path.read_text("utf-8")):
        if "://" in link:
            continue
        file, _, anchor = link.partition("#")
        target = (path.parent / file).resolve() if file else path
        headings = re.findall(r"^#+ (.*)$", target.read_text("utf-8"), re.M) if anchor else []

        assert target.exists(), link
        assert not anchor or anchor in {re.sub(r"[^\w -]", "", one).lower().replace(" ", "-") for one in headings}


def test_every_command_and_option_is_documented() -> None:
    """Each command has its heading, each of its options is named on its page."""
    text = questions()
    everywhere = text + page("docs/loading.md")
    for name, command in commands().items():
        assert f"## `lineage {name}`\n" in text
        options = {option for one in command.params for option in one.opts if option.startswith("--")}
        assert {option for option in options if f"`{option}" not in everywhere} - {"--help"} == set()


def test_the_tables_are_current() -> None:
    """The tables of options, questions, schemas and pictures are those that `make docs` writes."""
    assert [names(path) for path in make_tables.PAGES if make_tables.filled(path) != path.read_text("utf-8")] == []


def test_every_option_has_its_table() -> None:
    """Each command with arguments or options of its own has its table, on one page."""
    text = "".join(path.read_text("utf-8") for path in make_tables.PAGES)
    own = {name for name, one in commands().items() if not all(map(make_tables.is_common, one.params))}

    assert {name: text.count(f"<!-- options: {name} -->\n|") for name in own} == dict.fromkeys(own, 1)


def test_every_question_is_a_command() -> None:
    """A Cypher question, its command and its schema go by one name; a few answers are of an option."""
    stems = {full.removeprefix("lineage.").removesuffix("/1") for full in answers()} - make_tables.PRINTED_BY.keys()

    assert {query.name for query in queries.queries()} <= stems
    others = {"schema", "explain", "enrich", "browser", "graph", "explore", "watch", "serve", "token", "mcp"}
    others |= {"spark_aggregate"}
    assert {name.replace("-", "_") for name in commands()} - others == stems


def test_every_name_of_the_graph_is_documented() -> None:
    """Labels, kinds, relationship types and the properties of nodes stand on the page of the graph."""
    text = page("docs/graph.md")
    properties = {name for named in schema.NODE_PROPERTIES.values() for name in named}
    wanted = {*schema.LABELS, *schema.KINDS, *schema.RELATIONSHIPS, *properties}

    assert {name for name in wanted if f"`{name}`" not in text} == set()


@pytest.mark.parametrize("words", [words.REASONS, words.CONFIDENCE, words.HOWS, words.VIAS], ids=repr)
def test_every_code_is_documented(words: dict[str, str]) -> None:
    """What may stand in `reason`, `confidence`, `how` or `via` is explained."""
    text = page("docs/questions.md")

    assert {code for code in words if f"`{code}`" not in text} == set()


@pytest.mark.parametrize("model", [Who, WhoAnswer, Hop, Origin, CallIdentity])
def test_every_field_of_who_is_documented(model: type[Model]) -> None:
    """The fields that other programs build on are explained."""
    text = page("docs/answers-json.md")
    fields = {field.alias or name for name, field in model.model_fields.items()}

    assert {name for name in fields if f"`{name}`" not in text and f'"{name}"' not in text} == set()


def test_every_schema_and_kind_is_documented() -> None:
    """Each schema and each kind of origin stands on the page of the answers."""
    text = page("docs/answers-json.md")

    assert {name for name in (*answers(), *words.KINDS) if f"`{name}`" not in text} == set()


def test_tests_that_pages_name_exist() -> None:
    """A promise names a test that there is."""
    there = "".join(path.read_text("utf-8") for path in (ROOT / "tests").glob("test_*.py"))
    named = {name for path in PAGES for name in re.findall(r"`(test_\w+)`", path.read_text("utf-8"))}

    assert len(named) > 40
    assert {name for name in named if f"\ndef {name}(" not in there} == set()


def test_exit_codes_are_documented() -> None:
    """The codes that the help promises are those of the page."""
    text = page("docs/questions.md")
    promised = re.findall(r"\d", str(app.info.epilog))

    assert promised == ["0", "1", "2", "3", "4", "5"]
    assert [code for code in promised if f"\n| {code} | " not in text] == []
