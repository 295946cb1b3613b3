"""Findings and events in every wrapping become alerts that say who, what, when and where."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from lineage.model.alert import Actor, Alert, AlertResource, CountedCall, Place, Threat
from lineage.model.errors import BadUse
from loaders.findings.findings import MOST, alerts_in

SHAPES = Path(__file__).parent / "alerts"
FIRST, LAST = 1773266102, 1773266376
"""2026-03-11 21:55:02 and 21:59:36."""

ADMIN = Actor(
    access_key_id="ASIARTX3GSDSQPTGZMHE", principal_id="AROARTX3GSDSSFFFRN4RC:ops", user_name="admin",
    user_type="AssumedRole",
)  # fmt: skip
ALICE = Actor(
    access_key_id="AKIARTX3GSDSALICEAAA", principal_id="AIDARTX3GSDSALICEAAAA", user_name="alice", user_type="IAMUser"
)
ROOT = Actor(access_key_id="ASIARTX3GSDSROOTAAAA", principal_id="111122223333", user_name="Root", user_type="Root")
INSTANCE = AlertResource(
    type="AWS::EC2::Instance", id="i-0dbc91f429e48eeed", account="111122223333",
    arn="arn:aws:ec2:eu-west-1:111122223333:instance/i-0dbc91f429e48eeed",
)  # fmt: skip
BUCKET = AlertResource(type="AWS::S3::Bucket", id="ledger-2026", arn="arn:aws:s3:::ledger-2026")

EXPECTED: dict[str, dict[str, Any]] = {
    "guardduty-api": {
        "kind": "guardduty", "type": "Persistence:IAMUser/AnomalousBehavior", "severity": "5 medium", "count": 3,
        "account": "111122223333", "region": "eu-west-1", "created": 1773267249, "actors": (ADMIN,),
        "apis": ("iam:CreateAccessKey",), "source_ips": ("198.51.100.23",), "user_agent": "aws-cli/2.27.41",
        "error": "AccessDenied", "resources": (), "sequence": None, "sample": False,
    },
    "guardduty-eventbridge-root": {
        "type": "Policy:IAMUser/RootCredentialUsage", "actors": (ROOT,), "apis": ("guardduty:GetDetector",),
    },
    "guardduty-console-login": {
        "actors": (Actor(principal_id="AIDARTX3GSDSCAROLAAAA", user_name="carol", user_type="IAMUser"),),
        "apis": ("signin:ConsoleLogin",),
    },
    "guardduty-anomalous": {
        "actors": (ALICE,), "apis": ("iam:CreateUser", "iam:ListUsers", "ec2:RunInstances"),
        "user_agent": "Boto3/1.39.4 md/Botocore#1.39.4",
    },
    "guardduty-s3": {
        "actors": (ADMIN,), "resources": (BUCKET,), "apis": ("s3:GetObject",), "source_ips": ("2001:db8::7",),
    },
    "guardduty-instance": {"actors": (), "resources": (INSTANCE,), "source_ips": ("198.51.100.23",)},
    "guardduty-lambda": {
        "actors": (), "source_ips": (),
        "resources": (
            AlertResource(
                type="AWS::Lambda::Function", id="monthly-report", account="111122223333",
                arn="arn:aws:lambda:eu-west-1:111122223333:function:monthly-report",
            ),
        ),
    },
    "guardduty-ecs": {
        "resources": (
            AlertResource(
                type="AWS::ECS::Task", id="2b3f0d1c9e8a4f57b6d2c1a0e9f8d7c6", account="111122223333", parent="shop",
                arn="arn:aws:ecs:eu-west-1:111122223333:task/shop/2b3f0d1c9e8a4f57b6d2c1a0e9f8d7c6",
            ),
        ),
    },
    "guardduty-eks": {
        "actors": (Actor(principal_id="AROARTX3GSDSSFFFRN4RC:ops", account="111122223333"),),
        "resources": (
            AlertResource(
                type="AWS::EKS::Pod", id="web/cart-7f6b", account="111122223333", parent="shop", owner="web/cart"
            ),
        ),
        "source_ips": ("198.51.100.23",),
    },
    "guardduty-rds": {
        "resources": (
            AlertResource(
                type="AWS::RDS::DBInstance", id="ledger", account="111122223333",
                arn="arn:aws:rds:eu-west-1:111122223333:db:ledger",
            ),
        ),
    },
    "guardduty-attack-sequence": {
        "severity": "9 critical", "sequence": "a" * 32, "signals": ("3" * 32,), "resources": (BUCKET, INSTANCE),
        "apis": ("cloudtrail:DeleteTrail",), "source_ips": ("198.51.100.23",), "first_seen": 1773265000,
        "actors": (
            Actor(
                access_key_id=ADMIN.access_key_id, principal_id=ADMIN.principal_id, user_name="admin",
                user_type="AssumedRole", account="111122223333", created=1773265710,
                arn="arn:aws:iam::111122223333:role/admin",
            ),
            ALICE,
        ),
    },
    "guardduty-sample": {"sample": True},
    "guardduty-names-nobody": {"actors": (), "resources": ()},
    "securityhub-asff": {
        "kind": "securityhub", "type": "Policy:IAMUser/RootCredentialUsage", "severity": "low", "count": 18,
        "actors": (ROOT,), "apis": ("guardduty:GetDetector",), "source_ips": ("198.51.100.23",),
        "user_agent": "Mozilla/5.0", "sample": False,
    },
    "securityhub-asff-instance": {
        "type": "Backdoor:EC2/C&CActivity.B", "resources": (INSTANCE,),
        "actors": (Actor(arn="arn:aws:iam::111122223333:role/worker"),),
    },
    "securityhub-ocsf": {
        "kind": "ocsf", "type": "Persistence:IAMUser/AnomalousBehavior", "severity": "high",
        "apis": ("iam:CreateAccessKey",), "source_ips": ("198.51.100.23",), "resources": (INSTANCE,),
        "created": 1773267249,
    },
    "cloudtrail-event": {
        "kind": "record", "id": "e0000000-0000-4000-8000-000000000042", "type": "iam:CreateAccessKey",
        "error": "AccessDenied", "category": "management-write", "first_seen": FIRST, "last_seen": FIRST,
    },
}  # fmt: skip

ACCESS_KEY_TYPES = [
    *(f"{tactic}:IAMUser/AnomalousBehavior" for tactic in (
        "CredentialAccess", "DefenseEvasion", "Discovery", "Exfiltration", "Impact", "InitialAccess", "Persistence",
        "PrivilegeEscalation",
    )),
    *(f"PenTest:{on}/{system}Linux" for on in ("IAMUser", "S3") for system in ("Kali", "Parrot", "Pentoo")),
    "DefenseEvasion:IAMUser/BedrockLoggingDisabled", "Policy:IAMUser/RootCredentialUsage",
    "Policy:IAMUser/ShortTermRootCredentialUsage", "Recon:IAMUser/MaliciousIPCaller",
    "Recon:IAMUser/MaliciousIPCaller.Custom", "Recon:IAMUser/TorIPCaller", "Stealth:IAMUser/CloudTrailLoggingDisabled",
    "Stealth:IAMUser/PasswordPolicyChange", "UnauthorizedAccess:IAMUser/ConsoleLoginSuccess.B",
    "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.InsideAWS",
    "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS",
    "UnauthorizedAccess:IAMUser/ResourceCredentialExfiltration.OutsideAWS",
    "UnauthorizedAccess:IAMUser/MaliciousIPCaller", "UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom",
    "UnauthorizedAccess:IAMUser/TorIPCaller", "Discovery:S3/AnomalousBehavior", "Discovery:S3/MaliciousIPCaller",
    "Discovery:S3/MaliciousIPCaller.Custom", "Discovery:S3/TorIPCaller", "Exfiltration:S3/AnomalousBehavior",
    "Exfiltration:S3/MaliciousIPCaller", "Impact:S3/AnomalousBehavior.Delete", "Impact:S3/AnomalousBehavior.Permission",
    "Impact:S3/AnomalousBehavior.Write", "Impact:S3/MaliciousIPCaller", "Policy:S3/AccountBlockPublicAccessDisabled",
    "Policy:S3/BucketAnonymousAccessGranted", "Policy:S3/BucketBlockPublicAccessDisabled",
    "Policy:S3/BucketPublicAccessGranted", "Stealth:S3/ServerAccessLoggingDisabled",
    "UnauthorizedAccess:S3/MaliciousIPCaller.Custom", "UnauthorizedAccess:S3/TorIPCaller",
]  # fmt: skip
"""The finding types whose resource has access-key details (GuardDuty User Guide, IAM and S3 Protection types)."""


def shape(name: str) -> bytes:
    """The bytes of one shape."""
    return (SHAPES / f"{name}.json").read_bytes()


def inner(name: str) -> dict[str, Any]:
    """The finding in a shape, without its wrapping."""
    value = json.loads(shape(name))
    value = value.get("detail", value)
    found: dict[str, Any] = (value.get("findings") or value.get("Findings") or [value])[0]
    return found


def one(data: str | bytes) -> Alert:
    """The only alert in a text."""
    (alert,) = alerts_in(data)
    return alert


def test_every_shape_is_expected() -> None:
    """Each file of alerts/ has what is expected of it."""
    assert {path.stem for path in SHAPES.iterdir()} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_shape(name: str) -> None:
    """Each shape says who, what, when and where."""
    alert = one(shape(name))

    assert {field: getattr(alert, field) for field in EXPECTED[name]} == EXPECTED[name]
    assert (alert.first_seen, alert.last_seen) == (
        EXPECTED[name].get("first_seen", FIRST), EXPECTED[name].get("last_seen", LAST)
    )  # fmt: skip


@pytest.mark.parametrize("kind", ACCESS_KEY_TYPES)
@pytest.mark.parametrize("spelling", ["api", "eventbridge"])
def test_access_key_of_every_type(kind: str, spelling: str) -> None:
    """A finding of any type that names an access key gives key and principal, in both spellings."""
    name, type_, resource = ("guardduty-api", "Type", "Resource") if spelling == "api" else (
        "guardduty-s3", "type", "resource"
    )  # fmt: skip
    finding = inner(name) | {type_: kind}
    if ":S3/" in kind:
        finding[resource] = inner("guardduty-s3")["resource"]
    alert = one(json.dumps(finding))

    assert alert.type == kind
    assert alert.actors == (ADMIN,)


def test_ocsf_actor_is_found() -> None:
    """An OCSF finding gives the key of its evidence and of its resources."""
    keys = [actor.access_key_id for actor in one(shape("securityhub-ocsf")).actors]

    assert keys == ["ASIARTX3GSDSQPTGZMHE", "ASIARTX3GSDSQPTGZMHE"]


def test_wrappings_change_nothing() -> None:
    """The same finding in a list, a line, gzip, SNS, SQS and EventBridge is the same alert."""
    finding = inner("guardduty-s3")
    plain = one(json.dumps(finding))
    text = json.dumps({"detail-type": "GuardDuty Finding", "detail": finding})
    message = json.dumps({"Type": "Notification", "Message": text})
    sns = json.dumps({"Records": [{"EventSource": "aws:sns", "Sns": {"Message": text}}]})
    sqs = json.dumps({"Records": [{"messageId": "1", "body": message}]})

    for wrapped in (f"[{json.dumps(finding)}]", json.dumps({"Findings": [finding]}), text, message, sns, sqs):
        assert one(wrapped) == plain
    assert one(gzip.compress(json.dumps(finding).encode())) == plain
    assert one(b"\xef\xbb\xbf" + json.dumps(finding).encode()) == plain


def test_a_line_each() -> None:
    """An export with a finding a line gives them in order, of one finding's versions the newest."""
    finding = inner("guardduty-s3")
    other = finding | {"id": "5" * 32}
    later = json.loads(json.dumps(finding))
    later["service"]["count"] = 9
    later["service"]["eventLastSeen"] = "2026-03-11T23:00:00.000Z"
    found = alerts_in("\n".join(json.dumps(line) for line in (finding, other, later)))

    assert [(alert.id, alert.count) for alert in found] == [("4" * 32, 9), ("5" * 32, 3)]


