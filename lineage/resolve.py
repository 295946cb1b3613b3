"""Facts to lineage: which grant opened which session, and who asked for it.

Everything here is a pure function of facts. What is derived belongs to a *scope*, a look-up term: the
sessions of one role and session name (or one user) within one time bucket, or one long-term key. A scope is
derived from the facts that its terms find and from nothing else, so that it comes out the same whenever and
in whatever order those facts arrived (design §7). Rules and tolerances: field guide §12.3, §4.3.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from lineage import how, keys, schema
from lineage.facts import AnyFact, Fact, Grant, Identity, Made, Portal, SignIn, UserName
from lineage.keys import Ref

TOLERANCE_SECONDS = 2
PORTAL_SECONDS = 5
"""How far a portal event lies from the AssumeRoleWithSAML that it led to (guide §2.8)."""
FORWARD_MINT_SECONDS = 60
"""A forward access key of a long-term caller is minted at most this long before its use (guide §12.2, P4)."""


class Actor(NamedTuple):
    """An identity as it stands on records, with the last second it was seen."""

    id: int
    who: Identity
    last: int


Item = Actor | Fact
Lookup = Callable[[Iterable[str]], Mapping[str, Sequence[Item]]]
"""Gives the facts and actors of each term."""


class Call(NamedTuple):
    """One granting call, with the copies that two accounts logged of it merged."""

    grant: Grant
    """The caller's copy where there is one."""
    event_ids: tuple[str, ...]
    accounts: tuple[str, ...]

    @property
    def time(self) -> int:
        return self.grant.event.time


class Assumed(NamedTuple):
    """One caller's way into a session."""

    caller: Ref
    calls: tuple[Call, ...]
    parent: bool
    rule: str
    confidence: str


class Issued(NamedTuple):
    """An access key that came with a session, and the calls that issued it."""

    key: str
    calls: tuple[Call, ...]
    rule: str
    confidence: str


class Session(NamedTuple):
    """A session with all that joins to it."""

    key: str
    account: str | None
    principal_id: str | None
    created: int
    type: str
    name: str | None
    principal: keys.Principal
    actors: tuple[Actor, ...]
    assumed: tuple[Assumed, ...]
    issued: tuple[Issued, ...]
    sign_ins: tuple[SignIn, ...]
    candidates: int
    user_ids: tuple[tuple[str | None, str], ...]
    """Identity stores and user IDs that go with the session's single sign-on user name."""
    portals: tuple[Portal, ...]
    """Portal events of that user that led to the session."""

    @property
    def ref(self) -> Ref:
        return Ref(schema.SESSION, self.key)


class LongTermKey(NamedTuple):
    """A long-term access key: whose it is, and who made it where that was logged."""

    key: str
    owner: keys.Principal | None
    made: tuple[Made, ...]
    used: bool


class Link(NamedTuple):
    """Where the calls of an identity hang in the graph."""

    source: Ref
    session: str | None
    principal: keys.Principal


class Derived(NamedTuple):
    """All that the dirty scopes derive to."""

    sessions: dict[str, list[Session]]
    """By scope; an empty list where nothing is left."""
    long_term: dict[str, LongTermKey | None]
    links: dict[int, Link]
    """By actor."""


def terms_of_actor(actor_id: int, who: Identity) -> list[str]:
    """The terms under which an identity is found: that of its own scope first."""
    found = [_scope_of_actor(actor_id, who)]
    if who.access_key_id and found[0] != keys.key_term(who.access_key_id):
        found.append(keys.key_term(who.access_key_id))
    if _named_user(who) is not None:
        found.append(keys.name_term(who.session_name or ""))
    return found


def _scope_of_actor(actor_id: int, who: Identity) -> str:
    """The scope that an identity's link is derived in: its long-term key, the session that it states, or itself."""
    if who.access_key_id and is_long_term(who.access_key_id):
        return keys.key_term(who.access_key_id)
    session_group = keys.group(who)
    if keys.session_of(who) is not None and session_group is not None:
        return keys.session_term(session_group, who.created or 0)
    return f"a {actor_id}"


