"""From an alert to one report, in every form: on the incident, on hostile text, and where there is nothing to find."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import lineage
from lineage.commands.investigate import drawings
from lineage.model.errors import BadUse
from lineage.questions.investigate import Investigation, view
from lineage.questions.investigate.view import TITLES, Drawings
from lineage.questions.registry import blocks_of, title_of
from lineage.render import html as html_writer
from lineage.render import markdown
from tests.aws import Cloud, iso
from tests.matching import differences
from tests.test_cli import LOGS, ROOT, Ran, Shell
from tests.test_cli import incident as incident  # the fixture
from tests.test_cli import run as run  # the fixture

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from lineage import Store

FINDING = "examples/incident/finding.json"
SESSION = "804275613390/AROA3WQUP53HIZHAFMVCF:ops-maintenance/2026-03-11T21:53:30Z"
MADE = "AKIA3WQUP53HKQ7V2LCK"
SUMMARY = {
    "who": [{"name": "dana.whitfield", "confidence": "STRONG"}],
    "provenance": [],
    "where": [
        {
            "address": "198.51.100.23", "calls": 10,
            "place": {"country": "Netherlands", "city": "Amsterdam", "asn": "64496", "owner": "EXAMPLE-HOSTING"},
        },
        {"address": "192.0.2.144", "calls": 14, "place": None},
    ],
    "affected": [
        {
            "resource": f"arn:aws:ec2:eu-west-1:804275613390:instance/{instance}", "named_by": "logs",
            "told": "1x ec2:StartInstances, credentials of dana.whitfield",
        }
        for instance in ("i-07b3e6f20c9a5d184", "i-0d9c51b7a2e84f613")
    ],
    "done_total": 8,
    "unusual": [{"~": "fewer than 3): call, source IP not in the history"}],
    "at": "2026-03-12T17:55:30Z",
    "works": [
        {"what": "access key", "ask": MADE, "made": True, "live": "yes"},
        {"what": "session", "name": {"~": "ReadOnly"}, "same_origin": True},
        {"what": "session", "name": {"~": "PlatformAdmin"}, "same_origin": True},
    ],
    "first": [
        {
            "number": 1,
            "commands": [
                f"aws iam update-access-key --user-name svc-reports --access-key-id {MADE} --status Inactive"
            ],
        },
        {"number": 2, "title": {"~": "Disable dana.whitfield"}, "commands": []},
        {
            "number": 3,
            "commands": ["aws ec2 stop-instances --instance-ids i-07b3e6f20c9a5d184 --region eu-west-1"],
        },
    ],
}  # fmt: skip
HOSTILE = "<img src=x onerror=alert(1)>`|**\u202ex\u001b[2J</script> end"
DRAWN = {"svg", "rect", "line", "polyline", "text", "title", "desc", "path", "ellipse", "polygon", "tspan", "g"}
TAGS = {
    *("html", "head", "meta", "title", "style", "body", "header", "h1", "h2", "h3", "h4", "p", "nav", "a", "main"),
    *("details", "summary", "div", "span", "dl", "dt", "dd", "ul", "ol", "li", "table", "caption", "thead", "tbody"),
    *("tr", "th", "td", "pre", "code", "br", "i", "footer", "script"),
    *DRAWN,
}  # fmt: skip


class Page(HTMLParser):
    """What a browser would see of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.values: list[tuple[str, str]] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            self.attributes.add(name)
            self.values.append((name, value or ""))
            if name == "id":
                self.ids.append(value or "")
            if name == "href":
                self.links.append(value or "")

    def handle_data(self, data: str) -> None:
        self.text += data


def page_of(answer: Investigation, drawings: Drawings | None = None) -> str:
    """The report as an HTML page."""
    return html_writer.page(title_of(answer), view.blocks(answer, drawings or {}), answer.asked)


def text_of(answer: Investigation) -> str:
    """The report as Markdown."""
    return markdown.text(title_of(answer), blocks_of(answer))


