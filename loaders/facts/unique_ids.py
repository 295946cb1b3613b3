"""Maps unique IDs to principals: `AIDA…`, `AROA…` and Identity Center user IDs in records and facts.

An ID is unique forever, a name is not: users are renamed, roles are deleted and created again (guide §6.3).
"""

from __future__ import annotations

from lineage.model import keys
from lineage.model.facts import AnyFact, Grant, Identity, Made, UserName

Name = tuple[str, str, str]
"""Key of a principal, its unique ID, and its ARN (for an Identity Center user, its name); "" if unknown."""


def names_of(who: Identity) -> tuple[Name, ...]:
    """Return the names of an identity's principal, of the user that federated it, and of its Identity Center user."""
    owner = keys.principal.__wrapped__(who)  # called once for each identity: no need for the cache
    unique = who.role_id if owner.kind == "Role" else who.principal_id if owner.kind == "IAMUser" else None
    found: list[Name | None] = [_name(owner, unique)] if keys.unnamed_id(who) is None or who.user_name else []
    if owner.kind == "ExternalAccount" and (outside := keys.unnamed_id(who)) is not None:
        found.append((owner.key, outside, ""))
    issuer = keys.issuer(who)
    if issuer is not None and issuer.kind == "IAMUser":
        found.append(_name(issuer, who.issuer_id))
    if (user := keys.named_user(who)) is not None:
        found.append(_user_name(*user, who.session_name or ""))
    return tuple(name for name in found if name is not None)


def names_in_fact(fact: AnyFact) -> tuple[Name, ...]:
    """Return the names of the user or role that a fact created, of the role that it granted, or of an Identity Center
    user."""
    if isinstance(fact, UserName):
        return (_user_name(fact.store, fact.user_id, fact.name),) if fact.user_id and fact.name else ()
    found = None
    if isinstance(fact, Made) and fact.unique_id and fact.account and fact.name:
        arn = fact.principal_arn
        if fact.principal_type == "Role":
            found = _name(keys.role(fact.partition, fact.account, fact.name, arn), fact.unique_id)
        elif fact.principal_type == "IAMUser":
            user = keys.user(arn) if arn else keys.user_named(fact.partition, fact.account, fact.name)
            found = _name(user, fact.unique_id)
    elif isinstance(fact, Grant) and fact.session_type == "role" and fact.principal_id and fact.role_name:
        role = keys.role(fact.partition, fact.account, fact.role_name, fact.role_arn)
        found = _name(role, fact.principal_id.partition(":")[0])
    return (found,) if found is not None else ()


def _name(owner: keys.Principal, unique_id: str | None) -> Name | None:
    arn = owner.arn if owner.arn != owner.key else None
    return (owner.key, unique_id or "", arn or "") if unique_id or arn else None


def _user_name(store: str | None, user_id: str, name: str) -> Name:
    return keys.identity_center_user(store, user_id, name).key, user_id, name
