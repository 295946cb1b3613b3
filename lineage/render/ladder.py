"""`who` for people: a verdict, then the hops as a ladder from the origin down to the identity."""

from __future__ import annotations

from collections.abc import Iterator

from lineage.questions.who import Hop, Origin, Provenance, Who, WhoAnswer
from lineage.render import words
from lineage.render.lines import Line
from lineage.render.text import clean, counted, moment, shorten

LADDERS = 3
"""Up to so many callers of one identity are drawn as ladders beside each other, more of them as a list."""
IDS_SHOWN = 4
AGENT_WIDTH = 40


def show(who: Who) -> Iterator[Line]:
    """The lines of an answer, in order."""
    several = any(answer.reason in words.SEVERAL for answer in who.answers)
    if len(who.answers) <= (LADDERS if several else 1):
        for position, answer in enumerate(who.answers):
            if position:
                yield Line("")
            yield from _ladder(answer, "")
    else:
        yield from _list(who)
    if who.truncated:
        yield Line("")
        yield Line("", f"{len(who.answers):,} of {who.total:,} shown; --limit shows more")
    if who.note:
        yield Line("", clean(who.note))


def _list(who: Who) -> Iterator[Line]:
    several = any(answer.reason in words.SEVERAL for answer in who.answers)
    contradict = any(answer.copied_from for answer in who.answers)
    what = "callers fit; none is picked" if several else "identities, newest first"
    what = "answers from copies that contradict each other; none is picked" if contradict else what
    yield Line("", (f"{who.total:,} {what}", "name"))
    for answer in who.answers:
        depth = counted(len(answer.hops), "hop")
        yield Line("")
        yield Line("  ", *_verdict(answer), f", {depth}")
        yield Line("    ", *_name(answer))
        if place := words.copied_from(answer.copied_from):
            yield Line("    ", clean(place))
    yield Line("")
    yield Line("", "Ask for one of them by its session to see its hops.")


def _ladder(answer: WhoAnswer, indent: str) -> Iterator[Line]:
    """The verdict, why it is open if it is, and the rungs."""
    yield Line(indent, *_verdict(answer), (f": {words.basis(answer)}", "quiet"))
    for note in words.notes(answer):
        yield Line(indent + "  ", (clean(note), "open"))
    yield Line("")
    if not answer.attempt:
        yield from _origin(answer.origin, indent + "  ")
    for position, hop in enumerate(answer.hops):
        below = answer.hops[position + 1] if position + 1 < len(answer.hops) else None
        yield from _hop(hop, below, indent + "  ")
    yield from _identity(answer, indent + "  ")
    if answer.hints:
        yield Line("")
        for hint in answer.hints:
            yield Line(
                indent + "  ", ("hint ", "quiet"), f"{clean(hint.what)}: {clean(hint.value)}",
                ("" if hint.rule == "1" else f"  (rule {hint.rule}; no proof)", "quiet"),
            )  # fmt: skip
    for relation, made in (("made_by", answer.made_by), ("started_by", answer.started_by)):
        if made is not None:
            yield Line("")
            yield from _provenance(made, relation, indent)


def _verdict(answer: WhoAnswer) -> tuple[str | tuple[str, str], ...]:
    return (clean(words.verdict(answer)), "name"), " — ", (answer.confidence, answer.confidence)


def _origin(origin: Origin, indent: str) -> Iterator[Line]:
    kind = words.KINDS.get(origin.kind, origin.kind)
    if origin.kind == "Unresolved":
        yield Line(indent, ("?", "open"), "  what came before is not in the loaded logs")
        return
    yield Line(indent, (clean(origin.name or origin.id or kind), "name"), (f"  {kind}", "quiet"))
    details = [("id", origin.id if origin.id != origin.name else None), ("resource", origin.resource)]
    details += [("key", origin.access_key_id), ("provider", origin.provider)]
    for what, value in details:
        if value:
            yield Line(indent + "    ", (f"{what} ", "quiet"), (clean(value), "key" if what == "key" else ""))


def _hop(hop: Hop, below: Hop | None, indent: str) -> Iterator[Line]:
    """The grant, beside the ladder, and then the session that it gave."""
    bar = indent + "│ "
    yield Line(bar.rstrip())
    yield Line(bar, moment(hop.time), f"  {clean(words.ways(hop.how, hop.via))}")
    crossing = f", from account {hop.caller_account} into {hop.account}" if hop.cross_account else ""
    yield Line(bar + "  ", clean(hop.api), crossing)
    if hop.caller_access_key_id:
        yield Line(bar + "  ", ("with key ", "quiet"), (clean(hop.caller_access_key_id), "key"))
    if hop.source_ip:
        agent = f"  {shorten(clean(hop.user_agent), AGENT_WIDTH)}" if hop.user_agent else ""
        yield Line(bar + "  ", ("from ", "quiet"), (clean(hop.source_ip), "place"), (agent, "quiet"))
    if hop.source_identity:
        yield Line(bar + "  ", ("source identity ", "quiet"), clean(hop.source_identity))
    yield from _ids(bar + "  ", "event", hop.event_ids)
    yield from _ids(bar + "  ", "sign-in", hop.sign_in_event_ids)
    candidates = f", {hop.candidates} candidates" if hop.candidates > 1 else ""
    yield Line(bar + "  ", (hop.confidence, hop.confidence), (f"  rule {hop.rule}{candidates}", "quiet"))
    yield Line(indent + "▼")
    role = (hop.role_arn or "").rsplit("/", 1)[-1]
    name = role or hop.session_name or hop.session.principal_id or "a session"
    session = f" as {clean(hop.session_name)}" if role and hop.session_name else ""
    yield Line(indent, (clean(name), "name"), session)
    yield Line(indent + "    ", ("in account ", "quiet"), hop.session.account or "unknown")
    if hop.access_key_id and below is not None:
        yield Line(indent + "    ", ("issued key ", "quiet"), (clean(hop.access_key_id), "key"))


def _ids(mark: str, what: str, event_ids: list[str]) -> Iterator[Line]:
    for event_id in event_ids[:IDS_SHOWN]:
        yield Line(mark, (f"{what} ", "quiet"), clean(event_id))
    if len(event_ids) > IDS_SHOWN:
        yield Line(mark, (f"and {len(event_ids) - IDS_SHOWN:,} more; --json lists them", "quiet"))


def _identity(answer: WhoAnswer, indent: str) -> Iterator[Line]:
    """The name on the call, at the foot of the ladder."""
    who = answer.identity
    if not answer.hops and answer.origin.kind != "Unresolved":
        return
    if not answer.hops:
        if not answer.attempt:
            yield Line(indent + "│")
            yield Line(indent + "▼")
        yield Line(indent, *_name(answer))
    if who.access_key_id:
        yield Line(indent + "    ", ("key on the call ", "quiet"), (clean(who.access_key_id), "key"))
    if answer.session_key:
        yield Line(indent + "    ", ("session", "quiet"))
        yield Line(indent + "    ", *_name(answer))


def _name(answer: WhoAnswer) -> tuple[str | tuple[str, str], ...]:
    who = answer.identity
    return (
        clean(answer.session_key or who.arn or who.principal_id or who.access_key_id or "a call that names nobody"),
    )


def _provenance(made: Provenance, relation: str, indent: str) -> Iterator[Line]:
    yield Line(indent, (clean(words.provenance(made, relation)), "open"))
    yield Line(indent + "  ", moment(made.time), f"  {clean(made.api)}")
    yield from _ids(indent + "  ", "event", made.event_ids)
    yield Line("")
    yield from _ladder(made.answer, indent)