@pytest.fixture(scope="module")
def report(incident: Path) -> Iterator[Investigation]:
    """The report about the finding that ships with the incident."""
    with lineage.open(incident) as store:
        yield store.investigate(ROOT / FINDING)


def test_the_incident_by_its_finding(report: Investigation) -> None:
    """The finding that ships leads to Dana's credentials, and every question has its section with an answer."""
    expected = {
        "found": True,
        "truncated": False,
        "groups": [
            {
                "headline": "credentials of dana.whitfield — STRONG",
                "why": "alone",
                "scope": {"since": "2026-03-11T21:25:02Z", "until": "2026-03-11T22:25:02Z", "basis": "alert"},
                "leads": [{"ask": SESSION, "how": "access key and principal", "confidence": "EXACT"}],
                "cases": [
                    {
                        "calls": 5,
                        "failed": 1,
                        "last_hour": {"calls": 5},
                        "last_day": {"calls": 5},
                        "who": [{"origin": {"name": "dana.whitfield"}, "hops": {"count": 2}}],
                    }
                ],
            }
        ],
    }  # fmt: skip
    (case,) = report.groups[0].cases
    asked = [section.question for section in case.sections]

    assert list(differences(expected, report.as_json())) == []
    assert list(dict.fromkeys(asked)) == list(TITLES)
    assert asked.count("touched") == 2
    assert [section.question for section in case.sections if not section.found] == []


def test_the_steps_of_the_incident_in_order(report: Investigation) -> None:
    """The report shows the stopped trail, the second role, the instances and the policy, in order of time."""
    (case,) = report.groups[0].cases
    (timeline,) = (section.answer for section in case.sections if section.question == "timeline")
    assert timeline is not None
    calls = [entry["api"] for entry in timeline.as_json()["entries"] if entry["kind"] in ("change", "grant", "failed")]

    assert calls == [
        "sts:AssumeRoleWithSAML", "cloudtrail:StopLogging", "sts:AssumeRole", "ec2:StartInstances",
        "iam:AttachRolePolicy", "iam:AttachRolePolicy", "iam:CreateAccessKey",
    ]  # fmt: skip
    assert [entry["api"] for entry in timeline.as_json()["entries"] if entry["access_key_id"] == MADE] == [
        "sts:GetCallerIdentity", "s3:GetBucketLocation, s3:GetBucketPolicy, s3:ListBuckets, secretsmanager:ListSecrets",
        "secretsmanager:GetSecretValue", "ec2:DescribeInstances",
    ]  # fmt: skip


def test_the_summary_of_the_incident(report: Investigation) -> None:
    """The summary says who, from where, what was done, what works, what to do first and what is not known."""
    told = report.groups[0].summary
    assert told is not None

    assert list(differences(SUMMARY, told.as_json())) == []
    assert [step.text for step in told.done] == [
        "signed in through Identity Center as dana.whitfield into PlatformAdmin in 537140928816 (platform)",
        "stopped the trail platform-events",
        "assumed payments-operations in 804275613390 (payments)",
        "started 2 instances",
        "tried to attach a policy to payments-batch: refused",
        "attached SecretsManagerReadWrite to payments-reporting",
        f"made access key {MADE} for svc-reports",
        f"read the secret payments/ledger-db, with the new {MADE}",
    ]
    assert [one for one in told.unknown if "platform-events" in one] == [
        "what 537140928816 did not record from 2026-03-11 21:49:35Z on: cloudtrail:StopLogging of "
        "arn:aws:cloudtrail:eu-west-1:537140928816:trail/platform-events, credentials of dana.whitfield"
    ]
    assert "not loaded: data events (S3 objects, Lambda invocations, …)" in told.unknown
    assert {event for step in told.done for event in step.event_ids} <= {one.event_id for one in report.groups[0].cited}


