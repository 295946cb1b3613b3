"""The answer to `from`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lineage.questions.shared.models import Model, Scope, Sight, Whose


class Origins(Model):
    """Calls of one origin from one address."""

    whose: Whose
    calls: int
    failed: int
    first: str
    last: str
    sessions: int
    event_ids: list[str]


class AddressHit(Model):
    """An address from which calls came."""

    address: str
    entries: list[str]
    """What of the list it is in, sorted; at most 20."""
    calls: int
    failed: int
    by_services: int
    """Of the calls: made by an AWS service on behalf of a caller, so that the address is the service's."""
    first: str
    last: str
    accounts: list[str]
    """Whose trails logged them, sorted."""
    origins: list[Origins]
    """In order of first time, then of origin."""
    origins_total: int
    """Distinct origins that are known."""
    unresolved: int
    """Sessions, keys and principals whose origin is not known; they may be many people or one."""
    sessions: list[str]
    """Keys, oldest first."""
    sessions_total: int
    keys: list[str]
    """Access keys as logged, sorted."""
    keys_total: int
    shared: bool
    """Used by too many origins to distinguish them."""
    doubts: list[str]
    """Why the address does not say where the caller was, sorted."""


class From(Model):
    """What was done from these addresses?"""

    schema_: Literal["lineage.from/1"] = Field(default="lineage.from/1", alias="schema")
    asked: list[str]
    """As asked: addresses, networks, names of files."""
    found: bool
    entries: int
    """Distinct addresses and networks."""
    without_calls: int
    """Entries that nothing came from."""
    unread: list[str]
    """Lines of files that are no address and no network, in their order; at most 20."""
    unread_total: int
    scope: Scope | None
    addresses: list[AddressHit]
    """By number of the address, names of services last: the order is no ranking."""
    addresses_total: int
    truncated: bool
    note: str
    sight: Sight

    def not_found(self) -> str | None:
        """What was not found; None where something was."""
        if self.found:
            return None
        from lineage.questions.shared.log_coverage import in_words

        return f"calls from {' '.join(self.asked)}; {in_words(self.sight)}"
