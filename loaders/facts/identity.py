"""Normalises `userIdentity` of a record to `lineage.model.facts.Identity`.

Source: AWS CloudTrail User Guide, "CloudTrail userIdentity element"; field guide §1.2, §1.3.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from lineage.model import keys
from lineage.model.arn import (
    LONG_TERM,
    access_key,
    account_in_id,
    is_masked,
    is_temporary,
    parse_arn,
    role_of,
    unique_id,
)
from lineage.model.facts import Identity
from lineage.model.times import parse_when
from loaders.records.decode_any_case import identity_in
from loaders.records.record import DEEPEST, account_id, json_value, mapping, partition_in, words

ANONYMOUS = "ANONYMOUS_PRINCIPAL"
"""Account of an unsigned call, as S3 writes it; `anonymous` of other services is mapped to it."""

_TYPES = {
    name.lower(): name
    for name in words(
        """
        Root IAMUser AssumedRole Role FederatedUser Directory AWSAccount AWSService SAMLUser WebIdentityUser
        IdentityCenterUser Unknown
        """
    )
}


_ARN_TYPES = {
    ("iam", "user"): "IAMUser",
    ("sts", "assumed-role"): "AssumedRole",
    ("sts", "federated-user"): "FederatedUser",
}

_OWN_LOG_ONLY = ("IAMUser", "Root", "AssumedRole", "Role", "FederatedUser")
"""Types whose full identity is only in the log of their own account: other accounts see `AWSAccount`."""


def home(who: Identity) -> str | None:
    """Return the account whose log a record with this identity must come from; None if it may come from others, like
    the copy of another account (`AWSAccount`)."""
    return who.account if who.type in _OWN_LOG_ONLY else None


def identity(raw: bytes | msgspec.Raw, event_type: str | None = None) -> Identity:
    """Return the identity in the JSON of a `userIdentity`.

    Never raises: null, malformed JSON or anything but an object is `AWSService` for an `AwsServiceEvent`, else
    `Unknown`. Keys match in any case (Athena writes lower case).
    """
    element = _folded(_opened(raw), 0)
    if not isinstance(element, dict):
        element = {}
    kind = _type(element, event_type)
    context = mapping(element.get("sessioncontext"))
    attributes = mapping(context.get("attributes"))
    issuer = mapping(context.get("sessionissuer"))

    logged_key = element.get("accesskeyid", element.get("acceskeyid"))
    logged_principal = element.get("principalid")
    if isinstance(logged_principal, (int, float)):
        logged_principal = account_id(logged_principal)
    logged_account = element.get("accountid")
    key = access_key(logged_key)
    principal = unique_id(logged_principal)
    arn = _text(element, "arn")
    account = _account(kind, logged_account, arn, principal, key)
    if account is None and logged_account in (None, "") and kind in _OWN_LOG_ONLY:
        named = parse_arn(_text(issuer, "arn"))
        account = account_id(issuer.get("accountid")) or (named.account or None if named is not None else None)
    created = parse_when(attributes.get("creationdate"))

    role = _role(kind, issuer, arn, principal)
    principal = principal or _principal_by_name(kind, role, arn, account)
    behalf = mapping(element.get("onbehalfof"))
    root_task = _flag(context.get("assumedroot", attributes.get("assumedroot")))
    scope = mapping(element.get("inscopeof"))
    return Identity(
        type=kind,
        account=account,
        principal_id=principal,
        arn=arn,
        user_name=_text(element, "username"),
        access_key_id=key,
        created=created,
        role_name=role[0],
        role_arn=role[1],
        role_id=role[2],
        session_name=role[3],
        issuer_type=_text(issuer, "type"),
        issuer_arn=_text(issuer, "arn"),
        issuer_id=unique_id(issuer.get("principalid")) if kind == "FederatedUser" else None,
        mfa=_flag(attributes.get("mfaauthenticated")),
        source_identity=_text(context, "sourceidentity"),
        invoked_by=_text(element, "invokedby"),
        on_behalf_of=_text(behalf, "userid"),
        identity_store=_text(behalf, "identitystorearn"),
        credential_id=_text(element, "credentialid"),
        in_scope_of=_text(scope, "credentialsissuedto"),
        in_scope_type=_text(scope, "issuertype"),
        ec2_role_delivery=_text(context, "ec2roledelivery") or _text(attributes, "ec2roledelivery"),
        assumed_root=root_task is True,
        # Exports without the member are marked (loaders.records.columns); without a session context it is unknown.
        assumed_root_unknown=(
            kind == "Root"
            and root_task is None
            and ("assumedroot" in context or not context)
            and (created is not None or is_temporary(key) or _may_hide_temporary(logged_key, key))
        ),
        delegate=account_id(mapping(element.get("invokedbydelegate")).get("accountid")),
        sign_in_session=_text(context, "signinsessionarn") or _text(element, "signinsessionarn"),
        identity_provider=_text(element, "identityprovider"),
        masked=_hidden(logged_key, key) or _hidden(logged_principal, principal) or _hidden(logged_account, account),
        no_session_context=created is None and is_temporary(key),
        history=_flag(element.get("history")) is True,
    )


def unreadable(raw: bytes | msgspec.Raw) -> str | None:
    """Return why a `userIdentity` cannot be parsed; None if it can, or is null, empty or absent."""
    if len(raw) == 0 or bytes(memoryview(raw)[:1]) in (b"{", b"n"):
        return None
    said = _opened(raw)
    if isinstance(said, dict) or said is None or (isinstance(said, str) and said.strip() in ("", "-", "null", "{}")):
        return None
    if isinstance(said, str) and re.match(r"\s*\{\s*u?'", said):
        return "userIdentity is Python repr (single quotes), not JSON: write it with json.dumps"
    return "userIdentity cannot be read: not an object"


def _opened(raw: bytes | msgspec.Raw) -> object:
    """Return the decoded `userIdentity`, even if it is a string."""
    stated = json_value(raw)
    found = identity_in(stated) if isinstance(stated, str) else None
    return stated if found is None else found


def placed(who: Identity, region: str | None, recipient: str | None = None) -> Identity:
    """Return the identity with a missing account and partition filled in.

    The account comes from the log's owner or the role's ID, the partition of a user without ARN from the region.
    """
    if who.account is None and not who.masked and who.type in _OWN_LOG_ONLY:
        account = account_id(recipient) or (account_in_id(who.role_id) if who.type in ("AssumedRole", "Role") else None)
        who = msgspec.structs.replace(who, account=account) if account else who
    if who.arn is not None or who.type not in ("IAMUser", "Root"):
        return who
    partition = partition_in(region)
    return who if partition == "aws" else msgspec.structs.replace(who, partition=partition)


def named_by_address(who: Identity, source_ip: str | None) -> Identity:
    """Return a service's identity with its name if only the source address of its call has it: for calls of services,
    the address is their DNS name."""
    if not keys.is_unnamed_service(who) or not (source_ip or "").endswith((".amazonaws.com", ".amazonaws.com.cn")):
        return who
    return msgspec.structs.replace(who, invoked_by=source_ip)


def _type(element: Mapping[str, object], event_type: str | None) -> str:
    logged = element.get("type")
    if isinstance(logged, str) and not is_masked(logged):
        return _TYPES.get(logged.lower(), logged)
    if (event_type or "").lower() == "awsserviceevent":
        return "AWSService"
    if (stated := _type_of_arn(_text(element, "arn")) or _type_of_id(element)) is not None:
        return stated
    named = any(not is_masked(element.get(k)) for k in ("arn", "principalid", "accesskeyid", "username"))
    return "AWSService" if not named and _text(element, "invokedby") else "Unknown"


def _type_of_arn(arn: str | None) -> str | None:
    """Return the identity type that an ARN implies, for a record without type."""
    parts = parse_arn(arn)
    if parts is None or parts.service not in ("iam", "sts"):
        return None
    if parts.resource == "root":
        return "Root"
    return _ARN_TYPES.get((parts.service, parts.resource.partition("/")[0]))


def _type_of_id(element: Mapping[str, object]) -> str | None:
    """Return the identity type that a principal ID implies; None if it stands alone, as in the copy of another
    account."""
    if not any(element.get(name) for name in ("accesskeyid", "username", "sessioncontext")):
        return None
    principal = unique_id(element.get("principalid")) or ""
    return "IAMUser" if principal.startswith("AIDA") else "AssumedRole" if re.match("AROA[^:]*:", principal) else None


def _role(
    kind: str, issuer: Mapping[str, object], arn: str | None, principal: str | None
) -> tuple[str | None, str | None, str | None, str | None]:
    """Return role name, role ARN, role ID and session name; all None for anything but a role session."""
    head, _, tail = (principal or "").partition(":")
    if kind == "FederatedUser":
        return None, None, None, tail or (arn or "").partition(":federated-user/")[2] or None
    if kind == "AWSAccount":
        # A caller of another account: only its ID distinguishes a role session (AROA…:NAME) from a user.
        return (None, None, head, tail or None) if head.startswith("AROA") else (None, None, None, None)
    if kind not in ("AssumedRole", "Role"):
        return None, None, None, None
    named = role_of(arn)
    issued = role_of(_text(issuer, "arn"))
    role = issued or named
    name = role.role_name if role else _text(issuer, "username")
    if head.isdigit():
        # ACCOUNT:aws:ec2-instance:i-…: the role that EC2 creates for an instance (guide §1.2).
        head, tail = "", tail.rpartition(":")[2]
    return (
        name,
        role.path_arn if role else None,
        head or unique_id(issuer.get("principalid")),
        tail or (named.session_name if named else None),
    )


def _account(kind: str, logged: object, arn: str | None, principal: str | None, key: str | None) -> str | None:
    account = account_id(logged)
    if account is not None:
        return ANONYMOUS if account.lower() in ("anonymous", "anonymous_principal") else account
    named = parse_arn(arn)
    if named is not None and named.account:
        return named.account
    if kind in ("Root", "FederatedUser") and principal is not None:
        head = principal.partition(":")[0]
        if head.isdigit():
            return account_id(head)
    # A spreadsheet rounded the account to 5.28758E+11: the key still encodes it (guide §6.2).
    return account_in_id(key) if isinstance(logged, (str, float)) and "E+" in str(logged).upper() else None


def _principal_by_name(
    kind: str, role: tuple[str | None, str | None, str | None, str | None], arn: str | None, account: str | None
) -> str | None:
    """Return the principal ID that other members imply, for a record without one."""
    _, _, role_id, session_name = role
    if kind in ("AssumedRole", "Role") and role_id and session_name:
        return f"{role_id}:{session_name}"
    if kind == "FederatedUser" and account and arn and ":federated-user/" in arn:
        return f"{account}:{arn.partition(':federated-user/')[2]}"
    return account if kind == "Root" else None


def _text(element: Mapping[str, object], name: str) -> str | None:
    value = element.get(name)
    return value if isinstance(value, str) and not is_masked(value) else None


def _flag(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.lower()) if isinstance(value, str) else None


def _hidden(logged: object, kept: str | None) -> bool:
    return kept is None and isinstance(logged, str) and bool(logged.strip(" -"))


def _may_hide_temporary(logged: object, kept: str | None) -> bool:
    """Return whether a masked access key ID may be that of a temporary key: its visible start does not rule it out."""
    return _hidden(logged, kept) and not str(logged).strip().startswith(LONG_TERM)


def _folded(value: object, depth: int) -> object:
    if isinstance(value, dict) and depth < DEEPEST:
        return {str(name).lower(): _folded(one, depth + 1) for name, one in value.items()}
    return value
