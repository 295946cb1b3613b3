"""The rest of STS: SAML, web identity, session and federation tokens, AssumeRoot (guide §2.2 to §2.6)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .sts import STS, Sts
from .values import Identity, Json, Role, Truth


class Federation(Sts):
    """Grants to people from elsewhere and to users themselves. Each returns the identity granted."""

    def saml(
        self, role: Role, subject: str, provider: str = "corp", *, session: str | None = None, **more: Any
    ) -> Identity:
        """The session of an AssumeRoleWithSAML from a command line; the key issued is the key used."""
        return self.saml_grant(role, subject, provider, session=session or subject, **more)

    def saml_grant(
        self,
        role: Role,
        subject: str,
        provider: str,
        *,
        session: str,
        duration: int = 3600,
        lasts: int | None = None,
        truth: Truth | None = None,
        ip: str = "203.0.113.20",
        agent: str = "Java/17.0.12",
        region: str = "eu-west-1",
    ) -> Identity:
        """The session of an AssumeRoleWithSAML; `lasts` is the life of the key where it differs."""
        arn = f"arn:aws:iam::{role.account}:saml-provider/{provider}"
        qualifier = "ZRu9MRAjiG9tvi1QBNfdI664G5A="
        origin = truth or Truth("SAMLIdentity", subject, subject)
        caller = Identity("SAMLUser", role.account, f"{qualifier}:{subject}", "", origin, ip=ip, agent=agent)
        caller = replace(caller, region=region)
        key = self.unique_id("ASIA", role.account)
        ends = self.now + (lasts or duration)
        made = self.session(role, session, caller, key=key, expires=ends)
        identity = {
            "type": "SAMLUser",
            "principalId": caller.principal_id,
            "userName": subject,
            "identityProvider": qualifier,
        }
        event = self.write(
            caller,
            STS,
            "AssumeRoleWithSAML",
            identity=identity,
            request={
                "sAMLAssertionID": f"_{self.uuid()}",
                "roleSessionName": session,
                "durationSeconds": duration,
                "roleArn": role.arn,
                "principalArn": arn,
            },
            response={
                "subject": subject,
                "subjectType": "persistent",
                "issuer": "https://sts.windows.net/5b2c1f0e-7d7a-4c27-9d4e-0a5a3c7c1d2e/",
                "audience": "https://signin.aws.amazon.com/saml",
                "nameQualifier": qualifier,
                "credentials": self.credentials(key, ends),
                "assumedRoleUser": {"assumedRoleId": made.principal_id, "arn": made.arn},
            },
            resources=[
                {"accountId": role.account, "type": "AWS::IAM::Role", "ARN": role.arn},
                {"accountId": role.account, "type": "AWS::IAM::SAMLProvider", "ARN": arn},
            ],
        )
        return replace(made, grants=(event,))

    def web_identity(
        self,
        role: Role,
        subject: str,
        issuer: str = "token.actions.githubusercontent.com",
        audience: str = "sts.amazonaws.com",
        session: str = "GitHubActions",
        *,
        duration: int = 3600,
        ip: str = "20.57.44.128",
        agent: str = "configure-aws-credentials-for-github-actions",
    ) -> Identity:
        """The session of an AssumeRoleWithWebIdentity: GitHub by default, a pod by IRSA, Cognito."""
        provider = f"arn:aws:iam::{role.account}:oidc-provider/{issuer}"
        if issuer == "cognito-identity.amazonaws.com":
            provider = issuer
        principal = f"{provider}:{audience}:{subject}"
        truth = Truth("WebIdentity", subject, subject)
        caller = Identity("WebIdentityUser", role.account, principal, "", truth, ip=ip, agent=agent)
        key = self.unique_id("ASIA", role.account)
        made = self.session(role, session, caller, key=key, expires=self.now + duration)
        event = self.write(
            caller,
            STS,
            "AssumeRoleWithWebIdentity",
            identity={
                "type": "WebIdentityUser",
                "principalId": principal,
                "userName": subject,
                "identityProvider": provider,
            },
            request={"roleArn": role.arn, "roleSessionName": session, "durationSeconds": duration},
            response={
                "credentials": self.credentials(key, self.now + duration),
                "subjectFromWebIdentityToken": subject,
                "assumedRoleUser": {"assumedRoleId": made.principal_id, "arn": made.arn},
                "provider": provider,
                "audience": audience,
            },
            resources=[{"accountId": role.account, "type": "AWS::IAM::Role", "ARN": role.arn}],
        )
        return replace(made, grants=(event,))

    def get_session_token(self, user: Identity, duration: int = 43200, mfa: bool = False) -> Identity:
        """The same user (or root) on a temporary key; one hop."""
        key = self.unique_id("ASIA", user.account)
        request: Json = {"durationSeconds": duration}
        if mfa:
            request["serialNumber"] = f"arn:aws:iam::{user.account}:mfa/{user.user_name}"
        made = self._same(user, key=key, mfa=mfa, expires=self.now + duration)
        response = {"credentials": self.credentials(key, self.now + duration)}
        event = self.write(user, STS, "GetSessionToken", request=request, response=response, read_only=False)
        return replace(made, grants=(event,))

    def _same(self, user: Identity, **more: Any) -> Identity:
        truth = replace(user.truth, depth=user.truth.depth + 1)
        return replace(user, truth=truth, created=self.now, issuer={}, **more)

    def get_federation_token(self, user: Identity, name: str, duration: int = 43200) -> Identity:
        """A federated user of that name; it outlives the key that asked for it (guide §2.6)."""
        key = self.unique_id("ASIA", user.account)
        arn = f"arn:aws:sts::{user.account}:federated-user/{name}"
        pid = f"{user.account}:{name}"
        issuer = {"type": user.type, "principalId": user.principal_id, "arn": user.arn}
        issuer |= {"accountId": user.account} | ({"userName": user.user_name} if user.user_name else {})
        event = self.write(
            user,
            STS,
            "GetFederationToken",
            request={"name": name, "durationSeconds": duration},
            response={
                "credentials": self.credentials(key, self.now + duration),
                "federatedUser": {"arn": arn, "federatedUserId": pid},
                "packedPolicySize": 4,
            },
            read_only=False,
        )
        return Identity(
            type="FederatedUser",
            account=user.account,
            principal_id=pid,
            arn=arn,
            truth=replace(user.truth, depth=user.truth.depth + 1),
            key=key,
            created=self.now,
            issuer=issuer,
            session=name,
            ip=user.ip,
            agent=user.agent,
            region=user.region,
            expires=self.now + duration,
            grants=(event,),
        )

    def assume_root(self, caller: Identity, member: str, task: str = "IAMAuditRootUserCredentials") -> Identity:
        """A root session of the member account for 15 minutes; only the caller's account logs the grant."""
        key = self.unique_id("ASIA", member)
        event = self.write(
            caller,
            STS,
            "AssumeRoot",
            request={
                "targetPrincipal": member,
                "taskPolicyArn": {"arn": f"arn:aws:iam::aws:policy/root-task/{task}"},
                "durationSeconds": 900,
            },
            response={"credentials": self.credentials(key, self.now + 900)},
            read_only=False,
        )
        return Identity(
            type="Root",
            account=member,
            principal_id=member,
            arn=f"arn:aws:iam::{member}:root",
            truth=replace(caller.truth, depth=caller.truth.depth + 1),
            key=key,
            created=self.now,
            issuer={},
            extra={"assumedRoot": "true"},
            ip=caller.ip,
            agent=caller.agent,
            region=caller.region,
            expires=self.now + 900,
            grants=(event,),
        )
