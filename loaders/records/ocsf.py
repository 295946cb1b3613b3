"""CloudTrail events in OCSF, as Security Lake writes them, back to the columns of a record.

Classes API Activity (6003; 3005 before version 1.0), Authentication (3002) and Account Change (3001). Versions before
1.0 have principal IDs in `uid` and ARNs in `uuid`, later ones ARNs in `uid` and principal IDs in `uid_alt`. What has no
place in OCSF is in `unmapped`, under CloudTrail's own names. Source: field guide §9.3; the mappings of AWS in
`ocsf/examples`, versions 1.0.0-rc.2, 1.1.0 and 1.5.0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from lineage.model.times import iso, parse_when
from loaders.records.columns import Cell
from loaders.records.decode_any_case import FIELDS, encode
from loaders.records.scan import ERRORS

CLASSES = frozenset({3001, 3002, 3005, 6003})
_NESTED = frozenset(
    {"userIdentity", "requestParameters", "responseElements", "additionalEventData", "serviceEventDetails"}
)
_TYPES = frozenset(
    {
        *("Root", "IAMUser", "Role", "AssumedRole", "FederatedUser", "Directory", "AWSAccount", "AWSService"),
        *("IdentityCenterUser", "SAMLUser", "WebIdentityUser", "Unknown"),
    }
)
"""CloudTrail's types of identities; OCSF has names of its own too, such as `User`."""
_FAILED = 2
"""`status_id` of a call that failed."""
_SPARE = {"AwsApiCall": "eventType", "AwsConsoleSignIn": "readOnly"}
"""By event type, a member that changes nothing. It is left out, so that an event states fewer members than its record,
which therefore takes precedence (`lineage.model.copies`)."""
_any: msgspec.json.Decoder[object] = msgspec.json.Decoder(object)


def columns_of(event: object) -> dict[str, Cell] | None:
    """Return an event of CloudTrail as columns under CloudTrail's names; None for anything else.

    `event` is an object of JSON, or a row of Parquet as Python values.

    >>> columns_of({"class_uid": 6003, "metadata": {"product": {"name": "VPC Flow Logs"}}}) is None
    True
    """
    if not isinstance(event, Mapping) or event.get("class_uid") not in CLASSES:
        return None
    if "cloudtrail" not in (_text(event, "metadata", "product", "name") or "").lower():
        return None
    if _text(event, "api", "operation") is None:
        return None
    found = dict(_unmapped(event.get("unmapped")))
    found |= {name: value for name, value in (*_event(event), *_identity(event)) if value is not None}
    for name, value in _outcome(event):
        if value is not None:
            found.setdefault(name, value)
    if resources := [*_resources(event)]:
        found["resources"] = encode(resources)
    kind = found.get("eventType")
    found.pop(_SPARE.get(kind, "") if isinstance(kind, str) else "", None)
    return found


def _event(event: Mapping[str, object]) -> Iterator[tuple[str, Cell]]:
    yield "eventTime", _when(event, "time", "time_dt")
    yield "eventName", _text(event, "api", "operation")
    yield "eventSource", _text(event, "api", "service", "name")
    yield "eventID", _text(event, "metadata", "uid")
    kind = _text(event, "metadata", "event_code")
    yield "eventType", kind if kind is not None and kind.startswith("Aws") else None
    category = _text(event, "metadata", "product", "feature", "name")
    yield "eventCategory", category if category is not None and category.isalpha() else None
    yield "awsRegion", _text(event, "cloud", "region")
    yield "sourceIPAddress", _text(event, "src_endpoint", "ip") or _text(event, "src_endpoint", "domain")
    yield "vpcEndpointId", _text(event, "src_endpoint", "uid")
    yield "userAgent", _text(event, "http_request", "user_agent")
    yield "requestID", _text(event, "api", "request", "uid")
    yield "requestParameters", _text(event, "api", "request", "data")
    yield "responseElements", _text(event, "api", "response", "data")
    yield "errorCode", _text(event, "api", "response", "error")
    yield "errorMessage", _text(event, "api", "response", "message")


def _identity(event: Mapping[str, object]) -> Iterator[tuple[str, Cell]]:
    user, session = ("actor", "user"), ("actor", "session")
    kind, name = _text(event, *user, "type"), _text(event, *user, "name")
    arn, principal = _ids(event)
    key, store = _text(event, *user, "credential_uid"), _text(event, "actor", "idp", "uid")
    yield "userIdentity.type", kind if kind in _TYPES else None
    yield "userIdentity.arn", arn
    yield "userIdentity.accountId", _text(event, *user, "account", "uid") or _text(event, *user, "account_uid")
    yield "userIdentity.invokedBy", _text(event, "actor", "invoked_by")
    if kind == "IdentityCenterUser":
        yield "userIdentity.credentialId", key
        yield "userIdentity.onBehalfOf.userId", principal
        yield "userIdentity.onBehalfOf.identityStoreArn", store
        yield "additionalEventData.UserName", name
    else:
        yield "userIdentity.principalId", principal
        yield "userIdentity.accessKeyId", key
        yield "userIdentity.userName", name
    provider = _text(event, "actor", "idp", "name")
    if kind in ("SAMLUser", "WebIdentityUser"):
        yield "userIdentity.identityProvider", provider
    elif provider is not None:
        yield "userIdentity.sessionContext.webIdFederationData.federatedProvider", provider
    context = "userIdentity.sessionContext"
    yield f"{context}.attributes.creationDate", _when(_child(event, *session), "created_time", "created_time_dt")
    mfa = _flag(event, *session, "is_mfa") or _flag(event, *session, "mfa")
    yield f"{context}.attributes.mfaAuthenticated", mfa
    yield f"{context}.sessionIssuer.arn", _text(event, *session, "issuer")


