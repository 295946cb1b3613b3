"""What a session is based on: sign-ins that opened it, rule and confidence, its type and principal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from lineage.model import keys, schema
from lineage.model.facts import Grant, Portal, SignIn
from lineage.model.keys import Ref
from lineage.resolve.context import TOLERANCE_SECONDS, alone
from lineage.resolve.join_keys import OPENERS
from lineage.resolve.resolved import Actor, Call


def agreeing(portals: Iterable[Portal], name: str, user_ids: set[str]) -> tuple[Portal, ...]:
    """The portal events of that very user, by ID or name: time and role alone do not identify who asked."""
    return tuple(
        fact for fact in portals
        if fact.caller.on_behalf_of
        and (fact.caller.on_behalf_of in user_ids or (fact.caller.user_name or "").casefold() == name.casefold())
    )  # fmt: skip


def opens_another(fact: SignIn) -> bool:
    """Does the sign-in event open a session of its own time from an older one (guide §4.2: brokers, RenewRole)?"""
    began = fact.caller.created
    return fact.kind in OPENERS and began is not None and fact.event.time - began > TOLERANCE_SECONDS


def opened(fact: SignIn) -> Call:
    """The sign-in event as the call that opened a session for its own caller."""
    who = fact.caller
    grant = Grant(
        event=fact.event, caller=who, kind="sign-in", session_type=keys.session_type(who), account=who.account,
        partition=keys.partition_of(who.arn), principal_id=who.principal_id, role_name=who.role_name,
        role_arn=who.role_arn, session_name=who.session_name, key=fact.key, source_identity=who.source_identity,
    )  # fmt: skip
    return alone(grant)


def signed_in_key(fact: SignIn) -> str | None:
    """The key that a sign-in event handed out; one that it repeats to its own caller is none."""
    return fact.key if fact.key != fact.caller.access_key_id else None


def principal_of(actors: Sequence[Actor], grant: Grant | None) -> keys.Principal:
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


def evidence(
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
    elif grant.principal_id is None or not any(actor.who.principal_id for actor in actors):
        rule, confidence = "4b", "STRONG"
    elif grant.kind == "saml" and any(fact.kind == "ConsoleLogin" for fact in sign_ins):
        rule, confidence = "5b", "STRONG"
    else:
        rule, confidence = "4", "STRONG"
    if len(callers) > 1 and parent is None:
        confidence = schema.weakest([confidence, "LIKELY"])
    return rule, confidence
