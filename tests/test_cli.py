"""The command line: what goes where, how it ends, and that it never says more than it should."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import re
import resource
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from lineage import cli
from lineage.ask import answers
from lineage.commands.output import FORMS
from lineage.parameters import PANELS
from lineage.questions.who import Who

ROOT = Path(__file__).parent.parent
LOGS = "examples/incident/logs"
STARTED = "c0ffee00-0000-4000-8000-000000000007"
KEY = "AKIA3WQUP53HKQ7V2LCK"
CANARY = "CANARY7secretvalue7CANARY"


class Ran(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


class Shell:
    """Runs commands in this process, in the project's folder, on one store."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: str) -> Ran:
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main(arguments)
        caught = self._capsys.readouterr()
        code = ended.value.code
        return Ran(code if isinstance(code, int) else 0, caught.out, caught.err)


@pytest.fixture(scope="module")
def incident(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that holds the incident."""
    path = tmp_path_factory.mktemp("incident") / "lineage.db"
    with contextlib.chdir(ROOT), pytest.raises(SystemExit) as ended:
        cli.main(["load", LOGS, "--store", str(path), "--accounts", "examples/incident/accounts.csv"])
    assert ended.value.code == 0
    return path


@pytest.fixture
def run(incident: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A shell in the project's folder with LINEAGE_STORE set to the incident."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("LINEAGE_STORE", str(incident))
    monkeypatch.setenv("COLUMNS", "80")
    return Shell(capsys)


def process(incident: Path, *arguments: str, **options: Any) -> subprocess.Popen[bytes]:
    """The command as a process of its own."""
    environment = os.environ | {"LINEAGE_STORE": str(incident), "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-m", "lineage.cli", *arguments],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        **options,
    )


def commands() -> dict[str, Any]:
    """The commands by name."""
    from typer.main import get_command

    return dict(get_command(cli.app).commands)  # type: ignore[attr-defined]  # typer's group, untyped here


ASKING = [
    ("who", STARTED),
    ("trace", STARTED),
    ("chains",),
    ("cross-account",),
    ("info",),
    ("show", STARTED, "--logs", LOGS),
    ("query",),
    ("investigate", "examples/incident/finding.json"),
]


@pytest.mark.parametrize("arguments", ASKING, ids=lambda one: one[0])
def test_every_answer_has_five_forms(arguments: tuple[str, ...], run: Shell, tmp_path: Path) -> None:
    """Each command answers in each form, on standard output alone; a file with that ending gets the same."""
    ran = {form: run(*arguments, "--format", form) for form in FORMS}
    text = {form: one.out for form, one in ran.items()}

    assert {(one.code, one.err) for one in ran.values()} == {(0, "")}
    assert json.loads(text["json"])["schema"] in answers()
    assert len(text["csv"].splitlines()) > 1
    assert text["html"].startswith("<!DOCTYPE html>")
    assert len(set(text.values())) == len(FORMS)
    assert all(one.strip() for one in text.values())
    assert run(*arguments).out == text["table"]
    assert (run(*arguments, "--json").out, run(*arguments, "--csv").out) == (text["json"], text["csv"])
    for form in FORMS:
        file = tmp_path / f"answer.{form}"
        written = run(*arguments, "-o", str(file))
        assert written == Ran(0, "", f"written: {file}\n")
        assert file.read_text("utf-8") == text[form]


def test_quiet_prints_the_answer_alone(run: Shell, tmp_path: Path) -> None:
    """With --quiet there is nothing beside the answer and errors."""
    file = tmp_path / "answer.json"

    assert run("who", STARTED, "-o", str(file), "--quiet") == Ran(0, "", "")
    assert run("who", STARTED).out.startswith(run("who", STARTED, "-q").out.rstrip())
    assert "Rules:" not in run("who", STARTED, "-q").out
    assert run("trace", "no-such-event", "-q") == Ran(1, "", "")
    assert run("load", "nosuch", "-q").err.startswith("error: nosuch: ")
    assert run("graph", "who", STARTED, "-o", str(tmp_path / "x.svg"), "-q") == Ran(0, "", "")


def on_terminal(incident: Path, *arguments: str, **setting: str) -> str:
    """What a command prints on a terminal of 24 lines; a pager prints PAGED before what it gets."""
    line = shlex.join([sys.executable, "-m", "lineage.cli", *arguments, "--store", str(incident)])
    environment = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "PAGER", "LINES")}
    environment |= {"PYTHONPATH": str(ROOT), "TERM": "xterm-256color", "LINEAGE_PAGER": "sed 1iPAGED"} | setting
    shown = subprocess.run(
        ["script", "-qec", f"stty rows 24 cols 80; {line}", os.devnull], env=environment, capture_output=True,
        timeout=60, check=True, text=True,
    )  # fmt: skip
    return shown.stdout


needs_script = pytest.mark.skipif(shutil.which("script") is None, reason="needs script(1) to make a terminal")


@needs_script
@pytest.mark.parametrize(
    ("arguments", "setting", "paged"),
    [
        (("who", STARTED), {}, True),
        (("who", STARTED, "--json"), {}, True),
        (("who", STARTED, "--no-pager"), {}, False),
        (("who", STARTED), {"LINEAGE_PAGER": ""}, False),
        (("who", STARTED), {"LINEAGE_PAGER": "no-such-pager"}, False),
        (("who", STARTED), {"TERM": "dumb"}, False),
        (("cross-account", "--since", "2026-03-12"), {}, False),
    ],
    ids=["long", "json", "no-pager", "empty", "missing", "dumb", "short"],
)
def test_long_answers_are_paged_on_a_terminal(
    arguments: tuple[str, ...], setting: dict[str, str], paged: bool, incident: Path
) -> None:
    """What is longer than the screen goes through the pager, unless there is none."""
    shown = on_terminal(incident, *arguments, **setting)

    assert ("PAGED" in shown) is paged
    assert shown.count("payments") > 0


def test_output_is_not_paged_off_a_terminal(run: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a pipe or a file there is never a pager."""
    monkeypatch.setenv("LINEAGE_PAGER", "sed 1iPAGED")

    assert "PAGED" not in run("who", STARTED).out


FOR_DAN = "AKIARTX3GSDSRKBILDKV"
"""The key that Alice made for Dan."""


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("who", "dan"), f"Known credential: access key {FOR_DAN}, made with credentials of alice at"),
        (("who", "dan", "--csv"), f"access key {FOR_DAN} made by alice"),
        (("investigate", "arn:aws:iam::111122223333:user/dan", "--md"), "made with credentials of alice at"),
        (("investigate", "arn:aws:iam::111122223333:user/dan", "--html", "-"), "made with credentials of alice at"),
    ],
    ids=["terminal", "csv", "markdown", "html"],
)
def test_a_user_is_shown_with_each_known_key(
    arguments: tuple[str, ...], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Every form lists the keys and passwords of a user that was asked for, with whose credentials made them."""
    monkeypatch.setenv("LINEAGE_STORE", str(tmp_path / "lineage.db"))
    monkeypatch.setenv("COLUMNS", "80")
    shell = Shell(capsys)
    shell("load", str(ROOT / "tests/stories/hunt-keys-passwords-root/events.json"))
    told = shell(*arguments)

    assert told.code == 0
    assert FOR_DAN in told.out
    assert sentence in " ".join(told.out.split())


@pytest.mark.parametrize(
    ("event", "at", "sentence"),
    [
        ("09", "2026-03-02T23:00:00Z", "No step for 2 sessions and keys that no longer work."),
        ("05", "", "No step for 1 change that is already gone."),
        ("09", "", ""),
    ],
)
def test_contain_says_nothing_of_none(
    event: str, at: str, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """What needs no step is counted where there is any."""
    monkeypatch.setenv("LINEAGE_STORE", str(tmp_path / "lineage.db"))
    shell = Shell(capsys)
    shell("load", str(ROOT / "tests/stories/contain-one-of-two-people/events.json"))
    told = shell("contain", f"e0000000-0000-4000-8000-0000000000{event}", *(("--at", at) if at else ()))

    assert [line for line in told.out.splitlines() if line.startswith("No step")] == ([sentence] if sentence else [])


def examples(name: str) -> list[str]:
    """The examples below the help of a command."""
    head, *lines = commands()[name].epilog.removeprefix("\b\n").split("\n")
    assert head == "Examples:"
    return [line.strip() for line in lines]


@pytest.mark.parametrize("name", sorted(commands()))
def test_help_is_one_sentence_and_examples_that_work(
    name: str, run: Shell, incident: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The help of each command is one sentence and at least two examples, and each example runs on the incident."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    if name == "prune":  # other examples ask for what it forgets
        monkeypatch.setenv("LINEAGE_STORE", str(shutil.copy(incident, tmp_path / "lineage.db")))
    sentence = commands()[name].help.strip()
    shown = run(name, "--help").out

    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert sentence in " ".join(shown.split())
    assert len(examples(name)) > 1
    for example in examples(name):
        assert f"\n    {example}\n" in shown
        assert (example + " ").startswith(f"lineage {name} ")
        # They run until they are stopped, or need a cluster, and have tests of their own.
        if name not in ("explore", "watch", "serve", "mcp", "spark-aggregate"):
            assert run(*shlex.split(example)[1:]).code == 0, example


def test_commands_are_listed_in_panels_that_fit(run: Shell) -> None:
    """`lineage --help` has each command once, below its panel, with its whole text on a line of 80 columns."""
    text = run("--help").out
    panels = re.findall(r"^(.+):\n((?:  \S.*\n)+)", text.partition("Options:")[2], re.M)
    listed = {panel: dict(line.split(None, 1) for line in lines.splitlines()) for panel, lines in panels}

    assert max(map(len, text.splitlines())) <= 80
    assert [panel for panel, _ in panels] == list(PANELS)
    assert {name: told for panel in listed.values() for name, told in panel.items()} == {
        name: command.help for name, command in commands().items()
    }
    assert list(listed["Start here"])[:2] == ["load", "investigate"]


def test_the_verdict_comes_first(run: Shell) -> None:
    """`who` begins with whose credentials they were and how sure that is."""
    first = run("who", STARTED).out.splitlines()[0]

    assert first.startswith("credentials of dana.whitfield (Identity Center user) — STRONG")


@pytest.mark.parametrize(
    "asked",
    [("trace", STARTED), ("hunt",), ("volume", STARTED), ("who", "svc-reports"), ("contain", STARTED, "--made")],
)
def test_times_are_as_people_write_them(asked: tuple[str, ...], run: Shell) -> None:
    """A time in a sentence has a blank between day and hour; with a T it is part of a key, or of a policy."""
    assert re.findall(r"(?<![/\"])\d{4}-\d\d-\d\dT\S+", run(*asked).out) == []


def test_either_spelling_of_a_command_is_understood(run: Shell) -> None:
    """`cross_account`, the name of the question, is `cross-account`."""
    assert run("cross_account", "--json") == run("cross-account", "--json")


def test_names_of_accounts_are_shown(run: Shell) -> None:
    """What --accounts gave stands in the answers."""
    crossing = json.loads(run("cross-account", "--json").out)["crossings"][0]

    assert (crossing["from_name"], crossing["to_name"]) == ("platform", "payments")


@pytest.mark.parametrize(
    ("arguments", "code", "line"),
    [
        (("who", ""), 1, "nothing was asked for: give an event ID"),
        (("who", "x" * 9_000), 1, f"not found: {'x' * 200}…"),
        (("who", "no-such-event"), 1, "not found: no-such-event"),
        (("trace", "no-such-event"), 1, "not found: no-such-event"),
        (("chains", "--role", "no-such-role"), 1, "not found: role paths of that kind"),
        (("show", "no-such-event", "--logs", LOGS), 1, "not found: no-such-event"),
        (("who", KEY, "--at", "soon"), 2, "error: soon: not a time; write 24h or 7d for that long ago, now, today,"),
        (("who", "README.md"), 2, "error: README.md: holds no CloudTrail record; to load logs: lineage load README.md"),
        (("who", "{}"), 2, "error: record: no CloudTrail record with eventTime and eventName found"),
        (("load", "no/such/folder"), 2, "error: no/such/folder: no such file or folder"),
        (("load", LOGS, "--accounts", "README.md"), 2, "error: README.md: line 1"),
        (("show", STARTED, "--logs", "-"), 2, "error: show: standard input cannot be searched"),
        (("query", "no-such-query"), 2, "error: query no-such-query: not found"),
        (("query", "who", "--param", "ask"), 2, "error: --param ask: not KEY=VALUE"),
        (("query", "who", "--param", "ask=x"), 2, "error: query who: needs Neo4j"),
        (("schema", "no-such-answer"), 2, "error: schema no-such-answer: not found; the schemas are: investigate,"),
        (("info", "--json", "--csv"), 2, "--format, --json and --csv exclude each other"),
        (("info", "--format", "xml"), 2, "error: --format xml: unknown; use one of table, json, csv, md, html"),
        (("investigate", STARTED, "--md", "--json"), 2, "--md, --html and the other options of format"),
        (("who", "-", "--format", "csv"), 2, "error: who -: answers as JSON lines"),
        (("who",), 2, "Missing argument"),
        (("no-such-command",), 2, "No such command"),
        (("chains", "--min-depth", "x"), 2, "Invalid value"),
        (("info", "--store", "no/such/store.db"), 3, "error: no/such/store.db: no store there; make one with"),
        (("info", "--store", "README.md"), 3, "error: README.md: cannot be opened as a store"),
        (("info", "--store", f"bolt://neo4j:{CANARY}@127.0.0.1"), 2, "error: --store: no user or password in"),
    ],
)  # fmt: skip
def test_errors_are_one_line_with_their_code(arguments: tuple[str, ...], code: int, line: str, run: Shell) -> None:
    """What goes wrong is told on standard error, without a traceback, and ends in the documented code."""
    ran = run(*arguments)

    assert (ran.code, ran.out) == (code, "")
    assert line in " ".join(ran.err.split())
    assert "Traceback" not in ran.err
    assert CANARY not in ran.err


@pytest.mark.parametrize("question", ["session", "interesting", "denied", "services", "baseline", "new", "volume"])
def test_an_agent_is_asked_for_by_a_part(question: str, run: Shell) -> None:
    """`agent:` matches a part in either case; the answer says which user agents matched."""
    subject = json.loads(run(question, "agent:OS/MACOS", "--json").out)["subject"]
    agents = subject["agents"]

    assert subject["agents_total"] == len(agents) > 0
    assert all("os/macos" in agent for agent in agents)
    assert f"user agent {agents[0]}" in " ".join(run(question, "agent:OS/MACOS").out.split())
    assert run(question, "agent:no-such-agent").code == 1
    assert run(question, "agent:").code == 1


def test_a_relative_time_is_told(run: Shell) -> None:
    """What a time that is relative to now became is told, in the scope and beside an answer without one."""
    day = time.strftime("%Y-%m-%d", time.gmtime())
    chains = run("chains", "--since", "2026-03-01", "--until", "now")
    called = run("session", KEY, "--since", "2026-03-01", "--until", "today", "--json")

    assert re.fullmatch(rf"--to now: {day} \d\d:\d\d:\d\dZ\n", chains.err)
    assert called.err == f"--to today: {day}\n"
    assert json.loads(called.out)["scope"]["until"] == f"{day}T23:59:59Z"
    assert run("chains", "--since", "2026-03-01", "--until", "now", "--quiet").err == ""


def test_json_of_what_was_not_found_is_an_answer(run: Shell) -> None:
    """With --json a program gets an answer that says `found: false`, and exit code 1."""
    ran = run("who", "no-such-event", "--json")

    assert ran.code == 1
    assert json.loads(ran.out)["found"] is False


def test_debug_shows_the_traceback(run: Shell) -> None:
    """--debug, before the command or behind it, shows where an error came from."""
    behind = run("who", "{}", "--debug")
    before = run("--debug", "who", "{}")

    assert "Traceback" in behind.err
    assert "Traceback" in before.err
    assert behind.err.rstrip().splitlines()[-1].startswith("error: record: ")


def test_no_secret_in_an_error(run: Shell) -> None:
    """A broken record with secrets in it is refused without being quoted, with --debug too."""
    record = json.dumps({"eventTime": CANARY, "responseElements": {"credentials": {"sessionToken": CANARY}}})
    ran = run("who", record, "--debug")

    assert ran.code == 2
    assert CANARY not in ran.out + ran.err


def test_a_file_without_a_record_is_named(run: Shell, tmp_path: Path) -> None:
    """It is named with what it looks like and what to do, in the summary, as JSON and in the store; --strict fails."""
    logs, store = tmp_path / "logs", str(tmp_path / "store.db")
    logs.mkdir()
    (logs / "a.pdf").write_bytes(b"%PDF-1.7")
    (logs / "b.json").write_text("")
    said = {
        "path": str(logs / "a.pdf"),
        "looks_like": "PDF",
        "do": "export the events as JSON or CSV (with userIdentity as JSON) and load that",
    }

    ran = run("load", str(logs), "--store", store, "--strict", "--json")
    shown = run("load", str(logs), "--store", store)
    stored = json.loads(run("info", "--store", store, "--json").out)["loads"]

    assert ran.code == 4
    assert "error: --strict: 1 file had no record; all others are loaded" in ran.err
    assert json.loads(ran.out)["sums"]["no_records"] == [said]
    assert "a.pdf: PDF; export the events" in " ".join(shown.out.split())
    assert [one["no_records"] for one in stored] == [[said], [said]]
    assert [one["passed"]["empty"] for one in stored] == [1, 1]


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"a.pdf": "%PDF", "b.txt": "hello", "c.json": ""}, "3 files (1 PDF, 1 empty, 1 text)"),
        ({"d.json": '{"Records": []}'}, "1 file (1 empty)"),
        ({}, "no files there"),
    ],
    ids=["other-files", "no-records", "no-files"],
)
def test_a_load_without_a_record_says_so(files: dict[str, str], found: str, run: Shell, tmp_path: Path) -> None:
    """It names in one line what was found instead and ends in 1; with --strict an unread file's 4 goes before."""
    logs, store = tmp_path / "logs", str(tmp_path / "store.db")
    logs.mkdir()
    for name, text in files.items():
        (logs / name).write_text(text)
    ran = run("load", str(logs), "--store", store)

    assert ran.code == 1
    assert len(ran.err.splitlines()) == 1
    assert found in ran.err
    assert run("load", str(logs), "--store", store, "--strict").code == (4 if "a.pdf" in files else 1)


@pytest.mark.parametrize(
    "arguments", [(LOGS, "--accounts", "nosuch"), ("nosuch",), ("empty",)], ids=["accounts", "path", "folder"]
)
def test_a_load_that_fails_early_makes_no_store(
    arguments: tuple[str, ...], run: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A load that fails before it has read anything leaves no store where there was none."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    ran = run("load", *arguments, "--store", "lineage.db")

    assert ran.code in (1, 2)
    assert {path.name for path in tmp_path.iterdir()} == {"empty", "examples"}


def test_an_interrupted_load_says_how_to_go_on(incident: Path, tmp_path: Path) -> None:
    """Ctrl-C ends a load with one line and 130; before anything was read it leaves no store."""
    running = process(incident, "load", "-", "--store", str(tmp_path / "lineage.db"))
    assert running.stdin is not None
    running.stdin.write(b"{" + b" " * (1 << 17))  # returns once the load reads it
    running.stdin.flush()
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=60)

    assert (running.returncode, out) == (130, b"")
    assert err == b"interrupted; what was committed stays, load again to go on\n"
    assert list(tmp_path.iterdir()) == []


def test_who_opens_a_file_as_load_does(run: Shell, tmp_path: Path) -> None:
    """A record is found in an archive and in a wrapping by `who FILE` too."""
    record = {
        "eventID": "5f0e0000-0000-4000-8000-000000000077", "eventTime": "2026-03-11T10:00:00Z",
        "eventName": "ListUsers", "eventSource": "iam.amazonaws.com",
        "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/zoe", "userName": "zoe",
                         "accountId": "111122223333", "principalId": "AIDARTX3GSDSZOEAAAAAA",
                         "accessKeyId": "AKIARTX3GSDSZOEAAAAA"},
    }  # fmt: skip
    file, store = tmp_path / "export.gz", str(tmp_path / "store.db")
    file.write_bytes(gzip.compress(json.dumps({"Messages": [{"Body": json.dumps({"detail": record})}]}).encode()))
    run("load", str(file), "--store", store)

    ran = run("who", str(file), "--store", store, "--json")

    assert json.loads(ran.out)["answers"][0]["origin"]["id"] == "arn:aws:iam::111122223333:user/zoe"


