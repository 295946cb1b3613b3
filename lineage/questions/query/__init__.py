"""The answer to `query`."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from lineage.questions.shared.models import Model


class QueryRows(Model):
    """Columns and rows of a Cypher file."""

    schema_: Literal["lineage.query/1"] = Field(default="lineage.query/1", alias="schema")
    query: str
    columns: list[str]
    rows: list[list[Any]]

    def not_found(self) -> str | None:
        """What was not found; None where something was."""
        return f"rows of {self.query}" if self.query and not self.rows else None
