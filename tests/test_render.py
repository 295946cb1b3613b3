"""Answers made visible: the words, the ladder, the tree, the tables, CSV and JSON."""

from __future__ import annotations

import csv
import io
import json

import pytest
from rich.console import Console

from lineage.load import Progress
from lineage.questions.chains import Chain, Chains
from lineage.questions.info import Info
from lineage.questions.load import AsideAt as Aside
from lineage.questions.load import Load
from lineage.questions.query import QueryRows
from lineage.questions.registry import blocks_of, table_of
from lineage.questions.shared import words
from lineage.questions.shared.models import LoadSums, Model
from lineage.questions.trace import Branch, Done, Trace, TriedRole
from lineage.questions.who import (
    CallIdentity,
    Hint,
    Hop,
    Missing,
    Origin,
    Provenance,
    SessionId,
    Who,
    WhoAnswer,
)
from lineage.render import console, terminal
from lineage.render import csv as flat
from lineage.render.console import THEME
from lineage.render.text import as_json

HOSTILE = "[red]=cmd|'/c calc'!A1\x1b]0;owned\x07\u202e[/red]"

ALICE = Origin(kind="IdentityCenterUser", id="u-1", name="alice@example.com")
GRANT = Hop(
    api="sts:AssumeRole",
    how="cli-sdk",
    via=None,
    time="2026-03-11T21:53:30Z",
    event_ids=["e-1", "e-2"],
    sign_in_event_ids=[],
    rule="2",
    confidence="EXACT",
    candidates=1,
    session=SessionId(account="222222222222", principal_id="AROAX:ops", creation_date="2026-03-11T21:53:30Z"),
    role_arn="arn:aws:iam::222222222222:role/admin",
    session_name="ops",
    access_key_id="ASIAISSUED",
    caller_access_key_id="ASIACALLER",
    source_ip="198.51.100.23",
    user_agent="aws-cli/2",
    account="222222222222",
    caller_account="111111111111",
    cross_account=True,
)


def test_the_words_beside_a_confidence_are_those_of_the_rule() -> None:
    """A key, one grant, several of one caller and several callers are different grounds; a new rule has its class."""

    def told(rule: str, confidence: str, candidates: int = 1) -> str:
        hop = GRANT.model_copy(update={"rule": rule, "confidence": confidence, "candidates": candidates})
        return words.basis(ANSWER.model_copy(update={"confidence": confidence, "hops": [GRANT, hop], "hints": []}))

    assert told("2", "EXACT") == "the key that was issued is the key that was used"
    assert told("4", "STRONG") == "one grant has the same identity and time"
    assert told("4", "STRONG", 2) == "several grants of one caller have the same identity and time"
    assert told("4b", "STRONG") == "one grant has the same role, session name and time"
    assert told("9", "LIKELY") == "one session of that identity was live then; the record states none"
    assert told("99", "LIKELY") == "best match, not proven"
    assert words.basis(ANSWER.model_copy(update={"confidence": "EXACT", "hops": [], "hints": []})) == (
        "stated by the record"
    )


ANSWER = WhoAnswer(
    identity=CallIdentity(
        arn="arn:aws:sts::222222222222:assumed-role/admin/ops",
        account="222222222222",
        principal_id="AROAX:ops",
        creation_date="2026-03-11T21:53:30Z",
        access_key_id="ASIAISSUED",
        session_name="ops",
    ),
    origin=ALICE,
    person=None,
    confidence="STRONG",
    ambiguous=False,
    reason=None,
    missing=None,
    hints=[],
    hops=[GRANT],
)
OPEN = ANSWER.model_copy(
    update={
        "origin": Origin(kind="Unresolved", id=None),
        "confidence": "NONE",
        "reason": "before-collection",
        "missing": Missing(account="111111111111", region=None, day="2026-03-10"),
        "hops": [],
        "hints": [Hint(what="source identity", value="bob", rule="11")],
    }
)


