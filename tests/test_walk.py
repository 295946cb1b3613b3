"""The incident walked by its questions, in the order of the attack: each answer leads to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conftest import ROOT
from tests.make_incident import HOME, key_event

if TYPE_CHECKING:
    from lineage import Lineage

DANA = "dana.whitfield"
NEW_KEY = "AKIA3WQUP53HKQ7V2LCK"


@pytest.fixture
def incident(store: Lineage) -> Lineage:
    """A store with the incident."""
    store.load([HOME / "logs"], accounts=HOME / "accounts.csv")
    return store


def test_walk(incident: Lineage) -> None:
    """Trail, second role, instances, policy, key: every question names dana.whitfield's credentials, by evidence."""
    [stopped] = incident.hunt(["trails-stopped"]).findings
    trail = stopped.event_ids[0]
    assert trail == key_event("StopLogging")
    assert incident.who(trail).answers[0].origin.name == DANA

    gap = [gap for gap in incident.coverage("537140928816").gaps if trail in gap.event_ids]
    assert [(one.since, one.until) for one in gap] == [("2026-03-11T21:49:35Z", None)]

    second = [role for role in incident.assumed(trail).roles if "payments" in role.role_arn]
    assert [(role.count, role.coarse) for role in second] == [(1, "CLI/SDK")]
    role = incident.role(second[0].role_arn)
    assert {caller.whose.name for caller in role.callers} >= {DANA, "jonas.brandt", "li.wei"}

    instances = key_event("StartInstances")
    [origin] = incident.who(instances).answers
    session = f"{origin.identity.account}/{origin.identity.principal_id}/{origin.identity.creation_date}"
    did = {one.api: one for one in incident.session(session).operations}
    assert did["ec2:StartInstances"].succeeded == 1
    assert (did["iam:AttachRolePolicy"].total, did["iam:AttachRolePolicy"].succeeded) == (2, 1)
    assert incident.baseline(instances).verdict == "too little history"

    order = [one.event_ids[0] for one in incident.timeline(instances).entries if one.event_ids]
    walked = [trail, key_event("AssumeRole, copy of platform"), instances, key_event("AttachRolePolicy, refused"),
              key_event("AttachRolePolicy"), key_event("CreateAccessKey")]  # fmt: skip
    assert [event for event in order if event in walked] == walked

    [refused] = incident.denied(instances).operations
    assert (refused.api, refused.event_ids) == ("iam:AttachRolePolicy", [key_event("AttachRolePolicy, refused")])
    assert [one.whose.name for one in incident.touched("payments-reporting").origins] == [DANA]

    key = incident.who(NEW_KEY).answers[0]
    assert key.origin.name == "svc-reports"
    assert key.made_by is not None
    assert key.made_by.answer.origin.name == DANA
    way = incident.path(key_event("AssumeRoleWithSAML"), NEW_KEY).ways[0]
    assert way.made

    reached = incident.blast(key_event("AssumeRoleWithSAML"), made=True)
    assert NEW_KEY in {one.key for one in reached.nodes}
    plan = incident.contain(key_event("AssumeRoleWithSAML"), made=True)
    assert NEW_KEY in str(plan.steps[0].commands)


def test_report_says_the_same(incident: Lineage) -> None:
    """The report on the finding leads to the same session and credentials, and cites every event with its place."""
    finding = (ROOT / "examples" / "incident" / "finding.json").read_text()
    [group] = incident.investigate(finding).groups
    [case] = group.cases
    cited = {one.event_id: one for one in group.cited}

    assert group.headline == "credentials of dana.whitfield — STRONG"
    assert [(one.origin.name, one.confidence) for one in case.who] == [(DANA, "STRONG")]
    assert all(section.found for section in case.sections)
    assert {key_event(name) for name in ("StopLogging", "StartInstances", "CreateAccessKey")} <= cited.keys()
    assert all(one.path and one.path.endswith(".json.gz") for one in cited.values())