def terms_of_fact(fact: AnyFact) -> list[str]:
    """The terms under which a fact is found."""
    found: list[str] = []
    time = fact.event.time
    if isinstance(fact, Grant):
        granted = keys.granted_group(fact)
        if granted is not None:
            found.append(keys.session_term(granted, time))
        if fact.key:
            found.append(keys.key_term(fact.key))
        caller = fact.caller
        if caller.access_key_id:
            found.append(keys.caller_term(caller.access_key_id))
        caller_group = keys.group(caller)
        if is_forwarded(caller) and caller_group and caller.created is not None:
            found.append(keys.forward_term(caller_group, caller.created))
        if fact.session_name and how.is_identity_center(fact):
            found.append(keys.named_term(fact.session_name))
            found.append(keys.entered_term(fact.account or "", time))
    elif isinstance(fact, Portal) and fact.account:
        found.append(keys.portal_term(fact.account, time))
    elif isinstance(fact, SignIn):
        session_group = keys.group(fact.caller)
        if session_group is not None:
            moments = {time} | ({fact.caller.created} if fact.caller.created is not None else set())
            found += sorted({keys.session_term(session_group, moment) for moment in moments})
    elif isinstance(fact, UserName):
        found.append(keys.name_term(fact.name))
    elif isinstance(fact, Made) and fact.key:
        found.append(keys.key_term(fact.key))
    return found


def touched_by_actor(actor_id: int, who: Identity) -> list[str]:
    """The scopes, and the terms whose finds name further scopes, that a new identity may change."""
    found = [_scope_of_actor(actor_id, who)]
    session_group = keys.group(who)
    if found[0][0] == "s" and session_group is not None and who.created is not None:
        found += keys.near_terms(session_group, who.created)
        if who.type in ("IAMUser", "Root"):
            # A direct call proves a session that forward access alone does not.
            found += [f"f{term[1:]}" for term in keys.near_terms(session_group, who.created)]
    if _named_user(who) is not None:
        found.append(keys.named_term(who.session_name or ""))
    return found


def touched_by_fact(fact: AnyFact) -> list[str]:
    """The scopes, and the terms whose finds name further scopes, that a fact may change."""
    found: list[str] = []
    time = fact.event.time
    if isinstance(fact, Grant):
        granted = keys.granted_group(fact)
        if granted is not None:
            near = keys.near_terms(granted, time)
            found += near
            if fact.session_type in ("user", "root"):
                found += [f"f{term[1:]}" for term in near]
        if fact.key:
            found += [keys.key_term(fact.key), keys.caller_term(fact.key)]
    elif isinstance(fact, SignIn):
        session_group = keys.group(fact.caller)
        if session_group is not None:
            for moment in {time} | ({fact.caller.created} if fact.caller.created is not None else set()):
                found += keys.near_terms(session_group, moment)
    elif isinstance(fact, Portal) and fact.account:
        found += [keys.entered_term(fact.account, moment) for moment in keys.moments(time, PORTAL_SECONDS)]
    elif isinstance(fact, UserName):
        found.append(keys.named_term(fact.name))
    elif isinstance(fact, Made) and fact.key:
        found.append(keys.key_term(fact.key))
    return found


def _named_user(who: Identity) -> tuple[str | None, str] | None:
    """Identity store and user ID where a permission-set session states on whose behalf it acts: its session
    name is that user's name (guide §2.8)."""
    if who.on_behalf_of and who.session_name and (who.role_name or "").startswith("AWSReservedSSO_"):
        return who.identity_store, who.on_behalf_of
    return None


def is_long_term(access_key_id: str) -> bool:
    """Is it a long-term key? Temporary keys begin with ASIA; others (AKIA, pre-2010 forms) last."""
    return not access_key_id.startswith("ASIA")


