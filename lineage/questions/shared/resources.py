"""A resource as people name it, and the ways in which logs name the same thing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import NamedTuple

from lineage.model import keys, schema
from lineage.model.arn import LONG_TERM, Arn, parse_arn, role_of
from lineage.model.facts import Sample, Target

WORKLOADS = (
    ("ec2", "AWS::EC2::Instance"), ("lambda", "AWS::Lambda::Function"), ("ecs", "AWS::ECS::Task"),
    ("ecs", "AWS::ECS::TaskDefinition"), ("codebuild", "AWS::CodeBuild::Build"),
)  # fmt: skip
"""Workloads that relationships know by account, type and ID: what their own sessions show (design §3)."""
PARTITIONS = ("aws", "aws-cn", "aws-us-gov")
QUALIFIED = ("lambda", "logs", "states")
"""Services whose ARNs may go on after the name, with a version, an alias or a log stream."""
_PLAIN = re.compile(r"(\d{12})?:([A-Za-z0-9]+(?:::[A-Za-z0-9]+)*):(.+)", re.ASCII)
_SECRET_SUFFIX = re.compile(r"-[A-Za-z0-9]{6}\Z")


class Wanted(NamedTuple):
    """The resource that an ask names."""

    keys: frozenset[str]
    """Keys that targets may have."""
    names: frozenset[str]
    """Its names within account and type."""
    service: str | None
    """Lower case, as in the second part of a type."""
    account: str | None
    bucket: str | None = None
    """ARN of the bucket where it is one: its objects count for it."""

    @property
    def texts(self) -> tuple[str, ...]:
        """What has one of these in it may be about the resource; names as they are, and as they stand in a request."""
        names = {*self.keys, *self.names, *([self.bucket] if self.bucket else [])}
        names |= {json.dumps(name, ensure_ascii=False)[1:-1] for name in names}
        return tuple(sorted(one for one in names if not any(other in one for other in names - {one})))

    def is_target(self, target: Target | None) -> bool:
        """Is the resource the target of a call?"""
        if target is None:
            return False
        if target.key in self.keys:
            return True
        parts = target.type.split("::")
        service = parts[1].lower() if len(parts) > 1 else None
        return self._fits(service, target.account) and target.id is not None and target.id in self.names

    def is_in(self, sample: Sample, service: str, account: str | None) -> bool:
        """Does an example name the resource, among its resources or as a value of its request?"""
        for arn in sample.resources:
            if arn in self.keys or (self.bucket is not None and arn.startswith(f"{self.bucket}/")):
                return True
        text = sample.parameters
        if not text or not self._fits(service, None):
            return False
        # An ARN says in which account, a name means one in the caller's.
        result = {key for key in self.keys if key.startswith("arn:")}
        result |= self.names if self._fits(service, account) else set()
        return any(json.dumps(name, ensure_ascii=False) in text for name in result)

    def _fits(self, service: str | None, account: str | None) -> bool:
        return (self.service is None or service is None or service == self.service) and (
            self.account is None or account is None or account == self.account
        )

    def nodes(self, accounts: Iterable[str], found: Iterable[Target]) -> list[str]:
        """The nodes that relationships about the resource lead to, as references; sorted.

        `accounts` are those that it may lie in, `found` the targets that turned out to be it.
        """
        found = list(found)
        result = {f"{schema.RESOURCE} {key}" for key in (*self.keys, *(target.key for target in found))}
        result |= {f"{schema.CREDENTIAL} {name}" for name in self.names if name.startswith(LONG_TERM)}
        kinds = {(target.account, target.type, target.id) for target in found}
        for account in {self.account} if self.account else set(accounts):
            for name in self.names:
                kinds |= {(account, kind, name) for service, kind in WORKLOADS if self.service in (None, service)}
                if self.service in (None, "iam"):
                    result |= {
                        f"{schema.PRINCIPAL} arn:{part}:iam::{account}:{kind}/{name}"
                        for part in PARTITIONS
                        for kind in ("role", "user")
                    }
        result |= {f"{schema.RESOURCE} {account or ''}:{kind}:{name}" for account, kind, name in kinds if name}
        for key in self.keys:
            parts = role_of(key)
            if parts is not None:
                result.add(str(keys.role(*parts[:3]).ref))
            elif ":user/" in key:
                result.add(str(keys.user(key).ref))
            elif key.endswith(":root"):
                result.add(f"{schema.PRINCIPAL} {key}")
        return sorted(result)


def wanted(ask: str) -> Wanted:
    """The resource that an ARN, `ACCOUNT:TYPE:ID`, or a bare name or ID represents.

    >>> sorted(wanted("arn:aws:s3:::ledger/2026/march.csv").keys)
    ['arn:aws:s3:::ledger']
    >>> sorted(wanted("804275613390:AWS::EC2::Instance:i-07b3e6f20c9a5d184").names)
    ['i-07b3e6f20c9a5d184']
    """
    arn = parse_arn(ask)
    if arn is not None:
        return _of_arn(ask, arn)
    plain = _PLAIN.fullmatch(ask)
    if plain is not None:
        kind = plain[2].split("::")
        return Wanted(frozenset({ask}), frozenset({plain[3]}), kind[1].lower() if len(kind) > 1 else None, plain[1])
    buckets = {f"arn:{part}:s3:::{ask}" for part in PARTITIONS}
    return Wanted(frozenset({ask, *buckets}), frozenset({ask}), None, None, None)


def _of_arn(ask: str, arn: Arn) -> Wanted:
    account = arn.account if arn.account.isdigit() else None
    if arn.service == "s3" and not arn.account:
        name = arn.resource.partition("/")[0]
        bucket = f"arn:{arn.partition}:s3:::{name}"
        return Wanted(frozenset({bucket}), frozenset({name}), "s3", None, bucket)
    if arn.service in QUALIFIED:
        ask = ":".join(ask.removesuffix(":*").split(":")[:7])
    elif arn.service == "dynamodb":
        ask = "/".join(ask.split("/")[:2])
    role = role_of(ask)
    spelled = {ask, keys.role(*role[:3]).key} if role is not None else {ask}
    head, _, rest = arn.resource.partition("/" if "/" in arn.resource.partition(":")[0] else ":")
    names = {rest or head}
    if arn.service in ("iam", "sts", "ecs"):
        names = {arn.resource.rpartition("/")[2]}
    elif arn.service in QUALIFIED:
        names = {rest.split(":")[0]}
    elif arn.service == "dynamodb":
        names = {rest.split("/")[0]}
    elif arn.service == "secretsmanager":
        # A secret's ARN ends in six characters that no request needs.
        names |= {_SECRET_SUFFIX.sub("", name) for name in names}
    return Wanted(frozenset(spelled), frozenset(names), "iam" if arn.service == "sts" else arn.service, account)
