"""`session` as shown: the sessions, then operation by operation, then keys and places."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lineage.questions.registry import Row
from lineage.questions.session import KeySeen, Operation, Session, SessionTold
from lineage.questions.shared.view import (
    CALL_STYLES,
    LONG,
    calls,
    mfa,
    own_calls_only,
    places,
    rests_on,
    role_as,
    scope,
    subject,
    whose,
)
from lineage.questions.shared.words import ways
from lineage.render.blocks import Block, Cell, Grid, Inline, Para, Some, Span
from lineage.render.columns import detail, head, ids, line, number, span, times, when
from lineage.render.text import counted, moment

SESSIONS_SHOWN = 5
PLACES_SHOWN = 10
COLUMNS = (
    "what", "value", "kind", "calls", "failed", "errors", "first", "last", "issued", "expires", "resources",
    "parameters", "filters", "via", "note", "event_ids", "access_key_id", "user_agent", "mfa",
)  # fmt: skip


def blocks(answer: Session) -> Iterator[Block]:
    """What was called in the scope, whose it is, with which keys, from where."""
    yield from subject(answer.whose, answer.subject, answer.asked)
    yield Para((*calls(answer.calls, answer.failed), f", {scope(answer.scope)}"), main=True)
    if answer.outside:
        yield Para((Span(f"{counted(answer.outside, 'more call')} outside that time; --window shows more", "open"),))
    yield _sessions(answer.sessions, answer.sessions_total, answer.whose is None)
    yield Grid(
        counted(answer.operations_total, "operation"),
        (times("calls"), head("operation", "whole"), head("kind"), when(),
         line("errors", lead="", style="denied"), line("resources", lead="on "), line("requests", lead="with "),
         line("filters", lead="filter "), line("called by", lead="called in the caller's name by "), ids()),
        [_operation(one) for one in answer.operations],
        answer.operations_total,
    )  # fmt: skip
    yield Grid(
        counted(answer.keys_total, "key"),
        (head("key", "whole", style="key"), number("calls", "call"), detail("issued", lead=""), when("used", "used "),
         ids("issued by")),
        [(one.access_key_id, one.calls, _life(one), span(one.first, one.last), one.issue_event_ids)
         for one in answer.keys],
        answer.keys_total, PLACES_SHOWN,
    )  # fmt: skip
    yield Grid(
        f"which key from where: {answer.uses_total:,}",
        (times("calls"), head("key", "whole", style="key"), head("address", lead="from ", style="place"),
         number("failed", style="denied"), when(), line("user agent", lead="by "), line("note", lead=""),
         line("called by", lead="through "), ids()),
        [
            (one.calls, one.access_key_id or "no key", one.address or "no address", one.failed,
             span(one.first, one.last), _long(one.user_agent), one.note, one.via, one.event_ids)
            for one in answer.uses
        ],
        answer.uses_total, PLACES_SHOWN,
    )  # fmt: skip
    for one, many, found, total in (
        ("address", "addresses", answer.addresses, answer.addresses_total),
        ("user agent", "user agents", answer.agents, answer.agents_total),
        ("region", "regions", answer.regions, len(answer.regions)),
    ):
        yield places(counted(total, one, many), one, found, total, PLACES_SHOWN)
    yield from own_calls_only(answer.subject, answer.asked)
    yield from rests_on(answer.sight, answer.truncated)


def _sessions(found: Sequence[SessionTold], total: int, with_origin: bool) -> Grid:
    return Grid(
        counted(total, "session"),
        (head("session", style="key"), head("account", "whole", lead="in "), detail("issued", "time"),
         detail("expires", "time"), when("used", "used "), detail("how", lead=""), detail("MFA", lead=""),
         line("whose", lead=""), line("key", lead=""), ids("granted by")),
        [
            (role_as(one.role_arn, one.name, one.key), one.account or "an unknown account", moment(one.issued),
             moment(one.expires) if one.expires else "at an unknown time",
             span(one.first, one.last) or "never in the loaded logs",
             ways(one.how, None) if one.how else "its grant is not in the loaded logs", mfa(one.mfa, one.role_arn),
             whose(one.whose) if with_origin else None, one.key, one.grant_event_ids)
            for one in found
        ],
        total, SESSIONS_SHOWN,
    )  # fmt: skip


def _operation(one: Operation) -> tuple[Cell, ...]:
    failed: list[Inline] = [
        (f"{failure.count:,} failed: {failure.error}", Span(f"  {' '.join(failure.event_ids)}", "quiet"))
        for failure in one.failed
    ]
    return (
        one.total, Span(one.api, CALL_STYLES[one.kind]), one.kind, span(one.first, one.last),
        failed, Some([_long(text) for text in one.resources], one.resources_total),
        [_long(text) for text in one.parameters], [_long(text) for text in one.filters], one.via, one.event_ids,
    )  # fmt: skip


def _long(text: str | None) -> Span | None:
    return Span(text, "", LONG) if text else None


def _life(one: KeySeen) -> str:
    if one.long_term:
        return f"long-term key{f', created {moment(one.issued)}' if one.issued else ''}"
    if one.issued:
        return f"issued {moment(one.issued)}, expires {moment(one.expires)}"
    return "its issue is not logged; expiry unknown"


def rows(answer: Session) -> Iterator[Row]:
    """A row for each operation, session, key, use of a key, address, agent and region."""
    for one in answer.operations:
        errors = [f"{failed.error}={failed.count}" for failed in one.failed]
        counts = {"calls": one.total, "failed": one.total - one.succeeded, "errors": errors}
        yield {"what": "operation", "value": one.api, **vars(one), **counts}
    for told in answer.sessions:
        yield {"what": "session", "value": told.key, **vars(told), "note": told.how, "event_ids": told.grant_event_ids}
    for key in answer.keys:
        note = "long-term" if key.long_term else None
        yield {"what": "key", "value": key.access_key_id, **vars(key), "note": note, "event_ids": key.issue_event_ids}
    for use in answer.uses:
        yield {"what": "use", "value": use.address, **vars(use)}
    for what, found in (("address", answer.addresses), ("agent", answer.agents), ("region", answer.regions)):
        for place in found:
            yield {"what": what, **vars(place)}
