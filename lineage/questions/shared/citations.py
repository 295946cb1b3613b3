"""The events that an answer cites, and when they were loaded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, TypeVar

from pydantic import BaseModel

from lineage.model.results import ALWAYS, Window
from lineage.model.times import iso, parse_when
from lineage.questions.shared.identifiers import kind_of
from lineage.questions.shared.models import Model
from lineage.stores.reader import Reader

MEMBERS = frozenset({"event_id", "event_ids", "sign_in_event_ids", "issue_event_ids", "grant_event_ids", "undone_by"})
LOOKED_UP = 50
"""At most so many events of an answer are looked up, those that the answer dates latest."""
SLACK = 86_400
"""An event may be so many seconds away from the times that are given beside it, as a sign-in is before its grant."""
Answer = TypeVar("Answer", bound=Model)


class Citation(NamedTuple):
    """An event ID in an answer, with the first and last time given beside it; empty where none is."""

    event_id: str
    first: str = ""
    last: str = ""


def citations(value: object) -> Iterator[Citation]:
    """Every event ID in an answer, as often as it occurs. What has no time of its own has that of what it is part of.

    >>> from lineage.questions.session import Failed
    >>> [one.event_id for one in citations([Failed(error="AccessDenied", count=2, event_ids=["b", "a"])])]
    ['b', 'a']
    """
    waiting: list[tuple[object, str, str]] = [(value, "", "")]
    while waiting:
        one, first, last = waiting.pop()
        if isinstance(one, BaseModel):
            members = [(name, getattr(one, name)) for name in type(one).model_fields]
            if times := [text for name, text in members if name != "expires" and _is_time(text)]:
                first, last = min(times), max(times)
            for name, found in members:
                if name in MEMBERS or name.endswith("_event_ids"):
                    for event_id in [found] if isinstance(found, str) else found or ():
                        yield Citation(event_id, first, last)
                elif isinstance(found, (BaseModel, list, dict)):
                    waiting.append((found, first, last))
        elif isinstance(one, (dict, list)):
            inner = one.values() if isinstance(one, dict) else one
            waiting += [(found, first, last) for found in inner if isinstance(found, (BaseModel, list, dict))]


def _is_time(value: object) -> bool:
    return isinstance(value, str) and len(value) == 20 and value[10] == "T" and value[19] == "Z"


def loaded_at(reader: Reader, cited: Iterator[Citation]) -> str | None:
    """When the load ended that brought the last of some events; None where that is not known.

    Of many only the latest are looked up, so the others may have been loaded later.
    """
    latest = sorted(set(cited), key=lambda one: (one.last, one.event_id), reverse=True)[:LOOKED_UP]
    if not latest:
        return None
    first = parse_when(min(one.first for one in latest))
    last = parse_when(max(one.last for one in latest))
    window = ALWAYS if first is None or last is None else Window(first - SLACK, last + SLACK)
    return reader.loaded_at([one.event_id for one in latest], window)


def dated(reader: Reader, answer: Answer) -> Answer:
    """The answer with `loaded_at` beside `newest`, by the events that it cites and the event that was asked about."""
    at = loaded_at(reader, _of(reader, answer))
    if "loaded_at" in type(answer).model_fields:
        return answer.model_copy(update={"loaded_at": at})
    sight = getattr(answer, "sight", None)
    return answer.model_copy(update={"sight": sight.model_copy(update={"loaded_at": at})}) if sight else answer


def _of(reader: Reader, answer: Model) -> Iterator[Citation]:
    yield from citations(answer)
    asked = str(getattr(answer, "asked", ""))
    if kind_of(asked) == "event" and asked != "record":
        for event in reader.events(asked):
            yield Citation(asked, iso(event.time), iso(event.time))
