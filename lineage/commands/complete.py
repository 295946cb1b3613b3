"""What a shell offers for a value: names from the store, questions, formats. Silent on every failure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from lineage.stores.completion import Kind

Completion = Callable[[typer.Context, str], list[str]]


def names(kind: Kind) -> Completion:
    """Names of a kind in the SQLite store that the command would open; of a Neo4j store none, it answers too late."""

    def complete(ctx: typer.Context, incomplete: str) -> list[str]:
        from lineage.commands.app import DEFAULT
        from lineage.stores.completion import names as found

        store = str(ctx.params.get("store") or DEFAULT)
        return [] if "://" in store else found(store, kind, incomplete)

    return complete


def values(listed: Callable[[], Iterable[str]]) -> Completion:
    """Some values, which are made when they are asked for."""
    return lambda ctx, incomplete: [value for value in listed() if value.startswith(incomplete)]


def of(what: Kind | Callable[[], Iterable[str]] | None) -> Completion | None:
    """What a parameter completes."""
    if what is None:
        return None
    return names(what) if isinstance(what, str) else values(what)


def question(among: Callable[[], Iterable[str]]) -> Completion:
    """A question and then what it asks about."""
    asks = names("ask")

    def complete(ctx: typer.Context, incomplete: str) -> list[str]:
        words: Any = ctx.params.get("question")
        return asks(ctx, incomplete) if words else [name for name in among() if name.startswith(incomplete)]

    return complete
