"""Records as Security Lake maps them to OCSF: versions 1.0.0-rc.2 and 1.1.0 (the mappings in `ocsf/examples`)."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Literal

from .files import dumps
from .values import Json

Version = Literal["1.0.0-rc.2", "1.1.0"]
_SIGN_INS = ("ConsoleLogin", "AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "CredentialChallenge")
_CHANGES = ("CreateUser", "DeleteUser", "CreateAccessKey", "AttachUserPolicy", "AttachRolePolicy", "CreateRole")


def event(record: Json, version: Version) -> Json:
    """A record in OCSF; what has no place there is in `unmapped`, but for lists."""
    later = version != "1.0.0-rc.2"
    who: Json = record.get("userIdentity") or {}
    context: Json = who.get("sessionContext") or {}
    attributes, issuer = context.get("attributes") or {}, context.get("sessionIssuer") or {}
    name, response = record["eventName"], record.get("responseElements")
    signs_in = name in _SIGN_INS
    uid = 3002 if signs_in else 3001 if name in _CHANGES else 6003 if later else 3005
    ids = {"uid": who.get("arn"), "uid_alt": who.get("principalId")} if later else {
        "uid": who.get("principalId"), "uuid": who.get("arn")
    }  # fmt: skip
    account = {"account": {"uid": who.get("accountId")}} if later else {"account_uid": who.get("accountId")}
    mfa = attributes.get("mfaAuthenticated")
    created = attributes.get("creationDate")
    session = {
        "created_time_dt" if later else "created_time": created if later or created is None else millis(created),
        "is_mfa" if later else "mfa": None if mfa is None else mfa == "true", "issuer": issuer.get("arn"),
    }  # fmt: skip
    address = record.get("sourceIPAddress") or ""
    failed = record.get("errorCode") is not None or (response or {}).get("ConsoleLogin") == "Failure"
    found: Json = {
        "class_uid": uid, "class_name": {3001: "Account Change", 3002: "Authentication"}.get(uid, "API Activity"),
        "activity_id": 1, "status": "Failure" if failed else "Success", "status_id": 2 if failed else 1,
        "time": millis(record["eventTime"]), "severity_id": 1,
        "actor": {
            "user": {"type": who.get("type"), "name": who.get("userName"), "credential_uid": who.get("accessKeyId"),
                     **ids, **account},
            "session": session, "invoked_by": who.get("invokedBy"),
            "idp": {"name": who.get("identityProvider") or context.get("webIdFederationData", {}).get(
                "federatedProvider")},
        },
        "api": {
            "operation": name, "service": {"name": record["eventSource"]}, "request": {"uid": record.get("requestID")},
            "response": {"error": record.get("errorCode"), "message": record.get("errorMessage")},
        },
        "src_endpoint": {
            "ip" if re.match(r"[\d.]+$|.*:.*:", address) else "domain": address, "uid": record.get("vpcEndpointId"),
        },
        "http_request": {"user_agent": record.get("userAgent")},
        "cloud": {"provider": "AWS", "region": record["awsRegion"]},
        "metadata": {
            "uid": record["eventID"], "version": version, "profiles": ["cloud"],
            "product": {"name": "CloudTrail", "vendor_name": "AWS", "version": record.get("eventVersion"),
                        "feature": {"name": record.get("eventCategory")}},
        },
        "resources": [
            {"uid": one.get("ARN"), "type": one.get("type"), "account_uid": one.get("accountId")}
            for one in record.get("resources") or ()
        ],
    }  # fmt: skip
    rest = {key: record.get(key) for key in ("readOnly", "managementEvent", "sharedEventID", "recipientAccountId",
                                             "additionalEventData", "serviceEventDetails")}  # fmt: skip
    rest["userIdentity"] = {"onBehalfOf": who.get("onBehalfOf"), "sessionContext": {
        "sessionIssuer": {key: one for key, one in issuer.items() if key != "arn"},
        "sourceIdentity": context.get("sourceIdentity"), "assumedRoot": context.get("assumedRoot"),
    }}  # fmt: skip
    if later:
        found["time_dt"] = record["eventTime"]
        found["metadata"]["event_code"] = record.get("eventType")
        found["cloud"]["account"] = {"uid": record.get("recipientAccountId")}
        for key, value in (("request", record.get("requestParameters")), ("response", response)):
            found["api"][key]["data"] = dumps(value) if value is not None else None
    else:
        rest |= {"eventType": record.get("eventType"), "requestParameters": record.get("requestParameters"),
                 "responseElements": response}  # fmt: skip
    found["unmapped"] = dict(flat(rest))
    if signs_in and name != "ConsoleLogin":
        request = record.get("requestParameters") or {}
        found["user"] = {"uid" if later else "uuid": request.get("roleArn"), "name": request.get("roleSessionName")}
        if later and response:
            issued, session = response.get("credentials", {}), response.get("assumedRoleUser", {})
            found["session"] = {"credential_uid": issued.get("accessKeyId"), "uid": session.get("arn"),
                                "uid_alt": session.get("assumedRoleId")}  # fmt: skip
    return found


def millis(time: str) -> int:
    """A time in epoch milliseconds."""
    return int(datetime.fromisoformat(time).timestamp()) * 1000


def flat(value: object, path: str = "") -> list[tuple[str, str]]:
    """The texts, numbers and flags of a tree by their dotted names; lists are left out."""
    if isinstance(value, dict):
        return [pair for key, one in value.items() for pair in flat(one, f"{path}.{key}" if path else key)]
    if value is None or isinstance(value, list):
        return []
    return [(path, str(value).lower() if isinstance(value, bool) else str(value))]
