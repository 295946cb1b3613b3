"""`info` as shown: accounts, counts of the graph, loads."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

from lineage.questions.info import Info
from lineage.questions.registry import Row
from lineage.render.blocks import Block, Grid, Para, Span
from lineage.render.columns import head
from lineage.render.text import between, counted, moment, size

EMPTY_SHOWN = 5
COLUMNS = ("what", "name", "count", "first", "last")


def blocks(info: Info) -> Iterator[Block]:
    """What a store holds."""
    seen = f"  {between(info.first, info.last)}" if info.first else ""
    yield Para((Span(info.store, "name"), f"  {counted(info.events, 'event')}", Span(seen, "quiet")))
    yield Grid(
        "", (head("account"), head("name"), head("events", "number"), head("first", "time"), head("last", "time")),
        [
            (one.id or "no account", one.name, one.events, moment(one.first), moment(one.last))
            for one in info.accounts
        ],
    )  # fmt: skip
    empty = [one.id or "no account" for one in info.accounts if not one.nodes]
    if empty:
        lacks = f"of {counted(len(empty), 'account')} only events are in the graph, no principals and resources: "
        yield Para(
            (Span(f"{lacks}{', '.join(empty[:EMPTY_SHOWN])}{' …' if len(empty) > EMPTY_SHOWN else ''}", "quiet"),)
        )
    columns = (info.nodes.items(), info.principals.items(), info.relationships.items())
    yield Grid(
        "", (head("nodes"), head("", "number"), head("principals"), head("", "number"), head("relationships"),
             head("", "number")),
        [(*left, *kind, *right) for left, kind, right in zip_longest(*columns, fillvalue=(None, None))],
    )  # fmt: skip
    if info.bytes is None:
        yield Grid(
            "", (head("the store's own nodes"), head("", "number")), [(one.name, one.entries) for one in info.parts]
        )
    else:
        parts = [(one.name, size(one.bytes or 0), f"{100 * (one.bytes or 0) / info.bytes:.0f} %") for one in info.parts]
        yield Grid(
            "", (head("part of the store"), head("size", "number"), head("", "number")),
            [("all", size(info.bytes), None), *parts],
        )  # fmt: skip
    yield Grid(
        "",
        (head("load"), head("begun", "time"), head("read", "number"), head("loaded", "number"),
         head("duplicate", "number"), head("set aside", "number")),
        [
            (sums.id, moment(sums.started) if sums.finished else f"{moment(sums.started)} (unfinished)", sums.read,
             sums.loaded, sums.duplicate, sums.set_aside)
            for sums in info.loads
        ],
    )  # fmt: skip
    if info.pruned_before:
        yield Para((Span(f"Usage before {moment(info.pruned_before)} was pruned.", "open"),))
    if info.unfinished:
        warning = "A load was interrupted before all was joined; the next load completes it."
        yield Para((Span(warning, "open"),))


def rows(info: Info) -> Iterator[Row]:
    """A row for the store, each label, kind of principal, relationship, part (bytes, in Neo4j nodes), account, load."""
    yield ("store", info.store, info.events, info.first, info.last)
    if info.pruned_before:
        yield ("pruned", "", None, None, info.pruned_before)
    for label, count in info.nodes.items():
        yield ("node", label, count, None, None)
    for kind, count in info.principals.items():
        yield ("principal", kind, count, None, None)
    for type_, count in info.relationships.items():
        yield ("relationship", type_, count, None, None)
    for part in info.parts:
        yield ("part", part.name, part.entries if part.bytes is None else part.bytes, None, None)
    for account in info.accounts:
        yield ("account", account.id, account.events, account.first, account.last)
    for sums in info.loads:
        yield ("load", sums.id, sums.loaded, sums.started, sums.finished)