@pytest.mark.parametrize("prefix", ["aws-iam-authenticator", "heptio-authenticator-aws", "eks.v2/iam"])
def test_eks_user_of_any_prefix_finds_its_principal(prefix: str) -> None:
    """The user ID of a cluster's caller ends in account and unique ID, whatever authenticator wrote it."""
    finding = json.loads(shape("guardduty-eks"))
    text = json.dumps(finding).replace("aws-iam-authenticator:", f"{prefix}:")

    assert one(text).actors == (Actor(principal_id="AROARTX3GSDSSFFFRN4RC:ops", account="111122223333"),)


def test_a_finding_is_opened_as_a_log_is() -> None:
    """A finding or an event in an archive, or in a table, is the same alert."""
    finding = inner("guardduty-s3")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("finding.json", json.dumps({"Messages": [{"Body": json.dumps(finding)}]}))

    assert one(out.getvalue()) == one(json.dumps(finding))


def test_description_tells_the_principal() -> None:
    """An attack sequence without its details still says who, in its description."""
    finding = inner("guardduty-attack-sequence")
    del finding["service"]["detection"]
    finding["description"] = (
        "A sequence of actions was observed for IAMUser/john with principalId AIDARTX3GSDSALICEAAAA in account "
        "111122223333\nbetween eventFirstSeen and eventLastSeen."
    )

    assert one(json.dumps(finding)).actors == (Actor(principal_id="AIDARTX3GSDSALICEAAAA", account="111122223333"),)


