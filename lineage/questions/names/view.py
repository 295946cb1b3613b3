"""`names` as shown: what the session names say, then whether demanding one would help, role by role."""

from __future__ import annotations

from collections.abc import Iterator

from lineage.questions.names import Demanded, Name, Names, NamesOfRole
from lineage.questions.registry import Row
from lineage.questions.shared.view import origin_cells, rests_on, whose, within
from lineage.render.blocks import Block, Cell, Grid, Inline, Note, Para, Span
from lineage.render.columns import detail, head, ids, line, number, span, when
from lineage.render.text import counted, moment

COLUMNS = (
    "what", "role_arn", "name", "verdict", "why", "others", "set_by", "demanded", "credentials_of", "origin_kind",
    "origin_id", "confidence", "sessions", "first", "last", "event_ids", "naming", "names_origin", "names_another",
    "names_nobody", "not_known", "not_shown", "helps", "demand",
)  # fmt: skip
VERDICTS = {
    "names-another": "names another known person",
    "names-origin": "names the origin",
    "names-nobody": "names no known person",
    "not-known": "caller unknown",
}
DEMANDS_SHOWN = 3
NOTE = "A name is evidence only where the caller cannot choose it, or where the trust policy required it at that time."


def blocks(answer: Names) -> Iterator[Block]:
    """Counts, names by what they say, roles."""
    another = Span(f"{answer.names_another:,} name another known person", "open" if answer.names_another else "")
    unnamed = f", {answer.unnamed:,} have no session name" if answer.unnamed else ""
    yield Para((
        Span(counted(answer.sessions, "session"), "name"), ": ", another,
        f", {answer.names_origin:,} name the origin, {answer.names_nobody:,} name no known person, "
        f"{answer.not_known:,} have unknown callers{unnamed}{within(answer.scope)}",
    ))  # fmt: skip
    yield Grid(
        f"names ({answer.names_total:,})",
        (head("name", style="key"), head("what", style="quiet"), head("says"), line("whose", lead=""),
         line("others", lead="known people of that name: ", style="open"), number("sessions", "session"),
         detail("role"), when(), detail("set by"),
         number("demanded", "required by the trust policy", "required by the trust policy"), ids()),
        [_name(one) for one in answer.names],
        answer.names_total,
    )  # fmt: skip
    yield Grid(
        f"would requiring a name help? ({answer.roles_total:,})",
        (head("role", "long", style="key"), line("answer", lead=""), line("sessions", lead=""),
         line("trust policy", lead=""), line("demanded", lead="", few=DEMANDS_SHOWN)),
        [_role(one) for one in answer.roles],
        answer.roles_total,
    )  # fmt: skip
    yield Note((Span(NOTE, "quiet"),))
    yield from rests_on(answer.sight)


def _name(one: Name) -> tuple[Cell, ...]:
    says = f"{VERDICTS[one.verdict]}{f' ({one.why})' if one.why else ''}"
    return (
        one.name, one.what, Span(says, "open" if one.verdict == "names-another" else ""), whose(one.whose),
        ", ".join(one.others), one.sessions, (one.role_arn or "no role").rsplit("/", 1)[-1], span(one.first, one.last),
        f"the {one.set_by}", one.demanded, one.event_ids,
    )  # fmt: skip


def _role(one: NamesOfRole) -> tuple[Cell, ...]:
    if one.not_shown == one.sessions:
        policy = "the logs do not show its trust policy"
    else:
        policy = f"as logged, it required a name for {one.demanded:,}; the logs do not show it for {one.not_shown:,}"
    return (
        one.role_arn, (Span(f"require {one.demand}" if one.helps == "yes" else one.helps, "name"), f": {one.why}"),
        f"{one.naming:,} of {counted(one.sessions, 'session')} named a person ({one.names_origin:,} the origin, "
        f"{one.names_another:,} another), of {counted(one.origins, 'origin')}",
        policy, [_demand(demand) for demand in reversed(one.demands)],
    )  # fmt: skip


def _demand(one: Demanded) -> Inline:
    kinds = (("a session name", one.session_name), ("a source identity", one.source_identity))
    demanded = [name for name, is_demanded in kinds if is_demanded]
    said = " and ".join(demanded) + " demanded" if demanded else "no name demanded"
    since = f"since {moment(one.since)}: {said if one.readable else 'a policy that was not logged in full'}"
    return (since, Span(f"  {' '.join(one.event_ids)}", "quiet"))


def rows(answer: Names) -> Iterator[Row]:
    """A row for each name and each role."""
    for one in answer.names:
        yield {**vars(one), **origin_cells(one.whose)}
    for role in answer.roles:
        demanding = [event for demand in role.demands for event in demand.event_ids]
        yield {"what": "role", **vars(role), "event_ids": demanding}