def expand(terms: Iterable[str], lookup: Lookup) -> set[str]:
    """The scopes behind dirty terms: those that are scopes, and those of the facts that the others find."""
    scopes = {term for term in terms if term[0] in "sa" or (term[0] == "k" and is_long_term(term[2:]))}
    for items in lookup([term for term in terms if term not in scopes]).values():
        for item in items:
            if isinstance(item, Actor):
                scopes.update(term for term in touched_by_actor(item.id, item.who) if term[0] in "sak")
            elif isinstance(item, Grant):
                granted = keys.granted_group(item)
                if granted is not None:
                    scopes.update(keys.near_terms(granted, item.event.time))
    return {scope for scope in scopes if scope[0] in "sak"}


def derive(scopes: Iterable[str], lookup: Lookup) -> Derived:
    """Derive the scopes anew from what `lookup` finds."""
    scopes = set(scopes)
    found = Derived({}, {}, {})
    buckets = {scope: _bucket(scope) for scope in scopes if scope[0] == "s"}
    near = {term for group, bucket in buckets.values() for term in _around(group, bucket)}
    near |= {scope for scope in scopes if scope[0] in "ka"}
    items = lookup(near)

    for scope in sorted(scopes):
        if scope[0] == "k":
            found.long_term[scope] = _long_term(scope[2:], items.get(scope, ()), found.links)
        elif scope[0] == "a":
            for item in items.get(scope, ()):
                if isinstance(item, Actor):
                    found.links[item.id] = _lone_link(item.who)

    workspaces = {}
    wanted: set[str] = set()
    for scope, (group, bucket) in buckets.items():
        work = workspaces[scope] = _Workspace(group, bucket, [items.get(term, ()) for term in _around(group, bucket)])
        wanted |= work.wanted_terms()
    context = _Context(lookup(wanted))
    for scope in sorted(workspaces):
        found.sessions[scope] = workspaces[scope].sessions(context, found.links)
    return found


def _bucket(scope: str) -> tuple[str, int]:
    _, rest = scope.split(" ", 1)
    group, bucket = rest.rsplit(" ", 1)
    return group, int(bucket)


def _around(group: str, bucket: int) -> list[str]:
    return [f"s {group} {number}" for number in (bucket - 1, bucket, bucket + 1)]


def _lone_link(who: Identity) -> Link:
    """The link of an identity that states no session and used no key that lasts."""
    owner = keys.principal(who)
    return Link(owner.ref, None, owner)


def _long_term(key: str, items: Sequence[Item], links: dict[int, Link]) -> LongTermKey | None:
    """The long-term key of a scope and the links of all identities that used it."""
    made = sorted(
        (item for item in items if isinstance(item, Made) and item.key == key),
        key=lambda fact: (fact.event.time, fact.event.id),
    )
    owners: list[keys.Principal] = []
    used = False
    for item in items:
        if isinstance(item, Actor) and item.who.access_key_id == key:
            owner = keys.principal(item.who)
            links[item.id] = Link(Ref(schema.CREDENTIAL, key), None, owner)
            used = True
            owners.append(owner)
    if not owners:
        owners += [keys.user(arn) for fact in made if (arn := keys.made_for(fact)) is not None]
    known = sorted({owner for owner in owners if owner.kind != "Unknown"}, key=lambda owner: (owner.arn is None, owner))
    if not used and not made:
        return None
    return LongTermKey(key, known[0] if known else None, tuple(made), used)


def is_forwarded(who: Identity) -> bool:
    """Could this be a forward access session of a long-term caller (guide §2.12, §12.2 P4)?"""
    return who.type in ("IAMUser", "Root") and bool(who.invoked_by) and not (
        who.access_key_id and is_long_term(who.access_key_id)
    )