AMSTERDAM = Place(
    address="198.51.100.23", country="Netherlands", city="Amsterdam", asn="64496", owner="Example Hosting"
)
LISTS = (Threat(list_name="ProofPoint", names=("Scanner",)), Threat(list_name="TorNode"))
TRAIL = AlertResource(
    type="AWS::CloudTrail::Trail", id="audit", account="111122223333",
    arn="arn:aws:cloudtrail:eu-west-1:111122223333:trail/audit",
)  # fmt: skip
FACTS = {"places": (AMSTERDAM,), "threats": LISTS, "affected": (TRAIL, BUCKET), "calls": (
    CountedCall(api="*:ListRoles", count=12), CountedCall(api="iam:GetPolicy", count=3),
)}  # fmt: skip
REMOTE = {
    "ipAddressV4": "198.51.100.23", "country": {"countryName": "Netherlands"}, "city": {"cityName": "Amsterdam"},
    "organization": {"asn": "64496", "asnOrg": "Example Hosting", "org": "Example"},
}  # fmt: skip
AFFECTED = {"AWS::CloudTrail::Trail": TRAIL.arn, "AWS::S3::Bucket": "ledger-2026"}


def facts(alert: Alert) -> dict[str, Any]:
    """What a finding says by itself of place, lists, resources and counts."""
    return {name: getattr(alert, name) for name in FACTS}


