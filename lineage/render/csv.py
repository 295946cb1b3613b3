"""Answers as CSV: one flat table for each question, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from lineage.questions.chains import Chains
from lineage.questions.cross_account import CrossAccount
from lineage.questions.info import Info
from lineage.questions.load import Load
from lineage.questions.query import QueryRows
from lineage.questions.registry import view_of
from lineage.questions.shared.models import Model
from lineage.questions.show import Shown
from lineage.questions.trace import Branch, Trace
from lineage.questions.who import Who, WhoAnswer
from lineage.render.tables import plain
from lineage.render.text import clean

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""A cell that begins so is run as a formula by spreadsheets (OWASP, CSV injection)."""

Row = tuple[object, ...]

WHO = (
    "answer", "hop", "origin_kind", "origin_id", "origin_account", "origin_name", "origin_resource", "person",
    "confidence", "ambiguous", "reason", "missing_account", "missing_region", "missing_day",
    "identity_arn", "identity_account", "principal_id", "creation_date", "access_key_id",
    "time", "api", "how", "via", "role_arn", "session_name", "session_account", "hop_access_key_id",
    "caller_access_key_id", "source_ip", "user_agent", "cross_account", "rule", "hop_confidence", "event_ids",
    "sign_in_event_ids", "on_behalf_of", "invoked_by", "credentials", "made_by", "made_by_event_ids", "started_by",
    "started_by_event_ids", "attempt",
)  # fmt: skip
TRACE = (
    "parent", "ref", "relation", "how", "time", "account", "role_arn", "session_name", "confidence", "what",
    "target", "error", "count", "first", "last", "sensitive", "event_ids",
)  # fmt: skip
CHAINS = (
    "depth", "count", "cross_account", "confidence", "first", "last", "accounts", "roles", "origins",
    "sessions",
)  # fmt: skip
CROSSINGS = (
    "from_account", "from_name", "to_account", "to_name", "count", "callers", "roles", "hows", "first",
    "last", "role_arns", "event_ids",
)  # fmt: skip
LOAD = ("id", "files", "bytes", "read", "loaded", "duplicate", "set_aside", "conflicting", "no_records_total")
SHOWN = ("path", "index", "sha256", "loaded_sha256")


def guarded(value: object) -> str:
    """A value as a cell that no spreadsheet runs, with control characters written as their escapes.

    >>> guarded("=HYPERLINK(1)"), guarded(["a", "b"]), guarded(None)
    ("'=HYPERLINK(1)", 'a b', '')
    """
    text = plain(value)
    return f"'{clean(text)}" if text.startswith(FORMULA) else clean(text)


def table(answer: Model) -> tuple[tuple[str, ...], Iterator[Row]]:
    """The columns and the rows of an answer."""
    match answer:
        case Who():
            return WHO, (row for number, one in enumerate(answer.answers, 1) for row in _who(number, one))
        case Trace():
            return TRACE, _trace(answer)
        case Chains():
            return CHAINS, _fields(answer.chains, CHAINS)
        case CrossAccount():
            return CROSSINGS, _fields(answer.crossings, CROSSINGS)
        case Info():
            return ("what", "name", "count", "first", "last"), _info(answer)
        case Load():
            return LOAD, _fields([answer.sums], LOAD)
        case Shown():
            return SHOWN, _fields(answer.places, SHOWN)
        case QueryRows():
            return tuple(answer.columns), (tuple(row) for row in answer.rows)
    columns, rows = view_of(answer).table(answer)
    return columns, iter(rows)


def text(answer: Model) -> str:
    """The answer as CSV text with a header line (RFC 4180, lines end with a newline alone)."""
    columns, rows = table(answer)
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(guarded(column) for column in columns)
    writer.writerows((guarded(value) for value in row) for row in rows)
    return written.getvalue()


def _fields(models: Iterable[Model], columns: tuple[str, ...]) -> Iterator[Row]:
    return (tuple(getattr(model, column) for column in columns) for model in models)


def _who(number: int, answer: WhoAnswer) -> Iterator[Row]:
    """A row for each hop; one alone where there is none."""
    origin, missing, identity = answer.origin, answer.missing, answer.identity
    head: Row = (
        origin.kind, origin.id, origin.account, origin.name, origin.resource,
        answer.person.name if answer.person else None, answer.confidence, answer.ambiguous, answer.reason,
        *((missing.account, missing.region, missing.day) if missing else (None, None, None)),
        identity.arn, identity.account, identity.principal_id, identity.creation_date, identity.access_key_id,
    )  # fmt: skip
    behalf = answer.on_behalf_of
    known = [
        " ".join(filter(None, (one.what, one.key, one.made_by and f"made by {one.made_by}")))
        for one in answer.credentials
    ]
    tail: Row = ((behalf.name or behalf.id) if behalf else None, identity.invoked_by, known or None)
    for made in (answer.made_by, answer.started_by):
        source = made.answer.origin if made else None
        tail += (source.id or source.kind if source else None, made.event_ids if made else None)
    tail += (answer.attempt,)
    for depth, hop in enumerate(answer.hops, 1):
        middle = (
            hop.time, hop.api, hop.how, hop.via, hop.role_arn, hop.session_name, hop.session.account,
            hop.access_key_id, hop.caller_access_key_id, hop.source_ip, hop.user_agent, hop.cross_account,
            hop.rule, hop.confidence, hop.event_ids, hop.sign_in_event_ids,
        )  # fmt: skip
        yield (number, depth, *head, *middle, *tail)
    if not answer.hops:
        yield (number, 0, *head, *(None,) * (len(WHO) - 2 - len(head) - len(tail)), *tail)


def _trace(trace: Trace) -> Iterator[Row]:
    """A row for each operation and refusal of each branch, in the order of the tree."""
    waiting: list[tuple[str | None, Branch]] = [(None, root) for root in reversed(trace.roots)]
    while waiting:
        parent, branch = waiting.pop()
        head: Row = (
            parent, branch.ref, branch.relation, branch.how, branch.time, branch.account, branch.role_arn,
            branch.session_name, branch.confidence,
        )  # fmt: skip
        if not branch.done and not branch.tried:
            yield (*head, *(None,) * (len(TRACE) - len(head)))
        for done in branch.done:
            calls = done.count, done.first, done.last, done.sensitive, done.event_ids
            yield (*head, done.action, None, done.error, *calls)
        for tried in branch.tried:
            tries = tried.count, tried.first, tried.last, True, tried.event_ids
            yield (*head, "tried", tried.role_arn, tried.error, *tries)
        waiting += [(branch.ref, child) for child in reversed(branch.children)]


def _info(info: Info) -> Iterator[Row]:
    yield ("store", info.store, info.events, info.first, info.last)
    for label, count in info.nodes.items():
        yield ("node", label, count, None, None)
    for type_, count in info.relationships.items():
        yield ("relationship", type_, count, None, None)
    for account in info.accounts:
        yield ("account", account.id, account.events, account.first, account.last)
    for sums in info.loads:
        yield ("load", sums.id, sums.loaded, sums.started, sums.finished)
