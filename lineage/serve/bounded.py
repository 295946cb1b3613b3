"""Answers as an assistant gets them: a part that fits, what of it is cut, how sure it is and what logs are missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from lineage.model.errors import BadUse
from lineage.model.schema import CONFIDENCE, weakest

BUDGET: Final = 30_000
"""Characters of the data of one result."""
SIZES: Final = (50, 20, 10, 5, 3, 2, 1)
"""Entries of each list that are tried, the most first."""
LONGEST: Final = 2_000
"""Characters of one text."""
MOST_CUT: Final = 40
"""Lists within lists that are told to be cut."""
FEW: Final = 10
Json = Any
"""A JSON value."""


def part_of(answer: Json, path: str) -> Json:
    """The part of an answer at a path like `groups.0.cases`. Raises `BadUse`."""
    found = answer
    for name in filter(None, path.split(".")):
        if isinstance(found, dict) and name in found:
            found = found[name]
        elif isinstance(found, list) and name.isdecimal() and int(name) < len(found):
            found = found[int(name)]
        else:
            raise BadUse(f"part {path[:200]}: not in this answer; `cut` of an earlier result lists the parts")
    return found


def bounded(value: Json, offset: int, path: str) -> tuple[Json, list[dict[str, Json]], int | None]:
    """What of a value fits, the lists within it that are cut, and the offset at which its own lists go on."""
    for size in SIZES:
        cut: list[dict[str, Json]] = []
        shown = _sliced(value, offset, size, path, cut)
        if len(msgspec.json.encode(shown)) <= BUDGET:
            break
    else:
        size, cut = 1, []
        shown = _sliced(value, offset, 1, path, cut, nested=0)
        if len(msgspec.json.encode(shown)) > BUDGET:
            raise BadUse("one entry is too large to be shown; ask a narrower question")
    lists = [value] if isinstance(value, list) else [one for one in value.values() if isinstance(one, list)] \
        if isinstance(value, dict) else []  # fmt: skip
    goes_on = any(len(one) > offset + size for one in lists)
    return shown, cut[:MOST_CUT], offset + size if goes_on else None


def _sliced(
    value: Json, offset: int, size: int, path: str, cut: list[dict[str, Json]], nested: int | None = None
) -> Json:
    """A value with a slice of its own lists, and the beginning of those within them."""
    inner = size if nested is None else nested

    def entries(found: list[Json], place: str) -> list[Json]:
        return [
            _cut(one, inner, f"{place}.{number}".removeprefix("."), cut)
            for number, one in enumerate(found[offset : offset + size], offset)
        ]

    if isinstance(value, list):
        return entries(value, path)
    if not isinstance(value, dict):
        return _text(value)
    return {
        name: entries(one, f"{path}.{name}".removeprefix("."))
        if isinstance(one, list)
        else _cut(one, inner, f"{path}.{name}".removeprefix("."), cut)
        for name, one in value.items()
    }


def _cut(value: Json, most: int, path: str, cut: list[dict[str, Json]]) -> Json:
    if isinstance(value, dict):
        return {name: _cut(one, most, f"{path}.{name}", cut) for name, one in value.items()}
    if isinstance(value, list):
        if len(value) > most:
            cut.append({"part": path, "shown": most, "total": len(value)})
        return [_cut(one, most, f"{path}.{number}", cut) for number, one in enumerate(value[:most])]
    return _text(value)


def _text(value: Json) -> Json:
    return f"{value[:LONGEST]}\u2026" if isinstance(value, str) and len(value) > LONGEST else value


def confidence_in(answer: Json) -> dict[str, Json] | None:
    """How often each class of confidence stands in an answer, and the weakest of them; None where none does."""
    found = Counter(value for name, value in _members(answer) if name == "confidence" and value in CONFIDENCE)
    if not found:
        return None
    return {"weakest": weakest(list(found)), "classes": {one: found[one] for one in CONFIDENCE if one in found}}


def gaps_in(answer: Json) -> dict[str, Json] | None:
    """What an answer says of logs that are missing; None where it says nothing of logs."""
    missing: list[Json] = []
    gaps: list[Json] = []
    unlogged: list[Json] = []
    told = False
    for name, value in _members(answer):
        if name == "sight" and isinstance(value, dict):
            told = True
            missing += value["missing"]
            gaps += value["gaps"]
            unlogged += value["unlogged"]
        elif name == "missing" and isinstance(value, dict):
            told = True
            missing.append(value)
    return summed(missing, gaps, unlogged) if told else None


def summed(missing: list[Json], gaps: list[Json], unlogged: list[Json]) -> dict[str, Json]:
    """Gaps as a result has them: a few of each, each once, and how many there are."""
    found: dict[str, Json] = {"total": 0}
    for name, listed in (("missing", missing), ("gaps", gaps), ("accounts_without_logs", unlogged)):
        each = {msgspec.json.encode(one): one for one in listed}
        found["total"] += len(each)
        found[name] = list(each.values())[:FEW]
    return found


def _members(value: Json) -> Iterator[tuple[str, Json]]:
    """Every member of every object in a value."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield name, one
            yield from _members(one)
    elif isinstance(value, list):
        for one in value:
            yield from _members(one)