@pytest.mark.parametrize("encoded", [False, True], ids=["plain", "in value"])
def test_facts_of_guardduty(encoded: bool) -> None:
    """A GuardDuty finding gives the place and owner of the address, threat lists, affected resources and counts."""
    finding = inner("guardduty-s3")
    extra = {
        "threatListName": "TorNode",
        "apiCalls": [{"name": "ListRoles", "count": 12}, {"name": "iam:GetPolicy", "count": 3}, {"name": "x"}],
    }
    finding["service"] |= {
        "action": {"awsApiCallAction": {"api": "X", "remoteIpDetails": REMOTE, "affectedResources": AFFECTED}},
        "evidence": {"threatIntelligenceDetails": [{"threatListName": "ProofPoint", "threatNames": ["Scanner"]}]},
        "additionalInfo": {"type": "default", "value": json.dumps(extra)} if encoded else extra,
    }
    alert = one(json.dumps(finding))

    assert facts(alert) == FACTS
    assert alert.resources == (BUCKET,)


def flat(value: Any, path: str) -> dict[str, str]:
    """A value under flat names, as Security Hub keeps the members of a GuardDuty finding."""
    if isinstance(value, dict):
        return {name: text for key, below in value.items() for name, text in flat(below, f"{path}/{key}").items()}
    if isinstance(value, list):
        return {name: text for n, below in enumerate(value) for name, text in flat(below, f"{path}.{n}_").items()}
    return {path: str(value)}


@pytest.mark.parametrize("own", [False, True], ids=["flat", "members"])
def test_facts_of_security_hub(own: bool) -> None:
    """The same is read from the flat fields of the finding, and from the members of its own format."""
    finding = inner("securityhub-asff")
    extra = {"apiCalls": [{"name": "ListRoles", "count": 12}, {"name": "iam:GetPolicy", "count": 3}]}
    service: dict[str, Any] = {"additionalInfo": extra}
    if own:
        finding["Action"]["AwsApiCallAction"] |= {
            "RemoteIpDetails": {
                "IpAddressV4": "198.51.100.23", "Country": {"CountryName": "Netherlands"},
                "City": {"CityName": "Amsterdam"}, "Organization": {"Asn": 64496, "AsnOrg": "Example Hosting"},
            },
            "AffectedResources": AFFECTED,
        }  # fmt: skip
        finding["ThreatIntelIndicators"] = [{"Source": "ProofPoint", "Category": "Scanner"}, {"Source": "TorNode"}]
    else:
        service["action"] = {"awsApiCallAction": {"remoteIpDetails": REMOTE, "affectedResources": AFFECTED}}
        details = [
            {"threatListName": "ProofPoint", "threatNames": ["Scanner"]}, {"threatListName": "TorNode"}
        ]  # fmt: skip
        service["evidence"] = {"threatIntelligenceDetails": details}
    finding["ProductFields"] |= flat(service, "aws/guardduty/service")

    assert facts(one(json.dumps(finding))) == FACTS