def test_what_the_finding_says_is_shown_and_asked(incident: Path) -> None:
    """The affected resources of a finding are asked of `touched`; its threat lists and counts are shown; an instance
    that its calls were about is no lead."""
    finding = json.loads((ROOT / FINDING).read_text())
    trail = "arn:aws:cloudtrail:eu-west-1:537140928816:trail/platform-events"
    finding["service"]["action"]["awsApiCallAction"]["affectedResources"] = {
        "AWS::CloudTrail::Trail": trail, "AWS::EC2::Instance": "i-07b3e6f20c9a5d184",
    }  # fmt: skip
    finding["service"]["additionalInfo"] = {
        "threatListName": "ProofPoint", "threatName": "Scanner", "apiCalls": [{"name": "ListRoles", "count": 12}],
    }  # fmt: skip
    with lineage.open(incident) as store:
        answer = store.investigate(finding)
    (group,) = answer.groups
    shown = text_of(answer).replace("\\", "")
    assert group.summary is not None

    assert [lead.ask for lead in group.leads] == [SESSION]
    assert [(one.resource, one.named_by, one.told) for one in group.summary.affected] == [
        (trail, "alert", "1x cloudtrail:StopLogging, credentials of dana.whitfield"),
        ("i-07b3e6f20c9a5d184", "alert", "1x ec2:StartInstances, credentials of dana.whitfield"),
    ]
    assert [section.asked for section in group.cases[0].sections if section.question == "touched"] == [
        trail, "i-07b3e6f20c9a5d184",
    ]  # fmt: skip
    for line in ("threat list**: `ProofPoint: Scanner`", "counted**: `12x *:ListRoles`", "Amsterdam, Netherlands"):
        assert line in shown


def test_the_maker_of_a_key_is_in_the_headline(incident: Path) -> None:
    """An alert about a made key names its maker, and the event to ask on if that was not meant."""
    with lineage.open(incident) as store:
        (group,) = store.investigate(MADE).groups
    assert group.summary is not None

    assert group.headline == "credentials of svc-reports, by a key that dana.whitfield made — EXACT"
    assert [(one.what, one.by, one.event_id) for one in group.summary.provenance] == [
        (f"access key {MADE} made", "dana.whitfield", "c0ffee00-0000-4000-8000-000000000010")
    ]


@pytest.mark.parametrize("ask", ["arn:aws:iam::{}:role/{}", "arn:aws:sts::{}:assumed-role/{}/ops-maintenance"])
def test_a_role_is_headed_by_the_origins_of_its_sessions(ask: str, incident: Path) -> None:
    """What stands for several sessions says so first, with the origin of each and no open end."""
    with lineage.open(incident) as store:
        (group,) = store.investigate(ask.format("804275613390", "payments-operations")).groups
    (case,) = group.cases
    people = ["priya.raman", "li.wei", "dana.whitfield", "jonas.brandt"]
    name = " as ops-maintenance" if "sts" in ask else ""
    assert group.summary is not None

    assert group.headline == (
        f"8 sessions of payments-operations{name}: credentials of {'; '.join(f'{one} — STRONG' for one in people)}"
    )
    assert (case.several, case.who_total, case.whose.confidence) == (True, 8, "STRONG")
    assert [one.name for one in group.summary.who] == people
    assert [lead.whose.candidates for lead in group.leads] == [sorted(people)]


def test_what_came_of_it_begins_at_the_chain(report: Investigation) -> None:
    """Reach and plan are about everything that came of the same sign-in, not of the alert's session alone."""
    asked = {section.question: section.asked for section in report.groups[0].cases[0].sections}
    begins = "537140928816/AROAX2EAYEEYMFDBS2QXG:dana.whitfield/2026-03-11T21:47:55Z"

    assert (asked["blast"], asked["contain"], asked["session"]) == (begins, begins, SESSION)


