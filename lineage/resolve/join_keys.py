"""Join keys: under which a fact or identity is found, and which units it may change.

A join key names a group of facts: all that may join to one session, one access key, one user name (design §7). A
*unit* is a join key that lineage is derived for: the sessions of one role and session name (or one user) within one
time bucket, one long-term key, or one identity that is neither. Other join keys only lead to units: what a load adds
marks both, and `resolve.expand` follows them.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum, auto
from typing import NamedTuple

from lineage.model import grant_method, keys
from lineage.model.arn import is_long_term
from lineage.model.facts import AnyFact, Grant, Identity, Made, Portal, SignIn, UserName

BUCKET_SECONDS = 64
"""Width of a bucket of time: wide compared to the largest tolerance (2 s, guide §4.3), so few times are near two
buckets, and narrow enough to derive few facts together."""
NEAR_SECONDS = 4
"""Facts and identities of a group of sessions that lie farther apart mean nothing to each other: twice the largest
tolerance."""
PORTAL_SECONDS = 5
"""How far a portal event lies from the AssumeRoleWithSAML that it led to (guide §2.8)."""

OPENERS = ("GetSigninToken", "RenewRole")
"""Sign-in events that may open a session of their own time from an older one (guide §4.2: brokers, RenewRole)."""
TOKEN_MAKER = "CreateTokenWithIAM"
"""The call of a role or user that makes a token for an Identity Center user."""


class KeyKind(IntEnum):
    """What the facts and identities of a join key have in common. Stores keep the numbers: do not change them."""

    SESSION = auto()
    """A group of sessions (`keys.group`) and a bucket of time: what happened to them about then. A unit."""
    IDENTITY = auto()
    """An identity that states no session and used no key that lasts, by its ID. A unit."""
    ACCESS_KEY = auto()
    """An access key: grants that issued it. If it is long-term, also identities that used it, and a unit."""
    CALLER_KEY = auto()
    """An access key: grants that were requested with it."""
    UNSURE_CALLER = auto()
    """A group of sessions and a bucket of time: grants that identities without a session of their own requested:
    forward access of a user, a record without a principal ID."""
    USER_NAME = auto()
    """An Identity Center user name, in lower case: all facts about it."""
    USER_ID = auto()
    """An Identity Center user ID: its names, and identities that state only the ID."""
    USER_GRANT = auto()
    """An Identity Center user name, in lower case: the grants of that user."""
    SIGN_IN = auto()
    """One Identity Center sign-in, by its workflow: its events that state only a user ID or a user name."""
    TOKEN = auto()
    """An Identity Center token, by its ID: the call that created it with IAM credentials."""
    PORTAL = auto()
    """An account and a bucket of time: portal events that requested credentials there."""
    ENTRY = auto()
    """An account and a bucket of time: Identity Center grants there."""
    UNIQUE_ID = auto()
    """A unique ID (AIDA…, AROA…): its names, and identities that need a name."""


_UNITS = frozenset((KeyKind.SESSION, KeyKind.IDENTITY))
_OF_IDENTITIES = frozenset((KeyKind.USER_NAME, KeyKind.USER_ID, KeyKind.USER_GRANT, KeyKind.UNIQUE_ID))


class JoinKey(NamedTuple):
    """A group of facts and identities: by what, and the value of that."""

    kind: KeyKind
    value: str

    def __str__(self) -> str:
        return f"{self.kind.name} {self.value}"

    @property
    def is_unit(self) -> bool:
        """Is lineage derived for it?"""
        return self.kind in _UNITS or (self.kind == KeyKind.ACCESS_KEY and is_long_term(self.value))

    @property
    def finds_identities(self) -> bool:
        """May identities be found under it (`join_keys_of_actor`)?"""
        return self.kind in _OF_IDENTITIES or self.is_unit


def join_key(text: str) -> JoinKey:
    """Return the join key that is written as `text`.

    >>> str(join_key("USER_NAME alice"))
    'USER_NAME alice'
    """
    kind, value = text.split(" ", 1)
    return JoinKey(KeyKind[kind], value)


def at(kind: KeyKind, name: str, time: int) -> JoinKey:
    """Return the join key of a name and the bucket of a time.

    >>> at(KeyKind.PORTAL, "111122223333", 6_400).value
    '111122223333 100'
    """
    return JoinKey(kind, f"{name} {time // BUCKET_SECONDS}")


def near(kind: KeyKind, name: str, time: int, seconds: int = NEAR_SECONDS) -> list[JoinKey]:
    """Return the join keys of a name and all buckets that lie within `seconds` of a time."""
    low, high = (time - seconds) // BUCKET_SECONDS, (time + seconds) // BUCKET_SECONDS
    return [JoinKey(kind, f"{name} {bucket}") for bucket in range(low, high + 1)]


def name_and_bucket(key: JoinKey) -> tuple[str, int]:
    """Return what `at` made the join key of: the name and the number of the bucket."""
    name, bucket = key.value.rsplit(" ", 1)
    return name, int(bucket)


def beside(unit: JoinKey, times: Iterable[int]) -> list[JoinKey]:
    """Return the units of the same group in the buckets that lie near some times of this one's bucket.

    >>> [key.value for key in beside(JoinKey(KeyKind.SESSION, "g 100"), (6_430, 6_462, 9_999))]
    ['g 101']
    """
    name, bucket = name_and_bucket(unit)
    start = bucket * BUCKET_SECONDS
    places = [place for time in times if 0 <= (place := time - start) < BUCKET_SECONDS]
    found = []
    if places and min(places) < NEAR_SECONDS:
        found.append(JoinKey(KeyKind.SESSION, f"{name} {bucket - 1}"))
    if places and max(places) >= BUCKET_SECONDS - NEAR_SECONDS:
        found.append(JoinKey(KeyKind.SESSION, f"{name} {bucket + 1}"))
    return found


def of_user(kind: KeyKind, user_name: str) -> JoinKey:
    """Return the join key of a user name: its case means nothing."""
    return JoinKey(kind, user_name.casefold())


def join_keys_of_actor(actor_id: bytes, who: Identity) -> list[JoinKey]:
    """The join keys under which an identity is found: its own unit first."""
    found = [unit_of_actor(actor_id, who)]
    if keys.named_user(who) is not None:
        found.append(of_user(KeyKind.USER_NAME, who.session_name or ""))
    if is_single_sign_on(who):
        found.append(of_user(KeyKind.USER_GRANT, who.user_name or ""))
    elif states_user_id_alone(who):
        found.append(JoinKey(KeyKind.USER_ID, who.on_behalf_of or ""))
    if (unique := keys.unnamed_id(who)) is not None:
        found.append(JoinKey(KeyKind.UNIQUE_ID, unique))
    return found


def unit_of_actor(actor_id: bytes, who: Identity) -> JoinKey:
    """The unit that an identity's link is derived in: its long-term key, the session that it states, or itself."""
    lasting = long_term_key(who)
    if lasting is not None:
        return JoinKey(KeyKind.ACCESS_KEY, lasting)
    session_group = keys.group(who)
    if keys.session_of(who) is not None and session_group is not None:
        return at(KeyKind.SESSION, session_group, who.created or 0)
    return JoinKey(KeyKind.IDENTITY, actor_id.hex())


