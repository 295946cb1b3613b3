"""`chains`: all longest role paths of two and more role hops."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from lineage.model import schema
from lineage.model.arn import role_of
from lineage.model.keys import ref
from lineage.model.times import parse_when
from lineage.questions.chains import Chain, Chains

ORIGINS_SHOWN = 20
SESSIONS_SHOWN = 5


class ChainRow(NamedTuple):
    """One chain that nothing goes on from: from its origin to its last role session, along resolved parents."""

    origin: str
    """The node where it begins, as a reference."""
    origin_account: str | None
    roles: tuple[str, ...]
    """ARNs of the roles, first to last."""
    confidences: tuple[str, ...]
    first: str
    last: str
    session: str
    """Key of the last session."""
    event_ids: tuple[str | None, ...]
    """Of each role, the grant of its session; None where it was not logged."""


def answer(
    rows: Iterable[ChainRow], *, min_depth: int, role: str | None, account: str | None, cross_account: bool,
    since: int | None, until: int | None, limit: int,
) -> Chains:  # fmt: skip
    """Group the chains by their path of roles; the filters keep paths (role, account, depth, cross-account) and
    chains whose last hop lies in the window."""
    groups: dict[tuple[str, ...], list[ChainRow]] = defaultdict(list)
    for row in rows:
        when = parse_when(row.last) or 0
        if (
            len(row.roles) < max(2, min_depth)
            or (since is not None and when < since)
            or (until is not None and when > until)
        ):
            continue
        groups[row.roles].append(row)
    found = []
    for roles, members in groups.items():
        accounts = _accounts(roles, members)
        crosses = len(accounts) > 1
        if cross_account and not crosses:
            continue
        if account is not None and account not in accounts:
            continue
        if role is not None and not any(_is_role(arn, role) for arn in roles):
            continue
        newest = sorted(members, key=lambda row: (row.last, row.session))[-SESSIONS_SHOWN:]
        found.append(
            Chain(
                roles=list(roles),
                accounts=accounts,
                origins=sorted({ref(row.origin).key for row in members})[:ORIGINS_SHOWN],
                depth=len(roles),
                count=len(members),
                cross_account=crosses,
                confidence=schema.weakest([c for row in members for c in row.confidences]),  # type: ignore[arg-type]  # a class
                first=min(row.first for row in members),
                last=max(row.last for row in members),
                sessions=[row.session for row in newest],
                event_ids=[
                    list(dict.fromkeys(event for event in events if event is not None))
                    for events in zip(*(row.event_ids for row in newest), strict=True)
                ],
            )
        )
    found.sort(key=lambda chain: (-chain.depth, -chain.count, chain.roles))
    return Chains(total=len(found), chains=found[:limit])


def _accounts(roles: tuple[str, ...], members: Iterable[ChainRow]) -> list[str]:
    """The accounts of origins and roles, in order of first appearance on the path."""
    origins = sorted({row.origin_account for row in members if row.origin_account})
    of_roles = [parts[1] for arn in roles if (parts := role_of(arn)) is not None and parts[1]]
    return list(dict.fromkeys([*origins, *of_roles]))


def _is_role(arn: str, wanted: str) -> bool:
    if arn == wanted:
        return True
    have, want = role_of(arn), role_of(wanted)
    if want is not None:
        return have is not None and have[:3] == want[:3]
    return have is not None and have[2] == wanted


__all__ = ["ChainRow", "answer"]
