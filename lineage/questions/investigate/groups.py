"""Which alerts belong together, what they say, and the events that a report cites."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple, TypeVar

from pydantic import BaseModel

from lineage.model import schema
from lineage.model.alert import Alert
from lineage.model.facts import Frozen
from lineage.model.keys import ref
from lineage.model.times import iso
from lineage.questions.investigate import ActorTold, AlertTold, Cited, CountTold, PlaceTold, ThingTold, ThreatTold
from lineage.questions.investigate.leads import Leads, SubjectLead
from lineage.questions.investigate.summary import whose_of
from lineage.questions.shared.climb import session_key_of
from lineage.questions.shared.models import Whose
from lineage.questions.shared.whose import named
from lineage.questions.who import WhoAnswer
from lineage.stores.reader import Reader

Part = TypeVar("Part", bound=BaseModel)
Why = Literal["alone", "attack sequence", "chain", "origin"]
_ORDER: tuple[Why, ...] = ("attack sequence", "chain", "origin")
_SURE = ("EXACT", "STRONG", "LIKELY")
"""Leads and origins that may join alerts: a guess joins nothing."""


class Examined(NamedTuple):
    """An alert with what it leads to, and whose each lead is."""

    alert: Alert
    found: Leads
    who: dict[tuple[str, ...], list[WhoAnswer]]
    """By the nodes of a lead: its answers."""
    fitting: dict[tuple[str, ...], int]
    """By the same: how many answers there are, of which those are the first."""
    several: frozenset[tuple[str, ...]] = frozenset()
    """The nodes of leads that are several sessions: their answers are no candidates for one."""

    def whose(self, lead: SubjectLead) -> Whose:
        """Whose a lead is, in one line; of several sessions with several origins all of them."""
        who, fitting = self.who[lead.subject.starts], self.fitting[lead.subject.starts]
        if lead.subject.starts not in self.several:
            return whose_of(who, fitting)
        each = [whose_of([one]) for one in who]
        if len({(one.key, one.reason) for one in each}) == 1:
            return each[0].model_copy(update={"confidence": schema.weakest([one.confidence for one in each])})
        return Whose(
            kind="Unresolved", id=None, confidence=schema.weakest([one.confidence for one in each]),  # type: ignore[arg-type]  # one of the classes
            reason="several-origins", candidates=sorted({named(one) for one in each}),
            candidates_more=fitting - len(who),
        )  # fmt: skip


class Together(NamedTuple):
    """Alerts that belong together."""

    why: Why
    members: list[Examined]


def together(examined: Sequence[Examined]) -> list[Together]:
    """The alerts by group, in order of first activity and ID; groups that lead nowhere last."""
    parents = list(range(len(examined)))
    reasons: dict[int, int] = {}
    for rank, why in enumerate(_ORDER):
        first: dict[str, int] = {}
        for number, one in enumerate(examined):
            for token in _tokens(one, why):
                other = _root(parents, first.setdefault(token, number))
                mine = _root(parents, number)
                if mine != other:
                    parents[max(mine, other)] = min(mine, other)
                    known = [reasons.pop(root) for root in (mine, other) if root in reasons]
                    reasons[min(mine, other)] = min([rank, *known])
    groups: dict[int, list[Examined]] = {}
    for number, one in enumerate(examined):
        groups.setdefault(_root(parents, number), []).append(one)
    found = [
        Together(_ORDER[reasons[root]] if root in reasons else "alone", sorted(members, key=_order))
        for root, members in groups.items()
    ]
    return sorted(
        found, key=lambda group: (not any(one.found.found for one in group.members), _order(group.members[0]))
    )


def _order(one: Examined) -> tuple[int, str]:
    return (one.alert.first_seen or 0, one.alert.id)


def _root(parents: list[int], number: int) -> int:
    while parents[number] != number:
        number = parents[number]
    return number


def _tokens(one: Examined, why: Why) -> Iterable[str]:
    """What an alert may share with others; equal tokens belong together."""
    if why == "attack sequence":
        return {f"finding {name}" for name in (one.alert.id, one.alert.sequence, *one.alert.signals) if name}
    sure = [lead for lead in one.found.found if lead.confidence in _SURE]
    if why == "chain":
        return {session for lead in sure for session in chain(lead, one.who[lead.subject.starts])}
    origins = [one.whose(lead) for lead in sure]
    return {
        origin.key
        for origin in origins
        # A service without its workload is no one in particular.
        if origin.key and origin.confidence in _SURE and (origin.kind != "AWSService" or origin.resource)
    }


def chain(lead: SubjectLead, answers: Iterable[WhoAnswer]) -> set[str]:
    """The sessions and keys that a lead is, or came from."""
    found = {session_key_of(start) or ref(start).key for start in lead.subject.starts}
    for answer in answers:
        if not answer.ambiguous or answer.reason is None:
            found |= {hop.session.key for hop in answer.hops if hop.session.key}
    return found


def alert_of(one: Alert) -> AlertTold:
    """What an alert says."""
    return _told(
        AlertTold, one, first_seen=moment(one.first_seen), last_seen=moment(one.last_seen),
        created=moment(one.created),
        actors=[_told(ActorTold, actor, creation_date=moment(actor.created)) for actor in one.actors],
        resources=[_told(ThingTold, thing) for thing in one.resources],
        affected=[_told(ThingTold, thing) for thing in one.affected],
        places=[_told(PlaceTold, place) for place in one.places],
        threats=[_told(ThreatTold, threat, names=list(threat.names)) for threat in one.threats],
        counts=[_told(CountTold, call) for call in one.calls],
    )  # fmt: skip


def _told(model: type[Part], one: Frozen, **changed: object) -> Part:
    """The fields of a model, but some, as an alert has them."""
    same = {name: getattr(one, name) for name in model.model_fields if name not in changed}
    return model(**same, **changed)


def nothing_found(one: Alert) -> str:
    """Why an alert leads nowhere: it names no one, or no one that the store knows."""
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


def cited(reader: Reader, ids: Iterable[str]) -> list[Cited]:
    """Where the records of events lie, in order of time and ID; what is not loaded is left out."""
    found = [
        Cited(
            event_id=event_id, time=iso(seen.time), api=seen.api, account=seen.account, region=seen.region,
            error=seen.error, path=seen.path, index=seen.place,
        )
        for event_id, events in reader.events_of(sorted(set(ids))).items()
        for seen in events
    ]  # fmt: skip
    return sorted(found, key=lambda one: (one.time, one.event_id))
