"""Resolved lineage as values: sessions with their ways in, keys, and the node of each identity's calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from lineage.model import keys, schema
from lineage.model.batch import Sighting
from lineage.model.facts import Fact, Grant, Identity, Made, Portal, SignIn
from lineage.model.keys import Ref
from lineage.resolve.join_keys import JoinKey


class Actor(NamedTuple):
    """An identity as records state it."""

    id: bytes
    who: Identity


Item = Actor | Fact | Sighting


Lookup = Callable[[Iterable[JoinKey]], Mapping[JoinKey, Sequence[Item]]]
"""Gives the facts, actors and names of each join key."""


class Call(NamedTuple):
    """One granting call, with the copies that two accounts logged of it merged."""

    grant: Grant
    """The caller's copy where there is one."""
    event_ids: tuple[str, ...]
    accounts: tuple[str, ...]

    @property
    def time(self) -> int:
        return self.grant.event.time


class Assumed(NamedTuple):
    """One caller's way into a session."""

    caller: Ref
    calls: tuple[Call, ...]
    parent: bool
    rule: str
    confidence: str


class Issued(NamedTuple):
    """An access key that came with a session, and the calls that issued it."""

    key: str
    calls: tuple[Call, ...]
    rule: str
    confidence: str


class Session(NamedTuple):
    """A session with all that joins to it."""

    key: str
    account: str | None
    principal_id: str | None
    created: int
    type: str
    name: str | None
    principal: keys.Principal
    actors: tuple[Actor, ...]
    assumed: tuple[Assumed, ...]
    issued: tuple[Issued, ...]
    sign_ins: tuple[SignIn, ...]
    candidates: int
    user_ids: tuple[tuple[str | None, str], ...]
    """Identity stores and user IDs that go with the session's single sign-on user name."""
    portals: tuple[Portal, ...]
    """Portal events of that user that led to the session."""
    stated: tuple[tuple[str, keys.Principal], ...] = ()
    """Origins that the session's own records state where no grant of it is logged: `issuer` (who federated it) or
    `on-behalf-of` (the Identity Center user), and who that is; sorted."""

    @property
    def ref(self) -> Ref:
        return Ref(schema.SESSION, self.key)


class LongTermKey(NamedTuple):
    """A long-term access key: whose it is, and who made it where that was logged."""

    key: str
    owner: keys.Principal | None
    made: tuple[Made, ...]
    used: bool
    sure: bool = True
    """False where only rows of event history say whose it is."""


class Link(NamedTuple):
    """The node in the graph that the calls of an identity are attached to."""

    source: Ref
    session: str | None
    principal: keys.Principal


class Derived(NamedTuple):
    """All that the dirty units derive to."""

    sessions: dict[JoinKey, list[Session]]
    """By unit; an empty list where nothing is left."""
    long_term: dict[JoinKey, LongTermKey | None]
    links: dict[bytes, Link]
    """By actor."""
