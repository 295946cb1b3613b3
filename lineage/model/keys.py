"""Keys of nodes, of their sessions, and of groups of sessions.

A reference is a node as a string: label, blank, key.
"""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

from lineage.model import attempts, schema
from lineage.model.arn import parse_arn, role_of
from lineage.model.facts import Grant, Identity, Made
from lineage.model.times import iso


class Ref(NamedTuple):
    """A node: label and key."""

    label: str
    key: str

    def __str__(self) -> str:
        return f"{self.label} {self.key}"


def ref(text: str) -> Ref:
    """Return the reference that is written as `text`."""
    label, key = text.split(" ", 1)
    return Ref(label, key)


class Principal(NamedTuple):
    """A Principal node: its kind (second label), key, and the properties that are not in the key."""

    kind: str
    key: str
    name: str | None = None
    account: str | None = None
    arn: str | None = None
    provider: str | None = None

    @property
    def ref(self) -> Ref:
        """The reference of the node."""
        return Ref(schema.PRINCIPAL, self.key)


def role(partition: str, account: str | None, name: str | None, arn: str | None = None) -> Principal:
    """Return the role of that name; its key has no path, because assumed-role ARNs have none."""
    key = f"arn:{partition}:iam::{account or ''}:role/{name or ''}"
    return Principal("Role", key, name, account, arn or key)


def role_at(arn: object, own_arn: str | None = None) -> Principal | None:
    """Return the role that a role ARN or an assumed-role ARN names; None for anything else."""
    found = role_of(arn)
    return role(found.partition, found.account, found.role_name, own_arn) if found is not None else None


def user(arn: str) -> Principal:
    """Return the IAM user with that ARN; its key has no path: user names are unique in an account, and requests name
    users without path."""
    parts = parse_arn(arn)
    head, mark, path = arn.partition(":user/")
    name = path.rsplit("/", 1)[-1] if mark else arn.rsplit("/", 1)[-1]
    key = f"{head}:user/{name}" if mark else arn
    return Principal("IAMUser", key, name, parts.account if parts else None, arn)


def user_named(partition: str, account: str, name: str) -> Principal:
    """Return the IAM user of that name in an account."""
    return user(f"arn:{partition}:iam::{account}:user/{name}")


def made_for(fact: Made) -> str | None:
    """Return the ARN of the principal that something was created for; without path if the record only names it."""
    if fact.principal_arn or fact.principal_type != "IAMUser" or not fact.name or not fact.account:
        return fact.principal_arn
    return f"arn:{fact.partition}:iam::{fact.account}:user/{fact.name}"


def root(account: str | None, partition: str = "aws") -> Principal:
    """Return the root user of an account."""
    arn = f"arn:{partition}:iam::{account or ''}:root"
    return Principal("RootUser", arn, "root", account, arn)


def partition_of(arn: str | None) -> str:
    """Return the partition of an ARN, `aws` if there is none."""
    parts = parse_arn(arn) if arn else None
    return parts.partition if parts and parts.partition else "aws"


