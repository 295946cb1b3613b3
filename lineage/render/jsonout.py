"""Answers as JSON: the form that other programs build on."""

from __future__ import annotations

from pydantic import BaseModel

from lineage.render.text import safe_json


def pretty(answer: BaseModel) -> str:
    """The answer as indented JSON."""
    return safe_json(answer.model_dump_json(by_alias=True, indent=2))


def line(answer: BaseModel) -> str:
    """The answer as JSON in one line, without its newline."""
    return safe_json(answer.model_dump_json(by_alias=True))