def test_every_cited_event_lies_where_it_is_said_to(report: Investigation) -> None:
    """File and index of each cited event lead to the record with that ID, and every event ID of the report is cited."""
    files: dict[str, list[dict[str, Any]]] = {}
    cited = report.groups[0].cited
    for event in cited:
        assert event.path is not None
        if event.path not in files:
            files[event.path] = json.loads(gzip.decompress((ROOT / event.path).read_bytes()))["Records"]
        assert files[event.path][event.index]["eventID"] == event.event_id
    told = set(re.findall(r"c0ffee00-0000-4000-8000-0000000000\d\d", report.model_dump_json()))

    assert told <= {event.event_id for event in cited}
    assert [(event.time, event.event_id) for event in cited] == sorted((e.time, e.event_id) for e in cited)


def test_json_reads_back(report: Investigation) -> None:
    """The report as JSON is read back as the same report, the answers inside by their own schemas."""
    assert Investigation.model_validate_json(report.model_dump_json(by_alias=True)) == report


def test_every_question_of_the_report_has_its_parts(report: Investigation) -> None:
    """Each section has a title, and its answer is shown by blocks."""
    sections = report.groups[0].cases[0].sections

    assert {section.question for section in sections} == set(TITLES)
    assert all(list(blocks_of(section.answer)) for section in sections if section.answer is not None)


def test_page_needs_nothing_else(report: Investigation, incident: Path) -> None:
    """The page loads nothing, runs only the script that its policy names, and its links stay inside; with the chain
    and what came from it drawn."""
    with lineage.open(incident) as store:
        drawn = drawings(store, report)
    html = page_of(report, drawn)
    page = Page(html)
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', html)
    (style,) = re.findall(r"<style>(.*?)</style>", html, re.S)
    (script,) = re.findall(r"<script>(.*?)</script>", html, re.S)

    assert page.tags <= TAGS
    assert not page.attributes & {"src", "style", "onclick", "onload", "srcset", "action"}
    assert not re.findall(r"https?://|@import|url\(", html)
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for text in (style, script):
        assert base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() in policy
    assert len(page.ids) == len(set(page.ids))
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)
    assert {"svg", "polyline"} <= page.tags
    assert set(drawn) == {(0, 0, "who"), (0, 0, "blast")}
    assert {"drawing-who-1-1", "drawing-blast-1-1"} <= set(page.ids)
    assert html.index("What to do first") < html.index("<details")


SPLIT = """() => {
  document.querySelectorAll("details").forEach(one => one.open = true);
  return [...document.querySelectorAll("td")].filter(cell => /^[A-Za-z]{1,12}$/.test(cell.textContent)).filter(cell => {
    const text = document.createRange(); text.selectNodeContents(cell);
    return new Set([...text.getClientRects()].map(one => Math.round(one.bottom))).size > 1;
  }).map(cell => cell.textContent);
}"""
"""The cells of one short word that stand on several lines."""


def test_short_words_are_not_broken(report: Investigation, chromium: Browser, tmp_path: Path) -> None:
    """A word like `sensitive` or `AccessDenied` stands on one line of its cell, also where the window is narrow."""
    file = tmp_path / "report.html"
    file.write_text(page_of(report), "utf-8")
    page = chromium.new_page(viewport={"width": 1300, "height": 900})
    page.goto(file.as_uri())
    split = page.evaluate(SPLIT)
    page.close()

    assert split == []


def test_page_and_markdown_say_what_the_report_says(report: Investigation) -> None:
    """Both written forms have the verdict, the hops, the plan, the hours and every cited event."""
    page = Page(page_of(report)).text
    text = text_of(report).replace("\\", "")

    for shown in (page, text):
        assert "credentials of dana.whitfield (Identity Center user)" in shown
        assert "aws iam update-access-key --user-name svc-reports" in shown
        assert all(event.event_id in shown for event in report.groups[0].cited)
        assert "2026-03-11 21:00:00Z" in shown
        assert all(title in shown for stem, title in TITLES.items() if stem != "touched")