def _merge_copies(grants: Iterable[Grant]) -> list[Call]:
    """Merge the copies that two accounts logged of one call (guide §3)."""
    groups: dict[object, list[Grant]] = defaultdict(list)
    for grant in grants:
        event = grant.event
        if event.shared_id:
            groups["shared", event.shared_id].append(grant)
        elif event.request_id:
            groups["request", event.request_id, event.api, event.time].append(grant)
        else:
            groups["event", event.id].append(grant)
    calls = []
    for copies in groups.values():
        best = min(copies, key=lambda grant: (grant.event.copy, grant.response_omitted, grant.event.id))
        calls.append(
            Call(
                best,
                tuple(sorted({grant.event.id for grant in copies})),
                tuple(sorted({grant.event.account for grant in copies if grant.event.account})),
            )
        )
    return sorted(calls, key=lambda call: (call.time, call.event_ids))


class _Context:
    """Facts beyond the bucket: who issued which key, forward access of callers, user names."""

    def __init__(self, items: Mapping[str, Sequence[Item]]) -> None:
        self._items = items
        self._issuers: dict[str, list[Call]] = {}

    def issuers(self, key: str) -> list[Call]:
        """All calls that issued the key."""
        found = self._issuers.get(key)
        if found is None:
            items = self._items.get(keys.key_term(key), ())
            found = self._issuers[key] = _merge_copies(
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
            if _same_principal(call.grant, who) and abs(call.time - created) <= TOLERANCE_SECONDS
        ]  # fmt: skip

    def caller(self, who: Identity) -> tuple[Ref, keys.Principal]:
        """The node of a caller, and its principal."""
        owner = keys.principal(who)
        key = who.access_key_id
        if key and is_long_term(key):
            return Ref(schema.CREDENTIAL, key), owner
        session = keys.session_of(who)
        if session is None or (is_forwarded(who) and not self._is_session(who)):
            return owner.ref, owner
        if key and self.issued_to(who):
            return Ref(schema.CREDENTIAL, f"{key} {session}"), owner
        return Ref(schema.SESSION, session), owner

    def _is_session(self, who: Identity) -> bool:
        """Does anything but forward access prove the user session that `who` states?"""
        group = keys.group(who)
        if group is None or who.created is None:
            return False
        terms = keys.near_terms(group, who.created)
        return _proves_session(who, [item for term in terms for item in self._items.get(term, ())])

    def user_ids(self, name: str) -> tuple[tuple[str | None, str], ...]:
        """Identity stores and user IDs that go with a user name."""
        found: set[tuple[str | None, str]] = set()
        for item in self._items.get(keys.name_term(name), ()):
            if isinstance(item, UserName):
                found.add((item.store, item.user_id))
            elif isinstance(item, Actor) and (named := _named_user(item.who)) is not None:
                found.add(named)
        return tuple(sorted(found, key=lambda pair: (pair[1], pair[0] or "")))

    def portals(self, grant: Grant) -> list[Portal]:
        """The portal events that asked for that permission set about then, whoever asked."""
        time, account = grant.event.time, grant.account or ""
        found = {
            item
            for moment in keys.moments(time, PORTAL_SECONDS)
            for item in self._items.get(keys.portal_term(account, moment), ())
            if isinstance(item, Portal)
            and abs(item.event.time - time) <= PORTAL_SECONDS
            and f"_{item.role_name}_" in (grant.role_name or "")
        }
        return sorted(found, key=lambda fact: (fact.event.time, fact.event.id))


def _proves_session(who: Identity, items: Sequence[Item]) -> bool:
    """Is there a grant, a sign-in or a direct call of the session that a forward access identity states?"""
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
            if same and (not item.who.invoked_by or item.last - created > FORWARD_MINT_SECONDS):
                return True
    return False


def _same_principal(grant: Grant, who: Identity) -> bool:
    """Does the granted session belong to the identity's principal?"""
    if keys.granted_group(grant) != keys.group(who):
        return False
    return grant.principal_id is None or grant.principal_id == who.principal_id


