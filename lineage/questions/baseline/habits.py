"""From where and with what calls were made: source addresses, and user agents by family, version and exact text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from lineage.model.results import CallRow
from lineage.questions.baseline import AgentFamily, AgentVersion, Habits
from lineage.questions.shared import grants
from lineage.questions.shared.agents import parse
from lineage.questions.shared.history.enough import failed
from lineage.questions.shared.models import Counted
from lineage.questions.shared.places import doubt, place

PLACES_SHOWN: Final = 20
AGENTS_SHOWN: Final = 20
VERSIONS_SHOWN: Final = 10
TEXTS_SHOWN: Final = 5


def habits(rows: Sequence[CallRow]) -> Habits:
    """From where and with what calls were made, as far as that speaks of the caller."""
    told = [row for row in rows if place(row) is not None]
    places: dict[str, list[CallRow]] = defaultdict(list)
    agents: dict[str, list[CallRow]] = defaultdict(list)
    for row in told:
        places[place(row) or ""].append(row)
        agent = parse(row.row.user_agent)
        if agent is not None:
            agents[agent.family].append(row)
    counted_places = _most([_counted(value, some) for value, some in places.items()])
    families = sorted((_family(name, some) for name, some in agents.items()), key=lambda one: (-one.calls, one.family))
    return Habits(
        calls=sum(row.count for row in rows), places=counted_places[:PLACES_SHOWN], places_total=len(places),
        agents=families[:AGENTS_SHOWN], agents_total=len(families),
    )  # fmt: skip


def _counted(value: str, rows: Sequence[CallRow]) -> Counted:
    return Counted(
        value=value, calls=sum(row.count for row in rows), failed=failed(rows), first=grants.first(rows),
        last=grants.last(rows), note=doubt(rows[0].row.source_ip, rows[0].row.endpoint),
    )  # fmt: skip


def _most(found: Iterable[Counted]) -> list[Counted]:
    return sorted(found, key=lambda one: (-one.calls, one.value))


def _family(name: str, rows: Sequence[CallRow]) -> AgentFamily:
    versions: dict[str | None, dict[str, list[CallRow]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        agent = parse(row.row.user_agent)
        if agent is not None:
            versions[agent.version][agent.text].append(row)
    found = sorted((_version(*one) for one in versions.items()), key=lambda one: (-one.calls, one.version or ""))
    return AgentFamily(
        family=name, calls=sum(row.count for row in rows), failed=failed(rows), first=grants.first(rows),
        last=grants.last(rows), versions=found[:VERSIONS_SHOWN], versions_total=len(found),
    )  # fmt: skip


def _version(version: str | None, texts: dict[str, list[CallRow]]) -> AgentVersion:
    counted = _most(_counted(text, some).model_copy(update={"note": None}) for text, some in texts.items())
    return AgentVersion(
        version=version, calls=sum(one.calls for one in counted), texts=counted[:TEXTS_SHOWN], texts_total=len(counted)
    )
