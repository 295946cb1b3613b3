"""The values the simulator speaks in: accounts, roles, identities and the truth about an event.

Every ID is shaped as AWS shapes it: the prefix tells the kind and, for IDs made since 2019, the
account is encoded in the first 48 bits (field guide §6.2).
"""

from __future__ import annotations

import base64
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]
"""A CloudTrail record or one of its objects, as `json.dumps` takes it."""

MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def iso(when: int) -> str:
    """`2026-03-02T08:00:00Z`, the form of `eventTime` and `creationDate`."""
    return datetime.fromtimestamp(when, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def epoch(text: str) -> int:
    """Seconds since the epoch of an `iso` text."""
    return int(datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp())


def spoken(when: int) -> str:
    """`Mar 2, 2026, 8:00:00 AM`, the form of an STS `expiration` (guide §6.5), in no locale."""
    at = datetime.fromtimestamp(when, UTC)
    clock = f"{at.hour % 12 or 12}:{at:%M:%S} {'AM' if at.hour < 12 else 'PM'}"
    return f"{MONTHS[at.month - 1]} {at.day}, {at.year}, {clock}"


def unique_id(prefix: str, account: str, rng: random.Random) -> str:
    """An access key (20 characters) or unique ID (21) of `account`, by its prefix.

    The inverse of guide §6.2: marker bit, 40 bits of account, 7 free bits, then 4 free bytes.
    """
    head = (1 << 47) | (int(account) << 7) | rng.getrandbits(7)
    body = base64.b32encode(head.to_bytes(6, "big") + rng.randbytes(4)).decode()
    return prefix + body + ("" if prefix in ("AKIA", "ASIA") else rng.choice("ABCDEFGHIJ234567"))


@dataclass(frozen=True)
class Truth:
    """What an answer about one event must say: where the chain begins and how many hops it has.

    `id` is None where it depends on which logs are loaded (an Identity Center user's ID).
    """

    kind: str
    id: str | None
    name: str | None = None
    depth: int = 0


@dataclass(frozen=True)
class Role:
    """An IAM role; `id` changes when it is deleted and made again."""

    account: str
    name: str
    id: str
    path: str = "/"

    @property
    def arn(self) -> str:
        """With the full path, as in `sessionIssuer.arn` and `requestParameters.roleArn`."""
        return f"arn:aws:iam::{self.account}:role{self.path}{self.name}"

    def session_arn(self, session: str) -> str:
        """The assumed-role ARN, which drops the path (guide §1.2)."""
        return f"arn:aws:sts::{self.account}:assumed-role/{self.name}/{session}"


@dataclass(frozen=True)
class Person:
    """A user of Identity Center; records of sign-in and portal name the ID, later ones the name."""

    name: str
    user_id: str


@dataclass(frozen=True)
class Directory:
    """An Identity Center instance and the account and region that own it."""

    account: str
    store: str
    instance: str
    region: str = "us-east-1"

    @property
    def arn(self) -> str:
        """ARN of the identity store."""
        return f"arn:aws:identitystore::{self.account}:identitystore/{self.store}"


@dataclass(frozen=True)
class Identity:
    """Somebody who can call AWS: what `userIdentity` would say, and the truth behind it."""

    type: str
    account: str
    principal_id: str
    arn: str
    truth: Truth
    user_name: str | None = None
    key: str | None = None
    created: int | None = None
    mfa: bool = False
    issuer: Mapping[str, str] | None = None
    session: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Further members of `sessionContext`: ec2RoleDelivery, assumedRoot, sourceIdentity, …"""
    members: Mapping[str, Any] = field(default_factory=dict)
    """Further members of `userIdentity`: onBehalfOf, inScopeOf, invokedBy, …"""
    keys: tuple[str, ...] = ()
    """Keys that calls of a console session take in turn; none of them was ever issued in a log."""
    ip: str = "203.0.113.10"
    agent: str = "aws-cli/2.27.41 md/awscrt#0.26.1 ua/2.1 os/linux#6.8 md/arch#x86_64 lang/python#3.13.4"
    region: str = "eu-west-1"
    console: bool = False
    expires: int | None = None
    grants: tuple[str, ...] = ()
    """IDs of the events that granted this identity, both account copies."""

    def record(self, key: str | None) -> Json:
        """`userIdentity` of a call made with `key` (None: the field is left out)."""
        said: Json = {"type": self.type, "principalId": self.principal_id, "arn": self.arn}
        said["accountId"] = self.account
        if key is not None:
            said["accessKeyId"] = key
        if self.user_name is not None:
            said["userName"] = self.user_name
        if self.created is not None:
            said["sessionContext"] = {
                "sessionIssuer": dict(self.issuer or {}),
                "attributes": {
                    "creationDate": iso(self.created),
                    "mfaAuthenticated": "true" if self.mfa else "false",
                },
                **self.extra,
            }
        return {**said, **self.members}
