"""The answer to `investigate`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, SerializeAsAny, WithJsonSchema, field_validator

from lineage.questions.shared.models import Confidence, Model, Scope, Sight, Subject, Whose
from lineage.questions.who import WhoAnswer

_ANY_ANSWER = {"type": "object", "required": ["schema"], "properties": {"schema": {"type": "string"}}}


class ActorTold(Model):
    """Whose credentials the alert names."""

    access_key_id: str | None = None
    principal_id: str | None = None
    user_name: str | None = None
    user_type: str | None = None
    account: str | None = None
    creation_date: str | None = None
    arn: str | None = None


class ThingTold(Model):
    """A resource that the alert names."""

    type: str
    id: str
    arn: str | None = None
    account: str | None = None


class PlaceTold(Model):
    """Where a source address is, as the alert says; nothing of it is looked up."""

    address: str
    country: str | None = None
    city: str | None = None
    asn: str | None = None
    owner: str | None = None
    """Owner of the network."""


class ThreatTold(Model):
    """A threat list that names the source."""

    list_name: str | None
    names: list[str]


class CountTold(Model):
    """An operation that the alert counts."""

    api: str
    count: int


class AlertTold(Model):
    """What the alert says."""

    kind: Literal["guardduty", "securityhub", "ocsf", "guard", "record", "ask"]
    id: str
    type: str | None = None
    title: str | None = None
    severity: str | None = None
    account: str | None = None
    region: str | None = None
    first_seen: str | None = None
    """First second of the activity, not of the finding."""
    last_seen: str | None = None
    created: str | None = None
    """When the finding was made."""
    count: int | None = None
    apis: list[str] = Field(default_factory=list)
    error: str | None = None
    source_ips: list[str] = Field(default_factory=list)
    user_agent: str | None = None
    actors: list[ActorTold] = Field(default_factory=list)
    resources: list[ThingTold] = Field(default_factory=list)
    affected: list[ThingTold] = Field(default_factory=list)
    """What the calls of the alert were about."""
    places: list[PlaceTold] = Field(default_factory=list)
    threats: list[ThreatTold] = Field(default_factory=list)
    counts: list[CountTold] = Field(default_factory=list)
    """Calls that the alert counts by operation."""
    sequence: str | None = None
    """ID of the attack sequence that it is or belongs to."""


class Lead(Model):
    """A session, key or principal in the store that an alert leads to."""

    alert: str
    """ID of the alert."""
    ask: str
    """What to ask for it by: a session, an access key or an ARN."""
    subject: Subject
    how: str
    """What it was found by, in words."""
    confidence: Confidence
    """How surely the alert means it; the confidence of its origin is in `whose`."""
    calls: int
    """Calls in the time of the alert that fit it."""
    event_ids: list[str]
    """The earliest of them; at most 20."""
    note: str | None = None
    whose: Whose


class OwnAddress(Model):
    """A source address that the logs show to be one of our own. It joins no identities."""

    address: str
    account: str | None
    instance: str | None
    """The instance that had it last before the alert; null where that is not logged."""
    api: str
    time: str
    event_ids: list[str]
    credentials_of: str


class Started(Model):
    """With whose credentials a workload was started, changed or entered before the alert."""

    resource: str
    node: str
    whose: Whose


class Recent(Model):
    """Calls in a stretch of time that ends with the scope."""

    since: str
    until: str
    calls: int
    failed: int


class Section(Model):
    """One question about a lead, inside the scope."""

    question: str
    """Stem of the question, as of its command."""
    asked: str | None
    options: dict[str, str | int | bool | None] = Field(default_factory=dict)
    """The options that it was asked with, by the names of the method."""
    found: bool
    note: str | None = None
    """Why there is no answer, where there is none."""
    answer: Annotated[SerializeAsAny[Model] | None, WithJsonSchema({"anyOf": [_ANY_ANSWER, {"type": "null"}]})] = None
    """The question's own answer, by its own schema."""

    @field_validator("answer", mode="before")
    @classmethod
    def _by_its_schema(cls, value: Any) -> Any:
        """An answer that comes as JSON is read by the schema that it names."""
        if not isinstance(value, dict):
            return value
        from lineage.questions.registry import model_of

        return model_of(value["schema"]).model_validate(value)


class Case(Model):
    """One lead, examined."""

    ask: str
    subject: Subject
    whose: Whose
    several: bool = False
    """Is it about several sessions, whose origins `who` has each for itself, the newest first?"""
    who: list[WhoAnswer]
    """One, or one a caller where several fit; at most 100 for each event or session."""
    who_total: int
    """Back to the origin, hop by hop; one a caller where several fit."""
    calls: int
    """Its calls in the scope."""
    failed: int
    last_hour: Recent
    last_day: Recent
    sections: list[Section]
    """In the order in which an investigation asks."""