class _Workspace:
    """One session scope: its group of sessions around one time bucket."""

    def __init__(self, group: str, bucket: int, around: Sequence[Sequence[Item]]) -> None:
        self.group = group
        self.bucket = bucket
        items = list({id(item): item for chunk in around for item in chunk}.values())
        self.items = items
        self.actors = sorted({item for item in items if isinstance(item, Actor)}, key=lambda actor: actor.id)
        self.calls = _merge_copies({item for item in items if isinstance(item, Grant) and keys.granted_group(item) == group})
        self.sign_ins = sorted(
            {item for item in items if isinstance(item, SignIn)}, key=lambda fact: (fact.event.time, fact.event.id)
        )
        self.opened = [_opened(fact) for fact in self.sign_ins if _opens_another(fact)]
        self.forwarded = [
            actor for actor in self.actors if is_forwarded(actor.who) and not _proves_session(actor.who, items)
        ]

    def wanted_terms(self) -> set[str]:
        """Terms of the facts beyond the bucket that deriving it needs."""
        wanted: set[str] = set()
        for actor in self.actors:
            if actor.who.access_key_id and self._mine(actor.who.created or 0):
                wanted.add(keys.key_term(actor.who.access_key_id))
        for call in self.calls:
            caller = call.grant.caller
            if caller.access_key_id and not is_long_term(caller.access_key_id):
                wanted.add(keys.key_term(caller.access_key_id))
            caller_group = keys.group(caller)
            if is_forwarded(caller) and caller_group and caller.created is not None:
                wanted.update(keys.near_terms(caller_group, caller.created))
            if call.grant.session_name and how.is_identity_center(call.grant):
                wanted.add(keys.name_term(call.grant.session_name))
                wanted |= {keys.portal_term(call.grant.account or "", moment) for moment in keys.moments(call.time, PORTAL_SECONDS)}
        return wanted

    def _mine(self, time: int) -> bool:
        return time // keys.BUCKET_SECONDS == self.bucket

    def sessions(self, context: _Context, links: dict[int, Link]) -> list[Session]:
        """The sessions that began in the bucket, in order; adds the links of their actors."""
        skipped = {actor.id for actor in self.forwarded}
        for actor in self.forwarded:
            if self._mine(actor.who.created or 0):
                links[actor.id] = _lone_link(actor.who)
        stated: dict[tuple[str, int, bool], list[Actor]] = defaultdict(list)
        for actor in self.actors:
            who = actor.who
            if actor.id not in skipped and who.principal_id and who.created is not None:
                stated[who.principal_id, who.created, who.assumed_root].append(actor)

        fits: dict[tuple[str, int, bool], list[Call]] = {}
        taken: set[tuple[str, ...]] = set()
        for state in stated:
            fits[state] = self._fitting(state, stated, context)
            taken |= {call.event_ids for call in fits[state]}

        sessions = []
        for state, actors in stated.items():
            principal_id, created, assumed_root = state
            if not self._mine(created):
                continue
            key = keys.session_key(actors[0].who.account, principal_id, created, assumed_root)
            session = self._session(key, principal_id, created, actors, fits[state], context, assumed_root)
            sessions.append(session)
            issued = {issue.key for issue in session.issued}
            for actor in actors:
                used = actor.who.access_key_id
                source = Ref(schema.CREDENTIAL, f"{used} {key}") if used in issued else session.ref
                links[actor.id] = Link(source, key, session.principal)

        unused: dict[tuple[str, int], list[Call]] = defaultdict(list)
        for call in self.calls:
            if call.event_ids not in taken and self._mine(call.time):
                unused[self._granted_id(call.grant), call.time].append(call)
        for (granted_id, time), calls in unused.items():
            grant = calls[0].grant
            key = keys.session_key(grant.account, granted_id, time, grant.kind == "assume-root")
            sessions.append(
                self._session(key, grant.principal_id, time, [], calls, context, grant.kind == "assume-root")
            )
        return sorted(sessions, key=lambda session: session.key)

    @staticmethod
    def _granted_id(grant: Grant) -> str:
        if grant.principal_id:
            return grant.principal_id
        return f"role:{grant.role_name}:{grant.session_name}"

    def _fitting(
        self,
        state: tuple[str, int, bool],
        stated: Mapping[tuple[str, int, bool], Sequence[Actor]],
        context: _Context,
    ) -> list[Call]:
        """The calls that may have opened the session: by the smallest distance in time with a hit (guide §4.3)."""
        principal_id, created, assumed_root = state
        actors = stated[state]
        found: list[Call] = []
        for calls in (self.calls, self.opened):
            for distance in range(TOLERANCE_SECONDS + 1):
                found = [
                    call for call in calls
                    if abs(call.time - created) <= distance
                    and call.grant.principal_id in (None, principal_id)
                    and (call.grant.kind == "assume-root") == assumed_root
                    # A call that opened another session to the second is not offered to its neighbours.
                    and (call.time == created or (principal_id, call.time, assumed_root) not in stated)
                ]  # fmt: skip
                if found:
                    break
            if found:
                break
        by_key = [call for actor in actors for call in context.issued_to(actor.who)]
        merged = {call.event_ids: call for call in found}
        for call in by_key:
            merged.setdefault(call.event_ids, call)
        return sorted(merged.values(), key=lambda call: (call.time, call.event_ids))

    def _session(
        self, key: str, principal_id: str | None, created: int, actors: Sequence[Actor], calls: Sequence[Call],
        context: _Context, assumed_root: bool,
    ) -> Session:  # fmt: skip
        callers: dict[Ref, list[Call]] = defaultdict(list)
        kept = []
        for call in calls:
            caller, _ = context.caller(call.grant.caller)
            began = call.grant.caller.created
            if keys.session_of(call.grant.caller) == key or (began is not None and began > call.time + TOLERANCE_SECONDS):
                continue  # issues itself, or asked for before the caller began: no hop (design §4, invariant 4)
            callers[caller].append(call)
            kept.append(call)

        issued = self._issued(actors, kept, context)
        decided = {
            caller
            for issue in issued
            if any(actor.who.access_key_id == issue.key for actor in actors)
            for caller, theirs in callers.items()
            if any(call in theirs for call in issue.calls)
        }
        logged = {actor.who.access_key_id for actor in actors if actor.who.access_key_id}
        undecided = logged - {issue.key for issue in issued}
        parent = None
        if len(callers) == 1:
            parent = next(iter(callers))
        elif len(decided) == 1 and not undecided:
            parent = next(iter(decided))

        sign_ins = tuple(
            fact for fact in self.sign_ins
            if abs((fact.caller.created if fact.caller.created is not None else fact.event.time) - created) <= TOLERANCE_SECONDS
            and (fact.caller.principal_id or principal_id) == principal_id
        )  # fmt: skip
        assumed = tuple(
            Assumed(caller, tuple(theirs), caller == parent, *_evidence(theirs, callers, parent, actors, sign_ins))
            for caller, theirs in sorted(callers.items())
        )
        first = kept[0].grant if kept else (calls[0].grant if calls else None)
        who = actors[0].who if actors else None
        user_ids: tuple[tuple[str | None, str], ...] = ()
        portals: tuple[Portal, ...] = ()
        if first is not None and first.session_name and how.is_identity_center(first):
            user_ids = context.user_ids(first.session_name)
            portals = _agreeing(context.portals(first), first.session_name, {user_id for _, user_id in user_ids})
            if not user_ids and len({fact.caller.on_behalf_of for fact in portals}) == 1:
                user_ids = tuple((fact.caller.identity_store, fact.caller.on_behalf_of or "") for fact in portals[:1])
        return Session(
            key=key,
            account=(who.account if who else None) or (first.account if first else None),
            principal_id=principal_id,
            created=created,
            type=_session_type(who, first),
            name=(who.session_name if who else None) or (first.session_name if first else None),
            principal=_principal(actors, first),
            actors=tuple(actors),
            assumed=assumed,
            issued=issued,
            sign_ins=sign_ins,
            candidates=len(kept),
            user_ids=user_ids,
            portals=portals,
        )

    @staticmethod
    def _issued(actors: Sequence[Actor], calls: Sequence[Call], context: _Context) -> tuple[Issued, ...]:
        """The keys that came with the session."""
        issued: dict[str, list[Call]] = defaultdict(list)
        for call in calls:
            if call.grant.key and call.grant.key != call.grant.caller.access_key_id:
                issued[call.grant.key].append(call)
        return tuple(
            Issued(key, tuple(issuing), "2", "EXACT" if len(issuing) == 1 else "STRONG")
            for key, issuing in sorted(issued.items())
        )


