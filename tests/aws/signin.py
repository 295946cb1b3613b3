"""Sign-in: console, role switching, Identity Center, `aws login` (guide §2.7, §2.8, §4)."""

from __future__ import annotations

from dataclasses import replace

from .federation import Federation
from .trail import BROWSER
from .values import Directory, Identity, Json, Person, Role, Truth

SIGNIN = "signin.amazonaws.com"
SSO = "sso.amazonaws.com"
SSO_AGENT = "Jersey/${project.version} (HttpUrlConnection 17.0.12)"
CONSOLE_AGENT = "AWS Signin, aws-internal/3 aws-sdk-java/1.12.788 Linux/5.10 OpenJDK_64-Bit_Server_VM/17"


class SignIn(Federation):
    """Sessions that begin in a browser. Their keys were never issued in any log (guide §4.4)."""

    def console_keys(self, account: str) -> tuple[str, ...]:
        """Three keys for the calls of one console session."""
        return tuple(self.unique_id("ASIA", account) for _ in range(3))

    def sign_in_event(self, name: str, who: Identity, identity: Json, **more: object) -> str:
        """Event ID of a sign-in service event of that identity."""
        details: Json = {
            "request": None,
            "response": {name: "Success"},
            "more": {"additionalEventData": {"MobileVersion": "No", "MFAUsed": "No"}},
            "event_type": "AwsConsoleSignIn",
            "read_only": False,
            "agent": BROWSER,
        }
        details |= more
        return self.write(who, SIGNIN, name, identity=identity, **details)

    def console_login(self, user: Identity, mfa: bool = True, ip: str | None = None) -> Identity:
        """The console session of an IAM user or root; every later call has this second as creationDate."""
        said: Json = {"type": user.type, "principalId": user.principal_id, "arn": user.arn}
        said |= {"accountId": user.account}
        said |= {"userName": user.user_name} if user.user_name else {"accessKeyId": ""}
        data = {
            "LoginTo": "https://console.aws.amazon.com/console/home?hashArgs=%23&isauthcode=true",
            "MobileVersion": "No",
            "MFAUsed": "Yes" if mfa else "No",
        }
        who = replace(user, ip=ip or user.ip)
        event = self.sign_in_event("ConsoleLogin", who, said, more={"additionalEventData": data})
        made = self._same(who, mfa=mfa, keys=self.console_keys(user.account), console=True, agent=BROWSER)
        return replace(made, key=None, grants=(event,))

    def failed_login(self, user: Identity, ip: str | None = None) -> str:
        """Event ID of a ConsoleLogin with the wrong password; it grants nothing."""
        said: Json = {"type": user.type, "principalId": user.principal_id, "accountId": user.account}
        said |= {"accessKeyId": ""} | ({"userName": user.user_name} if user.user_name else {})
        failed = {"ConsoleLogin": "Failure"}
        return self.sign_in_event("ConsoleLogin", user, said, response=failed, message="Failed authentication", ip=ip)

    def switch_role(self, console: Identity, role: Role, session: str | None = None) -> Identity:
        """The switched session: AssumeRole (both copies where it crosses) and SwitchRole in one second."""
        name = session or console.session or console.user_name or "root"
        internal = {"invokedBy": "AWS Internal"}
        made = self.assume_role(console, role, name, ip="AWS Internal", agent="AWS Internal", members=internal)
        keys = self.console_keys(role.account)
        made = replace(made, key=None, keys=keys, console=True, agent=BROWSER, ip=console.ip)
        said: Json = {"type": "AssumedRole", "principalId": made.principal_id, "arn": made.arn}
        said["accountId"] = role.account
        target = "https://console.aws.amazon.com/console/home"
        data = {"SwitchFrom": console.arn, "RedirectTo": target}
        self.sign_in_event("SwitchRole", made, said, more={"additionalEventData": data})
        return made

    def saml_console(self, role: Role, subject: str, provider: str = "corp", lag: int = 0) -> Identity:
        """A browser session through a SAML provider; `lag` seconds pass before ConsoleLogin.

        The key that STS issues lives 15 minutes although an hour was asked, and is not the key in use.
        """
        made = self.saml_grant(
            role,
            subject,
            provider,
            session=subject,
            lasts=900,
            ip="AWS Internal",
            agent=CONSOLE_AGENT,
        )
        return self._federated_login(made, lag, provider)

    def _federated_login(self, made: Identity, lag: int, provider: str) -> Identity:
        keys = self.console_keys(made.account)
        made = replace(made, key=None, keys=keys, console=True, ip="198.51.100.77", agent=BROWSER)
        said: Json = {"type": "AssumedRole", "principalId": made.principal_id, "arn": made.arn}
        said["accountId"] = made.account
        self.tick(lag)
        arn = f"arn:aws:iam::{made.account}:saml-provider/{provider}"
        data = {"MobileVersion": "No", "MFAUsed": "No", "SamlProviderArn": arn}
        self.sign_in_event("ConsoleLogin", made, said, more={"additionalEventData": data})
        return made

    def directory(self, account: str) -> Directory:
        """An Identity Center instance owned by `account`."""
        tail = f"{self.rng.getrandbits(40):010x}"
        return Directory(account, f"d-{tail}", f"{self.rng.getrandbits(64):016x}")

    def person(self, name: str) -> Person:
        """A user of Identity Center."""
        return Person(name, self.uuid())

    def permission_set(self, directory: Directory, account: str, name: str) -> Role:
        """The `AWSReservedSSO_…` role that Identity Center keeps in a member account."""
        tail = f"{self.rng.getrandbits(64):016x}"
        path = "/aws-reserved/sso.amazonaws.com/"
        if directory.region != "us-east-1":
            path += f"{directory.region}/"
        return self.role(account, f"AWSReservedSSO_{name}_{tail}", path)

    def portal_event(self, directory: Directory, person: Person, name: str, source: str = SSO, **more: object) -> str:
        """Event ID of an Identity Center event; it names the person by user ID alone (since 2025)."""
        truth = Truth("IdentityCenterUser", person.user_id, None)
        who = Identity("IdentityCenterUser", directory.account, "", "", truth, ip="198.51.100.77")
        who = replace(who, region=directory.region, agent=BROWSER)
        said: Json = {"type": "IdentityCenterUser", "accountId": directory.account}
        said["onBehalfOf"] = {"userId": person.user_id, "identityStoreArn": directory.arn}
        said["credentialId"] = f"{person.user_id[:8]}-0c0a-4f1e-8d2e-{directory.instance[:12]}"
        details: Json = {"event_type": "AwsServiceEvent", "region": directory.region} | more
        return self.write(who, source, name, identity=said, **details)

    def portal_sign_in(self, directory: Directory, person: Person) -> str:
        """Event ID of the UserAuthentication that ends a password sign-in; the challenge names the user."""
        flow = self.uuid()
        event = ""
        for name in ("CredentialChallenge", "CredentialVerification", "UserAuthentication"):
            data: Json = {"AuthWorkflowID": flow, "CredentialType": "PASSWORD"}
            if name == "CredentialChallenge":
                data["UserName"] = person.name
            event = self.portal_event(
                directory,
                person,
                name,
                SIGNIN,
                more={"additionalEventData": data, "serviceEventDetails": {name: "Success"}},
                read_only=False,
            )
        return event

    def _portal_grant(self, name: str, directory: Directory, person: Person, role: Role) -> tuple[str, Identity]:
        permission_set = role.name.removeprefix("AWSReservedSSO_").rsplit("_", 1)[0]
        details = {"role_name": permission_set, "account_id": role.account}
        event = self.portal_event(directory, person, name, more={"serviceEventDetails": details})
        made = self.saml_grant(
            role,
            person.name,
            f"AWSSSO_{directory.instance}_DO_NOT_DELETE",
            session=person.name,
            duration=43200,
            truth=Truth("IdentityCenterUser", None, person.name),
            ip="35.158.127.20",
            agent=SSO_AGENT,
        )
        return event, made

    def sso_cli(self, directory: Directory, person: Person, role: Role, **more: object) -> Identity:
        """The session of `aws sso login`: the key in use is not the one that STS issued (guide §2.8)."""
        _, made = self._portal_grant("GetRoleCredentials", directory, person, role)
        used = self.unique_id("ASIA", role.account)
        changes: Json = {"key": used, "ip": "198.51.100.77", "agent": SSO_CLI} | more
        return replace(made, **changes)

    def sso_console(self, directory: Directory, person: Person, role: Role) -> Identity:
        """The browser session of a portal user: Federate, the SAML grant, GetSigninToken, ConsoleLogin."""
        _, made = self._portal_grant("Federate", directory, person, role)
        self.get_signin_token(made, agent=SSO_AGENT)
        return self._federated_login(made, 0, f"AWSSSO_{directory.instance}_DO_NOT_DELETE")

    def get_signin_token(
        self, who: Identity, *, new_key: bool = False, agent: str = "python-requests/2.32.4"
    ) -> Identity:
        """The console session of a broker, the same session as `who`; `new_key`: a duration was asked."""
        key = self.unique_id("ASIA", who.account) if new_key else who.key
        response = {"credentials": {"accessKeyId": key}, "GetSigninToken": "Success"}
        self.sign_in_event("GetSigninToken", who, self.identity(who), response=response, agent=agent)
        if new_key:
            return replace(who, key=key, console=True, agent=BROWSER)
        keys = self.console_keys(who.account)
        return replace(who, key=None, keys=keys, console=True, agent=BROWSER)

    def aws_login(self, console: Identity) -> Identity:
        """The CLI credentials of `aws login`: same session, a key whose issue is not logged (guide §2.7)."""
        said = replace(console, keys=(), key=None).record(None)
        client = {"client_id": "arn:aws:signin:::devtools/same-device"}
        request: Json = {"scope": "openid", "redirect_uri": "http://127.0.0.1:59092/oauth/callback"}
        request |= {"code_challenge_method": "SHA-256"} | client
        kind: Json = {"response": None, "event_type": "AwsApiCall", "more": {}}
        self.sign_in_event("AuthorizeOAuth2Access", console, said, request=request, **kind)
        self.tick(1)
        agent = "aws-cli/2.34.30 md/awscrt#0.31.2 ua/2.1 os/macos#24.6.0 m/Z,E,b,AA md/command#login"
        self.sign_in_event("CreateOAuth2Token", console, said, request=client, **(kind | {"agent": agent}))
        used = self.unique_id("ASIA", console.account)
        agent = "aws-cli/2.34.30 md/awscrt#0.31.2 ua/2.1 os/macos#24.6.0 m/AC,AD,Z,E,b"
        return replace(console, key=used, keys=(), console=False, agent=agent)

    def mcp_call(self, who: Identity, source: str, name: str) -> tuple[str, str]:
        """Event IDs of an agent's tool call and of the API call it made, joined by request ID."""
        request_id, tool = self.uuid(), "aws-mcp.amazonaws.com"
        downstream = [{"apiName": f"{source.split('.')[0]}:{name}", "requestId": request_id}]
        downstream[0]["awsRegion"] = who.region
        said = self.identity(who)
        first = self.write(
            who,
            tool,
            "CallReadWriteTool",
            identity=said,
            event_type="AwsMcpEvent",
            more={"additionalEventData": {"downstreamRequests": downstream}},
        )
        said = said | {"invokedBy": tool}
        second = self.write(who, source, name, identity=said, ip=tool, agent=tool, request_id=request_id)
        return first, second


SSO_CLI = "aws-cli/2.27.41 md/awscrt#0.26.1 ua/2.1 os/macos#24.5.0 lang/python#3.13.4 m/u,Z,E,t,b"
