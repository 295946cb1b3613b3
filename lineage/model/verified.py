"""What `lineage verify` found about the logs of a trail, as a store keeps it: stretches of time with their verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

KIND = "verify"
"""The kind of the notes of a store. Their keys are trail, account and region."""
NOT_WHOLE = ("altered", "missing")
LATE = 3600
"""Seconds after an event in which its log file is usually delivered."""


class Verified(msgspec.Struct, frozen=True, array_like=True):
    """A stretch of one trail in one account and region, that got one verdict. Times are epoch seconds, of delivery."""

    account: str
    region: str
    trail: str
    home: str
    """Region of the trail itself."""
    verdict: str
    since: int
    until: int
    why: str | None
    at: int
    """When it was verified."""

    @property
    def key(self) -> str:
        """The key of the note that it is part of."""
        return f"{self.account} {self.region} {self.trail} {self.home}"

    def concerns(self, since: int | None, until: int | None) -> bool:
        """Are log files with events of that time in this stretch?"""
        return (since is None or self.until >= since) and (until is None or self.since <= until + LATE)


_decode = msgspec.msgpack.Decoder(list[Verified]).decode


def pack(stretches: Sequence[Verified]) -> bytes:
    """The body of a note."""
    return msgspec.msgpack.encode(stretches)


def unpack(body: bytes) -> list[Verified]:
    """The stretches in the body of a note."""
    return _decode(body)


def renewed(before: Iterable[Verified], found: Sequence[Verified]) -> list[Verified]:
    """What is known of a trail after it was verified again: what was found now, and what was found outside that time.

    >>> def of(verdict, since, until):
    ...     return Verified("1", "eu-west-1", "main", "eu-west-1", verdict, since, until, None, 0)
    >>> [(one.verdict, one.since, one.until) for one in renewed([of("intact", 0, 9)], [of("altered", 3, 5)])]
    [('intact', 0, 3), ('altered', 3, 5), ('intact', 5, 9)]
    """
    if not found:
        return list(before)
    first, last = min(one.since for one in found), max(one.until for one in found)
    kept = []
    for one in before:
        if one.since < first:
            kept.append(msgspec.structs.replace(one, until=min(one.until, first)))
        if one.until > last:
            kept.append(msgspec.structs.replace(one, since=max(one.since, last)))
    return sorted([*kept, *found], key=lambda one: (one.since, one.until, one.verdict))
