"""Secrets that were read with credentials: each has to be replaced, since whoever read it still knows it.

Of the sensitive reads (`loaders.facts.classify`) those whose answer is a secret that outlives the call. The others give
credentials that expire by themselves, data, or facts about an account: nothing takes these back.
Source: the CLI references of Secrets Manager, Systems Manager, EC2, Lambda and KMS.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from lineage.model.facts import Target
from lineage.model.results import CallRow, Graph, grouped, json_value
from lineage.model.times import iso
from lineage.questions.contain import NOBODY, Step
from lineage.questions.contain.leftovers import LISTED
from lineage.questions.shared import grants
from lineage.questions.shared.climb import acting, name_of
from lineage.render.text import aws_line, counted, moment

READERS_NAMED = 3


class Secret(NamedTuple):
    """What replaces a kind of secret."""

    kind: str
    apis: re.Pattern[str]
    title: str
    command: str | None
    note: str


NEW_VALUE = "Change it where it is used, too."
SECRETS = (
    Secret(
        "secret", re.compile("secretsmanager:(?:Batch)?GetSecretValue"), "Rotate the secret {name}",
        "secretsmanager rotate-secret --secret-id {id}",
        "Without a rotation function write a new value (aws secretsmanager put-secret-value). " + NEW_VALUE,
    ),
    Secret(
        "parameters", re.compile("ssm:GetParametersByPath"), "Rotate the parameters below {name}",
        "ssm get-parameters-by-path --path {id} --recursive --query Parameters[].Name",
        "The command lists them; write each again (aws ssm put-parameter --overwrite). " + NEW_VALUE,
    ),
    Secret(
        "parameter", re.compile(r"ssm:GetParameter\w*"), "Rotate the parameter {name}",
        "ssm put-parameter --name {id} --type SecureString --overwrite --value file://new-value.txt",
        "Put the new value into new-value.txt first. " + NEW_VALUE,
    ),
    Secret(
        "password", re.compile("ec2:GetPasswordData"), "Change the administrator password of {name}", None,
        "Change it on the instance; whoever holds its key pair could decrypt the password.",
    ),
    Secret(
        "environment", re.compile(r"lambda:GetFunction(?:Configuration)?"),
        "Rotate what the environment of {name} holds",
        "lambda get-function-configuration --function-name {id} --query Environment",
        "The command shows the variables, which may hold secrets: rotate those.",
    ),
    Secret(
        "key", re.compile("kms:Decrypt"), "Replace what was decrypted with {name}", None,
        "A new key does not help: the plain text is known. The logs do not show it, only its encryption context.",
    ),
)  # fmt: skip
"""The first whose pattern fits an operation counts."""


class _Read(NamedTuple):
    secret: Secret
    target: Target
    row: CallRow


def steps(rows: Iterable[CallRow], up: Graph) -> list[Step]:
    """A step for each secret that calls read, in order of the first read; `up` holds the callers."""
    by_secret = grouped(_reads(rows), lambda one: (one.secret.kind, one.target.key))
    found = [_step(members, up) for members in by_secret.values()]
    return [step for _, step in sorted(found, key=lambda one: (one[0], one[1].target))]


def _reads(rows: Iterable[CallRow]) -> Iterator[_Read]:
    for row in rows:
        if row.row.error is not None or not row.row.sensitive or row.invoked_by is not None:
            continue
        secret = next((one for one in SECRETS if one.apis.fullmatch(row.row.api)), None)
        if secret is not None and (secret.kind not in ("parameter", "parameters") or _is_decrypted(row)):
            yield from (_Read(secret, target, row) for target in row.row.targets)


def _is_decrypted(row: CallRow) -> bool:
    """Did a read of parameters ask for plain text, as far as its examples show?"""
    asked = [json_value(sample.parameters) for sample in row.samples]
    return any(not isinstance(one, dict) or one.get("withDecryption") is True for one in asked)


def _step(reads: list[_Read], up: Graph) -> tuple[int, Step]:
    secret, target, row = reads[0]
    rows = sorted((one.row for one in reads), key=lambda row: (row.first, row.row.id))
    name = _name(target)
    first, last = rows[0].first, max(row.last for row in rows)
    readers = list(dict.fromkeys(name_of(up, acting(row.source)) for row in rows))
    more = f" and {len(readers) - READERS_NAMED:,} more" if len(readers) > READERS_NAMED else ""
    often = grants.total(rows)
    when = moment(iso(first)) + (
        f" and {counted(often - 1, 'more time')} until {moment(iso(last))}" if often > 1 else ""
    )
    return first, Step(
        number=0, phase="secrets", kind=secret.kind,
        title=f"{secret.title.format(name=name)}: read {when} by {', '.join(readers[:READERS_NAMED])}{more}",
        account=target.account or row.row.account, target=target.key,
        commands=list(_commands(secret, target, row, name)), policy=None, note=secret.note, ends=NOBODY,
        event_ids=[event_id for row in rows for event_id in row.event_ids][:LISTED],
    )  # fmt: skip


def _commands(secret: Secret, target: Target, row: CallRow, name: str) -> Iterator[str]:
    if secret.command is not None:
        arn = target.key if target.key.startswith("arn:") and secret.kind in ("secret", "environment") else None
        line = aws_line(secret.command, {"id": arn or name}, _region(target) or row.row.region)
        yield from [line] if line else []


def _region(target: Target) -> str | None:
    return target.key.split(":")[3] or None if target.key.startswith("arn:") else None


def _name(target: Target) -> str:
    """The name that the command line takes; that of a parameter in a hierarchy begins with a slash."""
    if target.type == "AWS::SSM::Parameter":
        name = target.key.partition(":parameter/")[2] if target.key.startswith("arn:") else target.id or ""
        return f"/{name.lstrip('/')}" if "/" in name or not name else name
    return target.id or target.key