def _agreeing(portals: Iterable[Portal], name: str, user_ids: set[str]) -> tuple[Portal, ...]:
    """The portal events of that very user, by ID or name: time and role alone do not tell who asked."""
    return tuple(
        fact for fact in portals
        if fact.caller.on_behalf_of
        and (fact.caller.on_behalf_of in user_ids or (fact.caller.user_name or "").casefold() == name.casefold())
    )  # fmt: skip


def _opens_another(fact: SignIn) -> bool:
    """Does the sign-in event open a session of its own time from an older one (guide §4.2: brokers, RenewRole)?"""
    began = fact.caller.created
    return (
        fact.kind in ("GetSigninToken", "RenewRole")
        and began is not None
        and fact.event.time - began > TOLERANCE_SECONDS
    )


def _opened(fact: SignIn) -> Call:
    """The sign-in event as the call that opened a session for its own caller."""
    who = fact.caller
    types = {"IAMUser": "user", "Root": "root", "FederatedUser": "federated"}
    grant = Grant(
        event=fact.event, caller=who, kind="sign-in", session_type=types.get(who.type, "role"), account=who.account,
        partition=keys.partition_of(who.arn), principal_id=who.principal_id, role_name=who.role_name,
        role_arn=who.role_arn, session_name=who.session_name, key=fact.key, source_identity=who.source_identity,
    )  # fmt: skip
    return Call(grant, (fact.event.id,), (fact.event.account,) if fact.event.account else ())