class Cited(Model):
    """An event that the report cites, and where its record lies."""

    event_id: str
    time: str
    api: str
    account: str | None
    region: str | None
    error: str | None
    path: str | None
    """File that it was loaded from."""
    index: int
    """Of the record in its file, from 0."""


class Where(Model):
    """An address that the credentials were used from."""

    address: str
    calls: int
    """Of the chain, as far as the timeline has them; 0 where the alert alone names it."""
    place: PlaceTold | None = None
    """As the alert says."""
    own: str | None = None
    """The instance of our own that had it, where the logs show one."""


class DoneStep(Model):
    """What was done, in one sentence."""

    time: str
    until: str | None
    text: str
    count: int
    by: str
    """`ROLE as SESSION_NAME`, a key or a name."""
    refused: bool
    event_ids: list[str]
    """At most 3."""


class Working(Model):
    """A session, key or password that works, or may work, at a time."""

    what: Literal["session", "access key", "login profile", "password", "user"]
    name: str
    ask: str
    """To be asked with."""
    account: str | None
    live: Literal["yes", "unknown"]
    until: str | None
    made: bool
    """Was it made for another user?"""
    same_origin: bool
    """Is it no part of what came from it, but of the same origin?"""


class First(Model):
    """A step of the plan that comes first."""

    number: int
    title: str
    account: str | None
    commands: list[str]
    note: str | None
    plan: str
    """The command that prints the whole plan."""


class Affected(Model):
    """A resource that the alert or its calls were about."""

    resource: str
    named_by: Literal["alert", "logs"]
    told: str | None
    """What `touched` answers in one line; null where nothing is known."""
    ask: str
    """The command that says who changed or read it."""


class Provenanced(Model):
    """Who made the key, password or user that credentials begin with, or started the workload."""

    what: str
    api: str
    time: str
    by: str
    """Whose credentials did it."""
    confidence: Confidence
    event_id: str | None
    """To be investigated, if that was not intended."""


class Summary(Model):
    """What a report says first."""

    who: list[Whose]
    """Whose credentials, each once."""
    provenance: list[Provenanced]
    """Who made their keys, passwords and users, and started their workloads, where it was others; each once."""
    where: list[Where]
    """The alert's addresses first, then most calls; at most 5."""
    affected: list[Affected]
    done: list[DoneStep]
    """The main steps, in order of time; at most 12."""
    done_total: int
    unusual: list[str]
    """Is it unusual, and why; a line a lead."""
    at: str | None
    """The time that `works` is about."""
    works: list[Working]
    """Made keys first, then sessions; at most 10."""
    works_total: int
    first: list[First]
    """At most 3 of each plan."""
    unknown: list[str]
    """What the answer cannot say, most important first."""


class Group(Model):
    """Alerts that belong together, and one report about them."""

    headline: str
    why: Literal["alone", "attack sequence", "chain", "origin"]
    """What the alerts have in common; `chain`: a session that all their chains go through."""
    sequence: str | None
    alerts: list[AlertTold]
    """In order of first activity and ID."""
    summary: Summary | None = None
    """What the report says first; null where the alerts lead nowhere."""
    scope: Scope
    margin_seconds: int
    """How far the scope reaches to either side of the activity."""
    leads: list[Lead]
    """In order of the alerts, then the surest first."""
    leads_total: int
    cases: list[Case]
    """The first leads, each examined by every question; at most 3."""
    own_addresses: list[OwnAddress]
    started: list[Started]
    cited: list[Cited]
    """In order of time and ID; at most 500."""
    cited_total: int
    truncated: bool
    """Leads, cases or cited events were cut."""
    notes: list[str]
    """What the report could not do, in sentences."""
    sight: Sight


class Investigation(Model):
    """From an alert to whose credentials it really was, and everything that an investigation asks."""

    schema_: Literal["lineage.investigate/1"] = Field(default="lineage.investigate/1", alias="schema")
    asked: str
    found: bool
    """Does at least one alert lead to anything in the store?"""
    groups: list[Group]
    """In order of first activity; those that lead nowhere last."""
    passed_over: list[str]
    """Alerts that were left out, each with the reason."""
    truncated: bool
    """Groups were cut, or something in one of them."""
    sight: Sight

    def asks(self) -> list[str]:
        """The text that was given, where it is no file or record with alerts in it."""
        given = (alert.kind for group in self.groups for alert in group.alerts)
        return super().asks() if all(kind == "ask" for kind in given) else []

    def not_found(self) -> str | None:
        """What was not found; None where something was."""
        if self.found:
            return None
        notes = [note for group in self.groups for note in group.notes]
        return "; ".join(notes) or self.asked