def test_strict_refuses_what_was_set_aside(run: Shell, tmp_path: Path) -> None:
    """--strict ends in 4 after having loaded all that is whole, and tells the place."""
    logs = tmp_path / "logs.json"
    logs.write_text('{"Records": [5, {"eventName": "NoTime"}]}')
    store = str(tmp_path / "s.db")
    ran = run("load", str(logs), "--store", store, "--strict")

    assert ran.code == 4
    assert "error: --strict: 2 records were set aside; all others are loaded" in ran.err
    assert f"{logs}[0]" in ran.out.replace("\n", "")
    assert run("load", str(logs), "--store", store).code == 0


def test_load_counts_add_up(run: Shell, tmp_path: Path) -> None:
    """read = loaded + duplicate + set aside; loading again loads nothing."""
    store = str(tmp_path / "s.db")
    first = json.loads(run("load", LOGS, "--store", store, "--json").out)["sums"]
    again = json.loads(run("load", LOGS, "--store", store, "--json").out)["sums"]

    assert (first["read"], first["loaded"], first["duplicate"], first["set_aside"]) == (1059, 926, 133, 0)
    assert (again["read"], again["loaded"], again["duplicate"], again["set_aside"]) == (1059, 0, 1059, 0)


def test_schema_describes_the_answer(run: Shell) -> None:
    """`lineage schema NAME` prints the JSON Schema of what --json prints."""
    schema = json.loads(run("schema", "who").out)

    assert schema == json.loads(run("schema", "lineage.who/1").out)
    assert schema["properties"]["schema"]["const"] == "lineage.who/1"
    assert run("schema").out.split() == [*answers(), "lineage.graph/1"]