def who(*answers: WhoAnswer, total: int | None = None) -> Who:
    number = len(answers) if total is None else total
    return Who(
        asked="x",
        kind="event",
        found=bool(answers),
        total=number,
        truncated=number > len(answers),
        answers=list(answers),
    )


def trace(*roots: Branch) -> Trace:
    return Trace(asked="x", found=True, sessions=1, credentials=0, calls=3, truncated=False, roots=list(roots))


def branch(name: str = "ops", children: tuple[Branch, ...] = ()) -> Branch:
    return Branch(
        ref=f"Session {name}",
        label="Session",
        key=name,
        relation="assumed",
        how="cli-sdk",
        time="2026-03-11T21:53:30Z",
        role_arn="arn:aws:iam::222222222222:role/admin",
        session_name=name,
        account="222222222222",
        confidence="STRONG",
        event_ids=[],
        done=[],
        tried=[],
        calls=0,
        first=None,
        last=None,
        children=list(children),
    )


def done(action: str, count: int, error: str | None = None, sensitive: bool = False) -> Done:
    return Done(
        action=action,
        error=error,
        count=count,
        first="2026-03-11T21:54:00Z",
        last="2026-03-11T21:55:00Z",
        sensitive=sensitive,
        event_ids=["e-9"],
    )


def table(answer: Model) -> str:
    """The answer as CSV."""
    return flat.text(*table_of(answer))


def seen(answer: Model, width: int = 80, encoding: str = "utf-8") -> str:
    """What a pipe of that width gets."""
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding, errors="backslashreplace", write_through=True)
    console = Console(file=file, width=width, theme=THEME, markup=False, highlight=False, emoji=False)
    for line in terminal.written(blocks_of(answer)):
        console.print(line, crop=False)
    return "\n".join(line.rstrip() for line in raw.getvalue().decode(encoding).split("\n"))


def test_the_ladder_goes_from_the_origin_down_to_the_identity() -> None:
    """An answer is a verdict, the origin, each grant with its evidence, and the name on the call."""
    assert (
        seen(who(ANSWER))
        == """\
credentials of alice@example.com (Identity Center user) — STRONG: the records
fit in one way only

  alice@example.com  Identity Center user
      id u-1
  │
  │ 2026-03-11 21:53:30Z  by API, command line or SDK
  │   sts:AssumeRole, from account 111111111111 into 222222222222
  │   with key ASIACALLER
  │   from 198.51.100.23  aws-cli/2
  │   event e-1
  │   event e-2
  │   EXACT  rule 2
  ▼
  admin as ops
      in account 222222222222
      key on the call ASIAISSUED
      session 222222222222/AROAX:ops/2026-03-11T21:53:30Z
      ARN on the call arn:aws:sts::222222222222:assumed-role/admin/ops
"""
    )


def test_an_open_end_says_why_and_what_would_settle_it() -> None:
    """An unresolved answer names nobody, gives its reason in words, the missing logs, and hints as hints."""
    assert (
        seen(who(OPEN))
        == """\
credentials of a caller that the loaded logs do not name — NONE: open
  The session began before the first loaded record of its account.
  Logs that would resolve this: account 111111111111, any region, 2026-03-10.

  ?  the previous step is not in the loaded logs
  │
  ▼
  222222222222/AROAX:ops/2026-03-11T21:53:30Z
      key on the call ASIAISSUED
      session 222222222222/AROAX:ops/2026-03-11T21:53:30Z
      ARN on the call arn:aws:sts::222222222222:assumed-role/admin/ops

  hint source identity: bob  (rule 11; no proof)
"""
    )


def test_the_maker_of_a_key_stands_beside_its_owner() -> None:
    """Provenance is told apart: the owner first, then with whose credentials the key was made."""
    made = Provenance(
        what="access key",
        api="iam:CreateAccessKey",
        time="2026-03-11T21:59:36Z",
        event_ids=["e-5"],
        answer=ANSWER,
    )
    owner = Origin(kind="IAMUser", id="arn:aws:iam::1:user/svc", name="svc", access_key_id="AKIAX")
    text = seen(
        who(
            ANSWER.model_copy(
                update={"origin": owner, "hops": [], "made_by": made, "identity": CallIdentity(arn=owner.id)}
            )
        )
    )

    assert text.startswith("credentials of svc (IAM user), by a key that alice@example.com made — STRONG")
    assert "access key made with credentials of alice@example.com (Identity Center user)" in text
    assert text.index("svc") < text.index("alice") < text.index("AROAX:ops")