@pytest.fixture
def hostile(tmp_path: Path) -> Iterator[Investigation]:
    """A report about a session whose names and agents are written by an attacker."""
    cloud = Cloud(seed=5, plain_ids=True)
    home = cloud.account("home", "111122223333")
    cloud.tick(60)
    alice = cloud.user(home, "alice", agent=HOSTILE)
    session = cloud.assume_role(alice, cloud.role(home, "admin"), "ops")
    cloud.tick(5)
    event = cloud.call(
        session, "iam.amazonaws.com", "CreateUser", agent=HOSTILE, request={"userName": HOSTILE}, read_only=False
    )
    (tmp_path / "log.json").write_text(json.dumps({"Records": cloud.records}))
    finding = {
        "id": HOSTILE, "type": HOSTILE, "title": HOSTILE, "accountId": home, "severity": 5,
        "resource": {
            "resourceType": "AccessKey",
            "accessKeyDetails": {"accessKeyId": session.key, "principalId": session.principal_id, "userName": HOSTILE},
        },
        "service": {"eventFirstSeen": iso(cloud.now), "eventLastSeen": iso(cloud.now)},
    }  # fmt: skip
    with lineage.open(tmp_path / "lineage.db") as store:
        store.load([tmp_path / "log.json"])
        answer = store.investigate(finding)
        assert answer.groups[0].cases[0].who[0].origin.name == "alice"
        assert event in {one.event_id for one in answer.groups[0].cited}
        yield answer


def test_hostile_text_stays_text_in_html(hostile: Investigation) -> None:
    """No text of a finding or log becomes a tag, an attribute or a turned line of the page."""
    html = page_of(hostile)
    page = Page(html)

    assert page.tags <= TAGS
    assert not page.attributes & {"onerror", "src"}
    assert html.count("<script>") == html.count("</script>") == 1
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x1b]", html)
    assert "<img src=x onerror=alert(1)>" in page.text


def test_hostile_text_stays_text_in_markdown(hostile: Investigation) -> None:
    """No text of a finding or log becomes a mark of Markdown or HTML, or ends the cell of a table."""
    text = text_of(hostile)
    outside = "\n".join(line for line in text.splitlines() if not line.startswith("    "))

    assert not re.search("[\u202a-\u202e\u2066-\u2069\x1b]", text)
    assert not re.search(r"(?<!\\)<", re.sub(r"`[^`\n]*`", "", outside))
    widths = {len(re.findall(r"(?<!\\)\|", row)) for row in _tables(text)[0]}
    assert len(widths) == 1


def _tables(text: str) -> list[list[str]]:
    """The rows of each table of a Markdown text."""
    tables: list[list[str]] = [[]]
    for line in text.splitlines():
        if line.startswith("|"):
            tables[-1].append(line)
        elif tables[-1]:
            tables.append([])
    return [table for table in tables if table]


def test_every_table_of_the_markdown_is_even(report: Investigation) -> None:
    """Each table has as many cells in every row as it has columns."""
    for table in _tables(text_of(report)):
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in table}) == 1


def test_forms_on_the_command_line(run: Shell, tmp_path: Path) -> None:
    """Terminal, Markdown, JSON, CSV and HTML come from one command; a file is named on standard error."""
    target = tmp_path / "report.html"
    text, as_md, as_json, as_csv, as_page = (
        run("investigate", FINDING, *form) for form in ((), ("--md",), ("--json",), ("--csv",), ("--html", "-"))
    )
    written = run("investigate", FINDING, "--html", str(target))

    assert {ran.code for ran in (text, as_md, as_json, as_csv, as_page, written)} == {0}
    assert text.out.startswith("credentials of dana.whitfield — STRONG\n")
    assert as_md.out.startswith("# credentials of dana.whitfield — STRONG\n")
    assert json.loads(as_json.out)["schema"] == "lineage.investigate/1"
    assert as_csv.out.startswith("group,what,id,time,")
    assert as_page.out.startswith("<!DOCTYPE html>")
    assert target.read_text("utf-8") == as_page.out
    assert (written.out, written.err) == ("", f"written: {target}\n")


