"""No secret is kept: canaries in every secret field of records are found in no store, output, log or traceback."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lineage import cli
from tests.aws import Cloud, Json
from tests.aws.files import concatenated, dumps, event_bridge, lookup_events, ndjson
from tests.conftest import ROOT
from tests.same import different, graph_of

if TYPE_CHECKING:
    from lineage import Store
    from tests.neo4j_server import Server

CANARY = "KanaryInTheMine"
"""Part of every secret; nothing else of a record has it."""
RSA = f"-----BEGIN RSA PRIVATE KEY-----\nMIIE{CANARY}\n-----END RSA PRIVATE KEY-----"
URL = f"https://b.s3.amazonaws.com/k?X-Amz-Credential=AKIA&X-Amz-Signature={CANARY}&X-Amz-Security-Token=IQoJ{CANARY}"
JWT = f"eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ{CANARY}.{CANARY}"

REQUESTS: list[tuple[str, str, Json]] = [
    ("iam", "CreateLoginProfile", {"userName": "bo", "password": CANARY}),
    ("iam", "UpdateLoginProfile", {"userName": "bo", "password": CANARY, "passwordResetRequired": False}),
    ("iam", "ChangePassword", {"oldPassword": CANARY, "newPassword": CANARY}),
    ("iam", "EnableMFADevice", {"userName": "bo", "authenticationCode1": CANARY, "authenticationCode2": CANARY}),
    ("iam", "UploadServerCertificate", {"serverCertificateName": "c", "privateKey": RSA}),
    ("iam", "CreateOpenIDConnectProvider", {"url": "https://x", "clientSecret": CANARY}),
    ("iam", "CreateSAMLProvider", {"name": "x", "sAMLMetadataDocument": f"<x>{RSA}</x>"}),
    ("iam", "PutUserPolicy", {"userName": "bo", "policyName": "p", "policyDocument": f'{{"token":"{CANARY}"}}'}),
    ("sts", "AssumeRoleWithSAML", {"roleArn": "R", "principalArn": "P", "sAMLAssertion": CANARY}),
    ("sts", "AssumeRoleWithWebIdentity", {"roleArn": "R", "roleSessionName": "w", "webIdentityToken": JWT}),
    ("sts", "AssumeRole", {"roleArn": "R", "roleSessionName": "s", "serialNumber": "mfa", "tokenCode": CANARY}),
    ("sts", "GetSessionToken", {"tokenCode": CANARY}),
    ("ec2", "RunInstances", {"imageId": "ami-1", "userData": CANARY}),
    ("ec2", "ModifyInstanceAttribute", {"instanceId": "i-0123456789abcdef0", "userData": {"value": CANARY}}),
    ("ec2", "ImportKeyPair", {"keyName": "k", "keyMaterial": RSA}),
    ("secretsmanager", "CreateSecret", {"name": "s", "secretString": CANARY, "secretBinary": CANARY}),
    ("secretsmanager", "PutSecretValue", {"secretId": "s", "secretString": json.dumps({"password": CANARY})}),
    ("ssm", "PutParameter", {"name": "p", "type": "SecureString", "value": CANARY}),
    ("ssm", "SendCommand", {"instanceIds": ["i-0123456789abcdef0"], "parameters": {
        "commands": [f"mysql --password={CANARY}", f"export AWS_SECRET_ACCESS_KEY={CANARY}"]}}),
    ("lambda", "CreateFunction20150331", {"functionName": "f", "environment": {"variables": {"DB": CANARY}}}),
    ("lambda", "UpdateFunctionConfiguration20150331v2", {
        "functionName": "f", "environment": {"variables": {"P": CANARY}}}),
    ("rds", "CreateDBInstance", {"dBInstanceIdentifier": "d", "masterUserPassword": CANARY}),
    ("redshift", "ModifyCluster", {"clusterIdentifier": "c", "masterUserPassword": CANARY}),
    ("ecs", "RegisterTaskDefinition", {"family": "f", "containerDefinitions": [
        {"environment": [{"name": "DB_PASSWORD", "value": CANARY}]}]}),
    ("codebuild", "CreateProject", {"name": "p", "environment": {"environmentVariables": [
        {"name": "API_TOKEN", "value": CANARY}]}}),
    ("codebuild", "ImportSourceCredentials", {"token": CANARY, "serverType": "GITHUB"}),
    ("glue", "CreateConnection", {"connectionInput": {"connectionProperties": {"PASSWORD": CANARY}}}),
    ("dms", "CreateEndpoint", {"endpointIdentifier": "e", "password": CANARY}),
    ("sso-oauth", "CreateToken", {"clientSecret": CANARY, "deviceCode": CANARY, "refreshToken": CANARY}),
    ("cognito-idp", "AdminSetUserPassword", {"userPoolId": "p", "username": "u", "password": CANARY}),
    ("apigateway", "CreateApiKey", {"createApiKeyInput": {"name": "k", "value": CANARY}}),
    ("s3", "PutObject", {"bucketName": "b", "key": "k", "x-amz-server-side-encryption-customer-key": CANARY}),
    ("s3", "GetObject", {"bucketName": "b", "key": "k", "X-Amz-Signature": [CANARY], "X-Amz-Security-Token": [CANARY]}),
    ("kms", "Decrypt", {"plaintext": CANARY}),
    ("acm", "ImportCertificate", {"privateKey": RSA, "passphrase": CANARY}),
    ("cloudformation", "CreateStack", {"stackName": "s", "parameters": [
        {"parameterKey": "DBPassword", "parameterValue": CANARY}]}),
    ("events", "CreateConnection", {"name": "c", "authParameters": {"apiKeyAuthParameters": {"apiKeyValue": CANARY}}}),
    ("ec2", "DescribeInstances", {"filterSet": {"items": [{"name": "tag", "valueSet": {"items": [{"value": URL}]}}]}}),
]  # fmt: skip
"""Requests with secrets: service, operation and parameters."""

RESPONSES: dict[str, Json] = {
    "CreateAccessKey": {"accessKey": {"accessKeyId": "AKIAIOSFODNN7ABCDEFG", "userName": "bo", "status": "Active",
                                      "secretAccessKey": CANARY}},
    "GetFederationToken": {"credentials": {"accessKeyId": "ASIAIOSFODNN7ABCDEFG", "secretAccessKey": CANARY,
                                           "sessionToken": CANARY}},
    "GetSigninToken": {"SigninToken": CANARY, "credentials": {"accessKeyId": "ASIAIOSFODNN7ABCDEFH"}},
    "GetPasswordData": {"passwordData": CANARY},
    "CreateKeyPair": {"keyName": "k", "keyMaterial": RSA},
    "GetAuthorizationToken": {"authorizationData": [{"authorizationToken": CANARY}]},
    "CreateServiceSpecificCredential": {"serviceSpecificCredential": {"servicePassword": CANARY, "userName": "bo"}},
    "CreateVirtualMFADevice": {"virtualMFADevice": {"base32StringSeed": CANARY, "qRCodePNG": CANARY}},
    "StartSession": {"sessionId": "s", "tokenValue": CANARY, "streamUrl": f"wss://x?token={CANARY}"},
}  # fmt: skip


def secrets() -> list[Json]:
    """Records with a canary in every secret field: successes and refusals, and texts that quote secrets."""
    cloud = Cloud(seed=3)
    home = cloud.account("home")
    user, role = cloud.user(home, "ana"), cloud.role(home, "admin")
    session = cloud.assume_role(user, role, "s1")
    for service, name, request in REQUESTS:
        filled = json.loads(json.dumps(request).replace('"R"', f'"arn:aws:iam::{home}:role/admin"'))
        source = f"{service}.amazonaws.com"
        cloud.tick(5)
        cloud.call(session, source, name, request=filled)
        cloud.call(session, source, name, request=filled, error="AccessDenied", message=f"denied with token={CANARY}")
        cloud.call(session, source, name, request=filled, agent=f"[{URL}]")
    for name, response in RESPONSES.items():
        cloud.tick(5)
        cloud.call(user, "iam.amazonaws.com", name, request={"userName": "bo"}, response=response)
    cloud.call(user, "s3.amazonaws.com", "GetObject", error="SignatureDoesNotMatch", message=f"Bad: {URL}")
    cloud.call(
        user, "s3.amazonaws.com", "GetObject", message=f"sessionToken={CANARY}", agent=f"aws-cli --token {CANARY}"
    )
    for record in cloud.records:
        answer = record.get("responseElements")
        if isinstance(answer, dict) and "credentials" in answer:
            answer["credentials"] |= {"sessionToken": f"FwoGZXIvYXdz{CANARY}" + "a" * 40, "secretAccessKey": CANARY}
        sign_in = f"https://console.aws.amazonaws.com/?SigninToken={CANARY}"
        record["additionalEventData"] = {"QueryString": URL, "signinToken": CANARY, "LoginTo": sign_in}
    return cloud.records


def history(records: list[Json]) -> str:
    """The records as rows of an event-history download."""
    from tests.aws.files import history_csv

    return history_csv(records)


def athena(records: list[Json]) -> str:
    """The records as rows of an Athena query: nested members are JSON texts."""
    import csv

    columns = {"eventtime": "eventTime", "eventname": "eventName", "eventsource": "eventSource", "eventid": "eventID",
               "useragent": "userAgent", "sourceipaddress": "sourceIPAddress", "awsregion": "awsRegion",
               "errorcode": "errorCode", "errormessage": "errorMessage", "requestparameters": "requestParameters",
               "responseelements": "responseElements", "additionaleventdata": "additionalEventData",
               "useridentity": "userIdentity", "recipientaccountid": "recipientAccountId"}  # fmt: skip
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(columns)
    for record in records:
        values = [record.get(name) for name in columns.values()]
        rows.writerow([dumps(v) if isinstance(v, dict) else v for v in values])
    return out.getvalue()


def fresh(records: list[Json], number: int) -> list[Json]:
    """The records under other event IDs, so that each wrapping's own reader is what the store holds."""
    return [{**r, "eventID": f"{number:08x}{r['eventID'][8:]}"} for r in records]


