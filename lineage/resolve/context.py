"""What deriving a scope needs to know beyond it: who issued which key, what proves a session, who has which name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

import msgspec

from lineage.model import keys, schema
from lineage.model.arn import is_long_term
from lineage.model.batch import Sighting
from lineage.model.facts import Fact, Grant, Identity, Portal, SignIn, UserName
from lineage.model.keys import Ref
from lineage.resolve.join_keys import (
    PORTAL_SECONDS,
    JoinKey,
    KeyKind,
    is_forwarded,
    is_unsure,
    long_term_key,
    near,
    of_user,
)
from lineage.resolve.resolved import Actor, Call, Item

T = TypeVar("T", bound=Fact)
TOLERANCE_SECONDS = 2


def _marks(grant: Grant) -> list[object]:
    """What a grant has in common with the other copies of its call, and with no other call."""
    event = grant.event
    marks: list[object] = [event.id]
    if event.shared_id:
        marks.append(("shared", event.shared_id))
    if event.request_id:
        marks.append(("request", event.request_id, event.api, event.time))
    if grant.key:  # issued once in a second
        marks.append(("key", grant.key, event.time))
    return marks


def merge_copies(grants: Iterable[Grant]) -> list[Call]:
    """Merge the copies that two accounts logged of one call (guide §3)."""
    grants = list(grants)
    if len(grants) < 2:
        return [alone(grant) for grant in grants]
    of_mark: dict[object, list[Grant]] = {}
    for grant in grants:
        marks = _marks(grant)
        together = [grant]
        for copies in {id(found): found for mark in marks if (found := of_mark.get(mark)) is not None}.values():
            together += copies
        of_mark.update({mark: together for one in together for mark in _marks(one)})
    groups = {id(copies): copies for copies in of_mark.values()}
    calls = []
    for copies in groups.values():
        best = min(copies, key=_precedence)
        calls.append(
            Call(
                _filled(best, copies),
                tuple(sorted({grant.event.id for grant in copies})),
                tuple(sorted({grant.event.account for grant in copies if grant.event.account})),
            )
        )
    return sorted(calls, key=lambda call: (call.time, call.event_ids))


def alone(grant: Grant) -> Call:
    """The call of which there is one record."""
    event = grant.event
    return Call(grant, (event.id,), (event.account,) if event.account else ())


def _precedence(grant: Grant) -> tuple[bool, bool, bool, str]:
    """A copy that says who called goes first, and of those the caller's own."""
    return grant.caller.type == "Unknown", grant.event.copy, grant.response_omitted, grant.event.id


_SHOWN = ("key", "expires", "principal_id", "role_name", "role_arn", "session_name", "source_identity")


def _filled(best: Grant, copies: Sequence[Grant]) -> Grant:
    """The copy with what only the others show of the session: a response may be left out in one of them."""
    added = {}
    for name in _SHOWN:
        if getattr(best, name) is None:
            values = {value for one in copies if (value := getattr(one, name)) is not None}
            if values:
                added[name] = min(values)
    return msgspec.structs.replace(best, **added) if added else best


def services_named(calls: Sequence[Call]) -> Sequence[Call]:
    """The calls that may have opened a session; those of services that their records do not name with the one service
    that the others name, for a record that says less is no other caller."""
    callers = [call.grant.caller for call in calls]
    named = {who.invoked_by for who in callers if who.type == "AWSService" and not keys.is_unnamed_service(who)}
    return [_by_service(call, *named) for call in calls] if len(named) == 1 else calls


def _by_service(call: Call, name: str | None) -> Call:
    """The call as that service made it, where its record does not name its service."""
    who = call.grant.caller
    if not keys.is_unnamed_service(who):
        return call
    caller = msgspec.structs.replace(who, invoked_by=name)
    return call._replace(grant=msgspec.structs.replace(call.grant, caller=caller))


