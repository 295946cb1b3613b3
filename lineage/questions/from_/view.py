"""`from` as shown: each address, with the origins that use it in order of time."""

from __future__ import annotations

from collections.abc import Iterator

from lineage.questions.from_ import AddressHit, From
from lineage.questions.registry import Row
from lineage.questions.shared.view import calls, origin_cells, rests_on, whose
from lineage.render.blocks import Block, Facts, Grid, Heading, Note, Para, Some, Span
from lineage.render.columns import head, ids, number, span, when
from lineage.render.text import between, counted

ORIGINS_SHOWN = 10
KEYS_SHOWN = 5
COLUMNS = (
    "address", "entries", "shared", "doubts", "credentials_of", "origin_kind", "origin_id", "confidence", "calls",
    "failed", "sessions", "first", "last", "event_ids",
)  # fmt: skip


def blocks(answer: From) -> Iterator[Block]:
    """The hits by number of the address, then what had none."""
    listed = counted(answer.entries, "address or network", "addresses and networks")
    total = counted(answer.addresses_total, "address", "addresses")
    yield Para((Span(total, "name"), f" with calls, of {listed} asked for"))
    for hit in answer.addresses:
        yield from _hit(hit)
    if answer.addresses_total > len(answer.addresses):
        yield Para((f"{len(answer.addresses):,} of {answer.addresses_total:,} addresses shown; --limit shows more",))
    if answer.without_calls:
        yield Para((f"no calls came from {answer.without_calls:,} of the {answer.entries:,}",))
    if answer.unread_total:
        lines = counted(answer.unread_total, "line")
        yield Para((Span(f"{lines} of the lists not understood: {', '.join(answer.unread[:3])}", "open"),))
    yield Note((Span(answer.note, "quiet"),))
    yield from rests_on(answer.sight)


def _hit(hit: AddressHit) -> Iterator[Block]:
    listed = "" if hit.entries == [hit.address] else f" (in {', '.join(hit.entries)})"
    yield Heading((Span(hit.address, "place"), listed))
    yield Para((*calls(hit.calls, hit.failed), f", {between(hit.first, hit.last)}"), indent=1)
    for doubt in hit.doubts:
        yield Para((Span(f"address not reliable: {doubt}", "open"),), indent=1)
    if hit.by_services and hit.by_services < hit.calls:
        made = f"{counted(hit.by_services, 'call')} made by AWS services on behalf of a caller"
        yield Para((Span(made, "quiet"),), indent=1)
    sessions = (f"{counted(hit.sessions_total, 'session')}; --json lists them",) if hit.sessions_total else None
    keys = Some([Span(key, "key") for key in hit.keys], hit.keys_total, KEYS_SHOWN)
    yield Facts([("key", keys), ("used in", sessions)])
    unresolved = f" and {counted(hit.unresolved, 'unresolved caller')}" if hit.unresolved else ""
    shared = ": shared by too many origins to distinguish them" if hit.shared else ""
    yield Para((Span(f"{counted(hit.origins_total, 'known origin')}{unresolved}{shared}", "name"),), indent=1)
    yield Grid(
        "",
        (head("whose"), number("calls", "call"), number("failed", style="denied"), number("sessions", "session"),
         when(), ids()),
        [
            (whose(one.whose), one.calls, one.failed, one.sessions, span(one.first, one.last), one.event_ids)
            for one in hit.origins
        ],
        hit.origins_total + hit.unresolved, ORIGINS_SHOWN,
    )  # fmt: skip


def rows(answer: From) -> Iterator[Row]:
    """A row for each address and origin."""
    for hit in answer.addresses:
        for one in hit.origins:
            yield {**vars(hit), "doubts": "; ".join(hit.doubts), **origin_cells(one.whose), **vars(one)}
