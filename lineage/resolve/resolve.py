"""Facts to lineage: which grant opened which session, and who asked for it.

Everything here is a pure function of facts. What is derived belongs to a *unit*, a join key: the
sessions of one role and session name (or one user) within one time bucket, or one long-term key. A unit is
derived from the facts that its join keys find and from nothing else, so that it comes out the same whenever and
in whatever order those facts arrived (design §7). Rules and tolerances: field guide §12.3, §4.3.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from lineage.model import grant_method, keys, schema
from lineage.model.arn import is_long_term
from lineage.model.facts import Fact, Grant, Identity, Made, Portal, SignIn, UserName
from lineage.model.keys import Ref
from lineage.resolve.context import TOLERANCE_SECONDS, Context, in_order, merge_copies, services_named, state_of
from lineage.resolve.evidence import agreeing, evidence, opened, opens_another, principal_of, signed_in_key
from lineage.resolve.join_keys import (
    BUCKET_SECONDS,
    PORTAL_SECONDS,
    JoinKey,
    KeyKind,
    began,
    beside,
    is_single_sign_on,
    is_unsure,
    long_term_key,
    moments,
    name_and_bucket,
    named_by,
    near,
    of_user,
    states_user_id_alone,
    touched_by_actor,
)
from lineage.resolve.resolved import Actor, Assumed, Call, Derived, Issued, Item, Link, LongTermKey, Lookup, Session


def expand(join_keys: Iterable[JoinKey], lookup: Lookup) -> set[JoinKey]:
    """The units behind dirty join keys: those that are units, and those of the facts that the others find."""
    join_keys = list(join_keys)
    units = {key for key in join_keys if key.is_unit}
    further: set[JoinKey] = set()
    for items in lookup([key for key in join_keys if key not in units]).values():
        for item in items:
            units |= _units_of(item)
            if isinstance(item, UserName) and item.workflow:
                further.update(named_by(item))  # one event of a sign-in shows what another one is about
    for items in lookup(further).values() if further else ():
        units.update(unit for item in items for unit in _units_of(item))
    return units


def _units_of(item: Item) -> set[JoinKey]:
    """The units that an identity, a grant or a sign-in event may change."""
    if isinstance(item, Actor):
        return {key for key in touched_by_actor(item.id, item.who) if key.is_unit}
    group = None
    if isinstance(item, Grant):
        group = keys.granted_group(item)
    elif isinstance(item, SignIn):
        group = keys.group(item.caller)
    if group is None or not isinstance(item, Fact):
        return set()
    return set(near(KeyKind.SESSION, group, item.event.time))


def derive(units: Iterable[JoinKey], lookup: Lookup) -> Derived:
    """Derive the units anew from what `lookup` finds."""
    by_kind: dict[KeyKind, list[JoinKey]] = defaultdict(list)
    for unit in sorted(set(units)):
        by_kind[unit.kind].append(unit)
    found = Derived({}, {}, {})
    own = lookup([unit for kind in (KeyKind.SESSION, KeyKind.ACCESS_KEY, KeyKind.IDENTITY) for unit in by_kind[kind]])
    sides = {unit: beside(unit, _times(own[unit])) for unit in by_kind[KeyKind.SESSION] if own[unit]}
    further = {key for keys_beside in sides.values() for key in keys_beside if key not in own}
    items = {**own, **lookup(further)} if further else own

    lone = [item for unit in by_kind[KeyKind.IDENTITY] for item in items.get(unit, ()) if isinstance(item, Actor)]
    lasting = {unit: items.get(unit, ()) for unit in by_kind[KeyKind.ACCESS_KEY]}
    users = [item for found_items in lasting.values() for item in found_items if isinstance(item, Actor)]

    workspaces = {}
    wanted = {of_user(KeyKind.USER_NAME, one.who.user_name or "") for one in lone if is_single_sign_on(one.who)}
    wanted |= {JoinKey(KeyKind.USER_ID, one.who.on_behalf_of or "") for one in lone if states_user_id_alone(one.who)}
    wanted |= {
        JoinKey(KeyKind.UNIQUE_ID, unique)
        for actor in (*lone, *users)
        if (unique := keys.unnamed_id(actor.who)) is not None
    }
    for unit, keys_beside in sides.items():
        work = workspaces[unit] = _Workspace(*name_and_bucket(unit), [items[key] for key in (unit, *keys_beside)])
        wanted |= work.wanted()
    about = dict(lookup(wanted))
    workflows = {
        JoinKey(KeyKind.SIGN_IN, item.workflow)
        for found_items in about.values()
        for item in found_items
        if isinstance(item, UserName) and item.workflow
    }
    context = Context({**about, **lookup(workflows)} if workflows else about)
    for unit, of_key in lasting.items():
        found.long_term[unit] = _long_term(unit.value, of_key, context, found.links)
    for actor in lone:
        found.links[actor.id] = _lone_link(actor.who, context)
    for unit in by_kind[KeyKind.SESSION]:
        found.sessions[unit] = workspaces[unit].sessions(context, found.links) if unit in workspaces else []
    return found


def _times(items: Iterable[Item]) -> Iterator[int]:
    """When the items of a session unit happened or began."""
    for item in items:
        if isinstance(item, Actor):
            yield item.who.created or 0
        elif isinstance(item, SignIn):
            yield from moments(item)
        elif isinstance(item, Fact):
            yield item.event.time


def _lone_link(who: Identity, context: Context) -> Link:
    """The link of an identity that states no session and used no key that lasts."""
    owner = context.principal(who)
    if is_single_sign_on(who):
        known = context.user_ids(who.user_name or "")
        if len(known) == 1:
            owner = keys.identity_center_user(*known[0], who.user_name)
    elif states_user_id_alone(who):
        owner = owner._replace(name=context.name_of(who.on_behalf_of or "") or owner.name)
    return Link(owner.ref, None, owner)


def _long_term(key: str, items: Sequence[Item], context: Context, links: dict[bytes, Link]) -> LongTermKey | None:
    """The long-term key of a unit and the links of all identities that used it."""
    made = in_order(item for item in items if isinstance(item, Made) and item.key == key)
    users = [item for item in items if isinstance(item, Actor) and long_term_key(item.who) == key]
    if not users and not made:
        return None
    owner, sure = _owner({item: context.principal(item.who) for item in users}, made)
    for item in users:
        # A row that states a name only is its owner's, as fuller records say.
        mine = owner if item.who.history and owner is not None else context.principal(item.who)
        links[item.id] = Link(Ref(schema.CREDENTIAL, key), None, mine)
    return LongTermKey(key, owner, tuple(made), bool(users), sure)


def _owner(users: Mapping[Actor, keys.Principal], made: Sequence[Made]) -> tuple[keys.Principal | None, bool]:
    """The owner of a long-term key, and whether more than rows of event history say so: who used it by their full
    records, else for whom it was made, else what the rows state."""
    for sure in (True, False):
        owners = {owner for item, owner in users.items() if item.who.history != sure}
        owners = {owner for owner in owners if owner.kind != "Unknown"} or {
            keys.user(arn) for fact in made if fact.caller.history != sure and (arn := keys.made_for(fact)) is not None
        }
        if owners:
            return min(owners, key=lambda owner: (owner.arn is None, owner)), sure
    return None, True


class _Workspace:
    """One session unit: its group of sessions around one time bucket."""

    def __init__(self, group: str, bucket: int, found: Sequence[Sequence[Item]]) -> None:
        self.group = group
        self.bucket = bucket
        items = list({id(item): item for chunk in found for item in chunk}.values())
        self.items = items
        self.actors = sorted((item for item in items if isinstance(item, Actor)), key=lambda actor: actor.id)
        self.calls = merge_copies(
            item for item in items if isinstance(item, Grant) and keys.granted_group(item) == group
        )
        self.sign_ins = in_order(item for item in items if isinstance(item, SignIn))
        self.opened = [opened(fact) for fact in self.sign_ins if opens_another(fact)]
        self.states = {actor.id: state_of(actor.who, items) for actor in self.actors}
        """The session that each identity states; None where forward access alone does."""

    def wanted(self) -> set[JoinKey]:
        """Join keys of the facts beyond the bucket that deriving it needs."""
        wanted: set[JoinKey] = set()
        for actor in self.actors:
            if actor.who.access_key_id and self._mine(actor.who.created or 0):
                wanted.add(JoinKey(KeyKind.ACCESS_KEY, actor.who.access_key_id))
        for call in (*self.calls, *self.opened):
            caller = call.grant.caller
            if caller.access_key_id and not is_long_term(caller.access_key_id):
                wanted.add(JoinKey(KeyKind.ACCESS_KEY, caller.access_key_id))
            caller_group = keys.group(caller)
            if is_unsure(caller) and caller_group and caller.created is not None:
                wanted.update(near(KeyKind.SESSION, caller_group, caller.created))
            if (unique := keys.unnamed_id(caller)) is not None:
                wanted.add(JoinKey(KeyKind.UNIQUE_ID, unique))
            if call.grant.session_name and grant_method.is_identity_center(call.grant):
                wanted.add(of_user(KeyKind.USER_NAME, call.grant.session_name))
                wanted.update(near(KeyKind.PORTAL, call.grant.account or "", call.time, PORTAL_SECONDS))
        return wanted

    def _mine(self, time: int) -> bool:
        return time // BUCKET_SECONDS == self.bucket

    def sessions(self, context: Context, links: dict[bytes, Link]) -> list[Session]:
        """The sessions that began in the bucket, in order; adds the links of their actors."""
        stated: dict[tuple[str, int, bool], list[Actor]] = defaultdict(list)
        for actor in self.actors:
            state = self.states[actor.id]
            if state is not None:
                stated[state].append(actor)
            elif self._mine(actor.who.created or 0):
                links[actor.id] = _lone_link(actor.who, context)

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
            named = None if principal_id.startswith("role:") else principal_id
            session = self._session(key, named, created, actors, fits[state], context)
            sessions.append(session)
            issued = {issue.key for issue in session.issued}
            for actor in actors:
                used = actor.who.access_key_id
                source = Ref(schema.CREDENTIAL, f"{used} {key}") if used in issued else session.ref
                links[actor.id] = Link(source, key, session.principal)

        unused: dict[tuple[str, int], list[Call]] = defaultdict(list)
        # A sign-in event that handed out a key opened a session, used or not.
        keyed = [opened(fact) for fact in self.sign_ins if opens_another(fact) and signed_in_key(fact)]
        for call in (*self.calls, *(call for call in keyed if call.grant.principal_id)):
            if call.event_ids not in taken and self._mine(call.time):
                grant = call.grant
                granted_id = grant.principal_id or f"role:{grant.role_name}:{grant.session_name}"
                unused[granted_id, call.time].append(call)
        for (granted_id, time), calls in unused.items():
            grant = calls[0].grant
            key = keys.session_key(grant.account, granted_id, time, grant.kind == "assume-root")
            sessions.append(self._session(key, grant.principal_id, time, [], calls, context))
        return sorted(sessions, key=lambda session: session.key)

    def _fitting(
        self, state: tuple[str, int, bool], stated: Mapping[tuple[str, int, bool], Sequence[Actor]], context: Context
    ) -> list[Call]:
        """The calls that may have opened the session: by the smallest distance in time with a hit (guide §4.3)."""
        principal_id, created, assumed_root = state
        actors = stated[state]
        unnamed = principal_id.startswith("role:")
        issuers = {owner.key for actor in actors if (owner := keys.issuer(actor.who)) is not None}
        found: list[Call] = []
        for calls in (self.calls, self.opened):
            for distance in range(TOLERANCE_SECONDS + 1):
                found = [
                    call for call in calls
                    if abs(call.time - created) <= distance
                    and (unnamed or call.grant.principal_id in (None, principal_id))
                    and (call.grant.kind == "assume-root") == assumed_root
                    # A call that opened another session to the second is not offered to its neighbours.
                    and (call.time == created or (principal_id, call.time, assumed_root) not in stated)
                    and (not issuers or keys.principal(call.grant.caller).key in issuers)
                ]  # fmt: skip
                if found:
                    break
            if found:
                break
        by_key = [call for actor in actors for call in context.issued_to(actor.who)]
        merged = {call.event_ids: call for call in found}
        known = {event_id for call in found for event_id in call.event_ids}
        for call in by_key:
            if known.isdisjoint(call.event_ids):  # else it is there already, with copies that do not show the key
                merged.setdefault(call.event_ids, call)
        return sorted(merged.values(), key=lambda call: (call.time, call.event_ids))

    def _session(
        self, key: str, principal_id: str | None, created: int, actors: Sequence[Actor], calls: Sequence[Call],
        context: Context,
    ) -> Session:  # fmt: skip
        callers: dict[Ref, list[Call]] = defaultdict(list)
        kept = []
        for call in services_named(calls):
            caller, session = context.caller(call.grant.caller)
            began = call.grant.caller.created
            if session == key or (began is not None and began > call.time + TOLERANCE_SECONDS):
                continue  # issues itself, or asked for before the caller began: no hop (design §4, invariant 4)
            callers[caller].append(call)
            kept.append(call)

        sign_ins = tuple(self._sign_ins(principal_id, created))
        issued = self._issued(kept, [fact for fact in sign_ins if not opens_another(fact)])
        parent = next(iter(callers)) if len(callers) == 1 else _decided(callers, issued, actors)
        assumed = tuple(
            Assumed(caller, tuple(theirs), caller == parent, *evidence(theirs, callers, parent, actors, sign_ins))
            for caller, theirs in sorted(callers.items())
        )
        first = kept[0].grant if kept else (calls[0].grant if calls else None)
        who = actors[0].who if actors else None
        user_ids: tuple[tuple[str | None, str], ...] = ()
        portals: tuple[Portal, ...] = ()
        if first is not None and first.session_name and grant_method.is_identity_center(first):
            user_ids = context.user_ids(first.session_name)
            portals = agreeing(context.portals(first), first.session_name, {user_id for _, user_id in user_ids})
            if not user_ids and len({fact.caller.on_behalf_of for fact in portals}) == 1:
                user_ids = tuple((fact.caller.identity_store, fact.caller.on_behalf_of or "") for fact in portals[:1])
        owner = principal_of(actors, first)
        chosen = (actor.who.session_name for actor in actors if actor.who.session_name)
        name = min(chosen, default=first.session_name if first else None)
        kind = keys.session_type(who) if who is not None else (first.session_type if first else "role")
        return Session(
            key=key,
            account=(who.account if who else None) or (first.account if first else None),
            principal_id=principal_id,
            created=created,
            type=kind,
            name=name or (owner.name if owner.kind in ("IAMUser", "RootUser") else None),
            principal=owner,
            actors=tuple(actors),
            assumed=assumed,
            issued=issued,
            sign_ins=sign_ins,
            candidates=len(kept),
            user_ids=user_ids,
            portals=portals,
            stated=stated_origins(actors, kept),
        )

    def _sign_ins(self, principal_id: str | None, created: int) -> list[SignIn]:
        """The sign-in events about the session that began then."""
        return [
            fact for fact in self.sign_ins
            if abs(began(fact) - created) <= TOLERANCE_SECONDS
            and (fact.caller.principal_id or principal_id) == principal_id
        ]  # fmt: skip

    @staticmethod
    def _issued(calls: Sequence[Call], sign_ins: Sequence[SignIn]) -> tuple[Issued, ...]:
        """The keys that came with the session: by its grants, and by sign-in events about it."""
        issued: dict[str, list[Call]] = defaultdict(list)
        for fact in sign_ins:
            if (key := signed_in_key(fact)) is not None:
                issued[key].append(opened(fact))
        for call in calls:
            if call.grant.key and call.grant.key != call.grant.caller.access_key_id:
                issued[call.grant.key].append(call)
        return tuple(
            Issued(key, tuple(issuing), "2", "EXACT" if len(issuing) == 1 else "STRONG")
            for key, issuing in sorted(issued.items())
        )


def _decided(callers: Mapping[Ref, Sequence[Call]], issued: Sequence[Issued], actors: Sequence[Actor]) -> Ref | None:
    """The one of several callers whose key was used, where every logged key is known to have come with the session."""
    decided = {
        caller
        for issue in issued
        if any(actor.who.access_key_id == issue.key for actor in actors)
        for caller, theirs in callers.items()
        if any(call in theirs for call in issue.calls)
    }
    logged = {actor.who.access_key_id for actor in actors if actor.who.access_key_id}
    return decided.pop() if len(decided) == 1 and logged <= {issue.key for issue in issued} else None


def stated_origins(actors: Iterable[Actor], calls: Sequence[Call]) -> tuple[tuple[str, keys.Principal], ...]:
    """The origins, other than their own principal, that the identities of a session state: who federated it, on whose
    behalf it acts. Where a call granted the session its caller is the origin, but for a service that acts for users:
    several users are then candidates, one represents the service (`lineage.resolve.graph_elements.origin_of`)."""
    found: set[tuple[str, keys.Principal]] = set()
    if any(call.grant.caller.type != "AWSService" for call in calls):
        return ()
    for actor in actors:
        who = actor.who
        if who.type in ("IAMUser", "Root"):
            continue  # they are their own origin
        if (owner := keys.issuer(who)) is not None:
            found.add(("issuer", owner))
        if who.on_behalf_of:
            found.add(("on-behalf-of", keys.identity_center_user(who.identity_store, who.on_behalf_of, None)))
    return tuple(sorted(found)) if not calls or len(found) > 1 else ()
