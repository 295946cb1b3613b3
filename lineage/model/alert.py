"""Alerts: actors, resources and times of a finding, an event or an identifier, in one format.

An alert is frozen, comparable and self-contained. `loaders.findings.findings` makes alerts,
`lineage.questions.investigate.leads` finds what they are about in the store. Times are whole seconds since the epoch,
UTC; masked and placeholder identifiers are None, as in facts.
"""

from __future__ import annotations

from lineage.model.facts import Frozen, Identity


class Actor(Frozen, frozen=True):
    """The caller whose credentials the alert names, as far as it states them."""

    access_key_id: str | None = None
    principal_id: str | None = None
    """`AROA…:SESSION` of a role session, `AIDA…` of a user, the account of root."""
    user_name: str | None = None
    """Name of the user, or of the role of a role session."""
    user_type: str | None = None
    """As in `userIdentity.type`."""
    account: str | None = None
    created: int | None = None
    """creationDate of the session."""
    arn: str | None = None

    @property
    def is_named(self) -> bool:
        """Whether the actor has any identifier to search for."""
        return bool(self.access_key_id or self.principal_id or self.user_name or self.arn)


class AlertResource(Frozen, frozen=True):
    """A resource that the alert is about."""

    type: str
    """CloudFormation type name, e.g. `AWS::EC2::Instance`; else `unknown`."""
    id: str
    """Instance ID, name of a bucket or function, task ID; for a pod `NAMESPACE/NAME`."""
    arn: str | None = None
    account: str | None = None
    parent: str | None = None
    """Name of the cluster of a pod or task."""
    owner: str | None = None
    """Service account of a pod."""


class Place(Frozen, frozen=True):
    """Where a source address is, as the finding says."""

    address: str
    country: str | None = None
    city: str | None = None
    asn: str | None = None
    owner: str | None = None
    """Owner of the network."""


class Threat(Frozen, frozen=True):
    """A threat list that names the source."""

    list_name: str | None
    names: tuple[str, ...] = ()


class CountedCall(Frozen, frozen=True):
    """An operation that the finding counts."""

    api: str
    """As in `Alert.apis`."""
    count: int


class Alert(Frozen, frozen=True):
    """One finding, event or identifier."""

    kind: str
    """`guardduty`, `securityhub`, `ocsf`, `guard`, `record` or `ask`."""
    id: str
    """ID of the finding (last part of its ARN) or event; for `ask` the identifier."""
    type: str | None = None
    """Finding type as GuardDuty spells it, e.g. `Policy:IAMUser/RootCredentialUsage`."""
    title: str | None = None
    severity: str | None = None
    account: str | None = None
    region: str | None = None
    first_seen: int | None = None
    """First second of the activity, not of the finding."""
    last_seen: int | None = None
    created: int | None = None
    """When the finding was created."""
    count: int | None = None
    actors: tuple[Actor, ...] = ()
    apis: tuple[str, ...] = ()
    """`service:Operation`; the service is `*` if the finding does not name it."""
    source_ips: tuple[str, ...] = ()
    user_agent: str | None = None
    error: str | None = None
    resources: tuple[AlertResource, ...] = ()
    affected: tuple[AlertResource, ...] = ()
    """The resources that the calls were about; unlike `resources` they made no calls."""
    places: tuple[Place, ...] = ()
    threats: tuple[Threat, ...] = ()
    calls: tuple[CountedCall, ...] = ()
    """Calls that the finding counts by operation."""
    sequence: str | None = None
    """ID of the attack sequence that it is, or belongs to."""
    signals: tuple[str, ...] = ()
    """IDs of the findings in an attack sequence."""
    sample: bool = False
    """A sample finding of GuardDuty."""
    identity: Identity | None = None
    """For `record`: its caller."""
    shared: int = 0
    """For `record`: as `batch.shared_hash` gives it."""
    category: str | None = None
    """For `record`: as in `batch.Row.category`."""