def join_keys_of_fact(fact: AnyFact) -> list[JoinKey]:
    """The join keys under which a fact is found."""
    found: list[JoinKey] = []
    time = fact.event.time
    if isinstance(fact, Grant):
        granted = keys.granted_group(fact)
        if granted is not None:
            found.append(at(KeyKind.SESSION, granted, time))
        if fact.key:
            found.append(JoinKey(KeyKind.ACCESS_KEY, fact.key))
        caller = fact.caller
        if caller.access_key_id:
            found.append(JoinKey(KeyKind.CALLER_KEY, caller.access_key_id))
        caller_group = keys.group(caller)
        if is_unsure(caller) and caller_group and caller.created is not None:
            found.append(at(KeyKind.UNSURE_CALLER, caller_group, caller.created))
        if (unique := keys.unnamed_id(caller)) is not None:
            found.append(JoinKey(KeyKind.UNIQUE_ID, unique))
        if fact.session_name and grant_method.is_identity_center(fact):
            found.append(of_user(KeyKind.USER_GRANT, fact.session_name))
            found.append(at(KeyKind.ENTRY, fact.account or "", time))
    elif isinstance(fact, Portal):
        if fact.account:
            found.append(at(KeyKind.PORTAL, fact.account, time))
        if fact.kind == TOKEN_MAKER and fact.credential_id:
            found.append(JoinKey(KeyKind.TOKEN, fact.credential_id))
    elif isinstance(fact, SignIn):
        session_group = keys.group(fact.caller)
        if session_group is not None:
            found += sorted({at(KeyKind.SESSION, session_group, moment) for moment in moments(fact)})
            if fact.kind in OPENERS and fact.caller.access_key_id:
                found.append(JoinKey(KeyKind.CALLER_KEY, fact.caller.access_key_id))
    elif isinstance(fact, UserName):
        found += [of_user(KeyKind.USER_NAME, fact.name)] if fact.name else []
        found += [JoinKey(KeyKind.USER_ID, fact.user_id)] if fact.user_id else []
        found += [JoinKey(KeyKind.SIGN_IN, fact.workflow)] if fact.workflow else []
    elif isinstance(fact, Made) and fact.key:
        found.append(JoinKey(KeyKind.ACCESS_KEY, fact.key))
    return found


