"""What the answers about roles, addresses and resources have in common for people."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import RenderableType

from lineage.questions.shared.models import Whose
from lineage.questions.shared.whose import by_another, call_it, named
from lineage.render.lines import Line
from lineage.render.text import clean, moment
from lineage.render.words import KINDS, reason

EVENTS_SHOWN = 3


def heading(text: str) -> Iterable[RenderableType]:
    """A blank line and a title."""
    yield Line("")
    yield Line("", (text, "name"))


def origin(whose: Whose) -> tuple[str | tuple[str, str], ...]:
    """Whose credentials, with their confidence where they are not certain.

    >>> origin(Whose(kind="RootUser", id="arn:aws:iam::1:root", name="root", confidence="EXACT"))
    ('credentials of ', ('root', 'name'), ' (root user)')
    """
    if whose.key is None:
        why = reason(whose.reason) if whose.reason else "The chain is open."
        if whose.attempt:
            return (clean(whose.attempt), "open"), f" ({why.rstrip('.')})"
        return "credentials of ", (clean(call_it(whose)), "open"), f" ({why.rstrip('.')})"
    resource = f" for {clean(whose.resource)}" if whose.resource else ""
    said = f" ({KINDS.get(whose.kind, whose.kind)}{_provider(whose)}){resource}"
    sure: tuple[str | tuple[str, str], ...] = () if whose.confidence == "EXACT" else (" ", (whose.confidence,) * 2)
    return "credentials of ", (clean(named(whose)), "name"), f"{said}{clean(by_another(whose))}", *sure


def _provider(whose: Whose) -> str:
    """Where an outside identity comes from: two providers may know one and the same name.

    >>> idp = "arn:aws:iam::1:oidc-provider/idp.example"
    >>> _provider(Whose(kind="WebIdentity", id="x", provider=idp, confidence="EXACT"))
    ' of idp.example'
    """
    if whose.kind not in ("SAMLIdentity", "WebIdentity") or not whose.provider:
        return ""
    return f" of {clean(whose.provider.rpartition('-provider/')[2])}"


def span(first: str, last: str) -> str:
    """When it happened: one instant, or from the first to the last.

    >>> span("2026-03-11T21:53:30Z", "2026-03-11T21:53:30Z")
    '2026-03-11 21:53:30Z'
    """
    return moment(first) if first == last else f"{moment(first)} to {moment(last)}"


def events(ids: Iterable[str]) -> str:
    """The first event IDs of a line, with a mark where the answer has more.

    >>> events(["a", "b", "c", "d"])
    'a b c …'
    """
    shown = list(ids)
    return " ".join(map(clean, shown[:EVENTS_SHOWN])) + (" …" if len(shown) > EVENTS_SHOWN else "")


def cut(shown: int, total: int) -> Iterable[RenderableType]:
    """How many were left out, if any."""
    if total > shown:
        yield Line("  ", (f"and {total - shown:,} more; --json and --limit show more", "quiet"))