def test_all_callers_that_fit_are_shown() -> None:
    """Where several callers fit, each is told with its ladder, and none as the one."""
    answers = [
        ANSWER.model_copy(
            update={"ambiguous": True, "reason": "ambiguous", "origin": ALICE.model_copy(update={"name": name})}
        )
        for name in ("alice", "bob")
    ]
    text = seen(who(*answers))

    assert text.count("Several callers fit equally well; none is picked.") == 2
    assert "credentials of alice " in text
    assert "credentials of bob " in text


def test_many_sessions_become_a_list() -> None:
    """Sessions of a role are listed with what to ask next, and a cut list says so."""
    text = seen(who(ANSWER, OPEN, total=40))

    assert text.startswith("40 identities, newest first")
    assert text.count("222222222222/AROAX:ops/2026-03-11T21:53:30Z") == 2
    assert "2 of 40 shown; --limit shows more" in text


@pytest.mark.parametrize("width", [40, 80, 200])
def test_ids_are_never_broken(width: int) -> None:
    """An event ID or session can be copied from any width of terminal."""
    long = "0b0a3c9e-7f1d-4c55-9c2e-2f3a5d1e6b70" * 3
    lines = seen(who(ANSWER.model_copy(update={"hops": [GRANT.model_copy(update={"event_ids": [long]})]})), width)

    assert any(line.endswith(long) for line in lines.split("\n"))


def test_a_terminal_of_a_small_alphabet_is_served() -> None:
    """Where the terminal has no box-drawing letters, bars of ASCII are drawn."""
    text = seen(who(ANSWER), encoding="ascii")

    assert "  | 2026-03-11 21:53:30Z  by API, command line or SDK" in text
    assert "│" not in text


def test_the_tree_shows_refusals_first() -> None:
    """A branch lists what was refused, then what is sensitive, then the rest by count."""
    root = branch().model_copy(
        update={
            "done": [
                done("ec2:DescribeInstances", 9),
                done("iam:AttachRolePolicy", 2, "AccessDenied", True),
                done("s3:GetObject", 1, "NoSuchKey"),
                done("iam:CreateAccessKey", 1, sensitive=True),
            ],
            "tried": [
                TriedRole(
                    role_arn="arn:aws:iam::3:role/root",
                    error="AccessDenied",
                    count=2,
                    first="2026-03-11T21:53:50Z",
                    last="2026-03-11T21:53:50Z",
                    event_ids=[],
                )
            ],
        }
    )

    assert (
        seen(trace(root))
        == """\
1 session, 3 calls by the credentials behind x
assumed admin as ops in 222222222222  2026-03-11 21:53:30Z  by API, command line
or SDK  STRONG
├── REFUSED 2x role arn:aws:iam::3:role/root (AccessDenied)
│   2026-03-11 21:53:50Z
├── REFUSED 2x iam:AttachRolePolicy (AccessDenied)  2026-03-11 21:54:00Z
├── FAILED 1x s3:GetObject (NoSuchKey)  2026-03-11 21:54:00Z
├── 1x iam:CreateAccessKey  2026-03-11 21:54:00Z
└── 9x ec2:DescribeInstances  2026-03-11 21:54:00Z
"""
    )


def test_long_lists_of_operations_are_counted() -> None:
    """A branch with very many operations says how many more there are."""
    root = branch().model_copy(update={"done": [done(f"s3:Op{number:02}", 2) for number in range(20)]})

    assert "and 8 more operations (16 calls); --json lists them" in seen(trace(root))


