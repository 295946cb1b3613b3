"""`role` as shown: callers with the origins behind them, what was taken out of it, the sessions on both sides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lineage.questions.registry import Row
from lineage.questions.role import Role, RoleCaller, RoleSession
from lineage.questions.shared.view import origin_cells, rests_on, role_as, whose, within
from lineage.questions.shared.words import HOWS, ways
from lineage.render.blocks import Block, Grid, Inline, Para, Span
from lineage.render.columns import detail, head, ids, line, number, span, when
from lineage.render.text import counted, moment

SESSIONS_SHOWN = 10
COLUMNS = (
    "what", "principal", "kind", "account", "credentials_of", "origin_kind", "origin_id", "confidence", "hows",
    "error", "count", "sessions", "first", "last", "event_ids",
)  # fmt: skip


def blocks(answer: Role) -> Iterator[Block]:
    """Callers, refusals, roles taken, sessions; each list with its total."""
    yield Para((
        Span(answer.role_arn or answer.asked, "name"),
        f": assumed by {counted(answer.callers_total, 'caller')}, {answer.refused_callers:,} refused; "
        f"{counted(answer.taken_total, 'role')} assumed with its sessions{within(answer.scope)}",
    ))  # fmt: skip
    if len(answer.unique_ids) > 1:
        told = f"created again: sessions under {', '.join(answer.unique_ids)}"
        yield Para((Span(told, "open"),))
    if answer.ungranted:
        yield Para((Span(f"{counted(answer.ungranted, 'session')} without a grant in the loaded logs", "open"),))
    yield _callers(f"assumed by {counted(answer.callers_total, 'caller')}", answer.callers, answer.callers_total)
    yield _callers(f"refused: {counted(answer.refused_callers, 'caller')}", answer.refused, answer.refused_total)
    yield Grid(
        f"{counted(answer.taken_total, 'role')} assumed with its sessions",
        (head("role", "long", style="key"), number("times", "time"), detail("origins", lead="credentials of "),
         number("sessions", "session"), detail("how", lead=""), when(), ids()),
        [
            (one.role_arn, one.count,
             counted(one.origins, "origin") + (" and unresolved callers" if one.unresolved else ""), one.sessions,
             [HOWS.get(how, how) for how in one.hows], span(one.first, one.last), one.event_ids)
            for one in answer.taken
        ],
        answer.taken_total,
    )  # fmt: skip
    yield _sessions("its sessions, newest first", answer.sessions, answer.sessions_total)
    yield _sessions("sessions assumed with its sessions, newest first", answer.out, answer.out_total)
    yield from rests_on(answer.sight, answer.truncated)


def _callers(caption: str, callers: Sequence[RoleCaller], total: int) -> Grid:
    return Grid(
        caption,
        (head("caller", "long", style="key"), head("of", lead=""), line("whose", lead=""),
         number("times", "time"), number("refusals", "refusal", style="denied"),
         detail("error", lead="", style="denied"), detail("how", lead=""), number("sessions", "session"), when(),
         ids()),
        [
            (one.principal or "an unknown caller",
             f"{one.kind}{f' of {one.account}' if one.account else ''}" if one.kind else None, whose(one.whose),
             None if one.error else one.count, one.count if one.error else None, one.error,
             [HOWS.get(how, how) for how in one.hows], one.sessions, span(one.first, one.last), one.event_ids)
            for one in callers
        ],
        total,
    )  # fmt: skip


def _sessions(caption: str, sessions: Sequence[RoleSession], total: int) -> Grid:
    return Grid(
        caption,
        (head("begun", "time"), head("session", style="key"), detail("whose", lead=""),
         detail("last used", "time"), detail("ends", "time"), detail("how", lead=""), line("key", "long", lead="")),
        [
            (moment(one.begun), role_as(one.role_arn, one.name or "?", one.key), _of(one), moment(one.last_used),
             moment(one.expires), ways(one.how, None) if one.how else None, one.key)
            for one in sessions
        ],
        total, SESSIONS_SHOWN,
    )  # fmt: skip


def _of(one: RoleSession) -> Inline:
    sure = () if one.confidence == "EXACT" else (" ", Span(one.confidence, one.confidence))
    return ("credentials of ", Span(one.credentials_of, "name"), *sure)


def rows(answer: Role) -> Iterator[Row]:
    """A row for each caller, refusal, role taken and session."""
    for what, callers in (("assumed by", answer.callers), ("refused to", answer.refused)):
        for one in callers:
            yield {"what": what, **vars(one), **origin_cells(one.whose)}
    for taken in answer.taken:
        yield {"what": "took", **vars(taken), "principal": taken.role_arn, "kind": "Role"}
    for what, sessions in (("session of it", answer.sessions), ("session out of it", answer.out)):
        for seen in sessions:
            yield {
                "what": what, **vars(seen), "principal": seen.key, "kind": "Session",
                "account": seen.key.split("/", 1)[0], "hows": seen.how, "first": seen.begun, "last": seen.last_used,
            }  # fmt: skip