def test_facts_of_ocsf() -> None:
    """An OCSF finding gives the place of the source and who lists it."""
    finding = inner("securityhub-ocsf")
    finding["evidences"][0]["src_endpoint"] |= {
        "location": {"country": "NL", "city": "Amsterdam"},
        "autonomous_system": {"number": 64496, "name": "Example Hosting"},
    }
    finding["osint"] = [{"name": "Scanner", "vendor_name": "ProofPoint", "value": "198.51.100.23"}]
    alert = one(json.dumps(finding))

    assert alert.places == (
        Place(address="198.51.100.23", country="NL", city="Amsterdam", asn="64496", owner="Example Hosting"),
    )
    assert alert.threats == (Threat(list_name="ProofPoint", names=("Scanner",)),)


@pytest.mark.parametrize(
    "fields",
    [
        {"aws/guardduty/service/a": "1", "aws/guardduty/service/a/b": "2", "aws/guardduty/service": "3"},
        {f"aws/guardduty/{'/' * 100_000}": "x", "aws/guardduty/service/evidence.²": "x"},
        {"aws/guardduty/service/evidence/threatIntelligenceDetails.7_/threatListName": 5},
    ],
    ids=["both value and object", "deep", "no text"],
)
def test_odd_flat_names_are_passed_over(fields: dict[str, Any]) -> None:
    """Flat names that contradict each other, or are no path, are no error and say nothing."""
    finding = inner("securityhub-asff")
    finding["ProductFields"] |= fields

    assert facts(one(json.dumps(finding))) == dict.fromkeys(FACTS, ())


def test_events_of_a_log_are_alerts() -> None:
    """A CloudTrail file is a list of events, each an alert."""
    event = inner("cloudtrail-event")
    found = alerts_in(json.dumps({"Records": [event, event | {"eventID": "e0000000-0000-4000-8000-000000000043"}]}))

    assert [alert.id[-2:] for alert in found] == ["42", "43"]
    assert found[0].identity is not None
    assert found[0].identity.session_name == "ops"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        ("{", "truncated JSON"),
        ('{"type": "x", "service": }', "malformed JSON"),
        ("[]", "no finding or event"),
        ("{}", "no finding or event"),
        ('{"Findings": []}', "no finding or event"),
        ('"text"', "no finding or event"),
        ("3", "no finding or event"),
        ('{"Message": "{cut"}', "malformed JSON"),
        ('{"eventName": "GetObject", "userIdentity": {}}', "no CloudTrail record"),
        ("[" * 100_000, "malformed JSON"),
        ('{"detail":' * 20 + "{}" + "}" * 20, "wrappers nested too deep"),
        ("\x1f\x8b\x08 no gzip", "gzip stream ends early"),
    ],
)
def test_bad_input_is_one_clear_line(text: str, why: str) -> None:
    """What is no finding is refused in one line that names the place and what to do, and quotes nothing."""
    data = text.encode("latin-1")
    with pytest.raises(BadUse) as refused:
        alerts_in(data, "alert.json")
    line = str(refused.value)

    assert why in line
    assert "\n" not in line
    assert line.startswith(("alert.json: ", "record: "))


def test_too_many_are_refused() -> None:
    """A whole log is no alert: more than can be looked at is refused with the command that loads it."""
    event = inner("cloudtrail-event")
    events = [event | {"eventID": f"e0000000-0000-4000-8000-{n:012d}"} for n in range(MOST + 1)]
    with pytest.raises(BadUse, match=r"lineage load big\.json"):
        alerts_in(json.dumps(events), "big.json")


def test_secrets_stay_out() -> None:
    """Nothing of a request or response reaches an alert."""
    event = inner("cloudtrail-event") | {
        "requestParameters": {"password": "hunter2-canary"},
        "responseElements": {"credentials": {"sessionToken": "canary-token"}},
    }

    assert "canary" not in repr(alerts_in(json.dumps(event)))