def _ids(event: Mapping[str, object]) -> tuple[str | None, str | None]:
    """ARN and principal ID of the caller. A principal ID of a web identity may begin like an ARN."""
    uid, uuid, alt = (_text(event, "actor", "user", member) for member in ("uid", "uuid", "uid_alt"))
    early = (_text(event, "metadata", "version") or "").startswith("1.0.0-")
    if alt is None and (uuid is not None or early or not (uid or "").startswith("arn:")):
        return uuid, uid
    return uid, alt


def _outcome(event: Mapping[str, object]) -> Iterator[tuple[str, Cell]]:
    """What the classes keep apart from `api`: of sign-ins and of issued sessions."""
    account = _text(event, "cloud", "account", "uid") or _text(event, "cloud", "account_uid")
    yield "recipientAccountId", account
    operation = _text(event, "api", "operation") or ""
    failed = event.get("status_id") == _FAILED or event.get("status") == "Failure"
    if operation == "ConsoleLogin":
        yield "responseElements.ConsoleLogin", "Failure" if failed else _text(event, "status")
        yield "additionalEventData.LoginTo", _text(event, "dst_endpoint", "svc_name")
        mfa = _flag(event, "is_mfa") or _flag(event, "mfa")
        yield "additionalEventData.MFAUsed", {"true": "Yes", "false": "No"}.get(mfa or "")
    elif failed:
        yield "errorCode", _text(event, "status_code") or "Failure"
    if event.get("class_uid") != 3002 or not operation.startswith("AssumeRole"):
        return
    roles = (_text(event, "user", member) or "" for member in ("uid", "uuid"))
    yield "requestParameters.roleArn", next((one for one in roles if ":role/" in one), None)
    yield "requestParameters.roleSessionName", _text(event, "user", "name")
    key = _text(event, "session", "credential_uid")
    if not failed and key != _text(event, "actor", "user", "credential_uid"):
        yield "responseElements.credentials.accessKeyId", key
        yield "responseElements.assumedRoleUser.arn", _text(event, "session", "uid")
        yield "responseElements.assumedRoleUser.assumedRoleId", _text(event, "session", "uid_alt")


def _resources(event: Mapping[str, object]) -> Iterator[dict[str, str]]:
    resources = event.get("resources")
    for one in resources if isinstance(resources, list) else ():
        if isinstance(one, Mapping) and (arn := _text(one, "uid")) is not None:
            account = _text(one, "owner", "account", "uid") or _text(one, "account", "uid") or _text(one, "account_uid")
            stated = {"ARN": arn, "accountId": account, "type": _text(one, "type")}
            yield {name: value for name, value in stated.items() if value is not None}


def _unmapped(stated: object) -> Iterator[tuple[str, Cell]]:
    """The members of `unmapped`, whose names tell their places: an object, or `key` and `value` of each member."""
    if isinstance(stated, str):
        try:
            stated = _any.decode(stated)
        except ERRORS:
            return
    if isinstance(stated, list):
        stated = {str(one["key"]): one.get("value") for one in stated if isinstance(one, Mapping) and "key" in one}
    for name, value in stated.items() if isinstance(stated, Mapping) else ():
        first, dot, _ = str(name).partition(".")
        if value in (None, "") or not (first in _NESTED if dot else first in FIELDS):
            continue
        yield str(name).replace("[]", "{}"), value if isinstance(value, str) else encode(value)


def _child(value: object, *path: str) -> object:
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _text(event: object, *path: str) -> str | None:
    """The text at a path; None for an empty one. Mappings have published `''` for none too."""
    value = _child(event, *path)
    if isinstance(value, (Mapping, list)) and value and path[-1] == "data":
        return msgspec.json.encode(value).decode()
    return value if isinstance(value, str) and value not in ("", "''", "null") else None


def _flag(event: Mapping[str, object], *path: str) -> str | None:
    value = _child(event, *path)
    return str(value).lower() if str(value).lower() in ("true", "false") else None


def _when(event: object, *names: str) -> str | None:
    """The first of some times, as CloudTrail writes it: milliseconds, text, or a time of Parquet; 0 is none."""
    for name in names:
        value = _child(event, name)
        value = value.isoformat() if hasattr(value, "isoformat") else value
        if value and (seconds := parse_when(value)) is not None:
            return iso(seconds)
    return None
