"""Facts: what one CloudTrail record states, before anything is joined.

A fact is frozen, comparable and self-contained. Loaders make facts, `lineage.resolve` joins them.
Times are whole seconds since the epoch, UTC (CloudTrail has no finer unit). Identifiers that are
masked or placeholders (guide §10.2) are None, so nothing can join on them.
"""

from __future__ import annotations

import msgspec


class Frozen(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base of the value types below: frozen, compared by value, small when encoded."""


class Identity(Frozen, frozen=True):
    """`userIdentity` of a call, normalised (guide §1.2, §1.3).

    `created` is `sessionContext.attributes.creationDate`. `role_*` name the role of a role session: from
    `sessionIssuer` if present, else from the assumed-role ARN.
    `session_name` is the part of `principalId` after the colon of a role session, or the NAME of a
    federated user. `account` is the account of the identity, never that of the recipient.
    """

    type: str
    account: str | None = None
    principal_id: str | None = None
    arn: str | None = None
    user_name: str | None = None
    access_key_id: str | None = None
    created: int | None = None
    role_name: str | None = None
    role_arn: str | None = None
    role_id: str | None = None
    session_name: str | None = None
    issuer_type: str | None = None
    issuer_arn: str | None = None
    issuer_id: str | None = None
    """`sessionIssuer.principalId`: the AIDA… of a federated user's issuer."""
    mfa: bool | None = None
    source_identity: str | None = None
    invoked_by: str | None = None
    on_behalf_of: str | None = None
    """Identity Center user ID."""
    identity_store: str | None = None
    """ARN of the identity store of `on_behalf_of`."""
    credential_id: str | None = None
    in_scope_of: str | None = None
    """`inScopeOf.credentialsIssuedTo`: ARN of the workload that received the credentials."""
    in_scope_type: str | None = None
    """`inScopeOf.issuerType`, e.g. `AWS::Lambda::Function`."""
    ec2_role_delivery: str | None = None
    assumed_root: bool = False
    assumed_root_unknown: bool = False
    """A temporary root session in a form without `assumedRoot` (Athena's published table)."""
    delegate: str | None = None
    """`invokedByDelegate.accountId`: the product provider that acts for this principal."""
    partition: str | None = None
    """Partition of an identity without an ARN, if its region is not in `aws`."""
    sign_in_session: str | None = None
    identity_provider: str | None = None
    masked: bool = False
    """The principal ID, account or key was present but masked."""
    no_session_context: bool = False
    """A temporary key without `creationDate` (guide §4.2, the billing console)."""
    attempt: str | None = None
    """`sign-in-failed` or `sign-in-check`: the identity was attempted, it is not the caller (see `attempts`)."""
    history: bool = False
    """From a form that states only a user name and an access key: event history, lookup-events."""


class Event(Frozen, frozen=True):
    """Where and when a fact was logged."""

    id: str
    time: int
    api: str
    """`service:Operation`, e.g. `sts:AssumeRole`; without API version."""
    account: str | None = None
    """recipientAccountId: the account whose trail delivered this copy."""
    region: str | None = None
    source_ip: str | None = None
    user_agent: str | None = None
    vpc_endpoint: str | None = None
    shared_id: str | None = None
    request_id: str | None = None
    copy: bool = False
    """The resource owner's copy of another account's call (`userIdentity.type` AWSAccount)."""


class Fact(Frozen, frozen=True, tag_field="fact"):
    """What one event states; `caller` is the identity in the record."""

    event: Event
    caller: Identity


class Grant(Fact, frozen=True, tag="grant"):
    """A session or key was granted: a successful STS call, a user's or root's sign-in, …

    `kind` is one of: `assume-role`, `saml`, `web-identity`, `assume-root`, `session-token`,
    `federation-token`, `console-login` (user or root only), `generic` (guide §2.13).
    The granted session is named by `session_type` (`role`, `user`, `root`, `federated`), its account
    and, if the record states them, `principal_id`, `role_name`, `role_arn` (with its path if the
    request has it) and `session_name`. `key` is the issued access key, None if the response was
    omitted or masked, or the key is not logged (ConsoleLogin).
    """

    kind: str
    session_type: str
    account: str | None = None
    partition: str = "aws"
    principal_id: str | None = None
    role_name: str | None = None
    role_arn: str | None = None
    session_name: str | None = None
    key: str | None = None
    expires: int | None = None
    duration_seconds: int | None = None
    provider: str | None = None
    """SAML provider ARN, OIDC issuer or provider ARN."""
    subject: str | None = None
    """SAML subject or web-identity subject."""
    source_identity: str | None = None
    tags: tuple[tuple[str, str], ...] = ()
    """Session tags of the request, sorted, AWS's own (`eks-…`, `kubernetes-…`) included."""
    external_id: str | None = None
    mfa: bool | None = None
    response_omitted: bool = False
    target_principal: str | None = None
    """AssumeRoot: ID of the member account."""
    certificate: str | None = None
    """Roles Anywhere: subject or serial number of the certificate."""
    via: str | None = None
    """`eks-pod-identity`, `roles-anywhere`, `mcp` if the record itself says so."""


class SignIn(Fact, frozen=True, tag="signin"):
    """A sign-in event about a session that another call granted. `caller` is that session.

    `kind`: `ConsoleLogin` (of a role session or federated user), `SwitchRole`, `RenewRole`,
    `ExitRole`, `GetSigninToken`, `CreateOAuth2Token`, `AuthorizeOAuth2Access` and similar ones.
    """

    kind: str
    switch_from: str | None = None
    """`additionalEventData.SwitchFrom`: ARN before the switch."""
    switch_to: str | None = None
    """`additionalEventData.SwitchTo`: ARN after the switch."""
    key: str | None = None
    """GetSigninToken: key in the response."""
    client: str | None = None
    """OAuth client_id; ends in `devtools/…` for `aws login`, has `/dcr/` for MCP."""
    saml_provider: str | None = None
    sign_in_session: str | None = None
    """ARN of the sign-in session, on the caller or only in the event's additional data (guide rule 3)."""
    mcp: bool = False


class Portal(Fact, frozen=True, tag="portal"):
    """An Identity Center portal event: the user requested credentials for a permission set.

    `kind`: `GetRoleCredentials`, `Federate`, `Authenticate`, `CreateToken`, …
    """

    kind: str
    account: str | None = None
    role_name: str | None = None
    """Permission-set name (`serviceEventDetails.role_name`), not the role's name."""
    user_id: str | None = None
    """Identity Center user ID, on the caller or only in the event's additional data."""
    credential_id: str | None = None
    """Joins the events of one portal session."""


class UserName(Fact, frozen=True, tag="username"):
    """An Identity Center user ID and the user name that goes with it (guide §2.8).

    The events of one sign-in may state them separately: then one of the two is None, and `workflow` joins them.
    """

    store: str | None
    user_id: str | None
    name: str | None
    workflow: str | None = None
    """`AuthWorkflowID` of the sign-in, if the event states only one of the two."""


class Made(Fact, frozen=True, tag="made"):
    """A user, role or long-term credential was created.

    `what`: `access key`, `user`, `role`, `login profile`, `service-linked role`, `credential`
    (service-specific, SSH, signing certificate). `principal_arn` is the principal it was created for (or
    that was created); `name` its name, `unique_id` its AIDA/AROA; `key` the new `AKIA…`.
    """

    what: str
    account: str | None = None
    partition: str = "aws"
    name: str | None = None
    principal_type: str = "IAMUser"
    principal_arn: str | None = None
    unique_id: str | None = None
    key: str | None = None
    trust: str | None = None
    """For a role: its trust policy, as compact JSON."""


class Changed(Fact, frozen=True, tag="changed"):
    """Permissions, logging or a similar setting was changed.

    `what` is one of `trust`, `permissions`, `boundary`, `key-status`, `key-deleted`,
    `password`, `mfa`, `provider`, `trail`, `share`, `deleted`, `instance-profile`, `federation`,
    `delegation`, `address`, `network`.
    `target_type` is `Principal`, `Credential`, `Resource` or `Workload`; `target` its ARN or key ID, else
    `account:type:id`. `before`/`after` are short strings or compact JSON, if the record has them.
    """

    what: str
    target_type: str
    target: str
    principal_type: str | None = None
    """`IAMUser` or `Role` if the target is a Principal."""
    before: str | None = None
    after: str | None = None
    marks: tuple[str, ...] = ()
    """Changed parts of the target, as `member=value` (a policy, statement, grant, account, rule); sorted."""


class Started(Fact, frozen=True, tag="started"):
    """A workload was started, changed or entered: RunInstances, CreateFunction, SendCommand, …

    `resource_id` identifies its sessions: instance ID, function name, task ID, build ID. `resource` is its ARN if it
    can be built. `entered`: the caller got access to a running workload (SendCommand, StartSession, ExecuteCommand).
    """

    resource_type: str
    """`AWS::EC2::Instance`, `AWS::Lambda::Function`, `AWS::ECS::Task`, `AWS::CodeBuild::Build`, …"""
    resource_id: str
    account: str | None = None
    resource: str | None = None
    role_arn: str | None = None
    entered: bool = False
    addresses: tuple[str, ...] = ()
    """Addresses of an instance or task when it was started, sorted."""


class Delegated(Fact, frozen=True, tag="delegated"):
    """A record that names downstream calls by request ID (MCP, guide §2.7), or a node that requested credentials for
    a pod (`eks-auth:AssumeRoleForPodIdentity`)."""

    kind: str
    request_ids: tuple[str, ...] = ()
    cluster: str | None = None


AnyFact = Grant | SignIn | Portal | UserName | Made | Changed | Started | Delegated


class Target(Frozen, frozen=True):
    """The resource that a changing, sensitive or denied call is about.

    `key` is the ARN if known, else `ACCOUNT:TYPE:ID`; S3 objects count as their bucket.
    """

    key: str
    type: str
    """CloudFormation type name, e.g. `AWS::S3::Bucket`, `AWS::IAM::Role`; else `unknown`."""
    account: str | None = None
    id: str | None = None


class Sample(Frozen, frozen=True):
    """One event that is kept as an example of its row."""

    time: int
    event_id: str
    resources: tuple[str, ...] = ()
    parameters: str | None = None
    """Compact JSON of the request, without secrets, truncated to 1,000 characters."""
