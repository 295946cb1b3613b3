"""`role` for people: callers with the origins behind them, what was taken out of it, the sessions on both sides."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import RenderableType

from lineage.questions.role import Role, RoleCaller, RoleSession, RoleTaken
from lineage.questions.shared.log_coverage import in_words
from lineage.render.lines import Line
from lineage.render.roles import cut, events, heading, origin, span
from lineage.render.text import clean, counted, moment
from lineage.render.words import HOWS

SESSIONS_SHOWN = 10
COLUMNS = (
    "what", "principal", "kind", "account", "credentials_of", "origin_kind", "origin_id", "confidence", "hows",
    "error", "count", "sessions", "first", "last", "event_ids",
)  # fmt: skip


def people(answer: Role) -> Iterable[RenderableType]:
    """Callers, refusals, roles taken, sessions; each list with its total."""
    yield Line("", (clean(answer.role_arn or answer.asked), "name"))
    if len(answer.unique_ids) > 1:
        yield Line("", (f"made again: sessions under {', '.join(map(clean, answer.unique_ids))}", "open"))
    yield from heading(f"assumed by {counted(answer.callers_total, 'caller')}")
    for one in answer.callers:
        yield from _caller(one)
    yield from cut(len(answer.callers), answer.callers_total)
    if answer.ungranted:
        yield Line("", (f"{counted(answer.ungranted, 'session')} without a grant in the logs", "open"))
    if answer.refused:
        yield from heading("refused to")
        for one in answer.refused:
            yield from _caller(one)
        yield from cut(len(answer.refused), answer.refused_total)
    yield from heading(f"{counted(answer.taken_total, 'role')} assumed out of it")
    for taken in answer.taken:
        yield from _taken(taken)
    yield from cut(len(answer.taken), answer.taken_total)
    yield from _sessions("sessions of it, newest first", answer.sessions, answer.sessions_total)
    yield from _sessions("sessions out of it, newest first", answer.out, answer.out_total)
    if answer.sight is not None:
        yield Line("")
        yield Line("", (in_words(answer.sight), "quiet"))


def _caller(one: RoleCaller) -> Iterable[RenderableType]:
    who = clean(one.principal or "a caller that is not known")
    kind = f" ({one.kind}{f' of {one.account}' if one.account else ''})" if one.kind else ""
    yield Line("  ", (who, "key"), f"{kind}, ", *origin(one.whose), then="    ")
    times = counted(one.count, "refusal" if one.error else "time")
    how = f"({clean(one.error)})" if one.error else "; ".join(HOWS.get(how, how) for how in one.hows)
    when = span(one.first, one.last)
    yield Line("    ", (times, "denied" if one.error else "name"), f" {how}, {when}", then="      ")
    yield Line("    ", (events(one.event_ids), "quiet"))


def _taken(one: RoleTaken) -> Iterable[RenderableType]:
    yield Line("  ", (clean(one.role_arn), "key"), then="    ")
    behind = counted(one.origins, "origin") + (" and unresolved callers" if one.unresolved else "")
    when = span(one.first, one.last)
    yield Line("    ", f"{counted(one.count, 'time')}, credentials of {behind}, {when}", then="      ")
    yield Line("    ", (events(one.event_ids), "quiet"))


def _sessions(title: str, sessions: Sequence[RoleSession], total: int) -> Iterable[RenderableType]:
    if not sessions:
        return
    yield from heading(title)
    shown = sessions[:SESSIONS_SHOWN]
    for one in shown:
        role = (one.role_arn or "").rsplit("/", 1)[-1]
        name = (f"{clean(role)} as {clean(one.name or '?')}", "key")
        yield Line("  ", f"{moment(one.begun)}  ", name, f", credentials of {clean(one.credentials_of)}", then="    ")
        yield Line("    ", (f"last used {moment(one.last_used)}, ends {moment(one.expires)}", "quiet"))
    yield from cut(len(shown), total)


def table(answer: Role) -> tuple[tuple[str, ...], Iterable[tuple[object, ...]]]:
    """A row for each caller, refusal, role taken and session."""
    return COLUMNS, _rows(answer)


def _rows(answer: Role) -> Iterable[tuple[object, ...]]:
    for what, callers in (("assumed by", answer.callers), ("refused to", answer.refused)):
        for one in callers:
            whose = one.whose
            yield (
                what, one.principal, one.kind, one.account, whose.person or whose.name, whose.kind, whose.id,
                whose.confidence, one.hows, one.error, one.count, one.sessions, one.first, one.last, one.event_ids,
            )  # fmt: skip
    for taken in answer.taken:
        yield (
            "took", taken.role_arn, "Role", taken.account, None, None, None, None, taken.hows, None, taken.count,
            taken.sessions, taken.first, taken.last, taken.event_ids,
        )  # fmt: skip
    for what, sessions in (("session of it", answer.sessions), ("session out of it", answer.out)):
        for seen in sessions:
            yield (
                what, seen.key, "Session", seen.key.split("/", 1)[0], seen.credentials_of, None, None, seen.confidence,
                seen.how, None, None, None, seen.begun, seen.last_used, None,
            )  # fmt: skip