@functools.lru_cache(maxsize=8192)
def principal(who: Identity) -> Principal:
    """Return the principal of an identity: its role, user, root, service, external account, …"""
    account = who.account
    if who.attempt:
        # Separate from the real principal of that name.
        name, identifier = attempts.attempted_identity(who)
        return Principal(attempts.KIND, f"{account or ''}:{who.attempt}:{identifier}", name, account)
    if "Origin Access Identity " in (stated := who.arn or who.principal_id or who.user_name or ""):
        return Principal(OTHER, f":{CLOUDFRONT}:{stated}", stated.rsplit("/", 1)[-1], None)
    if who.type in ("AssumedRole", "Role") and account and who.role_name:
        return role(partition_of(who.role_arn or who.arn), account, who.role_name, who.role_arn)
    if who.type in ("AssumedRole", "Role") and who.principal_id:
        return Principal("Role", f"{account or ''}:{who.principal_id.split(':', 1)[0]}", None, account)
    if who.type == "IAMUser":
        if who.arn:
            return user(who.arn)
        if who.user_name and account:
            return user_named(who.partition or "aws", account, who.user_name)
        if who.principal_id or who.user_name:
            key = f"{account or ''}:{who.principal_id or who.user_name}"
            return Principal("IAMUser", key, who.user_name, account)
    if who.type == "Root" and account:
        return root(account, partition_of(who.arn) if who.arn else who.partition or "aws")
    if who.type == "FederatedUser" and (who.arn or who.principal_id):
        name = who.session_name or (who.principal_id or "").split(":", 1)[-1]
        return Principal("FederatedUser", who.arn or f"{account}:{name}", name, account, who.arn)
    if who.type in ("SAMLUser", "WebIdentityUser"):
        kind = "SAMLIdentity" if who.type == "SAMLUser" else "WebIdentity"
        subject = who.user_name or _subject(who) or "unknown"
        if "saml-provider/AWSSSO_" in (who.identity_provider or ""):
            return identity_center_user(None, None, subject)
        provider = who.identity_provider
        return Principal(kind, f"{provider or ''} {subject}", subject, provider=provider)
    if who.type == "IdentityCenterUser" or (who.on_behalf_of and who.type == "Unknown"):
        return identity_center_user(who.identity_store, who.on_behalf_of, who.user_name)
    if who.type == "AWSService":
        name = who.invoked_by or UNNAMED_SERVICE
        return Principal("AWSService", name, name)
    if who.type == "AWSAccount":
        return external(account, who.principal_id)
    if who.history and who.access_key_id:
        # A name in event history may be a session name; the key may identify the session.
        return Principal("Unknown", f"{account or ''}:{who.access_key_id}", who.user_name, account)
    if who.masked or not (who.principal_id or who.arn or who.user_name):
        return Principal("Unknown", f"{account or ''}:{who.type}", None, account)
    if not who.history:
        return other(who)
    return Principal("Unknown", f"{account or ''}:{who.user_name}", who.user_name, account)


def _subject(who: Identity) -> str | None:
    """Return the subject in the principal ID of a federated identity: `QUALIFIER:SUBJECT` or
    `PROVIDER:AUDIENCE:SUBJECT`."""
    stated, provider = who.principal_id, who.identity_provider
    if stated is None:
        return None
    if who.type == "SAMLUser":
        return stated.partition(":")[2] or stated
    if provider is None:  # its ARN has five colons before its name
        parts = stated.split(":", 7)
        return parts[7] if len(parts) == 8 and parts[0] == "arn" else stated
    if provider == "cognito-identity.amazonaws.com" or not stated.startswith(f"{provider}:"):
        return stated  # the audience of Cognito contains a colon
    return stated.removeprefix(f"{provider}:").partition(":")[2]


UNNAMED_SERVICE = "AWS"
"""Key of the Principal for services that their records do not name."""
OTHER = "OtherIdentity"
"""Second label of a Principal of any other type; its key has account, type and identity."""
CLOUDFRONT = "CloudFrontOriginAccessIdentity"
"""Type of the identity with which CloudFront reads a private bucket: `arn:aws:iam::cloudfront:user/CloudFront Origin
Access …`."""


def other(who: Identity) -> Principal:
    """Return the principal of an identity of any other type, such as `Directory` and `Unknown`."""
    kind = who.type if re.fullmatch(r"[A-Za-z0-9]{1,40}", who.type) else "Unknown"
    stated = who.arn or who.principal_id or who.user_name
    return Principal(OTHER, f"{who.account or ''}:{kind}:{stated}", who.user_name or who.principal_id, who.account)


def named(key: str, arn: str | None = None) -> Principal:
    """Return the user or role with that key, and its ARN with path if known."""
    parts = parse_arn(key)
    if parts is not None and parts.resource.startswith("role/"):
        return role(parts.partition, parts.account, parts.resource.rsplit("/", 1)[-1], arn or None)
    return user(arn or key)


def unnamed_id(who: Identity) -> str | None:
    """Return the unique ID (AIDA…, AROA…) of an identity whose record does not name its principal; else None."""
    if who.attempt:
        return None
    if who.type == "AWSAccount" or (who.type == "IAMUser" and not who.arn):
        unique = (who.principal_id or "").partition(":")[0]
    elif who.type in ("AssumedRole", "Role") and not who.role_name:
        unique = who.role_id or (who.principal_id or "").partition(":")[0]
    else:
        return None
    return unique if unique.startswith(("AIDA", "AROA")) else None


def issuer(who: Identity) -> Principal | None:
    """Return the user or root that federated a FederatedUser, None if the record states none."""
    parts = parse_arn(who.issuer_arn) if who.type == "FederatedUser" else None
    if parts is None or who.issuer_arn is None:
        return None
    if parts.resource == "root":
        return root(parts.account, parts.partition)
    return user(who.issuer_arn) if parts.resource.startswith("user/") else None


