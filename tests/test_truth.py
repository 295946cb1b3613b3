"""At scale: in random histories every event leads to the origin that the simulator knows to be true."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings

import lineage
from tests.aws import Cloud, Truth
from tests.strategies import clouds

if TYPE_CHECKING:
    from lineage.questions.who import WhoAnswer


def right(truth: Truth, answers: list[WhoAnswer], ordinary: bool) -> bool:
    """Whether there is one answer and it is the truth.

    An outside session's ID may end in its session name. The number of hops is asked of ordinary calls
    alone: a sign-in event stands beside the hop of its own session.
    """
    if len(answers) != 1:
        return False
    (said,) = answers
    return (
        said.origin.kind == truth.kind
        and (truth.id is None or (said.origin.id or "").startswith(truth.id))
        and (truth.name is None or truth.id is not None or said.origin.name == truth.name)
        and (not ordinary or len(said.hops) == truth.depth)
    )


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(clouds())
def test_every_event_has_its_true_origin(cloud: Cloud) -> None:
    """`who` of each event gives one answer: the true origin, by the true number of hops."""
    with tempfile.TemporaryDirectory() as folder:
        events = Path(folder) / "events.json"
        events.write_text(json.dumps({"Records": cloud.records}))
        store = lineage.open(str(Path(folder) / "lineage.db"))
        store.load([events])
        found = {r["eventID"]: store.who(r["eventID"]).answers for r in cloud.records}
        store.close()
    wrong = [
        (r["eventName"], cloud.truth[r["eventID"]], found[r["eventID"]])
        for r in cloud.records
        if not right(cloud.truth[r["eventID"]], found[r["eventID"]], r["eventType"] == "AwsApiCall")
    ]

    assert wrong == []