def write_all(records: list[Json], folder: Path) -> Path:
    """The folder with the records in every wrapping, and malformed variants of some of them."""
    folder.mkdir()
    (folder / "a.json").write_text(dumps({"Records": records}))
    (folder / "b.ndjson").write_text(ndjson(fresh(records, 1)))
    (folder / "c.json").write_text(dumps(lookup_events(fresh(records, 2))))
    (folder / "d.json").write_text(concatenated([event_bridge(r) for r in fresh(records, 3)]))
    (folder / "e.csv").write_text(history(fresh(records, 4)))
    (folder / "f.csv").write_text(athena(fresh(records, 5)))
    (folder / "g.json").write_text(dumps({"Records": malformed(fresh(records, 6))}))
    (folder / "h.ndjson").write_text("".join(dumps(r)[:-40] + "\n" for r in fresh(records, 7)[:20]))
    (folder / "i.json").write_text(dumps({"Records": fresh(records, 8)})[:-700])
    (folder / "j.txt").write_text(f"password={CANARY}\n" * 3)
    return folder


def malformed(records: list[Json]) -> list[Any]:
    """Records with members of the wrong kind, each still with its secrets."""
    wrong: list[Any] = [CANARY, [CANARY], {"password": CANARY}]
    for n, record in enumerate(records):
        one = dict(record)
        match n % 6:
            case 0:
                one["eventTime"] = f"token={CANARY}"
            case 1:
                one["requestParameters"] = f"password={CANARY}"
            case 2:
                one["responseElements"] = [{"sessionToken": CANARY}]
            case 3:
                one["userIdentity"] = {"type": "IAMUser", "userName": {"password": CANARY}, "sessionToken": CANARY}
            case 4:
                one["eventName"] = None
            case _:
                one["additionalEventData"] = f"{URL}"
        wrong.append(one)
    return wrong


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with canaries."""
    return write_all(secrets(), tmp_path_factory.mktemp("canaries") / "logs")


def found_in(text: str) -> list[str]:
    """Where a canary stands in a text, each with what is around it."""
    return sorted({text[max(0, m.start() - 40) : m.end()] for m in re.finditer(CANARY, text)})


def test_the_canaries_are_in_the_logs(logs: Path) -> None:
    """Every wrapping carries the canaries, so that the other tests can find something."""
    counts = {path.name: path.read_text().count(CANARY) for path in sorted(logs.iterdir())}

    assert {name: n for name, n in counts.items() if n < 3} == {}


def test_no_byte_of_the_embedded_store(logs: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """No byte of the SQLite file, its journal or a log line holds a secret, neither while it is open nor closed."""
    import lineage

    with caplog.at_level(logging.DEBUG), lineage.open(tmp_path / "lineage.db") as store:
        report = store.load([logs])
        opened = {p.name: found_in(p.read_bytes().decode("latin-1")) for p in tmp_path.glob("lineage.db*")}
        events = store.info().events
    closed = {p.name: found_in(p.read_bytes().decode("latin-1")) for p in tmp_path.glob("lineage.db*")}

    assert events > 500
    assert report.sums.set_aside > 10
    assert {name: found for name, found in (opened | closed).items() if found} == {}
    assert found_in(repr(report)) == []
    assert found_in(caplog.text) == []


def test_nothing_in_neo4j(logs: Path, neo4j_any: Server) -> None:
    """No property of a node or relationship, bookkeeping included, holds a secret."""
    import neo4j

    import lineage

    neo4j_any.wipe(schema=False)
    with lineage.open(neo4j_any.uri) as store:
        store.load([logs])
    with neo4j.GraphDatabase.driver(neo4j_any.uri) as driver:
        nodes, _, _ = driver.execute_query("MATCH (n) RETURN labels(n) AS labels, properties(n) AS properties")
        ways, _, _ = driver.execute_query("MATCH ()-[r]->() RETURN type(r) AS labels, properties(r) AS properties")
    needle = CANARY.encode()
    held = [
        (row["labels"], name)
        for row in [*nodes, *ways]
        for name, value in row["properties"].items()
        if needle in (bytes(value) if isinstance(value, (bytes, bytearray)) else repr(value).encode())
    ]

    assert len(nodes) > 50
    assert held == []


def as_process(store: Path, arguments: list[str]) -> str:
    """What a command prints as a process of its own."""
    ran = subprocess.run(
        [sys.executable, "-m", "lineage.cli", *arguments], cwd=ROOT,
        capture_output=True, text=True, timeout=60, check=False, env={**os.environ, "LINEAGE_STORE": str(store)},
    )  # fmt: skip
    return ran.stdout + ran.stderr


def outputs(logs: Path, folder: Path, capfd: pytest.CaptureFixture[str]) -> Iterator[tuple[str, str]]:
    """Every command with its output, and what it wrote to standard error.

    Loads run as processes of their own, the many questions in this one, with all that reaches its standard output
    and error from anywhere.
    """
    store = folder / "lineage.db"
    records = secrets()
    raw = folder / "one.json"
    raw.write_text(dumps(records[-1]))
    ids = [r["eventID"] for r in records]
    cut = dumps(records[3])[:-30]
    commands = [
        ["load", str(logs)], ["load", "--strict", str(logs)], ["load", str(logs / "j.txt")], ["info"], ["chains"],
        ["cross-account"], ["trace", ids[0]], ["trace", records[0]["userIdentity"]["arn"]],
        *(["who", one] for one in ids[:60:9]), ["who", dumps(records[5])], ["who", cut],
        ["who", dumps({**records[6], "userIdentity": {"type": 3, "sessionToken": CANARY}})],
        *(["show", one, "--logs", str(logs)] for one in ids[1::11]),
        ["show", records[3]["eventID"].replace("-", ""), "--logs", str(logs)],
        ["query"], ["schema", "who"],
    ]  # fmt: skip
    for command in commands:
        for form in ([], ["--json"]):
            if form and command[0] in ("load", "show", "query", "schema"):
                continue
            arguments = [*command, *form, "--debug"]
            if command[0] == "load":
                yield " ".join(command)[:60], as_process(store, arguments)
                continue
            capfd.readouterr()
            with pytest.raises(SystemExit):
                cli.main(arguments)
            yield " ".join(command)[:60], "".join(capfd.readouterr())


def test_no_output_of_a_command(
    logs: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No command prints a secret: neither an answer, nor a raw record, nor an error, nor a traceback."""
    monkeypatch.setenv("LINEAGE_STORE", str(tmp_path / "lineage.db"))
    said = list(outputs(logs, tmp_path, capfd))
    empty = [command for command, text in said if not text.strip()]

    assert {command: found_in(text) for command, text in said if found_in(text)} == {}
    assert empty == []


def test_secrets_decide_nothing(store: Store, tmp_path: Path) -> None:
    """What is kept of a record with secrets names its resources and parameters still."""
    records = secrets()
    (tmp_path / "a.json").write_text(dumps(records))
    store.load([tmp_path / "a.json"])
    told = graph_of(store)

    assert any("(removed)" in json.dumps(attributes) for name, attributes in told.items() if name.startswith("USED "))
    assert different(told, graph_of(store)) == ""
