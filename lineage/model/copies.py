"""Copies of one event: which states more, where they contradict each other, and what they state together.

The state of an event is the set of its contents that no other one covers. Merging two such sets takes both and drops
what is covered, so the order of files and loads changes nothing. The ledger entry is a function of that set.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import combinations
from typing import TypeVar

import msgspec

from lineage.model.arn import is_masked, is_temporary
from lineage.model.batch import ContentKey, Row, actor_id, precedence, relation_of
from lineage.model.facts import (
    AnyFact,
    Changed,
    Delegated,
    Event,
    Grant,
    Identity,
    Made,
    Portal,
    SignIn,
    Started,
    UserName,
)

T = TypeVar("T")
STATES_OUTCOME = 1
"""Bit of a rank: the copy states whether the call succeeded, by an error or by a response that is not null."""
MEMBER = 2
"""Added to the rank for each member that a copy states."""
AMENDS = 128
"""Bit of a rank: an `UPDATED_DATA` addendum, which takes precedence and contradicts no original."""

_DERIVED = frozenset(
    {
        *("masked", "no_session_context", "user_name", "type"),
        *("assumed_root_unknown", "attempt", "history", "partition"),
    }
)
_WHO = tuple(name for name in Identity.__struct_fields__ if name not in _DERIVED)
_WHO_CORE = frozenset(
    {
        *("account", "principal_id", "arn", "access_key_id", "created", "role_name", "role_id", "session_name"),
        *("source_identity", "on_behalf_of"),
    }
)
"""Members that identify the caller: copies that differ in them contradict each other. The role's ARN and the provider
are not among them, because their spelling depends on the form of the record."""
_ROW_TEXTS = ("account", "region", "source_ip", "endpoint", "user_agent")
_NO_TYPE = ("Unknown", "AWSService")
"""Types that the loader also assigns to records without a type."""
_NOT_COMPARED = frozenset({"event", "caller", "response_omitted", "partition", "principal_type", "session_type"})
# The principal that a key or user was created for is not among them: without parameters, it is the caller.
_FACT_CORE: dict[type[AnyFact], tuple[str, ...]] = {
    Grant: ("key", "principal_id", "role_name", "session_name"),
    SignIn: ("key",),
    Portal: ("user_id",),
    UserName: ("user_id", "name"),
    Made: ("key", "unique_id"),
    Changed: (),
    Started: ("resource_id",),
    Delegated: (),
}


class Content(msgspec.Struct, frozen=True, array_like=True):
    """Everything that is kept of one copy of an event."""

    rank: int
    """Bits `AMENDS` and `STATES_OUTCOME`, and between them the number of members that the copy states."""
    fingerprint: int
    second: int
    row: Row
    who: Identity
    facts: tuple[AnyFact, ...]
    file: int
    place: int

    @property
    def key(self) -> ContentKey:
        """Copies with equal keys are the same."""
        return (self.rank, self.fingerprint, self.row.id, self.second)


def maximal(contents: Iterable[Content]) -> list[Content]:
    """Return the contents that no other one covers, by precedence."""
    kept: list[Content] = []
    by_key = {one.key: one for one in reversed(list(contents))}
    for content in sorted(by_key.values(), key=lambda one: precedence(one.key)):
        if not any(covers(other, content) for other in kept):
            kept.append(content)
    return kept


def covers(fuller: Content, other: Content) -> bool:
    """Return whether a copy states everything that another one of lower precedence states, with equal core values."""
    amends = (fuller.rank ^ other.rank) >= AMENDS
    if not amends and fuller.second != other.second:
        return False
    names, core = _stated(fuller.row, fuller.who, fuller.rank & STATES_OUTCOME)
    wanted, values = _stated(other.row, other.who, other.rank & STATES_OUTCOME)
    if other.row.target is None and other.row.category != fuller.row.category:
        wanted -= {"row target"}  # the poorer copy looks like a plain read, because it lacks what the fuller one states
    if not wanted <= names or not (amends or all(core[name] == value for name, value in values.items())):
        return False
    return not _counts(other.row, fuller.row) or all(
        any(_covers(mine, fact, amends) for mine in fuller.facts) for fact in other.facts
    )


def agree(one: Content, other: Content) -> bool:
    """Return whether two copies agree on identity, keys, time and outcome, as far as both state them."""
    if (one.rank ^ other.rank) >= AMENDS:
        return True
    if one.second != other.second:
        return False
    _, core = _stated(one.row, one.who, one.rank & STATES_OUTCOME)
    _, values = _stated(other.row, other.who, other.rank & STATES_OUTCOME)
    if any(core[name] != value for name, value in values.items() if name in core):
        return False
    if not (_counts(one.row, other.row) and _counts(other.row, one.row)):
        return True
    mine, others = _by_kind([one.facts]), _by_kind([other.facts])
    for kind, (facts,) in mine.items():
        (found,) = others.get(kind, ([],))
        if len(facts) == len(found) == 1 and any(
            mine is not None and its is not None and mine != its
            for mine, its in ((getattr(facts[0], n), getattr(found[0], n)) for n in _FACT_CORE[type(facts[0])])
        ):
            return False
    return True


def differs(content: Content, others: Sequence[Content]) -> bool:
    """Return whether a copy counts as different: it has the rank of another one, or contradicts it."""
    return content.key not in [other.key for other in others] and any(
        content.rank == other.rank or not agree(content, other) for other in others
    )


def in_conflict(contents: Sequence[Content]) -> bool:
    """Return whether any two copies contradict each other."""
    return not all(agree(one, other) for one, other in combinations(contents, 2))


def standing(contents: Sequence[Content]) -> Content:
    """Return the content of an event with these maximal contents, in their order.

    A single one is returned as it is. Several that agree are joined member by member, the fullest first; of several
    that contradict each other, the first is returned. Both get their own row, which has no single copies.
    """
    best = contents[0]
    if len(contents) == 1:
        return best
    who, row, facts = best.who, best.row, best.facts
    if not in_conflict(contents):
        who = _identity([one.who for one in contents])
        row = _row([one.row for one in contents], who)
        facts = _facts(contents, row, who)
    row = msgspec.structs.replace(row, joined=True)
    return msgspec.structs.replace(best, row=row, who=who, facts=facts)


def stated(who: Identity) -> int:
    """Return the number of members that an identity states."""
    return len(_names(who))


@lru_cache(maxsize=4_096)
def _stated(row: Row, who: Identity, speaks: int) -> tuple[frozenset[str], dict[str, object]]:
    """Return the members that a row and its identity state, and the values of those that may contradict."""
    names = set(_names(who))
    core = {name: getattr(who, name) for name in _WHO_CORE & names}
    if "type" in names:
        core["type"] = who.type
    if "user_name" in names:
        core["user_name"] = who.user_name
    service, _, core["operation"] = row.api.partition(":")
    if not _is_nameless(row):
        names.add("service")
        core["service"] = service
    names.update(f"row {name}" for name in _ROW_TEXTS if not is_masked(getattr(row, name)))
    names.update(f"row {name}" for name in ("console", "presigned") if getattr(row, name))
    if _has_target(row):
        names.add("row target")
    if speaks or row.error is not None:
        names.add("outcome")
        core["outcome"] = row.error is None
    return frozenset(names), core


@lru_cache(maxsize=4_096)
def _names(who: Identity) -> frozenset[str]:
    """Return the members that an identity states.

    A user name with only a key, as in the console's event history, may be a session name: it only counts if no
    copy states a principal.
    """
    names = {name for name in _WHO if getattr(who, name) not in (None, "", False)}
    if who.mfa is False:
        names.add("mfa")
    if who.type not in _NO_TYPE and not who.history:
        names.add("type")
    if who.history:
        names -= {"account", "arn"}  # built from the user name and the account of the history
    if _is_bare(who):
        return frozenset(names | {"name"} if who.user_name else names)
    return frozenset(names | {"name", "user_name"} if who.user_name else names | {"name"})


def _is_bare(who: Identity) -> bool:
    return who.history or (who.type == "Unknown" and who.arn is None and who.principal_id is None)


def _identity(whos: Sequence[Identity]) -> Identity:
    """Return the identity that copies state together."""
    values = {name: _first(getattr(who, name) for who in whos) for name in _WHO}
    values["assumed_root"] = any(who.assumed_root for who in whos)
    values["assumed_root_unknown"] = not values["assumed_root"] and all(who.assumed_root_unknown for who in whos)
    values["history"] = all(who.history for who in whos)
    values["attempt"] = _first(who.attempt for who in whos)
    values["partition"] = _first(who.partition for who in whos)
    types = [who.type for who in sorted(whos, key=lambda who: who.history)]
    values["type"] = next((one for one in types if one not in _NO_TYPE), min(types))
    values["user_name"] = _first(who.user_name for who in [one for one in whos if not _is_bare(one)] or whos)
    key = values["access_key_id"]
    values["masked"] = any(who.masked for who in whos) and None in (key, values["account"], values["principal_id"])
    values["no_session_context"] = values["created"] is None and isinstance(key, str) and is_temporary(key)
    return Identity(**values)  # type: ignore[arg-type]  # each is a value of that member


def _row(rows: Sequence[Row], who: Identity) -> Row:
    """Return the row that copies state together; what depends on several members comes from the fullest."""
    named = next((row for row in rows if not _is_nameless(row)), rows[0])
    texts = {name: [getattr(row, name) for row in rows] for name in _ROW_TEXTS}
    error = _first(row.error for row in rows)
    stating = (row for row in rows if row.target is not None or (error is None and _has_target(row)))
    if not _is_nameless(named):
        stating = (row for row in stating if not _is_nameless(row))
    about = next(stating, None)
    target = about.target if about is not None else None
    return msgspec.structs.replace(
        rows[0],
        actor=actor_id(who),
        api=named.api,
        category=named.category,
        sensitive=named.sensitive,
        **{name: next((one for one in found if not is_masked(one)), found[0]) for name, found in texts.items()},
        error=error,
        console=any(row.console for row in rows),
        copy=who.type == "AWSAccount",
        presigned=any(row.presigned for row in rows),
        target=target,
        beside=about.beside if about is not None else (),
        beyond=about.beyond if about is not None else 0,
        relation=relation_of(named.api, error, target),
    )


def _is_nameless(row: Row) -> bool:
    """Return whether the copy does not name its service, so the operation is a guess."""
    return row.api.startswith("unknown:")


def _counts(row: Row, other: Row) -> bool:
    """Return whether the facts of a copy with this row count in addition to another one. A copy that lost its error
    members makes a denied call look successful."""
    refused = row.error is None and other.error is not None
    return not refused and not (_is_nameless(row) and not _is_nameless(other))


def _has_target(row: Row) -> bool:
    """Return whether the row states its target. A plain read states that it has none."""
    reads = row.category == "management-read" and not row.sensitive
    return not _is_nameless(row) and (row.target is not None or reads)


def _facts(contents: Sequence[Content], row: Row, who: Identity) -> tuple[AnyFact, ...]:
    """Return the facts that copies state together: single facts of one kind are joined member by member, else those
    that the fuller copies lack are added."""
    per_copy = [one.facts for one in contents if _counts(one.row, row)]
    joined: list[AnyFact] = []
    for groups in _by_kind(per_copy).values():
        if all(len(facts) <= 1 for facts in groups):
            joined.append(_fact([fact for facts in groups for fact in facts]))
            continue
        found: list[AnyFact] = []
        for facts in groups:
            found += [fact for fact in facts if not any(_covers(had, fact, False) for had in found)] if found else facts
        joined += found
    events = [fact.event for facts in per_copy for fact in facts]
    if any(map(_is_own_sign_in, joined)):
        joined = [fact for fact in joined if not _is_sign_in(fact)]
    return tuple(msgspec.structs.replace(fact, caller=who, event=_event(fact.event, events, row)) for fact in joined)


def _fact(facts: Sequence[AnyFact]) -> AnyFact:
    """Return what facts of one kind, from copies of one event, state together."""
    best = facts[0]
    values = {
        name: _first(getattr(fact, name) for fact in facts)
        for name in best.__struct_fields__
        if name not in _NOT_COMPARED and not _is_stated(getattr(best, name))
    }
    if isinstance(best, Grant):
        values["response_omitted"] = all(isinstance(fact, Grant) and fact.response_omitted for fact in facts)
    changes = {name: value for name, value in values.items() if value is not None}
    return msgspec.structs.replace(best, **changes)


def _event(event: Event, events: Sequence[Event], row: Row) -> Event:
    """Return where and when a joined fact was logged."""
    filled = {
        name: _first(getattr(one, name) for one in (event, *events))
        for name in ("account", "region", "source_ip", "user_agent", "vpc_endpoint", "shared_id", "request_id")
    }
    row_has = {"account": row.account, "region": row.region, "source_ip": row.source_ip, "user_agent": row.user_agent}
    filled |= {name: value for name, value in row_has.items() if filled[name] is None and not is_masked(value)}
    return msgspec.structs.replace(event, **filled, copy=any(one.copy for one in events))


def _by_kind(per_copy: Sequence[Sequence[AnyFact]]) -> dict[tuple[str, str], list[list[AnyFact]]]:
    """Return the facts of each copy by kind."""
    found: dict[tuple[str, str], list[list[AnyFact]]] = {}
    for n, facts in enumerate(per_copy):
        for fact in facts:
            found.setdefault(_kind(fact), [[] for _ in per_copy])[n].append(fact)
    return found


def _kind(fact: AnyFact) -> tuple[str, str]:
    """Return the kind of a fact: single facts of one kind in several copies are the same fact."""
    if isinstance(fact, Changed):
        what = f"{fact.what} {fact.target_type}"
    elif isinstance(fact, Made):
        what = fact.what
    elif isinstance(fact, Started):
        what = fact.resource_type
    else:
        what = "" if isinstance(fact, UserName) else fact.kind
    return type(fact).__name__, what


def _covers(fuller: AnyFact, other: AnyFact, amends: bool) -> bool:
    """Return whether a fact states everything that another one of its kind states."""
    if _is_own_sign_in(fuller) and _is_sign_in(other):
        return True
    if _kind(fuller) != _kind(other):
        return False
    core = () if amends else _FACT_CORE[type(other)]
    for name in other.__struct_fields__:
        value = getattr(other, name)
        if name in _NOT_COMPARED or not _is_stated(value):
            continue
        found = getattr(fuller, name)
        if not _is_stated(found) or (name in core and found != value):
            return False
    return all(
        getattr(fuller.event, name) is not None or getattr(other.event, name) is None
        for name in ("shared_id", "request_id")
    )


def _is_own_sign_in(fact: AnyFact) -> bool:
    """Return whether the fact is the sign-in of a user or root."""
    return isinstance(fact, Grant) and fact.kind == "console-login"


def _is_sign_in(fact: AnyFact) -> bool:
    """Return whether the fact is the sign-in of another call's session; a copy without its caller looks like one."""
    return isinstance(fact, SignIn) and fact.kind == "ConsoleLogin"


def _is_stated(value: object) -> bool:
    return value not in (None, False, (), "")


def _first(values: Iterable[T | None]) -> T | None:
    """Return the first stated value; False if a flag is only stated as False."""
    some = [value for value in values if value is not None]
    return next((value for value in some if _is_stated(value)), some[0] if some else None)
