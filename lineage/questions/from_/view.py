"""`from` for people: a paragraph for each address, with the origins that use it in order of time."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import RenderableType

from lineage.questions.from_ import AddressHit, From
from lineage.questions.shared.log_coverage import in_words
from lineage.render.lines import Line
from lineage.render.roles import cut, events, origin, span
from lineage.render.text import clean, counted

ORIGINS_SHOWN = 10
KEYS_SHOWN = 5
COLUMNS = (
    "address", "entries", "shared", "doubts", "credentials_of", "origin_kind", "origin_id", "confidence", "calls",
    "failed", "sessions", "first", "last", "event_ids",
)  # fmt: skip


def people(answer: From) -> Iterable[RenderableType]:
    """The hits by number of the address, then what had none."""
    listed = counted(answer.entries, "address or network", "addresses and networks")
    total = counted(answer.addresses_total, "address", "addresses")
    yield Line("", (total, "name"), f" with calls, of {listed} asked for")
    for hit in answer.addresses:
        yield Line("")
        yield from _hit(hit)
    yield from cut(len(answer.addresses), answer.addresses_total)
    yield Line("")
    if answer.without_calls:
        yield Line("", f"nothing came from {answer.without_calls:,} of the {answer.entries:,}")
    if answer.unread_total:
        shown = ", ".join(map(clean, answer.unread[:3]))
        lines = counted(answer.unread_total, "line")
        yield Line("", (f"{lines} of the lists not understood: {shown}", "open"))
    yield Line("", (answer.note, "quiet"))
    yield Line("", (in_words(answer.sight), "quiet"))


def _hit(hit: AddressHit) -> Iterable[RenderableType]:
    listed = "" if hit.entries == [hit.address] else f" (in {', '.join(map(clean, hit.entries))})"
    yield Line("", (clean(hit.address), "place"), listed)
    failed = f", {hit.failed:,} failed" if hit.failed else ""
    yield Line("  ", f"{counted(hit.calls, 'call')}{failed}, {span(hit.first, hit.last)}")
    for doubt in hit.doubts:
        yield Line("  ", (f"not to be trusted: {doubt}", "open"), then="    ")
    if hit.by_services and hit.by_services < hit.calls:
        yield Line("  ", (f"{counted(hit.by_services, 'call')} by services for somebody", "quiet"))
    unresolved = f" and {counted(hit.unresolved, 'unresolved caller')}" if hit.unresolved else ""
    shared = ": shared, it tells nobody apart" if hit.shared else ""
    yield Line("  ", (f"{counted(hit.origins_total, 'origin')}{unresolved}{shared}", "name"))
    for one in hit.origins[:ORIGINS_SHOWN]:
        calls = f", {counted(one.calls, 'call')}, {span(one.first, one.last)}"
        yield Line("    ", *origin(one.whose), calls, then="      ")
        yield Line("      ", (events(one.event_ids), "quiet"))
    yield from cut(min(ORIGINS_SHOWN, len(hit.origins)), hit.origins_total + hit.unresolved)
    if hit.keys:
        more = " …" if hit.keys_total > KEYS_SHOWN else ""
        keys = ", ".join(map(clean, hit.keys[:KEYS_SHOWN]))
        yield Line("  ", ("keys ", "quiet"), (keys, "key"), more, then="    ")
    if hit.sessions_total:
        yield Line("  ", (f"{counted(hit.sessions_total, 'session')}; --json lists them", "quiet"))


def table(answer: From) -> tuple[tuple[str, ...], Iterable[tuple[object, ...]]]:
    """A row for each address and origin."""
    return COLUMNS, (
        (
            hit.address, hit.entries, hit.shared, "; ".join(hit.doubts), one.whose.person or one.whose.name,
            one.whose.kind, one.whose.id, one.whose.confidence, one.calls, one.failed, one.sessions, one.first,
            one.last, one.event_ids,
        )
        for hit in answer.addresses
        for one in hit.origins
    )  # fmt: skip