class Context:
    """Facts beyond the bucket: who issued which key, forward access of callers, user names."""

    def __init__(self, items: Mapping[JoinKey, Sequence[Item]]) -> None:
        self._items = items
        self._issuers: dict[str, list[Call]] = {}

    def issuers(self, key: str) -> list[Call]:
        """All calls that issued the key."""
        found = self._issuers.get(key)
        if found is None:
            items = self._items.get(JoinKey(KeyKind.ACCESS_KEY, key), ())
            found = self._issuers[key] = merge_copies(
                item for item in items if isinstance(item, Grant) and item.key == key
            )
        return found

    def issued_to(self, who: Identity) -> list[Call]:
        """The calls that issued the identity's key for its session (rule 2): the principal must agree."""
        key, created = who.access_key_id, who.created
        if not key or created is None or is_long_term(key):
            return []
        return [
            call for call in self.issuers(key)
            if same_principal(call.grant, who) and abs(call.time - created) <= TOLERANCE_SECONDS
        ]  # fmt: skip

    def principal(self, who: Identity) -> keys.Principal:
        """The identity's principal: by its unique ID where the record does not name it."""
        owner = keys.principal(who)
        unique = keys.unnamed_id(who)
        if unique is None:
            return owner
        named = [
            (sighting.last, sighting.first, keys.named(sighting.principal, sighting.arn))
            for sighting in self._items.get(JoinKey(KeyKind.UNIQUE_ID, unique), ())
            if isinstance(sighting, Sighting) and sighting.principal.startswith("arn:")
        ]
        fitting = [
            one for one in named
            if one[2].account == who.account and (who.type != "IAMUser" or who.user_name in (None, one[2].name))
        ]  # fmt: skip
        return max(fitting)[2] if fitting else owner

    def caller(self, who: Identity) -> tuple[Ref, str | None]:
        """The node of a caller, and the key of its session."""
        session = self.session(who)
        lasting = long_term_key(who)
        if lasting is not None:
            return Ref(schema.CREDENTIAL, lasting), session
        if session is None:
            return self.principal(who).ref, None
        if who.access_key_id and self.issued_to(who):
            return Ref(schema.CREDENTIAL, f"{who.access_key_id} {session}"), session
        return Ref(schema.SESSION, session), session

    def session(self, who: Identity) -> str | None:
        """Key of the session that an identity states, None where it states none or forward access alone does."""
        session = keys.session_of(who)
        if session is None or who.created is None or not is_unsure(who):
            return session
        group = keys.group(who)
        nearby = near(KeyKind.SESSION, group, who.created) if group else []
        state = state_of(who, [item for key in nearby for item in self._items.get(key, ())])
        return keys.session_key(who.account, *state) if state is not None else None

    def user_ids(self, name: str) -> tuple[tuple[str | None, str], ...]:
        """Identity stores and user IDs that go with a user name."""
        found: set[tuple[str | None, str]] = set()
        for item in self._items.get(of_user(KeyKind.USER_NAME, name), ()):
            if isinstance(item, UserName):
                found |= {(one.store, one.user_id) for one in self._parts(item) if one.user_id}
            elif isinstance(item, Actor) and (named := keys.named_user(item.who)) is not None:
                found.add(named)
        return tuple(sorted(found, key=lambda pair: (pair[1], pair[0] or "")))

    def name_of(self, user_id: str) -> str | None:
        """The user name that goes with an Identity Center user ID; the longest of several, as nodes have it."""
        items = self._items.get(JoinKey(KeyKind.USER_ID, user_id), ())
        names = {one.name for item in items if isinstance(item, UserName) for one in self._parts(item) if one.name}
        return max(names, key=lambda name: (len(name), name), default=None)

    def _parts(self, fact: UserName) -> list[UserName]:
        """What a fact states, with the other events of its sign-in where it states a name or a user ID alone."""
        others = self._items.get(JoinKey(KeyKind.SIGN_IN, fact.workflow), ()) if fact.workflow else ()
        return [fact, *(item for item in others if isinstance(item, UserName))]

    def portals(self, grant: Grant) -> list[Portal]:
        """The portal events that asked for that permission set about then, whoever asked."""
        time, account = grant.event.time, grant.account or ""
        found = {
            item
            for key in near(KeyKind.PORTAL, account, time, PORTAL_SECONDS)
            for item in self._items.get(key, ())
            if isinstance(item, Portal)
            and abs(item.event.time - time) <= PORTAL_SECONDS
            and f"_{item.role_name}_" in (grant.role_name or "")
        }
        return in_order(found)


def in_order(facts: Iterable[T]) -> list[T]:
    """The facts, each once, in order of time and event ID."""
    found = list(facts)
    return sorted(set(found), key=lambda fact: (fact.event.time, fact.event.id)) if len(found) > 1 else found


def state_of(who: Identity, items: Sequence[Item]) -> tuple[str, int, bool] | None:
    """The session that an identity states: principal ID, time, and whether AssumeRoot granted it; None where it is
    forward access alone. `items` are the facts and actors of its group around that time."""
    named, created = keys.session_id(who), who.created
    if named is None or created is None or (is_forwarded(who) and not proves_session(who, items)):
        return None
    if not who.principal_id:
        named = _id_of(created, items, keys.group(who)) or named
    return named, created, who.assumed_root or (who.assumed_root_unknown and _is_root_task(who, items))


def _id_of(created: int, items: Sequence[Item], group: str | None) -> str | None:
    """The principal ID of the session that began then, from the records that have one; None where none or several."""
    stated = {item.who.principal_id for item in items if isinstance(item, Actor) and item.who.created == created}
    found = stated - {None}
    for distance in range(TOLERANCE_SECONDS + 1):
        if found:
            break
        found = {
            item.principal_id for item in items
            if isinstance(item, Grant) and item.principal_id and abs(item.event.time - created) <= distance
            and keys.granted_group(item) == group
        }  # fmt: skip
    return found.pop() if len(found) == 1 else None


def _is_root_task(who: Identity, items: Sequence[Item]) -> bool:
    """Was a root session of an unclear form granted by AssumeRoot: does another record say so, or does
    an AssumeRoot fit?"""
    created = who.created or 0
    stated = {
        item.who.assumed_root for item in items
        if isinstance(item, Actor) and item.who.created == created and not item.who.assumed_root_unknown
    }  # fmt: skip
    if stated:
        return stated == {True}
    return any(
        isinstance(item, Grant) and item.kind == "assume-root" and abs(item.event.time - created) <= TOLERANCE_SECONDS
        for item in items
    )


def proves_session(who: Identity, items: Sequence[Item]) -> bool:
    """Is there a grant, a sign-in or a direct call of the session that a forward access identity states? AWS keeps
    the keys of forward access: how long one is used proves nothing."""
    created = who.created or 0
    for item in items:
        if isinstance(item, Grant):
            if keys.granted_group(item) == keys.group(who) and abs(item.event.time - created) <= TOLERANCE_SECONDS:
                return True
        elif isinstance(item, SignIn):
            if abs(item.event.time - created) <= TOLERANCE_SECONDS or item.caller.created == created:
                return True
        elif isinstance(item, Actor):
            same = item.who.principal_id == who.principal_id and item.who.created == created
            if same and not item.who.invoked_by:
                return True
    return False


def same_principal(grant: Grant, who: Identity) -> bool:
    """Does the granted session belong to the identity's principal?"""
    if keys.granted_group(grant) != keys.group(who):
        return False
    if grant.session_type == "root" and (grant.kind == "assume-root") != who.assumed_root:
        return who.assumed_root_unknown
    if not who.principal_id:
        return True
    return grant.principal_id is None or grant.principal_id == who.principal_id
