"""A made-up organisation: its accounts and roles, and the records of what a session is granted and calls.

Six accounts, four regions. Every role session but those of outsiders begins with the grant that CloudTrail
would log, cross-account grants in both copies (guide §2, §3). Who is at work is in `benchmarks.work`.
"""

from __future__ import annotations

import random
import time
from base64 import b64encode
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from benchmarks.apis import Api
from benchmarks.grants import Caller
from benchmarks.records import record, unique_id, uuid

HOUR_SECONDS = 3600
ACCOUNTS = (
    "203512847901",
    "318840275516",
    "447190382265",
    "529963104478",
    "680247719053",
    "815530962247",
)
_TOKEN = "IQoJb3JpZ2luX2VjE" + "J7mPq2vR9sT4wX1yZ8aB5cD0eF3gH6iK" * 18
_DENIED_SHARE = 0.025


class Role(NamedTuple):
    """A role: `path` begins and ends with a slash."""

    account: str
    name: str
    id: str
    path: str = "/"

    @property
    def arn(self) -> str:
        """The role's full ARN."""
        return f"arn:aws:iam::{self.account}:role{self.path}{self.name}"


class Manner(NamedTuple):
    """How a session calls: source, user agent and operations."""

    region: str
    ip: str
    agent: str
    apis: tuple[Api, ...]
    name: str
    """The workload whose resources it calls about."""
    burst: int = 1
    """How often one call is made over again within seconds, at most."""
    tail: str = ""
    """Last members of its records, with their comma."""
    tls: bool = True


class Session(NamedTuple):
    """A caller from `start` to `end` (seconds since the epoch); `identity` is its `userIdentity`."""

    identity: str
    arn: str
    account: str
    principal: str
    key: str
    start: int
    end: int
    manner: Manner


class Log(NamedTuple):
    """The records of one hour, and the operations called."""

    lines: list[tuple[int, str, str, str, str, str]]
    """Time, recipient account, region, event ID, issued key (or empty), JSON."""
    apis: set[str]


