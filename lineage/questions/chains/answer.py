"""`chains`: all longest role paths of two and more roles."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from lineage.model import schema
from lineage.model.arn import role_of
from lineage.model.keys import ref
from lineage.model.results import Window
from lineage.model.times import parse_when
from lineage.questions.chains import Chain, Chains
from lineage.questions.shared.climb import account_of, joined_by
from lineage.questions.shared.forest import Forest, Hop
from lineage.questions.shared.grants import in_window
from lineage.questions.shared.models import Confidence
from lineage.questions.shared.newest import newest
from lineage.stores.reader import Reader

ORIGINS_SHOWN = 20
SESSIONS_SHOWN = 5


class _Path(NamedTuple):
    """One chain that nothing continues: from its origin to its last role session, along resolved parents."""

    origin: str
    """The node where it begins, as a reference."""
    origin_account: str | None
    roles: tuple[str, ...]
    """ARNs of the roles, first to last."""
    confidence: Confidence
    """That of its weakest hop."""
    first: str
    last: str
    session: str
    """Key of the last session."""
    event_ids: tuple[str | None, ...]
    """Of each role, the grant of its session; None where it was not logged."""


def answer(
    reader: Reader, *, min_depth: int, role: str | None, account: str | None, cross_account: bool,
    since: int | None, until: int | None, limit: int,
) -> Chains:  # fmt: skip
    """Group the chains by their path of roles; the filters keep paths (role, account, depth, cross-account) and
    chains whose last hop lies in the window."""
    groups: dict[tuple[str, ...], list[_Path]] = defaultdict(list)
    window = Window(since, until)
    for row in _paths(Forest(reader, origins=False)):
        if len(row.roles) >= min_depth and in_window(parse_when(row.last) or 0, window):
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
        classes = Counter(row.confidence for row in members)
        latest = sorted(members, key=lambda row: (row.last, row.session))[-SESSIONS_SHOWN:]
        found.append(
            Chain(
                roles=list(roles),
                accounts=accounts,
                origins=sorted({ref(row.origin).key for row in members})[:ORIGINS_SHOWN],
                depth=len(roles),
                count=len(members),
                cross_account=crosses,
                confidence=min(classes, key=schema.CONFIDENCE.index),
                confidences={one: classes[one] for one in schema.CONFIDENCE if one in classes},
                first=min(row.first for row in members),
                last=max(row.last for row in members),
                sessions=[row.session for row in latest],
                event_ids=[
                    list(dict.fromkeys(event for event in events if event is not None))
                    for events in zip(*(row.event_ids for row in latest), strict=True)
                ],
            )
        )
    found.sort(key=lambda chain: (-chain.depth, -chain.count, chain.roles))
    shown = found[:limit]
    looked = {one for chain in shown for one in chain.accounts}
    return Chains(total=len(found), chains=shown, newest=newest(reader, looked))


def _paths(forest: Forest) -> Iterator[_Path]:
    """The chains of two and more roles that nothing continues."""
    inner = {hop.caller for session, hop in forest.hops.items() if forest.role(session) is not None}
    for session in forest.sessions:
        if session not in inner and forest.role(session) is not None:
            found = _path(forest, session)
            if len(found.roles) >= 2:
                yield found


def _path(forest: Forest, last: str) -> _Path:
    """The chain that ends in a session."""
    roles: list[str] = []
    confidences: list[str] = []
    times: list[str] = []
    events: list[str | None] = []
    account: str | None = None
    current, seen = last, set()
    below: Hop | None = None
    while (hop := forest.hops.get(current)) is not None and current not in seen:
        seen.add(current)
        role = forest.role(current)
        if role is not None:
            roles.append(role)
            events.append(next(iter(hop.event_ids), None))
        confidences.append(joined_by(hop.evidence, below.issued if below is not None else None, last=below is None)[1])
        times.append(hop.time)
        account = hop.caller_account
        current, below = hop.caller, hop
    role = forest.role(current)
    if role is not None:  # the chain begins inside a role session whose own grant was not logged
        roles.append(role)
        events.append(None)
        account = account_of(current)
    return _Path(
        current, account, tuple(reversed(roles)), schema.weakest(confidences),  # type: ignore[arg-type]  # a class
        min(times, default=""), max(times, default=""), ref(last).key, tuple(reversed(events)),
    )  # fmt: skip


def _accounts(roles: tuple[str, ...], members: Iterable[_Path]) -> list[str]:
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
