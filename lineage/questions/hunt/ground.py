"""What rules look at, and what they hand back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import NamedTuple

from lineage.model import schema
from lineage.model.keys import ref
from lineage.model.results import Window
from lineage.model.times import iso
from lineage.questions.hunt.renewals import Place, places_of
from lineage.questions.shared import trails
from lineage.questions.shared.asks import Asked, callers_copy
from lineage.questions.shared.forest import Forest
from lineage.questions.shared.grants import Owners, loaded, within
from lineage.questions.shared.models import Confidence, Whose
from lineage.questions.shared.trails import Change
from lineage.questions.shared.whose import credentials_of, short
from lineage.questions.who.answer import explain
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


class Ground:
    """What the store holds, read once for all rules."""

    def __init__(self, reader: Reader, window: Window, known_accounts: frozenset[str] | None) -> None:
        self.reader = reader
        self.window = window
        self._known = known_accounts
        self.forest = Forest(reader.lineage())
        self.owners = Owners(reader, self.forest.graph)

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
        """Where each role session stands in its chain."""
        return places_of(self.forest)

    @cached_property
    def changes(self) -> list[Change]:
        """What was done to trails, at any time."""
        return trails.changes(self.reader)

    def within(self, time: int) -> bool:
        """Does a second lie in the window?"""
        return within(time, self.window)

    def whose(self, node: str, event_ids: Sequence[str] = ()) -> Whose:
        """Whose a node is; of a principal that called without stating a session, whose its first call was, which the
        session that was live then may tell: as `who` says it of that event."""
        if ref(node).label == schema.PRINCIPAL and event_ids:
            for seen in self.reader.events(event_ids[0]):
                if str(seen.source) == node:
                    own = callers_copy(self.reader, seen.who, seen.time, seen.api, seen.shared)
                    at = own[1] if own else seen
                    asked = Asked(str(at.source), at.who, at.time, at.api, at.category, at.user_agent)
                    return short(explain(self.reader, asked, provenance=False))
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
    find: Callable[[Ground], Iterable[Found]]


def many(number: int, one: str) -> str:
    """A number with its noun.

    >>> many(1, "call"), many(2_000, "call")
    ('1 call', '2,000 calls')
    """
    return f"{number:,} {one}{'' if number == 1 else 's'}"


def span(first: int, last: int) -> str:
    """When it happened, as an adverb.

    >>> span(0, 0)
    'at 1970-01-01T00:00:00Z'
    """
    return f"at {iso(first)}" if first == last else f"from {iso(first)} to {iso(last)}"
