"""The clock, the accounts and the writing of records: what every simulated action goes through."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from .values import Identity, Json, Role, Truth, epoch, iso, unique_id

GLOBAL = {"iam.amazonaws.com", "signin.amazonaws.com", "organizations.amazonaws.com"}
"""Services whose records are written in us-east-1 whatever the caller's region (guide §9.2)."""
BROWSER = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 Chrome/138.0.0.0 Safari/537.36"
SDK = "Boto3/1.39.4 md/Botocore#1.39.4 ua/2.1 os/linux#6.8 lang/python#3.12.11"


class Trail:
    """Accounts, a clock of whole seconds and the records written so far, all from one seed.

    `records` are in the order written. `truth` holds, for each event ID, what an answer must say.
    `unlogged` names the accounts whose trail nobody keeps: their copies are not written.
    The clock moves by `tick` alone, so two actions without one share a second.
    """

    def __init__(self, seed: int = 0, start: str = "2026-03-02T08:00:00Z", plain_ids: bool = False) -> None:
        self.rng = random.Random(seed)
        self.now = epoch(start)
        self.records: list[Json] = []
        self.truth: dict[str, Truth] = {}
        self.names: dict[str, str] = {}
        self.unlogged: set[str] = set()
        self._plain = plain_ids
        self._count = 0
        self._next_id: list[str] = []

    def tick(self, seconds: int = 1) -> int:
        """The time after `seconds` more seconds."""
        self.now += seconds
        return self.now

    def uuid(self) -> str:
        """A version-4 UUID from the seed."""
        h = f"{self.rng.getrandbits(128):032x}"
        return f"{h[:8]}-{h[8:12]}-4{h[13:16]}-{'89ab'[int(h[16], 16) & 3]}{h[17:20]}-{h[20:]}"

    def name_next(self, *event_ids: str) -> None:
        """The next records written take these event IDs, one each."""
        self._next_id.extend(event_ids)

    def event_id(self) -> str:
        """The next event ID: as told by `name_next`, else counted (`plain_ids`), else random."""
        if self._next_id:
            return self._next_id.pop(0)
        self._count += 1
        return f"e0000000-0000-4000-8000-{self._count:012d}" if self._plain else self.uuid()

    def account(self, name: str, number: str | None = None, logged: bool = True) -> str:
        """The ID of a new account; `logged=False`: nobody has its trail."""
        made = number or f"{self.rng.randrange(10**11, 10**12 - 1)}"
        self.names[made] = name
        if not logged:
            self.unlogged.add(made)
        return made

    def unique_id(self, prefix: str, account: str) -> str:
        """A fresh key or unique ID of that account."""
        return unique_id(prefix, account, self.rng)

    def role(self, account: str, name: str, path: str = "/") -> Role:
        """A new role (a second one of the same name is the role made again)."""
        return Role(account, name, self.unique_id("AROA", account), path)

    def user(self, account: str, name: str, path: str = "/", **more: Any) -> Identity:
        """A new IAM user with one access key that was made before the logs begin."""
        arn = f"arn:aws:iam::{account}:user{path}{name}"
        user = Identity(
            type="IAMUser",
            account=account,
            principal_id=self.unique_id("AIDA", account),
            arn=arn,
            user_name=name,
            key=self.unique_id("AKIA", account),
            truth=Truth("IAMUser", arn, name),
        )
        return replace(user, **more)

    def root(self, account: str, **more: Any) -> Identity:
        """The account's root user, with a long-term key."""
        arn = f"arn:aws:iam::{account}:root"
        made = Identity("Root", account, account, arn, Truth("RootUser", arn))
        return replace(made, key=self.unique_id("AKIA", account), **more)

    def service(self, name: str, account: str, region: str = "eu-west-1") -> Identity:
        """An AWS service that acts in `account`, e.g. `ec2.amazonaws.com`."""
        truth = Truth("AWSService", name, name)
        return Identity("AWSService", account, "", "", truth, ip=name, agent=name, region=region)

    def write(
        self,
        who: Identity,
        source: str,
        name: str,
        *,
        account: str | None = None,
        region: str | None = None,
        request: Json | None = None,
        response: Json | None = None,
        error: str | None = None,
        message: str | None = None,
        resources: Sequence[Mapping[str, str]] | None = None,
        read_only: bool | None = None,
        event_type: str = "AwsApiCall",
        category: str = "Management",
        identity: Json | None = None,
        ip: str | None = None,
        agent: str | None = None,
        more: Mapping[str, Any] | None = None,
        shared: str | None = None,
        request_id: str | None = None,
        truth: Truth | None = None,
    ) -> str:
        """Event ID of one record written now into the trail of `account` (default: the caller's).

        `more` are further top-level fields. Nothing is written for an account without a trail.
        """
        event_id = self.event_id()
        where = account or who.account
        if where in self.unlogged:
            return event_id
        reads = name.startswith(("Get", "List", "Describe", "Head", "Lookup", "AssumeRole"))
        address = ip or who.ip
        record: Json = {
            "eventVersion": "1.11",
            "userIdentity": identity if identity is not None else self.identity(who),
            "eventTime": iso(self.now),
            "eventSource": source,
            "eventName": name,
            "awsRegion": region or ("us-east-1" if source in GLOBAL else who.region),
            "sourceIPAddress": address,
            "userAgent": agent or who.agent,
        }
        if error is not None:
            record["errorCode"] = error
        if message is not None:
            record["errorMessage"] = message
        record |= {
            "requestParameters": request,
            "responseElements": response,
            **(more or {}),
            "requestID": request_id or self.uuid(),
            "eventID": event_id,
            "readOnly": reads if read_only is None else read_only,
        }
        if resources is not None:
            record["resources"] = [dict(r) for r in resources]
        record |= {"eventType": event_type, "managementEvent": category == "Management"}
        record |= {"recipientAccountId": where, "eventCategory": category}
        if shared is not None:
            record["sharedEventID"] = shared
        if event_type == "AwsApiCall" and "amazonaws.com" not in address and "AWS Internal" not in address:
            if who.console:
                record["sessionCredentialFromConsole"] = "true"
            else:
                host = f"{source.split('.')[0]}.{record['awsRegion']}.amazonaws.com"
                record["tlsDetails"] = {
                    "tlsVersion": "TLSv1.3",
                    "cipherSuite": "TLS_AES_128_GCM_SHA256",
                    "clientProvidedHostHeader": host,
                }
        self.records.append(record)
        self.truth[event_id] = truth or who.truth
        return event_id

    def identity(self, who: Identity) -> Json:
        """`userIdentity` of a direct call now; a console session takes one of its keys."""
        if who.type == "AWSService":
            return {"type": "AWSService", "invokedBy": who.ip}
        return who.record(self.rng.choice(who.keys) if who.keys else who.key)

    def outside(self, who: Identity) -> Json:
        """`userIdentity` of `who` in the copy that a resource owner's account gets (guide §3)."""
        return {"type": "AWSAccount", "principalId": who.principal_id, "accountId": who.account}

    def outside_truth(self, who: Identity) -> Truth:
        """The truth of that copy: the caller's own, or the outside account where its trail is not kept."""
        if who.account not in self.unlogged:
            return who.truth
        return Truth("ExternalAccount", f"{who.account}:{who.principal_id.split(':')[0]}")

    def call(self, who: Identity, source: str, name: str, *, owner: str | None = None, **more: Any) -> str:
        """Event ID of an ordinary API call; `owner` is the other account whose resource it touches."""
        if owner is None or owner == who.account:
            return self.write(who, source, name, **more)
        both = {"shared": self.uuid(), "request_id": self.uuid()} | more
        first = self.write(who, source, name, **both)
        outside, truth = self.outside(who), self.outside_truth(who)
        second = self.write(who, source, name, account=owner, identity=outside, truth=truth, **both)
        return second if who.account in self.unlogged else first