def test_version(run: Shell) -> None:
    """--version names the version that is installed."""
    ran = run("--version")

    assert ran.code == 0
    assert ran.out.startswith("lineage ")


def test_show_prints_the_record_without_its_secrets(run: Shell) -> None:
    """The record of a key's making is shown whole, but for the secret key, beside the hash kept at load."""
    place = json.loads(run("show", "c0ffee00-0000-4000-8000-000000000004", "--logs", LOGS, "--json").out)["places"][0]

    assert place["sha256"] == place["loaded_sha256"]
    assert place["record"]["eventName"] == "AssumeRole"
    assert place["record"]["responseElements"]["credentials"]["sessionToken"] == "(removed)"
    assert place["record"]["eventVersion"]


def test_a_file_with_a_record_can_be_asked_for(run: Shell, tmp_path: Path) -> None:
    """`lineage who FILE` answers for the record in the file, as for its text."""
    shown = json.loads(run("show", STARTED, "--logs", LOGS, "--json").out)["places"][0]["record"]
    file = tmp_path / "event.json"
    file.write_text(json.dumps(shown, indent=2))
    of_file = json.loads(run("who", str(file), "--json").out)
    of_text = json.loads(run("who", json.dumps(shown), "--json").out)

    assert of_file == of_text
    assert of_file["answers"][0]["origin"]["name"] == "dana.whitfield"


