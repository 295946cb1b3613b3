"""The answer to `services`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lineage.questions.shared.models import Model, Scope, Sight, Subject, Whose


class Service(Model):
    """The calls of one service."""

    service: str
    mark: str | None
    """What makes it worth a look: `EC2`, `IAM`, `S3`, `SSM`, `database`, `Lambda` or `Secrets Manager`."""
    calls: int
    failed: int
    operations: int
    changes: int
    """Successful calls that change something."""
    sensitive: int
    first: str
    last: str
    event_ids: list[str]


class Services(Model):
    """Which services did this identity use in the days before?"""

    schema_: Literal["lineage.services/1"] = Field(default="lineage.services/1", alias="schema")
    asked: str
    found: bool
    subject: Subject | None = None
    whose: Whose | None = None
    basis: str | None = None
    """What the calls were found by: `origin in this role`, `own calls`, else `session name` or `source IP`."""
    note: str | None = None
    """The same in words."""
    scope: Scope | None = None
    days: int = 7
    calls: int = 0
    sessions: int = 0
    services: list[Service] = Field(default_factory=list)
    """Marked ones first, then most calls first, then by name."""
    sight: Sight | None = None