@lru_cache(2 * HOUR_SECONDS)
def clock(seconds: int) -> str:
    """Return the time as CloudTrail writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def _expiry(seconds: int) -> str:
    """Return the time as STS writes it in responses."""
    at = time.gmtime(seconds)
    return time.strftime(f"%b {at.tm_mday}, %Y, {at.tm_hour % 12 or 12}:%M:%S %p", at)


@lru_cache
def _weights(apis: tuple[Api, ...]) -> list[int]:
    return list(accumulate(api.weight for api in apis))


class Organisation:
    """The organisation: its roles, the number of its sessions, and the log of the current hour."""

    def __init__(self, seed: int, steady: bool = False) -> None:
        """`steady`: a call is made over again with the same parameters."""
        self.rng = random.Random(seed)
        self._steady = steady
        self.sessions = 0
        self.log = Log([], set())
        self._roles: dict[tuple[str, str], Role] = {}

    def role(self, account: str, name: str, path: str = "/") -> Role:
        """Return the role of that name; it is created at the first call."""
        found = self._roles.get((account, name))
        if found is None:
            found = Role(account, name, unique_id(self.rng, "AROA", account), path)
            self._roles[account, name] = found
        return found

    def user(self, account: str, name: str, manner: Manner) -> Session:
        """Return an IAM user with a long-term key."""
        arn = f"arn:aws:iam::{account}:user/service/{name}"
        user_id, key = unique_id(self.rng, "AIDA", account), unique_id(self.rng, "AKIA", account)
        identity = (
            f'{{"type":"IAMUser","principalId":"{user_id}","arn":"{arn}","accountId":"{account}",'
            f'"accessKeyId":"{key}","userName":"{name}"}}'
        )
        return Session(identity, arn, account, user_id, key, 0, 1 << 40, manner)

    def address(self) -> str:
        """Return a public address."""
        a, b, c = self.rng.randbytes(3)
        return f"{(3, 18, 52, 54)[a & 3]}.{a}.{b}.{c}"

    def pick(self, session: Session) -> Api:
        """Return an operation that the session calls, frequent ones more often."""
        apis = session.manner.apis
        return self.rng.choices(apis, cum_weights=_weights(apis))[0]

    def calls(self, session: Session, api: Api, at: int, count: int = 1) -> None:
        """Log `count` calls of one operation by one session, within seconds."""
        rng, log, account, manner = self.rng, self.log.lines, session.account, session.manner
        region = "us-east-1" if api.everywhere else manner.region

        def fill(template: str) -> str:
            template = template.replace("@account", account).replace("@region", region)
            return template.replace("@name", manner.name)

        error, response = "", fill(api.response)
        parameters, resources = fill(api.parameters), fill(api.resources)
        if rng.random() < _DENIED_SHARE:
            error, response = _denied(session, api), "null"
            parameters = parameters if rng.random() < 0.5 else "null"
        self.log.apis.add(f"{api.service}:{api.name}")
        digits = ""
        for _ in range(count):
            digits = (digits if self._steady else "") or f"{rng.getrandbits(68):017x}"
            event_id = uuid(rng)
            line = record(
                session.identity,
                clock(at),
                api.service,
                api.name,
                region,
                account,
                manner.ip,
                manner.agent,
                parameters.replace("@hex", digits),
                response.replace("@hex", digits),
                uuid(rng),
                event_id,
                error=error,
                extra=api.extra and api.extra.replace("@random", b64encode(rng.randbytes(57)).decode()),
                resources=resources.replace("@hex", digits),
                read_only=api.read_only,
                data=api.data,
                tail=manner.tail,
                tls=manner.tls,
            )
            log.append((at, account, region, event_id, "", line))
            at += digits < "6"  # three in eight take until the next second

    def grant(
        self,
        role: Role,
        session_name: str,
        at: int,
        caller: Caller,
        manner: Manner,
        seconds: int = 3600,
        own_key: bool = False,
        member: str = "",
    ) -> Session:
        """The session of a role, and the record (both copies if cross-account) of how it was had.

        With `own_key` the session goes on with another key than the one issued (guide §2.8). `member` is
        a further member of the session's `userIdentity`, with its comma.
        """
        rng, account = self.rng, role.account
        issued = unique_id(rng, "ASIA", account)
        key = unique_id(rng, "ASIA", account) if own_key else issued
        session = self.session(role, session_name, at, key, manner, seconds, member)
        assumed = f',"assumedRoleUser":{{"assumedRoleId":"{session.principal}","arn":"{session.arn}"}}'
        asked = f'"roleArn":"{role.arn}","roleSessionName":"{session_name}","durationSeconds":{seconds}'
        given = (
            f'{{"credentials":{{"accessKeyId":"{issued}","sessionToken":"{_TOKEN}",'
            f'"expiration":"{_expiry(at + seconds)}"}}'
            f"{assumed if caller.names_session else ''}{caller.given}}}"
        )
        request_id, shared = uuid(rng), uuid(rng) if caller.shared else ""
        for recipient, identity in caller.identities:
            event_id = uuid(rng)
            line = record(
                identity,
                clock(at),
                "sts",
                caller.operation,
                manner.region,
                recipient,
                caller.host or manner.ip,
                caller.host or manner.agent,
                f"{{{caller.asked}{asked}}}",
                given,
                request_id,
                event_id,
                resources=f'[{{"accountId":"{account}","type":"AWS::IAM::Role","ARN":"{role.arn}"}}]',
                shared=shared,
                tls=not caller.host,
            )
            self.log.lines.append((at, recipient, manner.region, event_id, issued, line))
        self.log.apis.add(f"sts:{caller.operation}")
        return session

    def session(
        self, role: Role, session_name: str, at: int, key: str, manner: Manner, seconds: int, member: str = ""
    ) -> Session:
        """Return a role session that was granted at `at`."""
        account = role.account
        arn = f"arn:aws:sts::{account}:assumed-role/{role.name}/{session_name}"
        principal = f"{role.id}:{session_name}"
        identity = (
            f'{{"type":"AssumedRole","principalId":"{principal}","arn":"{arn}","accountId":"{account}",'
            f'"accessKeyId":"{key}","sessionContext":{{"sessionIssuer":{{"type":"Role","principalId":"{role.id}",'
            f'"arn":"{role.arn}","accountId":"{account}","userName":"{role.name}"}},'
            f'"attributes":{{"creationDate":"{clock(at)}","mfaAuthenticated":"false"}}}}{member}}}'
        )
        self.sessions += 1
        return Session(identity, arn, account, principal, key, at, at + seconds, manner)


def _denied(session: Session, api: Api) -> str:
    """Return the additional members of a denied call (guide §7.2)."""
    code = "Client.UnauthorizedOperation" if api.service == "ec2" else "AccessDenied"
    action = f"{api.service}:{api.name}"
    return (
        f'"errorCode":"{code}","errorMessage":"User: {session.arn} is not authorized to perform: {action} '
        f'because no identity-based policy allows the {action} action",'
    )