def ask(incident: Path, lines: str) -> tuple[int | None, list[dict[str, Any]]]:
    """Exit code and answers of `lineage who -`."""
    running = process(incident, "who", "-")
    out, err = running.communicate(lines.encode(), timeout=60)
    assert err == b""
    return running.returncode, [json.loads(line) for line in out.decode().splitlines()]


def test_stream_answers_each_line_in_order(incident: Path) -> None:
    """One answer a line, in order, for IDs, records and nonsense alike; blank lines ask nothing."""
    root = {"type": "Root", "principalId": "218093744512", "accountId": "218093744512", "accessKeyId": ""}
    call = {
        "eventID": "r-1",
        "eventTime": "2026-03-12T10:00:00Z",
        "eventSource": "iam.amazonaws.com",
        "eventName": "ListUsers",
        "userIdentity": root | {"arn": "arn:aws:iam::218093744512:root"},
    }
    record, pretty = json.dumps(call), json.dumps(call, indent=2)
    code, answers = ask(incident, f"{STARTED}\n\n{record}\n{{broken\r\n{pretty}\n{KEY}")
    models = [Who.model_validate(answer) for answer in answers]

    assert code == 1  # not all were found
    assert [(model.kind, model.found) for model in models] == [
        ("event", True), ("record", True), ("record", False), ("record", True), ("key", True),
    ]  # fmt: skip
    assert models[2].note is not None
    assert models[1].answers == models[3].answers