def _session_type(who: Identity | None, grant: Grant | None) -> str:
    if who is not None:
        return {"IAMUser": "user", "Root": "root", "FederatedUser": "federated"}.get(who.type, "role")
    return grant.session_type if grant else "role"


def _principal(actors: Sequence[Actor], grant: Grant | None) -> keys.Principal:
    """The lasting principal of a session."""
    if actors:
        return min((keys.principal(actor.who) for actor in actors), key=lambda owner: (-len(owner.arn or ""), owner))
    assert grant is not None
    if grant.session_type == "role":
        return keys.role(grant.partition, grant.account, grant.role_name, grant.role_arn)
    if grant.session_type == "root":
        return keys.root(grant.account, grant.partition)
    if grant.session_type == "federated":
        arn = f"arn:{grant.partition}:sts::{grant.account}:federated-user/{grant.session_name}"
        return keys.Principal("FederatedUser", arn, grant.session_name, grant.account, arn)
    return keys.principal(grant.caller)


def _evidence(
    calls: Sequence[Call], callers: Mapping[Ref, Sequence[Call]], parent: Ref | None, actors: Sequence[Actor],
    sign_ins: Sequence[SignIn],
) -> tuple[str, str]:  # fmt: skip
    """Rule and confidence of the way in through these calls (guide §12.3)."""
    grant = calls[0].grant
    marks = {actor.who.sign_in_session for actor in actors if actor.who.sign_in_session}
    if not actors:
        rule, confidence = "2" if grant.key else "4", "EXACT"
    elif grant.kind == "sign-in":
        rule, confidence = "5", "STRONG"
    elif grant.kind == "console-login":
        same = grant.caller.sign_in_session in marks if grant.caller.sign_in_session else False
        rule, confidence = ("3", "EXACT") if same else ("5", "STRONG")
    elif grant.principal_id is None:
        rule, confidence = "4b", "STRONG"
    elif grant.kind == "saml" and any(fact.kind == "ConsoleLogin" for fact in sign_ins):
        rule, confidence = "5b", "STRONG"
    else:
        rule, confidence = "4", "STRONG"
    if len(callers) > 1 and parent is None:
        confidence = schema.weakest([confidence, "LIKELY"])
    return rule, confidence
