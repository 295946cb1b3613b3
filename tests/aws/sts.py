"""AssumeRole: by users and sessions, over the border, refused, by AWS services (guide §2.1, §2.10, §3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from .trail import Trail
from .values import Identity, Json, Role, spoken

STS = "sts.amazonaws.com"


class Sts(Trail):
    """Grants of role sessions. Each returns the identity granted, ready to act."""

    def credentials(self, key: str, expires: int) -> Json:
        """`responseElements.credentials`; the session token is made up and secret all the same."""
        token = "FwoGZXIvYXdzE" + f"{self.rng.getrandbits(64):016x}"
        return {"accessKeyId": key, "sessionToken": token, "expiration": spoken(expires)}

    def session(self, role: Role, name: str, caller: Identity, **more: Any) -> Identity:
        """A role session that begins now, one hop after `caller`; nothing is written."""
        truth = replace(caller.truth, depth=caller.truth.depth + 1)
        if caller.account in self.unlogged and caller.type != "AWSService":
            truth = replace(self.outside_truth(caller), depth=1)
        issuer = {"type": "Role", "principalId": role.id, "arn": role.arn, "accountId": role.account}
        made = Identity(
            type="AssumedRole",
            account=role.account,
            principal_id=f"{role.id}:{name}",
            arn=role.session_arn(name),
            truth=truth,
            created=self.now,
            mfa=caller.mfa,
            issuer=issuer | {"userName": role.name},
            session=name,
            ip=caller.ip,
            agent=caller.agent,
            region=caller.region,
        )
        return replace(made, **more)

    def assume_role(
        self,
        caller: Identity,
        role: Role,
        session: str = "session",
        *,
        duration: int = 3600,
        key: str | None = None,
        source_identity: str | None = None,
        tags: Mapping[str, str] | None = None,
        external_id: str | None = None,
        omit_response: bool = False,
        ip: str | None = None,
        agent: str | None = None,
        members: Mapping[str, Any] | None = None,
    ) -> Identity:
        """The session of an AssumeRole by a user, root or role session; both copies where it crosses.

        `key` forces the issued key (a recycled one). `omit_response`: the record was too large.
        `members` are added to the caller's `userIdentity` (`invokedBy`).
        """
        issued = key or self.unique_id("ASIA", role.account)
        kept = source_identity or (caller.extra or {}).get("sourceIdentity")
        extra = {"sourceIdentity": kept} if kept else {}
        made = self.session(role, session, caller, key=issued, expires=self.now + duration, extra=extra)
        request: Json = {"roleArn": role.arn, "roleSessionName": session, "durationSeconds": duration}
        if source_identity:
            request["sourceIdentity"] = source_identity
        if external_id:
            request["externalId"] = external_id
        if tags:
            request["tags"] = [{"key": k, "value": v} for k, v in sorted(tags.items())]
        response: Json = {"credentials": self.credentials(issued, self.now + duration)}
        response["assumedRoleUser"] = {"assumedRoleId": made.principal_id, "arn": made.arn}
        if source_identity:
            response["sourceIdentity"] = source_identity
        both: Json = {
            "request": request,
            "response": None if omit_response else response,
            "resources": [{"accountId": role.account, "type": "AWS::IAM::Role", "ARN": role.arn}],
            "request_id": self.uuid(),
            "ip": ip,
            "agent": agent,
        }
        said = self.identity(caller) | dict(members or {})
        if caller.account == role.account:
            return replace(made, grants=(self.write(caller, STS, "AssumeRole", identity=said, **both),))
        both["shared"] = self.uuid()
        first = self.write(caller, STS, "AssumeRole", identity=said, **both)
        outside, truth = self.outside(caller), self.outside_truth(caller)
        second = self.write(caller, STS, "AssumeRole", account=role.account, identity=outside, truth=truth, **both)
        there = [(caller.account, first), (role.account, second)]
        return replace(made, grants=tuple(e for a, e in there if a not in self.unlogged))

    def deny_assume_role(self, caller: Identity, role: Role, *, trust: bool = False) -> str:
        """Event ID of a refused AssumeRole: in the caller's account alone, with null parameters.

        `trust`: refused by the trust policy in the newer words, which name no role (guide §7.1).
        """
        text = f"User: {caller.arn} is not authorized to perform: sts:AssumeRole"
        if trust:
            text += " because no role trust policy allows the sts:AssumeRole action"
        else:
            text += f" on resource: {role.arn}"
        return self.write(caller, STS, "AssumeRole", error="AccessDenied", message=text)

    def service_session(
        self,
        service: str,
        role: Role,
        session: str,
        *,
        duration: int = 3600,
        with_user: bool = True,
        tags: Sequence[Mapping[str, str]] | None = None,
        times: int = 1,
        **more: Any,
    ) -> Identity:
        """The session of an AssumeRole by an AWS service, with the key of the last of `times` grants.

        `with_user=False` leaves out `assumedRoleUser`, as ec2, lambda and ecs-tasks do (guide §0.2).
        """
        caller = self.service(service, role.account)
        request: Json = {"roleArn": role.arn, "roleSessionName": session, "durationSeconds": duration}
        if tags:
            request["tags"] = [dict(t) for t in tags]
        made = self.session(role, session, caller, mfa=False, ip="10.0.1.17", agent=SERVICE_AGENT)
        events = []
        for _ in range(times):
            key = self.unique_id("ASIA", role.account)
            response: Json = {"credentials": self.credentials(key, self.now + duration)}
            if with_user:
                response["assumedRoleUser"] = {"assumedRoleId": made.principal_id, "arn": made.arn}
            resources = [{"accountId": role.account, "type": "AWS::IAM::Role", "ARN": role.arn}]
            grant = self.write(
                caller,
                STS,
                "AssumeRole",
                request=request,
                response=response,
                resources=resources,
                shared=self.uuid(),
            )
            events.append(grant)
            made = replace(made, key=key)
        return replace(made, expires=self.now + duration, grants=tuple(events), **more)


SERVICE_AGENT = "aws-sdk-java/2.31.78 md/io#sync md/http#Apache ua/2.1 os/Linux#5.10 lang/java#21"
