"""The live sessions that a revocation would end besides those that it is meant for."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from lineage.model import schema
from lineage.model.keys import ref
from lineage.questions.contain import AlsoEnds
from lineage.questions.shared.models import Whose
from lineage.questions.shared.reach.lives import ROLE_SECONDS, TOKEN_SECONDS, lives
from lineage.questions.shared.whose import call_it, whose
from lineage.stores.reader import Reader

LOOKED_AT = 500
"""Sessions of one role that are looked at, the newest."""
NAMES_SHOWN = 20
NOBODY = AlsoEnds(others=0, open=0, same=0, perhaps=0, origins=[])


class Origin(NamedTuple):
    """What tells whose credentials apart: the origin, and of a user the key."""

    key: str | None
    access_key_id: str | None


def origin(of: Whose) -> Origin:
    """The origin behind a session."""
    return Origin(of.key, of.access_key_id if of.kind == "IAMUser" else None)


def bystanders(
    reader: Reader, principals: Iterable[str], mine: Collection[str], own: Collection[Origin], at: int
) -> dict[str, AlsoEnds]:
    """By role or user (reference): its sessions, live at a time, that are none of `mine`; `own` are our origins."""
    others: dict[str, list[str]] = {}
    cut = set()
    for principal in sorted(set(principals)):
        key = ref(principal).key
        longest = ROLE_SECONDS if ":role/" in key else TOKEN_SECONDS
        begun = [seen for seen in reader.sessions_of(key, None, False) if at - longest < seen.created <= at]
        found = [node for seen in begun if (node := f"{schema.SESSION} {seen.key}") not in mine]
        others[principal] = found[:LOOKED_AT]
        if len(found) > LOOKED_AT:
            cut.add(principal)
    every = [session for sessions in others.values() for session in sessions]
    living = lives(reader, every, at) if every else {}
    live = [session for session in every if living[session].live == "yes"]
    names = whose(reader, live) if live else {}
    return {
        principal: _counted([names[session] for session in sessions if session in names], own,
                            sum(living[session].live == "unknown" for session in sessions), principal in cut)
        for principal, sessions in others.items()
    }  # fmt: skip


def _counted(live: list[Whose], own: Collection[Origin], perhaps: int, cut: bool) -> AlsoEnds:
    others = [one for one in live if one.key is not None and origin(one) not in own]
    unknown = sum(one.key is None for one in live)
    return AlsoEnds(
        others=len(others), open=unknown, same=len(live) - len(others) - unknown, perhaps=perhaps,
        origins=sorted({call_it(one) for one in others})[:NAMES_SHOWN], truncated=cut,
    )  # fmt: skip
