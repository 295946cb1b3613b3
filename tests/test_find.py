"""Finding what is called so: parts of names, whole names first; what is suggested for a name that is not found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lineage.model.errors import BadUse, NotFound
from tests.aws import Cloud
from tests.conftest import ROOT
from tests.test_cli import Shell

if TYPE_CHECKING:
    from lineage import Store
    from lineage.questions.find import FoundName

HOME, OTHER = "111122223333", "444455556666"
EC2 = ("ec2.amazonaws.com", "DescribeInstances")
INCIDENT = ROOT / "examples" / "incident"


@pytest.fixture
def incident(store: Store) -> Store:
    """The incident, with the names of its accounts."""
    store.load([INCIDENT / "logs"], accounts=INCIDENT / "accounts.csv")
    return store


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A shell with a store of its own."""
    monkeypatch.setenv("LINEAGE_STORE", str(tmp_path / "lineage.db"))
    return Shell(capsys)


def short(found: list[FoundName]) -> list[tuple[str, str, str]]:
    """Kind, text to ask with and question of matches."""
    return [(one.kind, one.ask, one.question) for one in found]


def test_a_part_of_a_name_finds_all_that_has_it(incident: Store) -> None:
    """People, roles, sessions, keys, accounts, addresses and resources are found, each with the text to ask with."""
    dana = incident.find("DANA.")

    assert short(dana.matches) == [
        ("Identity Center user", "dana.whitfield", "who"),
        ("session", "AROAX2EAYEEYMFDBS2QXG:dana.whitfield", "who"),
        ("session", "AROA3WQUP53HLJLXPPHOG:dana.whitfield", "who"),
    ]
    assert [(one.first, one.last, one.calls) for one in dana.matches][1] == (
        "2026-03-10T06:12:23Z", "2026-03-12T10:58:10Z", 63,
    )  # fmt: skip
    assert {one.match for one in dana.matches} == {"beginning"}
    assert [(one.match, one.kind, one.name) for one in incident.find("payments").matches][:3] == [
        ("exact", "account", "payments"),
        ("beginning", "role", "payments-operations"),
        ("beginning", "role", "payments-reporting"),
    ]
    assert short(incident.find("a4441acb-e00d").matches) == [("Identity Center user", "dana.whitfield", "who")]
    assert short(incident.find("p53hkq7v2lck").matches) == [("access key", "AKIA3WQUP53HKQ7V2LCK", "who")]
    assert short(incident.find("804275613390").matches)[0] == ("account", "804275613390", "coverage")
    assert short(incident.find("198.51.100.2").matches) == [("address", "198.51.100.23", "from")]
    assert ("AWS::EC2::Instance", "804275613390:AWS::EC2::Instance:i-07b3e6f20c9a5d184", "touched") in short(
        incident.find("i-07b3e6").matches
    )


def test_what_is_found_can_be_asked(incident: Store) -> None:
    """Each text to ask with is understood by the question that is named with it, whole or cut."""
    everything = incident.find("a", limit=1000)
    cut = incident.find("a", limit=7)

    assert (everything.truncated, cut.truncated, cut.total) == (False, True, everything.total)
    assert cut.matches == everything.matches[:7]
    assert len({one.kind for one in everything.matches}) > 8
    for one in everything.matches:
        assert getattr(incident, {"from": "from_"}.get(one.question, one.question))(one.ask).not_found() is None, one


def test_nothing_to_find_is_refused(store: Store) -> None:
    """A blank text would match everything; in an empty store nothing is found."""
    with pytest.raises(BadUse):
        store.find(" ")
    assert (store.find("x").found, store.find("x").matches) == (False, [])


def test_a_name_with_signs_of_patterns_is_text(store: Store, tmp_path: Path) -> None:
    """Percent signs, underlines, quotes and letters of other scripts in a text mean themselves."""
    cloud = Cloud()
    home = cloud.account("home", HOME)
    admin = cloud.user(home, "admin")
    for name in ("a_b", "axb", "100%", "it's", "RÉNÉ"):
        cloud.call(cloud.assume_role(admin, cloud.role(home, "deploy"), name), *EC2)
    (tmp_path / "records.json").write_text(json.dumps({"Records": cloud.records}))
    store.load([tmp_path / "records.json"])

    for text, name in (("a_", "a_b"), ("0%", "100%"), ("t's", "it's"), ("réné", "RÉNÉ")):
        assert [one.name for one in store.find(text).matches] == [f"deploy as {name}"]


