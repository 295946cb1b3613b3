"""The rule about events whose loaded copies contradict each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lineage.model.results import EventCopy
from lineage.model.times import iso
from lineage.questions.hunt.ground import Found, Ground, Rule

COPIES_SHOWN = 4


def conflicting_copies(ground: Ground) -> Iterable[Found]:
    """One finding for each event of which copies contradict each other, told by the copy that counts."""
    conflicts = [one for one in ground.reader.conflicts() if ground.within(one.copies[0].time)]
    seen = ground.reader.events_of([one.event_id for one in conflicts])
    for event_id, copies in conflicts:
        first = copies[0]
        stands = next(one for one in seen[event_id] if one.time == first.time)
        told = "; ".join(_told(copy) for copy in copies[:COPIES_SHOWN])
        yield Found(
            f"{len(copies):,} loaded copies of {first.api} at {iso(first.time)} "
            f"contradict each other in {_differences(copies)}: {told}",
            str(stands.source), str(stands.source), stands.account, first.time, first.time, (event_id,), 1,
        )  # fmt: skip


def _told(copy: EventCopy) -> str:
    who = copy.who
    name = who.arn or who.principal_id or who.invoked_by or who.user_name or who.access_key_id or "nobody"
    return f"{name} in {copy.path or 'a file that is not known'}, record {copy.place:,}"


def _differences(copies: Sequence[EventCopy]) -> str:
    """What the copies contradict each other in."""
    said: dict[str, set[object]] = {
        "time": {copy.time for copy in copies},
        "outcome": {"refused" if copy.error else "done" for copy in copies},
        "operation": {copy.api for copy in copies},
        "key": {copy.who.access_key_id for copy in copies},
        "identity": {copy.who.arn or copy.who.principal_id or copy.who.account for copy in copies},
        "session": {copy.who.created for copy in copies},
        "issued keys": {copy.keys for copy in copies},
    }
    found = [name for name, values in said.items() if len(values - {None, ()}) > 1]
    return ", ".join(found) or "what they state of identity or grant"


RULES = (
    Rule(
        "conflicting-copies", "Copies that contradict each other",
        "Several copies of one event were loaded, and they differ in identity, keys, time or outcome, where both state "
        "them. Only one of them can be what AWS wrote.",
        "Copies that agree, or of which one is only redacted. An export that was anonymised with other names and "
        "account IDs looks the same.",
        conflicting_copies,
    ),
)  # fmt: skip