def test_alert_from_standard_input_and_as_text(run: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """`-`, the JSON itself and the path of a file are the same alert."""
    text = (ROOT / FINDING).read_text()
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    found = [json.loads(run("investigate", one, "--json").out) for one in ("-", text, FINDING)]

    assert found[0]["groups"] == found[1]["groups"] == found[2]["groups"]


@pytest.mark.parametrize(
    "ask",
    ["c0ffee00-0000-4000-8000-000000000007", "ASIA3WQUP53HA3TWDBIN", SESSION,
     "arn:aws:sts::804275613390:assumed-role/payments-operations/ops-maintenance"],
    ids=["event", "key", "session", "ARN"],
)  # fmt: skip
def test_entry_by_name(ask: str, run: Shell) -> None:
    """An event ID, a key, a session and an ARN are alerts too."""
    ran = run("investigate", ask, "--json")

    assert ran.code == 0
    assert "dana.whitfield" in json.loads(ran.out)["groups"][0]["headline"]


def test_entry_by_an_event_that_is_not_loaded(incident: Path) -> None:
    """A raw event that is not in the store leads to its session by the identity in it."""
    records = (json.loads(gzip.decompress(path.read_bytes()))["Records"] for path in (ROOT / LOGS).rglob("*.json.gz"))
    event = next(one for file in records for one in file if one["eventID"].endswith("000000000007"))
    with lineage.open(incident) as store:
        answer = store.investigate(event | {"eventID": "e0000000-0000-4000-8000-000000000099"})

    assert [(lead.ask, lead.how) for lead in answer.groups[0].leads] == [(SESSION, "identity of the event")]


def _line(ran: Ran) -> str:
    """The one line on standard error of a command that said nothing else."""
    assert ran.out == ""
    assert ran.err.count("\n") == 1
    return ran.err


def test_scope_changes_to_the_second(run: Shell) -> None:
    """`--from`, `--to` and `--window` set the scope, and it carries through every question."""
    ran = run("investigate", FINDING, "--from", "2026-03-11T21:57:42Z", "--to", "2026-03-11T21:58:29Z", "--json")
    (group,) = json.loads(ran.out)["groups"]
    session = group["cases"][0]["sections"][0]["answer"]
    wide = json.loads(run("investigate", FINDING, "--window", "30s", "--json").out)["groups"][0]["scope"]

    assert group["scope"] == {"since": "2026-03-11T21:57:42Z", "until": "2026-03-11T21:58:29Z", "basis": "asked"}
    assert (group["cases"][0]["calls"], session["calls"], session["failed"]) == (1, 1, 1)
    assert (wide["since"], wide["until"]) == ("2026-03-11T21:54:32Z", "2026-03-11T21:55:32Z")


def test_scope_without_logs(run: Shell) -> None:
    """A scope that no logs are loaded of gives a report that says so, and no error."""
    ran = run("investigate", FINDING, "--from", "2025-01-01", "--to", "2025-01-02", "--json")
    (group,) = json.loads(ran.out)["groups"]

    assert ran.code == 0
    assert group["cases"][0]["calls"] == 0
    assert group["sight"]["events"] == 0


@pytest.mark.parametrize(
    ("alert", "why"),
    [
        ("tests/alerts/guardduty-names-nobody.json", "it names no key, no principal, no workload and no resource"),
        ("tests/alerts/guardduty-api.json", "nothing in the store fits key ASIARTX3GSDSQPTGZMHE"),
        ("AKIARTX3GSDSALICEAAA", "not in the store"),
        ("e0000000-0000-4000-8000-000000000042", "not in the store"),
    ],
)
def test_what_leads_nowhere(alert: str, why: str, run: Shell) -> None:
    """An alert that names nobody, and a key that no log holds, end in 1 with one line that says which; what was asked
    without a finding is also told what it looks like."""
    ran = run("investigate", alert)
    first, *near = ran.err.splitlines()

    assert (ran.code, ran.out) == (1, "")
    assert why in first
    assert [line.strip().partition(" ")[0] for line in near] == ([] if alert.endswith(".json") else ["it"])


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("tests/alerts/guardduty-sample.json",), "a GuardDuty sample finding"),
        (("README.md",), "no finding or event found"),
        (('{"cut":',), "truncated JSON"),
        (("examples",), "a folder"),
        (("no-such-finding.json",), "no such file"),
        (("198.51.100.23",), "lineage from 198.51.100.23"),
        (("804275613390",), "not an alert"),
        (("",), "not an alert"),
        ((FINDING, "--from", "soon"), "not a time"),
        ((FINDING, "--from", "2026-03-12", "--to", "2026-03-11"), "lies before"),
        ((FINDING, "--gap", "30d"), "leaves no history"),
        ((FINDING, "--window", "5"), "not a duration"),
    ],
)
def test_bad_use_is_one_line(arguments: tuple[str, ...], why: str, run: Shell) -> None:
    """What is no alert, and options that mean nothing, end in 2 with one line."""
    ran = run("investigate", *arguments)

    assert ran.code == 2
    assert why in _line(ran)


