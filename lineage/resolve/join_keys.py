"""Terms: under which a fact or identity is found, and which units it may change.

A term names a group of facts; a *unit* is a term that lineage is derived for: the sessions of one role and
session name (or one user) within one time bucket, one long-term key, or one identity that is neither. Other
terms only lead to units: what a load adds marks both, and `resolve.expand` follows them.
"""

from __future__ import annotations

from lineage.model import grant_method, keys
from lineage.model.arn import is_long_term
from lineage.model.facts import AnyFact, Grant, Identity, Made, Portal, SignIn, UserName

PORTAL_SECONDS = 5
"""How far a portal event lies from the AssumeRoleWithSAML that it led to (guide §2.8)."""

OPENERS = ("GetSigninToken", "RenewRole")
"""Sign-in events that may open a session of their own time from an older one (guide §4.2: brokers, RenewRole)."""
TOKEN_MAKER = "CreateTokenWithIAM"
"""The call of a role or user that makes a token for an Identity Center user."""


def terms_of_actor(actor_id: int, who: Identity) -> list[str]:
    """The terms under which an identity is found: that of its own unit first."""
    found = [scope_of_actor(actor_id, who)]
    if who.access_key_id and found[0] != keys.key_term(who.access_key_id):
        found.append(keys.key_term(who.access_key_id))
    if keys.named_user(who) is not None:
        found.append(keys.name_term(who.session_name or ""))
    if is_single_sign_on(who):
        found.append(keys.named_term(who.user_name or ""))
    elif states_user_id_alone(who):
        found.append(keys.user_id_term(who.on_behalf_of or ""))
    if (unique := keys.unnamed_id(who)) is not None:
        found.append(keys.id_term(unique))
    return found


def scope_of_actor(actor_id: int, who: Identity) -> str:
    """The unit that an identity's link is derived in: its long-term key, the session that it states, or itself."""
    lasting = long_term_key(who)
    if lasting is not None:
        return keys.key_term(lasting)
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
        if is_unsure(caller) and caller_group and caller.created is not None:
            found.append(keys.unsure_term(caller_group, caller.created))
        if (unique := keys.unnamed_id(caller)) is not None:
            found.append(keys.id_term(unique))
        if fact.session_name and grant_method.is_identity_center(fact):
            found.append(keys.named_term(fact.session_name))
            found.append(keys.entered_term(fact.account or "", time))
    elif isinstance(fact, Portal):
        if fact.account:
            found.append(keys.portal_term(fact.account, time))
        if fact.kind == TOKEN_MAKER and fact.credential_id:
            found.append(keys.credential_term(fact.credential_id))
    elif isinstance(fact, SignIn):
        session_group = keys.group(fact.caller)
        if session_group is not None:
            found += sorted({keys.session_term(session_group, moment) for moment in _moments(fact)})
            if fact.kind in OPENERS and fact.caller.access_key_id:
                found.append(keys.caller_term(fact.caller.access_key_id))
    elif isinstance(fact, UserName):
        found += [keys.name_term(fact.name)] if fact.name else []
        found += [keys.user_id_term(fact.user_id)] if fact.user_id else []
        found += [keys.workflow_term(fact.workflow)] if fact.workflow else []
    elif isinstance(fact, Made) and fact.key:
        found.append(keys.key_term(fact.key))
    return found


def touched_by_actor(actor_id: int, who: Identity) -> list[str]:
    """The units, and the terms whose finds name further units, that a new identity may change."""
    found = [scope_of_actor(actor_id, who)]
    session_group = keys.group(who)
    if found[0][0] == "s" and session_group is not None and who.created is not None:
        found += keys.near_terms(session_group, who.created)
        if not who.invoked_by:
            # It shows the session of others that do not state it themselves.
            found += [f"f{term[1:]}" for term in keys.near_terms(session_group, who.created)]
    if keys.named_user(who) is not None:
        found.append(keys.named_term(who.session_name or ""))
    return found


def _moments(fact: SignIn) -> set[int]:
    """When a sign-in event happened, and when the session that it states began."""
    return {fact.event.time, began(fact)}


def began(fact: SignIn) -> int:
    """When the session that a sign-in event is about began: as it states, else at the event."""
    return fact.caller.created if fact.caller.created is not None else fact.event.time


def touched_by_fact(fact: AnyFact) -> list[str]:
    """The units, and the terms whose finds name further units, that a fact may change."""
    found: list[str] = []
    time = fact.event.time
    if isinstance(fact, Grant):
        granted = keys.granted_group(fact)
        if granted is not None:
            near = keys.near_terms(granted, time)
            found += near
            found += [f"f{term[1:]}" for term in near]
        if fact.key:
            # Who used the key states a session of the same second; who was called with it may be anywhere.
            found.append(keys.caller_term(fact.key))
    elif isinstance(fact, SignIn):
        session_group = keys.group(fact.caller)
        if session_group is not None:
            for moment in _moments(fact):
                found += keys.near_terms(session_group, moment)
    elif isinstance(fact, Portal) and fact.account:
        found += [keys.entered_term(fact.account, moment) for moment in keys.moments(time, PORTAL_SECONDS)]
    elif isinstance(fact, UserName):
        found += named_by(fact)
        found += [keys.workflow_term(fact.workflow)] if fact.workflow else []
    elif isinstance(fact, Made) and fact.key:
        found.append(keys.key_term(fact.key))
    return found


def named_by(fact: UserName) -> list[str]:
    """The terms of the sessions and identities whose user a name or user ID identifies."""
    found = [keys.named_term(fact.name)] if fact.name else []
    return found + ([keys.user_id_term(fact.user_id)] if fact.user_id else [])


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
