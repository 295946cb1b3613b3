"""`names` for people: what the names say, line by line, then whether demanding one would help, role by role."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import RenderableType

from lineage.questions.names import Demanded, Name, Names, NamesOfRole
from lineage.questions.shared.log_coverage import in_words
from lineage.render.lines import Line
from lineage.render.roles import cut, events, heading, origin, span
from lineage.render.text import clean, counted, moment

COLUMNS = (
    "what", "role_arn", "name", "verdict", "why", "others", "set_by", "demanded", "credentials_of", "origin_kind",
    "origin_id", "confidence", "sessions", "first", "last", "event_ids", "naming", "names_origin", "names_another",
    "names_nobody", "not_known", "not_shown", "helps", "demand",
)  # fmt: skip
VERDICTS = {
    "names-another": "names another known person",
    "names-origin": "names the origin",
    "names-nobody": "names nobody",
    "not-known": "whose it was is not known",
}
DEMANDS_SHOWN = 3
NOTE = "A name is evidence only where the caller cannot choose it, or where the trust policy demanded it then."


def people(answer: Names) -> Iterable[RenderableType]:
    """Counts, names by what they say, roles."""
    yield Line("", (f"{counted(answer.sessions, 'session')}", "name"))
    counts = (
        ("names-another", answer.names_another), ("names-origin", answer.names_origin),
        ("names-nobody", answer.names_nobody), ("not-known", answer.not_known),
    )  # fmt: skip
    for verdict, number in counts:
        style = "open" if verdict == "names-another" and number else "quiet"
        yield Line("  ", (f"{number:,}", style), f" {VERDICTS[verdict]}")
    if answer.unnamed:
        yield Line("  ", (f"{answer.unnamed:,}", "quiet"), " without a session name")
    last = None
    for one in answer.names:
        if one.verdict != last:
            yield from heading(VERDICTS[one.verdict])
            last = one.verdict
        yield from _name(one)
    yield from cut(len(answer.names), answer.names_total)
    if answer.roles:
        yield from heading("would demanding a name help?")
        for role in answer.roles:
            yield from _role(role)
        yield from cut(len(answer.roles), answer.roles_total)
    yield Line("")
    yield Line("", (NOTE, "quiet"))
    if answer.sight is not None:
        yield Line("", (in_words(answer.sight), "quiet"))


def _name(one: Name) -> Iterable[RenderableType]:
    what = "source identity " if one.what == "source identity" else ""
    why = f" ({one.why})" if one.why else ""
    yield Line("  ", what, (clean(one.name), "key"), why, ", ", *origin(one.whose), then="    ")
    if one.others:
        known = f"known people of that name: {', '.join(map(clean, one.others))}"
        yield Line("    ", (known, "open"), then="      ")
    role = clean((one.role_arn or "no role").rsplit("/", 1)[-1])
    demanded = f", demanded of {one.demanded:,} by the trust policy" if one.demanded else ""
    said = f"{counted(one.sessions, 'session')} of {role}, {span(one.first, one.last)}, set by the {one.set_by}"
    yield Line("    ", said, demanded, then="      ")
    if one.event_ids:
        yield Line("    ", (events(one.event_ids), "quiet"))


def _role(one: NamesOfRole) -> Iterable[RenderableType]:
    help_ = f"demand {one.demand}" if one.helps == "yes" else one.helps
    yield Line("  ", (clean(one.role_arn), "key"), then="    ")
    yield Line("    ", (help_, "name"), f": {clean(one.why)}", then="      ")
    named = f"{one.naming:,} of {counted(one.sessions, 'session')} named a person, of {counted(one.origins, 'origin')}"
    if one.not_shown == one.sessions:
        shown = "the logs do not show its trust policy"
    else:
        shown = f"its trust policy, as logged, demanded a name of {one.demanded:,}, not shown for {one.not_shown:,}"
    yield Line("    ", f"{named}; {shown}", then="      ")
    for demand in one.demands[-DEMANDS_SHOWN:]:
        yield Line("    ", (_demand(demand), "quiet"), f" {events(demand.event_ids)}", then="      ")


def _demand(one: Demanded) -> str:
    told = (("a session name", one.session_name), ("a source identity", one.source_identity))
    names = [name for name, is_demanded in told if is_demanded]
    said = " and ".join(names) + " demanded" if names else "no name demanded"
    return f"from {moment(one.since)} {said if one.readable else 'a policy that was not logged in full'}"


def table(answer: Names) -> tuple[tuple[str, ...], Iterable[tuple[object, ...]]]:
    """A row for each name and each role."""
    return COLUMNS, _rows(answer)


def _rows(answer: Names) -> Iterable[tuple[object, ...]]:
    for one in answer.names:
        whose = one.whose
        yield (
            one.what, one.role_arn, one.name, one.verdict, one.why, one.others, one.set_by, one.demanded,
            whose.person or whose.name, whose.kind, whose.id, whose.confidence, one.sessions, one.first, one.last,
            one.event_ids, *(None,) * 8,
        )  # fmt: skip
    for role in answer.roles:
        yield (
            "role", role.role_arn, None, None, role.why, None, None, role.demanded, None, None, None, None,
            role.sessions, None, None, [event for demand in role.demands for event in demand.event_ids], role.naming,
            role.names_origin, role.names_another, role.names_nobody, role.not_known, role.not_shown, role.helps,
            role.demand,
        )  # fmt: skip