def test_stream_answers_at_once(incident: Path) -> None:
    """A partner that waits for each answer before it asks again gets them all."""
    running = process(incident, "who", "-")
    assert running.stdin is not None
    assert running.stdout is not None
    asked = []
    for line in (STARTED, KEY, "nothing"):
        running.stdin.write(f"{line}\n".encode())
        running.stdin.flush()
        asked.append(json.loads(running.stdout.readline())["asked"])
    running.communicate(timeout=60)

    assert asked == [STARTED, KEY, "nothing"]


@pytest.mark.parametrize(
    "arguments", [("who", "-"), ("trace", "arn:aws:iam::804275613390:role/deploy", "--limit", "900")]
)
def test_a_reader_that_goes_away_is_no_error(arguments: tuple[str, ...], incident: Path) -> None:
    """`lineage … | head` ends quietly."""
    running = process(incident, *arguments)
    assert running.stdout is not None
    running.stdout.close()
    running.stdout = None
    _, err = running.communicate(f"{STARTED}\n".encode() * 100, timeout=60)

    assert (running.returncode, err) == (141, b"")


def test_interruption_is_quiet(incident: Path) -> None:
    """Ctrl-C ends a command without a traceback."""
    running = process(incident, "who", "-")
    assert running.stdin is not None
    assert running.stdout is not None
    running.stdin.write(f"{STARTED}\n".encode())
    running.stdin.flush()
    running.stdout.readline()
    time.sleep(0.1)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=60)

    assert (running.returncode, err) == (130, b"")


