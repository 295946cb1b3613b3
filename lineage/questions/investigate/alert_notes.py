"""An alert as it stands in an answer, and what to say of one that leads nowhere."""

from __future__ import annotations

from lineage.model.alert import Alert
from lineage.model.times import iso, parse_when
from lineage.questions.investigate import ActorTold, AlertTold, ThingTold


def alert(one: Alert) -> AlertTold:
    """What an alert says."""
    return AlertTold(
        kind=one.kind, id=one.id, type=one.type, title=one.title, severity=one.severity, account=one.account,  # type: ignore[arg-type]  # one of the kinds
        region=one.region, first_seen=moment(one.first_seen), last_seen=moment(one.last_seen),
        created=moment(one.created), count=one.count, apis=list(one.apis), error=one.error,
        source_ips=list(one.source_ips), user_agent=one.user_agent,
        actors=[
            ActorTold(
                access_key_id=actor.access_key_id, principal_id=actor.principal_id, user_name=actor.user_name,
                user_type=actor.user_type, account=actor.account, creation_date=moment(actor.created), arn=actor.arn,
            )
            for actor in one.actors
        ],
        resources=[
            ThingTold(type=thing.type, id=thing.id, arn=thing.arn, account=thing.account) for thing in one.resources
        ],
        sequence=one.sequence,
    )  # fmt: skip


def nothing(one: Alert) -> str:
    """Why an alert leads nowhere: it names nobody, or nobody that the store knows."""
    named = [
        f"{what} {value}"
        for actor in one.actors
        for what, value in (
            ("key", actor.access_key_id), ("principal", actor.principal_id), ("name", actor.user_name),
            ("ARN", actor.arn),
        )
        if value
    ]  # fmt: skip
    named += [thing.arn or thing.id for thing in one.resources]
    if one.kind == "ask":
        return "not in the store"
    if not named:
        return "it names no key, no principal, no workload and no resource"
    return f"nothing in the store fits {', '.join(named[:6])}"


def moment(time: int | None) -> str | None:
    """A time as text, None of none."""
    return iso(time) if time is not None else None


def second(text: str | None) -> int | None:
    """The second that a text of an answer names, None of none."""
    return parse_when(text) if text is not None else None
