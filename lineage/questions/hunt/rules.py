"""The data that rules read, and the findings that they return."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import NamedTuple

from lineage.model import schema
from lineage.model.keys import ref
from lineage.model.results import ChangeEdge, Window
from lineage.model.times import iso
from lineage.questions.shared import log_coverage
from lineage.questions.shared.forest import Forest
from lineage.questions.shared.grants import Owners, in_window, loaded
from lineage.questions.shared.identifiers import Caller, callers_copy
from lineage.questions.shared.log_coverage import Change
from lineage.questions.shared.models import Confidence, Whose
from lineage.questions.shared.whose import credentials_of, short
from lineage.questions.who.answer import explain
from lineage.render.text import moment
from lineage.stores.reader import Reader


class Found(NamedTuple):
    """One finding. Its window is that of what completes it: `last`."""

    statement: str
    subject: str
    """The node that it is about, as a reference."""
    whose: str | None
    """The node whose credentials are meant, as a reference."""
    account: str | None
    first: int
    last: int
    event_ids: tuple[str, ...]
    """In order of time."""
    events: int
    confidence: Confidence = "EXACT"


class Place(NamedTuple):
    """The position of a role session in its chain."""

    start: str
    """The first role session of the chain."""
    roles: frozenset[str]
    """Roles up to here, its own among them."""
    renewals: int
    """Hops up to here that obtained a role which the chain had already."""
    since: int
    """When the first role session obtained by another one was granted."""


def places_of(forest: Forest) -> dict[str, Place]:
    """Every role session's place; callers before what they obtained, so without recursion and in one pass."""
    places: dict[str, Place] = {}
    waiting = [node for node in forest.sessions if forest.role(node) and not _above(forest, node)]
    while waiting:
        node = waiting.pop()
        role, above = forest.role(node) or "", _above(forest, node)
        time = forest.begun(node)
        if above is None or above not in places:
            places[node] = Place(node, frozenset((role,)), 0, 0)
        else:
            before = places[above]
            again = role in before.roles
            roles = before.roles if again else before.roles | {role}
            places[node] = Place(before.start, roles, before.renewals + again, before.since or time)
        waiting += [one for one in forest.children.get(node, ()) if forest.role(one) and one not in places]
    return places


def _above(forest: Forest, node: str) -> str | None:
    parent = forest.parent(node)
    return parent if parent is not None and forest.role(parent) else None


class Data:
    """What the store holds, read once for all rules."""

    def __init__(self, reader: Reader, window: Window, known_accounts: frozenset[str] | None) -> None:
        self.reader = reader
        self.window = window
        self._known = known_accounts
        self.forest = Forest(reader)
        self.owners = Owners(reader)

    @cached_property
    def known(self) -> frozenset[str]:
        """The accounts that are one's own: those given, else those that have logs."""
        return self._known if self._known is not None else self.loaded

    @cached_property
    def loaded(self) -> frozenset[str]:
        """The accounts that have logs."""
        return frozenset(loaded(self.reader))

    @property
    def given(self) -> bool:
        """Were the own accounts given?"""
        return self._known is not None

    @cached_property
    def places(self) -> dict[str, Place]:
        """The position of each role session in its chain."""
        return places_of(self.forest)

    @cached_property
    def trail_changes(self) -> list[Change]:
        """What was done to trails, at any time."""
        return log_coverage.changes(self.reader)

    @cached_property
    def changes(self) -> list[ChangeEdge]:
        """What was made and changed, at any time."""
        return self.reader.changes((schema.ISSUED, schema.CREATED, schema.CHANGED))

    def within(self, time: int) -> bool:
        """Does a second lie in the window?"""
        return in_window(time, self.window)

    def whose(self, node: str, event_ids: Sequence[str] = ()) -> Whose:
        """Whose a node is; of a principal that called without stating a session, whose its first call was, which the
        session that was live then may show: as `who` says it of that event."""
        if ref(node).label == schema.PRINCIPAL and event_ids:
            for seen in self.reader.events(event_ids[0]):
                if str(seen.source) == node:
                    own = callers_copy(self.reader, seen.who, seen.time, seen.api, seen.shared)
                    at = own[1] if own else seen
                    caller = Caller(str(at.source), at.who, at.time, at.api, at.category, at.user_agent)
                    return short(explain(self.reader, caller, provenance=False))
        return self.owners.whose(node)

    def credentials(self, node: str, event_ids: Sequence[str] = ()) -> str:
        """`credentials of X`, for a statement."""
        return credentials_of(self.whose(node, event_ids))


class Rule(NamedTuple):
    """A named rule."""

    name: str
    title: str
    about: str
    limits: str
    find: Callable[[Data], Iterable[Found]]


def span(first: int, last: int) -> str:
    """When it happened, as an adverb.

    >>> span(0, 0)
    'at 1970-01-01 00:00:00Z'
    """
    return f"at {moment(iso(first))}" if first == last else f"from {moment(iso(first))} to {moment(iso(last))}"