def touched_by_actor(actor_id: bytes, who: Identity) -> list[JoinKey]:
    """The units, and the join keys whose finds name further units, that a new identity may change."""
    found = [unit_of_actor(actor_id, who)]
    session_group = keys.group(who)
    if found[0].kind == KeyKind.SESSION and session_group is not None and who.created is not None:
        found += near(KeyKind.SESSION, session_group, who.created)
        if not who.invoked_by:
            # It shows the session of others that do not state it themselves.
            found += near(KeyKind.UNSURE_CALLER, session_group, who.created)
    if keys.named_user(who) is not None:
        found.append(of_user(KeyKind.USER_GRANT, who.session_name or ""))
    return found


def moments(fact: SignIn) -> set[int]:
    """When a sign-in event happened, and when the session that it states began."""
    return {fact.event.time, began(fact)}


def began(fact: SignIn) -> int:
    """When the session that a sign-in event is about began: as it states, else at the event."""
    return fact.caller.created if fact.caller.created is not None else fact.event.time


def touched_by_fact(fact: AnyFact) -> list[JoinKey]:
    """The units, and the join keys whose finds name further units, that a fact may change."""
    found: list[JoinKey] = []
    time = fact.event.time
    if isinstance(fact, Grant):
        granted = keys.granted_group(fact)
        if granted is not None:
            found += near(KeyKind.SESSION, granted, time)
            found += near(KeyKind.UNSURE_CALLER, granted, time)
        if fact.key:
            # Who used the key states a session of the same second; who was called with it may be anywhere.
            found.append(JoinKey(KeyKind.CALLER_KEY, fact.key))
    elif isinstance(fact, SignIn):
        session_group = keys.group(fact.caller)
        if session_group is not None:
            for moment in moments(fact):
                found += near(KeyKind.SESSION, session_group, moment)
    elif isinstance(fact, Portal) and fact.account:
        found += near(KeyKind.ENTRY, fact.account, time, PORTAL_SECONDS)
    elif isinstance(fact, UserName):
        found += named_by(fact)
        found += [JoinKey(KeyKind.SIGN_IN, fact.workflow)] if fact.workflow else []
    elif isinstance(fact, Made) and fact.key:
        found.append(JoinKey(KeyKind.ACCESS_KEY, fact.key))
    return found


def named_by(fact: UserName) -> list[JoinKey]:
    """The join keys of the sessions and identities whose user a name or user ID identifies."""
    found = [of_user(KeyKind.USER_GRANT, fact.name)] if fact.name else []
    return found + ([JoinKey(KeyKind.USER_ID, fact.user_id)] if fact.user_id else [])


def states_user_id_alone(who: Identity) -> bool:
    """Is it an Identity Center user whose record has the user ID and no name?"""
    return who.type in ("IdentityCenterUser", "Unknown") and bool(who.on_behalf_of) and not who.user_name


def is_single_sign_on(who: Identity) -> bool:
    """Is it an Identity Center user who entered an account, named by the SAML subject?"""
    if who.attempt:
        return False
    return who.type == "SAMLUser" and "saml-provider/AWSSSO_" in (who.identity_provider or "") and bool(who.user_name)


def long_term_key(who: Identity) -> str | None:
    """The long-term key that an identity used; roles and federated users have none, whatever the record says."""
    if who.type in ("AssumedRole", "Role", "FederatedUser") or not who.access_key_id:
        return None
    return who.access_key_id if is_long_term(who.access_key_id) else None


def is_unsure(who: Identity) -> bool:
    """Are other records needed to know which session an identity states?"""
    return is_forwarded(who) or not who.principal_id or who.assumed_root_unknown


def is_forwarded(who: Identity) -> bool:
    """Could this be a forward access session of a long-term caller (guide §2.12, §12.2 P4)?"""
    return who.type in ("IAMUser", "Root") and bool(who.invoked_by) and long_term_key(who) is None