def is_unnamed_service(who: Identity) -> bool:
    """Return whether the caller is a service that its record does not name."""
    return who.type == "AWSService" and who.invoked_by in (None, UNNAMED_SERVICE, "AWS Internal")


def external(account: str | None, principal_id: str | None) -> Principal:
    """Return the principal of an account that is only known by its ID; a role without its session name."""
    if not account and not principal_id:
        return Principal("Unknown", ":AWSAccount")
    if (account or "").lower() in ("anonymous_principal", "anonymous"):
        return Principal("Anonymous", "anonymous", "anonymous")
    identifier = (principal_id or "").split(":", 1)[0] if (principal_id or "").startswith("AROA") else principal_id
    return Principal("ExternalAccount", f"{account or ''}:{identifier or ''}", None, account)


def identity_center_user(store: str | None, user_id: str | None, name: str | None) -> Principal:
    """Return an Identity Center user: identity store and user ID, or the user name if no ID is known."""
    if user_id:
        return Principal("IdentityCenterUser", f"{(store or '').rsplit('/', 1)[-1]}/{user_id}", name, None, None, store)
    return Principal("IdentityCenterUser", f"name/{name or 'unknown'}", name)


def named_user(who: Identity) -> tuple[str | None, str] | None:
    """Return identity store and user ID where a permission-set session states on whose behalf it acts: its session
    name is that user's name (guide §2.8)."""
    if who.on_behalf_of and who.session_name and (who.role_name or "").startswith("AWSReservedSSO_"):
        return who.identity_store, who.on_behalf_of
    return None


def session_type(who: Identity) -> str:
    """Return the type of an identity's session: `user`, `root`, `federated` or `role`."""
    return {"IAMUser": "user", "Root": "root", "FederatedUser": "federated"}.get(who.type, "role")


def session_key(account: str | None, principal_id: str, created: int, assumed_root: bool = False) -> str:
    """Return the key of a session: `ACCOUNT/PRINCIPAL_ID/TIME` (split at the first and the last `/`)."""
    mark = ":assumed-root" if assumed_root else ""
    return f"{account or ''}/{principal_id}{mark}/{iso(created)}"


def session_id(who: Identity) -> str | None:
    """Return what identifies the session within its account and second: the principal ID, else role and session name;
    None if the record has neither."""
    if who.type not in ("AssumedRole", "Role", "IAMUser", "Root", "FederatedUser"):
        return None
    if who.principal_id:
        return who.principal_id
    return f"role:{who.role_name}:{who.session_name}" if who.role_name and who.session_name else None


def session_of(who: Identity) -> str | None:
    """Return the key of the session that the identity states, None if it states none.

    A record without a principal ID states role, session name and time; other records may have the ID of that
    session (`lineage.resolve` finds it).
    """
    named = session_id(who)
    if who.created is None or named is None:
        return None
    return session_key(who.account, named, who.created, who.assumed_root)


def group(who: Identity) -> str | None:
    """Return the group of sessions of an identity: those with the same role and session name, or the same user."""
    if not who.principal_id and not who.role_name:
        return None
    if who.type in ("AssumedRole", "Role"):
        if who.role_name and who.session_name:
            return f"{who.account or ''}/role/{who.role_name}/{who.session_name}"
        return f"{who.account or ''}/id/{who.principal_id}"
    if who.type == "IAMUser":
        return f"{who.account or ''}/user/{who.principal_id}"
    if who.type == "Root":
        return f"{who.account or ''}/root"
    if who.type == "FederatedUser":
        return f"{who.account or ''}/federated/{who.session_name}"
    return None


def granted_group(grant: Grant) -> str | None:
    """Return the group of the session that a grant issued; equal to `group` of its later uses."""
    account = grant.account or ""
    if grant.kind == "generic" and grant.principal_id and grant.principal_id == grant.caller.principal_id:
        return None  # a key for the caller's own session (s3express): no new session
    if grant.session_type == "role":
        if grant.role_name and grant.session_name:
            return f"{account}/role/{grant.role_name}/{grant.session_name}"
        return f"{account}/id/{grant.principal_id}" if grant.principal_id else None
    if grant.session_type == "user":
        return f"{account}/user/{grant.principal_id}" if grant.principal_id else None
    if grant.session_type == "root":
        return f"{account}/root"
    if grant.session_type == "federated":
        return f"{account}/federated/{grant.session_name}"
    return None
