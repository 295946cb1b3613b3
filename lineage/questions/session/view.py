"""`session` for people: the sessions, then operation by operation, then keys and places."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import RenderableType

from lineage.questions.session import KeySeen, KeyUse, Operation, Session, SessionTold
from lineage.questions.shared.models import Counted
from lineage.render.lines import Line
from lineage.render.roles import cut, events, heading, origin, span
from lineage.render.sessions import KINDS, TEXT_WIDTH, foot, head, named, scope, used_from
from lineage.render.text import clean, counted, moment, shorten
from lineage.render.words import ways

SESSIONS_SHOWN = 5
KEYS_SHOWN = 10
PLACES_SHOWN = 10
COLUMNS = (
    "what", "value", "kind", "calls", "failed", "errors", "first", "last", "issued", "expires", "resources",
    "parameters", "filters", "via", "note", "event_ids", "access_key_id", "user_agent",
)  # fmt: skip


def people(answer: Session) -> Iterable[RenderableType]:
    """Whose it is, what was called in the scope, with which keys, from where."""
    yield from head(answer.whose, answer.subject, answer.asked)
    for one in answer.sessions[:SESSIONS_SHOWN]:
        yield from _session(one, answer.whose is None)
    yield from cut(min(len(answer.sessions), SESSIONS_SHOWN), answer.sessions_total)
    yield Line("")
    failed = (f", {answer.failed:,} failed" if answer.failed else "", "denied")
    yield Line("", (counted(answer.calls, "call"), "name"), failed, f", {scope(answer.scope)}")
    if answer.outside:
        yield Line("", (f"{counted(answer.outside, 'more call')} outside that time; --window shows more", "open"))
    for operation in answer.operations:
        yield from _operation(operation)
    yield from cut(len(answer.operations), answer.operations_total)
    yield from heading(counted(answer.keys_total, "key"))
    for key in answer.keys[:KEYS_SHOWN]:
        yield from _key(key)
    yield from cut(min(len(answer.keys), KEYS_SHOWN), answer.keys_total)
    yield from heading(f"which key from where: {answer.uses_total:,}")
    for use in answer.uses[:PLACES_SHOWN]:
        yield from _use(use)
    yield from cut(min(len(answer.uses), PLACES_SHOWN), answer.uses_total)
    yield from _places("address", "addresses", answer.addresses, answer.addresses_total)
    yield from _places("user agent", "user agents", answer.agents, answer.agents_total)
    yield from _places("region", "regions", answer.regions, len(answer.regions))
    yield from foot(answer.sight, answer.truncated)


def _session(one: SessionTold, with_origin: bool) -> Iterable[RenderableType]:
    role = (one.role_arn or "").rsplit("/", 1)[-1]
    name = f"{role} as {one.name}" if role and one.name else one.name or role or one.key
    yield Line("  ", (clean(name), "key"), f" in {clean(one.account or 'an unknown account')}", then="    ")
    how = ways(one.how, None) if one.how else "its grant is not in the logs"
    ends = f"expires {moment(one.expires)}" if one.expires else "expiry not known"
    used = f"used {span(one.first, one.last)}" if one.first and one.last else "never used in the logs"
    yield Line("    ", f"issued {moment(one.issued)}, {ends}, {used}", then="      ")
    yield Line("    ", (f"{how}  {events(one.grant_event_ids)}", "quiet"), then="      ")
    if with_origin:
        yield Line("    ", *origin(one.whose), then="      ")


def _operation(one: Operation) -> Iterable[RenderableType]:
    yield Line("")
    yield Line("  ", f"{one.total:,}x ", (clean(one.api), KINDS[one.kind]), f"  {one.kind}", then="    ")
    for failed in one.failed:
        text = f"{failed.count:,} failed: {failed.error}"
        yield Line("      ", (clean(text), "denied"), (f"  {events(failed.event_ids)}", "quiet"), then="        ")
    yield Line("      ", f"{span(one.first, one.last)}  ", (events(one.event_ids), "quiet"), then="        ")
    yield from named("on", one.resources, one.resources_total)
    yield from named("with", one.parameters)
    yield from named("filter", one.filters)
    if one.via:
        yield Line("      ", ("called by ", "quiet"), clean(", ".join(one.via)), " in the caller's name")


def _key(one: KeySeen) -> Iterable[RenderableType]:
    yield Line("  ", (clean(one.access_key_id), "key"), f"  {counted(one.calls, 'call')}", then="    ")
    if one.long_term:
        life = f"long-term key{f', made {moment(one.issued)}' if one.issued else ''}"
    elif one.issued:
        life = f"issued {moment(one.issued)}, expires {moment(one.expires)}"
    else:
        life = "its issue is not logged; expiry not known"
    used = f"; used {span(one.first, one.last)}" if one.first and one.last else ""
    yield Line("    ", f"{life}{used}", then="      ")
    if one.issue_event_ids:
        yield Line("    ", (events(one.issue_event_ids), "quiet"))


def _use(one: KeyUse) -> Iterable[RenderableType]:
    failed = (f", {one.failed:,} failed" if one.failed else "", "denied")
    via = f" through {clean(one.via)}" if one.via else ""
    told = used_from(one.access_key_id, one.address, one.user_agent)
    yield Line("  ", f"{one.calls:,}x ", (told, "place"), via, failed, then="    ")
    yield Line("    ", f"{span(one.first, one.last)}  ", (events(one.event_ids), "quiet"), then="      ")


def _places(one: str, many: str, found: Sequence[Counted], total: int) -> Iterable[RenderableType]:
    yield from heading(counted(total, one, many))
    for place in found[:PLACES_SHOWN]:
        failed = (f", {place.failed:,} failed" if place.failed else "", "denied")
        note = (f"  ({place.note})" if place.note else "", "quiet")
        yield Line(
            "  ", f"{place.calls:,}x ", (shorten(clean(place.value), TEXT_WIDTH), "place"), failed, note, then="    "
        )
    yield from cut(min(len(found), PLACES_SHOWN), total)


def table(answer: Session) -> tuple[tuple[str, ...], Iterable[tuple[object, ...]]]:
    """A row for each operation, session, key, use of a key, address, agent and region."""
    return COLUMNS, _rows(answer)


def _rows(answer: Session) -> Iterable[tuple[object, ...]]:
    for one in answer.operations:
        errors = [f"{failed.error}={failed.count}" for failed in one.failed]
        yield (
            "operation", one.api, one.kind, one.total, one.total - one.succeeded, errors, one.first, one.last, None,
            None, one.resources, one.parameters, one.filters, one.via, None, one.event_ids, None, None,
        )  # fmt: skip
    for told in answer.sessions:
        yield (
            "session", told.key, None, None, None, None, told.first, told.last, told.issued, told.expires, None, None,
            None, None, told.how, told.grant_event_ids, None, None,
        )  # fmt: skip
    for key in answer.keys:
        yield (
            "key", key.access_key_id, None, key.calls, None, None, key.first, key.last, key.issued, key.expires, None,
            None, None, None, "long-term" if key.long_term else None, key.issue_event_ids, key.access_key_id, None,
        )  # fmt: skip
    for use in answer.uses:
        yield (
            "use", use.address, None, use.calls, use.failed, None, use.first, use.last, None, None, None, None, None,
            use.via, use.note, use.event_ids, use.access_key_id, use.user_agent,
        )  # fmt: skip
    lists = (("address", answer.addresses), ("agent", answer.agents), ("region", answer.regions))
    for what, places in lists:
        for place in places:
            yield (
                what, place.value, None, place.calls, place.failed, None, place.first, place.last, None, None, None,
                None, None, None, place.note, None, None, None,
            )  # fmt: skip