def test_a_chain_of_a_thousand_renewals_can_be_drawn() -> None:
    """A trace may be deeper than Python's stack; as a table too."""
    deep = branch("s0")
    for number in range(1, 400):
        deep = branch(f"s{number}", (deep,))

    assert len(table(trace(deep)).splitlines()) == 401
    assert seen(trace(deep), width=3000).count("admin as s") == 400


CHAIN = Chain(
    roles=["arn:aws:iam::1:role/ci", "arn:aws:iam::2:role/deploy"],
    accounts=["1", "2"],
    origins=[f"o{number}" for number in range(5)],
    depth=2,
    count=30,
    cross_account=True,
    confidence="STRONG",
    first="2026-03-10T06:15:00Z",
    last="2026-03-12T16:29:47Z",
    sessions=["s"],
)


def test_role_paths_stand_one_below_the_other() -> None:
    """A chain shows its roles in order, how often it was gone, and where it began."""
    assert (
        seen(Chains(total=3, chains=[CHAIN]))
        == """\
3 role paths, deepest first

2 roles deep, 30 times, STRONG, across accounts
2026-03-10 06:15:00Z to 2026-03-12 16:29:47Z
  arn:aws:iam::1:role/ci
  └── arn:aws:iam::2:role/deploy
  begins with o0
  begins with o1
  begins with o2
  and 2 more; --json lists them

1 of 3 shown; --limit shows more
"""
    )


SUMS = LoadSums(
    id="l1",
    started="2026-03-12T16:29:47Z",
    finished=None,
    paths=[],
    files=2,
    bytes=116_083,
    read=33,
    loaded=5,
    duplicate=3,
    set_aside=25,
    conflicting=1,
    passed={"digest": 4},
    no_records=[],
    no_records_total=0,
)


def test_a_load_ends_with_sums_and_what_was_set_aside() -> None:
    """read = loaded + duplicate + set aside; the first twenty places are shown, the others counted."""
    aside = [Aside(path="a.json", index=number, offset=None, reason="no object") for number in range(25)]
    text = seen(Load(sums=SUMS, aside=aside, aside_total=25))

    assert text.startswith("2 files, 116 kB\n")
    assert "read                        33\n= loaded                     5\n" in text
    assert "passed over: digest          4" in text
    assert text.count("no object") == 20
    assert text.endswith("a.json[19]: no object\n  and 5 more\n")


def test_an_interrupted_load_is_told() -> None:
    """`info` says where a load was interrupted, and what completes it."""
    info = Info(
        store="s.db",
        nodes={"Session": 1},
        principals={},
        relationships={},
        events=5,
        accounts=[],
        first=None,
        last=None,
        loads=[SUMS],
        unfinished=2,
    )
    text = seen(info)

    assert "2026-03-12 16:29:47Z (unfinished)" in text
    assert "A load was interrupted before all was joined; the next load completes it." in text


ANSWERS = [
    who(
        ANSWER.model_copy(update={"hops": [GRANT.model_copy(update={"user_agent": HOSTILE, "session_name": HOSTILE})]})
    ),
    who(OPEN.model_copy(update={"origin": Origin(kind="SAMLIdentity", id=HOSTILE, name=HOSTILE)})),
    who(*[ANSWER.model_copy(update={"identity": CallIdentity(arn=HOSTILE)})] * 2),
    trace(branch(HOSTILE).model_copy(update={"done": [done(HOSTILE, 1, HOSTILE)]})),
    Chains(total=1, chains=[CHAIN.model_copy(update={"roles": [HOSTILE], "origins": [HOSTILE]})]),
    QueryRows(query="q", columns=[HOSTILE], rows=[[HOSTILE]]),
    Load(sums=SUMS, aside=[Aside(path=HOSTILE, index=0, offset=1, reason=HOSTILE)], aside_total=1),
]


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: type(answer).__name__)
def test_hostile_text_stays_text(answer: Who | Trace | Chains) -> None:
    """What an attacker chose moves no cursor, changes no direction, is no markup and no formula."""
    text = seen(answer, width=300)
    pretty = as_json(answer, indent=2)
    cells = [cell for row in csv.reader(io.StringIO(table(answer))) for cell in row]

    assert "[red]=cmd" in text or "[red]=cmd" in text.replace("\n", "")
    assert not {"\x1b", "\x07", "\u202e"} & set(text)
    assert not {"\x1b", "\x07", "\u202e"} & set(pretty)
    assert json.loads(pretty) == answer.as_json()
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r"])
def test_formulas_are_disarmed(first: str) -> None:
    """A cell that a spreadsheet would run gets a quote before it."""
    rows = QueryRows(query="q", columns=["a"], rows=[[f"{first}1+1"]])

    assert table(rows).startswith("a\n'")
    assert len(list(csv.reader(io.StringIO(table(rows), newline="")))) == 2


