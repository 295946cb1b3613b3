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


class AlertTold(Model):
    """What the alert says."""

    kind: Literal["guardduty", "securityhub", "ocsf", "record", "ask"]
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


class Group(Model):
    """Alerts that belong together, and one report about them."""

    headline: str
    why: Literal["alone", "attack sequence", "chain", "origin"]
    """What the alerts have in common; `chain`: a session that all their chains go through."""
    sequence: str | None
    alerts: list[AlertTold]
    """In order of first activity and ID."""
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

    def not_found(self) -> str | None:
        """What was not found; None where something was."""
        if self.found:
            return None
        notes = [note for group in self.groups for note in group.notes]
        return "; ".join(notes) or self.asked
