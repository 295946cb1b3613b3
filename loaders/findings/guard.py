"""Findings of `lineage guard` as alerts."""

from __future__ import annotations

from lineage.model.alert import Actor, Alert
from lineage.model.times import parse_when
from loaders.records.record import raw_text, text


def alert(finding: object) -> Alert:
    """Return a finding as an alert."""
    time = parse_when(text(finding, "time"))
    api, address = text(finding, "api"), text(finding, "source_ip")
    actor = Actor(access_key_id=text(finding, "access_key_id"), principal_id=text(finding, "principal_id"))
    return Alert(
        kind="guard",
        id=text(finding, "id") or "finding",
        type=text(finding, "kind"),
        title=raw_text(finding, "title"),
        severity="high",
        account=text(finding, "account"),
        region=text(finding, "region"),
        first_seen=time,
        last_seen=time,
        count=1,
        actors=(actor,) if actor.is_named else (),
        apis=(api,) if api else (),
        source_ips=(address,) if address else (),
        user_agent=raw_text(finding, "user_agent"),
        error=raw_text(finding, "error"),
    )
