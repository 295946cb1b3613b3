"""The incident that ships: its files are what the script writes, its README says what they hold."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.aws import Json
from tests.make_incident import HOME, KEY_EVENTS, key_event, write
from tests.matching import differences

if TYPE_CHECKING:
    from lineage import Store

LOGS = HOME / "logs"


def records(folder: Path) -> dict[str, list[Json]]:
    """The records of every file under `folder`, by its path."""
    files = sorted(folder.rglob("*.json.gz"))
    return {str(f.relative_to(folder)): json.loads(gzip.decompress(f.read_bytes()))["Records"] for f in files}


def test_script_writes_the_same_files(tmp_path: Path) -> None:
    """The files that ship are the ones that the script writes today."""
    write(tmp_path)

    assert records(tmp_path / "logs") == records(LOGS)
    assert (tmp_path / "accounts.csv").read_text() == (HOME / "accounts.csv").read_text()


def test_readme_names_what_is_there() -> None:
    """Every key, address and number in the README is in the records, and every key event has its row."""
    readme = (HOME / "README.md").read_text()
    held = {r["eventID"]: r for file in records(LOGS).values() for r in file}
    text = json.dumps(list(held.values()))

    assert f"{len(held)} events" in readme
    assert all(token in text for token in re.findall(r"A[KS]IA[A-Z2-7]{16}|\d+\.\d+\.\d+\.\d+", readme))
    assert all(key_event(name) in held for name in KEY_EVENTS)
    for number, name in enumerate(KEY_EVENTS, 1):
        event = held[key_event(name)]
        assert f"{number:02d}" in readme
        assert event["eventTime"][11:19] in readme


def test_second_trail_went_on() -> None:
    """Nothing in the stopped trail is later than StopLogging, and the organization's trail goes on."""
    stopped = [r for name, file in records(LOGS).items() if name.startswith("platform-trail") for r in file]
    kept = [r for name, file in records(LOGS).items() if name.startswith("organization-trail") for r in file]
    end = max(stopped, key=lambda r: str(r["eventTime"]))

    assert end["eventID"] == key_event("StopLogging")
    assert {r["eventID"] for r in stopped} <= {r["eventID"] for r in kept}
    assert any(r["eventTime"] > end["eventTime"] and r["recipientAccountId"] == "537140928816" for r in kept)


SIGN_IN = {
    "how": "identity-center",
    "event_ids": [key_event("AssumeRoleWithSAML")],
    "rule": "4",
    "access_key_id": None,
}
CROSSING = {
    "how": "cli-sdk",
    "event_ids": {"set": [key_event("AssumeRole, copy of platform"), key_event("AssumeRole, copy of payments")]},
    "rule": "2",
    "session_name": "ops-maintenance",
    "cross_account": True,
}
DANA = {"kind": "IdentityCenterUser", "id": "a4441acb-e00d-42f9-8207-2df8d55d375d", "name": "dana.whitfield"}
BY_DANA = {"origin": DANA, "hops": [SIGN_IN, CROSSING], "confidence": "STRONG"}
MADE_BY_DANA = {
    "origin": {"kind": "IAMUser", "id": "arn:aws:iam::804275613390:user/svc-reports"},
    "hops": [],
    "made_by": {"what": "access key", "event_ids": [key_event("CreateAccessKey")], "answer": BY_DANA},
}
ANSWERS: dict[str, Any] = {
    key_event("StopLogging"): {"origin": DANA, "hops": [SIGN_IN], "confidence": "STRONG"},
    key_event("StartInstances"): BY_DANA,
    key_event("AttachRolePolicy, refused"): BY_DANA,
    key_event("CreateAccessKey"): BY_DANA,
    key_event("GetSecretValue with the new key"): MADE_BY_DANA,
    "AKIA3WQUP53HKQ7V2LCK": MADE_BY_DANA,
}


def test_questions_of_the_readme(store: Store) -> None:
    """What the README tells to ask is answered as it says, from both trails at once."""
    store.load([LOGS])
    wrong = [
        f"{ask}: {line}"
        for ask, expected in ANSWERS.items()
        for line in differences(
            {"total": 1, "answers": [expected | {"ambiguous": False, "reason": None}]},
            store.who(ask).model_dump(mode="json", by_alias=True),
        )
    ]

    assert wrong == []


def test_colleagues_are_told_apart(store: Store) -> None:
    """Sessions under one role and one session name lead to as many people as used them."""
    store.load([LOGS])
    found = store.who("arn:aws:sts::804275613390:assumed-role/payments-operations/ops-maintenance")

    assert {a.origin.name for a in found.answers} == {
        "dana.whitfield",
        "jonas.brandt",
        "priya.raman",
        "li.wei",
    }
    assert all(a.confidence == "STRONG" and not a.ambiguous for a in found.answers)