def test_no_colour_off_a_terminal(run: Shell) -> None:
    """What goes into a pipe or a file holds no escape sequence."""
    assert "\x1b" not in "".join(run(*arguments).out for arguments in ASKING)


@needs_script
@pytest.mark.parametrize(
    ("arguments", "setting", "coloured"),
    [((), {}, True), ((), {"NO_COLOR": "1"}, False), (("--no-color",), {}, False), (("--no-pager",), {}, True)],
    ids=["terminal", "NO_COLOR", "no-color", "no-pager"],
)
def test_colour_on_a_terminal(
    arguments: tuple[str, ...], setting: dict[str, str], coloured: bool, incident: Path
) -> None:
    """A terminal gets colour, unless NO_COLOR is set or --no-color given."""
    assert ("\x1b[3" in on_terminal(incident, "who", STARTED, *arguments, **setting)) is coloured


def test_help_is_quick() -> None:
    """`--help` imports nothing heavy: no tables, models, drivers or graphs; it takes under 0.4 s of processor time."""
    script = (
        "import sys\nfrom lineage import cli\ntry:\n    cli.main(['--help'])\n"
        "except SystemExit:\n    pass\nprint(sorted({'rich', 'pydantic', 'networkx', 'neo4j'} & set(sys.modules)))"
    )
    took = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        ran = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        took.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)

    assert ran.stdout.splitlines()[-1] == "[]"
    assert min(took) < 0.4
