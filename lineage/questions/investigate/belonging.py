"""Which alerts belong together: by attack sequence, then by a session that their chains share, then by origin."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from lineage.model.alert import Alert
from lineage.model.keys import ref
from lineage.questions.investigate.leads import Lead, Leads
from lineage.questions.shared.climb import session_key_of
from lineage.questions.shared.whose import short
from lineage.questions.who import WhoAnswer

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
        return {
            f"finding {one.alert.id}",
            *(f"finding {name}" for name in (one.alert.sequence, *one.alert.signals) if name),
        }
    sure = [lead for lead in one.found.found if lead.confidence in _SURE]
    if why == "chain":
        return {session for lead in sure for session in chain(lead, one.who[lead.subject.starts])}
    origins = [short(one.who[lead.subject.starts], one.fitting[lead.subject.starts]) for lead in sure]
    return {
        origin.key
        for origin in origins
        # A service without its workload is no one in particular.
        if origin.key and origin.confidence in _SURE and (origin.kind != "AWSService" or origin.resource)
    }


def chain(lead: Lead, answers: Iterable[WhoAnswer]) -> set[str]:
    """The sessions and keys that a lead is, or came from."""
    found = {session_key_of(start) or ref(start).key for start in lead.subject.starts}
    for answer in answers:
        if not answer.ambiguous or answer.reason is None:
            found |= {hop.session.key for hop in answer.hops if hop.session.key}
    return found