def test_what_is_near_is_suggested(run: Shell) -> None:
    """What is not found is told with what it looks like, and with the nearest names; a file is told to be one."""
    run("load", str(INCIDENT / "logs"), "--accounts", str(INCIDENT / "accounts.csv"))

    def said(*arguments: str) -> list[str]:
        ran = run(*arguments)
        assert (ran.code, ran.out) == (1, ""), ran
        return [line.strip() for line in ran.err.splitlines()]

    typo = said("session", "dana.whitfeld")
    assert typo[:2] == [
        "not found: dana.whitfeld",
        "similar: dana.whitfield (Identity Center user): lineage who dana.whitfield",
    ]
    assert said("trace", "akia3wqup53hkq7v2lck") == [
        "not found: akia3wqup53hkq7v2lck",
        "it looks like an access key ID",
        "so named: AKIA3WQUP53HKQ7V2LCK (access key): lineage who AKIA3WQUP53HKQ7V2LCK",
    ]
    assert "contains it: payments-operations (role): lineage role " in said("blast", "operations")[1]
    assert said("timeline", "alerts/finding.json")[1].startswith("it looks like a file: lineage load reads logs")
    assert said("graph", "trace", "deploi")[1].startswith("similar: deploy (role): lineage role arn:")
    missing = said("path", "deploi", "payments")
    assert missing[0].startswith("not found: a path from deploi to payments")
    assert [line.partition(":")[0] for line in missing[1:]] == ["similar"]  # of the end that is known nothing


def test_several_are_listed_line_by_line(run: Shell, tmp_path: Path) -> None:
    """On the command line each that fits has a line with kind, account and times, to be asked with; none is picked."""
    cloud = Cloud()
    user = cloud.user(cloud.account("home", HOME), "ops")
    for account in (HOME, OTHER):
        cloud.call(cloud.assume_role(user, cloud.role(cloud.account("x", account), "deploy"), "night"), *EC2)
    (tmp_path / "records.json").write_text(json.dumps({"Records": cloud.records}))
    run("load", str(tmp_path / "records.json"))
    for ask, what in (("deploy", "principals have that name"), ("night", "roles have sessions of that name")):
        ran = run("session", ask)
        head, *lines = ran.err.splitlines()

        assert (ran.code, head) == (1, f"error: {ask}: 2 {what}; ask with one of them:")
        assert len(lines) == 2
        for line in lines:
            assert run("session", line.split()[0]).code == 0, line


def test_names_of_sessions_and_accounts_can_be_asked(incident: Store) -> None:
    """A session name of one role means its sessions; the name of an account means the account, in every question that
    takes one."""
    night = incident.session("ops-maintenance")

    assert night.subject is not None
    assert incident.session("AROA3WQUP53HIZHAFMVCF:ops-maintenance").subject == night.subject
    assert night.subject.sessions_total == 13
    assert incident.who("ops-maintenance").note == (
        "ops-maintenance is a session name of arn:aws:iam::804275613390:role/payments-operations."
    )
    assert incident.coverage("platform").covered == incident.coverage("537140928816").covered
    assert incident.session("platform").calls == incident.session("537140928816").calls
    assert incident.chains(account="payments").chains == incident.chains(account="804275613390").chains
    assert incident.path("platform", "payments").total == incident.path("537140928816", "804275613390").total
    assert incident.names("payments-operations").sessions > 0
    with pytest.raises(BadUse, match="nowhere: not an account"):
        incident.coverage("nowhere")


def test_a_user_id_and_a_name_of_a_person(incident: Store) -> None:
    """An Identity Center user is found by name and by user ID alone."""
    for ask in ("dana.whitfield", "a4441acb-e00d-42f9-8207-2df8d55d375d"):
        assert [one.origin.id for one in incident.who(ask).answers] == ["a4441acb-e00d-42f9-8207-2df8d55d375d"]


def test_an_account_and_a_role_of_one_name(store: Store, tmp_path: Path) -> None:
    """Where an account and a role have one name, both are listed and none is picked."""
    cloud = Cloud()
    home = cloud.account("home", HOME)
    cloud.call(cloud.assume_role(cloud.user(home, "ops"), cloud.role(home, "prod"), "x"), *EC2)
    (tmp_path / "records.json").write_text(json.dumps({"Records": cloud.records}))
    (tmp_path / "accounts.csv").write_text(f"{HOME},prod\n")
    store.load([tmp_path / "records.json"], accounts=tmp_path / "accounts.csv")

    with pytest.raises(NotFound) as told:
        store.session("prod")
    assert [one.split(" ")[0] for one in told.value.candidates] == [HOME, f"arn:aws:iam::{HOME}:role/prod"]