def test_csv_has_a_row_for_each_hop() -> None:
    """The table of `who` names the origin on each row and the hop beside it."""
    rows = list(csv.DictReader(io.StringIO(table(who(ANSWER, OPEN)))))

    assert [(row["answer"], row["hop"], row["origin_name"], row["reason"], row["event_ids"]) for row in rows] == [
        ("1", "1", "alice@example.com", "", "e-1 e-2"),
        ("2", "0", "", "before-collection", ""),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("origin", "sentence"),
    [
        (Origin(kind="IAMUser", id="arn:u", name="bob"), "credentials of bob (IAM user)"),
        (
            Origin(kind="RootUser", id="arn:r", account="1"),
            "credentials of the root user of account 1 (root user)",
        ),
        (
            Origin(kind="AWSService", id="ec2.amazonaws.com", name="ec2.amazonaws.com", resource="i-1"),
            "credentials of ec2.amazonaws.com for i-1 (AWS service)",
        ),
        (
            Origin(kind="ExternalAccount", id="9:AIDAX", account="9"),
            "credentials of 9:AIDAX, a principal of account 9 (outside account)",
        ),
        (Origin(kind="Anonymous", id="anonymous"), "no credentials: an anonymous call"),
        (Origin(kind="Unresolved", id=None), "credentials of a caller that the loaded logs do not name"),
    ],
)
def test_a_verdict_speaks_of_credentials(origin: Origin, sentence: str) -> None:
    """A verdict says whose credentials they were, never who did it."""
    assert words.verdict(ANSWER.model_copy(update={"origin": origin})) == sentence


def test_a_new_reason_is_not_hidden() -> None:
    """A reason code without a sentence is shown as it is."""
    assert words.reason("sun-spots") == "The chain ends here: sun-spots."


@pytest.mark.parametrize(
    ("state", "line"),
    [
        (
            Progress(2, 8, 1_000_000, 4_000_000, 30_000, 1.5, "reading", 4.5),
            "2 of 8 files, 1.0 MB of 4.0 MB, 30,000 events, 20,000 events/s, 667 kB/s, 4 s left, waiting for reading",
        ),
        (
            Progress(0, 1, 0, 0, 1, 0.0, "writing"),
            "0 of 1 file, 0 B of 0 B, 1 event, 0 events/s, 0 B/s, waiting for writing",
        ),
        (Progress(8, 8, 4, 4, 900, 7.2, "deriving", 200), "deriving the lineage of 900 events, 7 s, 3 min left"),
        (Progress(8, 8, 4, 4, 900, 9.0, "settling"), "writing the calls of 900 events, 9 s"),
    ],
)
def test_progress_is_one_line(state: Progress, line: str) -> None:
    """Files, bytes, speeds, the time left and what a load waits for stand in one line; unknown ends are left out."""
    assert console.line(state) == line


def test_progress_on_a_pipe_is_rare() -> None:
    """Off a terminal a short load says nothing."""
    file = io.StringIO()
    with console.reporter(Console(file=file)) as report:
        for _ in range(100):
            report(Progress(0, 1, 0, 0, 0, 0.1, "reading"))

    assert file.getvalue() == ""