def test_forms_exclude_each_other(run: Shell) -> None:
    """Two forms at once are refused."""
    assert run("investigate", FINDING, "--md", "--json").code == 2


def test_missing_file_is_bad_use(incident: Path) -> None:
    """A path that leads to no file is refused in Python too."""
    with lineage.open(incident) as store, pytest.raises(BadUse, match="cannot be read"):
        store.investigate(Path("no-such-finding.json"))


@pytest.mark.parametrize(("accounts", "leads"), [(1, 1), (2, 0)])
def test_private_address_of_our_own(tmp_path: Path, accounts: int, leads: int) -> None:
    """A private address leads to the instance that was started with it, unless two accounts have such a one."""
    cloud = Cloud(seed=6, plain_ids=True)
    for number in range(accounts):
        home = cloud.account(f"home{number}", f"{number + 1}11122223333")
        cloud.tick(60)
        instance = f"i-0dbc91f429e48eee{number}"
        answer = {"instancesSet": {"items": [{"instanceId": instance, "privateIpAddress": "10.0.3.44"}]}}
        cloud.call(cloud.user(home, "dana"), "ec2.amazonaws.com", "RunInstances", response=answer, read_only=False)
        cloud.tick(60)
        running = cloud.ec2(cloud.role(home, "worker"), instance)
        cloud.tick(5)
        cloud.call(running, "s3.amazonaws.com", "ListBuckets")
    (tmp_path / "log.json").write_text(json.dumps({"Records": cloud.records}))
    finding = {
        "id": "f", "type": "Recon:IAMUser/MaliciousIPCaller", "accountId": home, "severity": 5,
        "resource": {"resourceType": "AccessKey"},
        "service": {
            "eventFirstSeen": iso(cloud.now), "eventLastSeen": iso(cloud.now),
            "action": {
                "awsApiCallAction": {
                    "api": "ListBuckets", "serviceName": "s3.amazonaws.com",
                    "remoteIpDetails": {"ipAddressV4": "10.0.3.44"},
                }
            },
        },
    }  # fmt: skip
    with lineage.open(tmp_path / "lineage.db") as store:
        store.load([tmp_path / "log.json"])
        (group,) = store.investigate(finding).groups

    assert len(group.leads) == len(group.own_addresses) == leads
    assert [one.whose.name for one in group.started] == ["dana"] * leads


def test_both_stores_give_the_same_report(store: Store, report: Investigation, monkeypatch: pytest.MonkeyPatch) -> None:
    """The report about the incident is the same on either store."""
    monkeypatch.chdir(ROOT)  # the fixture loads the incident by the same relative path
    store.load([LOGS], accounts="examples/incident/accounts.csv")
    again = store.investigate(ROOT / FINDING)

    assert undated(again) == undated(report)


def undated(report: Investigation) -> Any:
    """The groups of a report without when they were loaded."""

    def without(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: without(one) for name, one in value.items() if name != "loaded_at"}
        return [without(one) for one in value] if isinstance(value, list) else value

    return without(report.as_json()["groups"])
