"""`who` as shown: a verdict, then the hops as a ladder from the origin down to the identity."""

from __future__ import annotations

from collections.abc import Iterator

from lineage.questions.registry import Row
from lineage.questions.shared import words
from lineage.questions.shared.view import mfa, up_to
from lineage.questions.who import Hop, Origin, Provenance, Who, WhoAnswer
from lineage.render.blocks import Block, Facts, Grid, Heading, Inline, Ladder, Note, Para, Rung, Some, Span, Text
from lineage.render.columns import head, line, number
from lineage.render.text import moment

LADDERS = 3
"""Up to so many callers of one identity are drawn as ladders below each other, more of them as a list."""
AGENT_WIDTH = 40
EVENTS_SHOWN = 4
COLUMNS = (
    "answer", "hop", "origin_kind", "origin_id", "origin_account", "origin_name", "origin_resource", "person",
    "confidence", "ambiguous", "reason", "missing_account", "missing_region", "missing_day",
    "identity_arn", "identity_account", "principal_id", "creation_date", "access_key_id",
    "time", "api", "how", "via", "role_arn", "session_name", "session_account", "hop_access_key_id",
    "caller_access_key_id", "source_ip", "user_agent", "mfa", "cross_account", "rule", "hop_confidence", "event_ids",
    "sign_in_event_ids", "on_behalf_of", "invoked_by", "credentials", "made_by", "made_by_event_ids", "started_by",
    "started_by_event_ids", "attempt",
)  # fmt: skip


def blocks(who: Who) -> Iterator[Block]:
    """Each answer as a ladder; many of them as a list."""
    several = any(answer.reason in words.SEVERAL for answer in who.answers)
    if len(who.answers) <= (LADDERS if several else 1):
        for answer in who.answers:
            yield from chain(answer)
    else:
        yield from _list(who, several)
    if who.truncated:
        yield Note((f"{len(who.answers):,} of {who.total:,} shown; --limit shows more",))
    if who.note:
        yield Note((who.note,))
    yield from up_to(who.newest, who.loaded_at)


def _list(who: Who, several: bool) -> Iterator[Block]:
    contradict = any(answer.copied_from for answer in who.answers)
    what = "callers fit; none is picked" if several else "identities, newest first"
    what = "answers from copies that contradict each other; none is picked" if contradict else what
    yield Grid(
        f"{who.total:,} {what}",
        (head("whose"), number("hops", "hop", first=True), line("identity", lead=""), line("copy", lead="")),
        [
            (verdict(answer), len(answer.hops), name_of(answer), words.copied_from(answer.copied_from))
            for answer in who.answers
        ],
    )
    yield Note(("Ask for one of them by its session to see its hops.",))


def chain(answer: WhoAnswer) -> Iterator[Block]:
    """The verdict, why it is open if it is, the rungs, and who made what the chain begins with."""
    yield Heading((*verdict(answer), Span(f": {words.basis(answer)}", "quiet")))
    for note in words.notes(answer):
        yield Para((Span(note, "open"),), indent=1)
    yield Ladder(_rungs(answer))
    for hint in answer.hints:
        doubt = "" if hint.rule == "1" else f"  (rule {hint.rule}; no proof)"
        yield Para((Span("hint ", "quiet"), f"{hint.what}: {hint.value}", Span(doubt, "quiet")), indent=1)
    relations = (("made_by", answer.made_by), ("started_by", answer.started_by), ("provider_by", answer.provider_by))
    for relation, made in relations:
        if made is not None:
            yield from _provenance(made, relation)


def verdict(answer: WhoAnswer) -> Inline:
    """The verdict with its confidence."""
    return Span(words.verdict(answer), "name"), " — ", Span(answer.confidence, answer.confidence)


def name_of(answer: WhoAnswer) -> str:
    """The identity by the name that can be asked for."""
    who = answer.identity
    return answer.session_key or who.arn or who.principal_id or who.access_key_id or "a call without an identity"


def _rungs(answer: WhoAnswer) -> list[Rung]:
    rungs = [] if answer.attempt else [_origin(answer.origin)]
    for position, hop in enumerate(answer.hops):
        below = answer.hops[position + 1] if position + 1 < len(answer.hops) else None
        rungs.append(_hop(hop, below))
    if not answer.hops and answer.origin.kind == "Unresolved":
        rungs.append(Rung((name_of(answer),)))
    if answer.hops or answer.origin.kind == "Unresolved":
        key = answer.identity.access_key_id
        named: list[tuple[str, Text]] = [("key on the call", Span(key, "key") if key else None)]
        named.append(("session", name_of(answer) if answer.session_key else None))
        arn = answer.identity.arn
        named.append(("ARN on the call", arn if arn != name_of(answer) or answer.hops else None))
        rungs[-1] = rungs[-1]._replace(facts=[*rungs[-1].facts, *named])
    return rungs


def _origin(origin: Origin) -> Rung:
    kind = words.KINDS.get(origin.kind, origin.kind)
    if origin.kind == "Unresolved":
        return Rung((Span("?", "open"), "  the previous step is not in the loaded logs"))
    return Rung(
        (Span(origin.name or origin.id or kind, "name"), Span(f"  {kind}", "quiet")),
        [
            ("id", origin.id if origin.id != origin.name else None), ("resource", origin.resource),
            ("key", Span(origin.access_key_id, "key") if origin.access_key_id else None),
            ("provider", origin.provider),
        ],
    )  # fmt: skip


def _hop(hop: Hop, below: Hop | None) -> Rung:
    """The session that a grant gave, and the grant."""
    crossing = f", from account {hop.caller_account} into {hop.account}" if hop.cross_account else ""
    step: list[Inline] = [(f"{moment(hop.time)}  {words.ways(hop.how, hop.via)}",), (hop.api, crossing)]
    if hop.caller_access_key_id:
        step.append((Span("with key ", "quiet"), Span(hop.caller_access_key_id, "key")))
    if hop.source_ip:
        agent = ("  ", Span(hop.user_agent, "quiet", AGENT_WIDTH)) if hop.user_agent else ()
        whence = "signed in from " if hop.sign_in_event_ids else "from "
        step.append((Span(whence, "quiet"), Span(hop.source_ip, "place"), *agent))
    if used := mfa(hop.mfa, hop.role_arn):
        step.append((used,))
    if hop.source_identity:
        step.append((Span("source identity ", "quiet"), hop.source_identity))
    candidates = f", {hop.candidates} candidates" if hop.candidates > 1 else ""
    role = (hop.role_arn or "").rsplit("/", 1)[-1]
    name = role or hop.session_name or hop.session.principal_id or "a session"
    issued = Span(hop.access_key_id, "key") if hop.access_key_id and below is not None else None
    return Rung(
        (Span(name, "name"), f" as {hop.session_name}" if role and hop.session_name else ""),
        [("in account", hop.session.account or "unknown"), ("issued key", issued)],
        step,
        [("event", hop.event_ids), ("sign-in", hop.sign_in_event_ids)],
        (Span(hop.confidence, hop.confidence), Span(f"  rule {hop.rule}{candidates}", "quiet")),
    )


def _provenance(made: Provenance, relation: str) -> Iterator[Block]:
    yield Heading((Span(words.provenance(made, relation), "open"),))
    yield Para((f"{moment(made.time)}  {made.api}",), indent=1)
    yield Facts([("event", Some(list(made.event_ids), few=EVENTS_SHOWN))])
    yield from chain(made.answer)


def rows(who: Who) -> Iterator[Row]:
    """A row for each hop of each answer; one alone where there is none."""
    return (row for number, one in enumerate(who.answers, 1) for row in _rows(number, one))


def _rows(number: int, answer: WhoAnswer) -> Iterator[dict[str, object]]:
    identity, behalf = answer.identity, answer.on_behalf_of
    known = [
        " ".join(filter(None, (one.what, one.key, one.made_by and f"made by {one.made_by}")))
        for one in answer.credentials
    ]
    whole: dict[str, object] = {
        "answer": number, **{f"origin_{name}": value for name, value in answer.origin},
        "person": answer.person.name if answer.person else None, "confidence": answer.confidence,
        "ambiguous": answer.ambiguous, "reason": answer.reason,
        **{f"missing_{name}": value for name, value in answer.missing or ()},
        "identity_arn": identity.arn, "identity_account": identity.account, "principal_id": identity.principal_id,
        "creation_date": identity.creation_date, "access_key_id": identity.access_key_id,
        "on_behalf_of": (behalf.name or behalf.id) if behalf else None, "invoked_by": identity.invoked_by,
        "credentials": known or None, "attempt": answer.attempt,
    }  # fmt: skip
    for relation, made in (("made_by", answer.made_by), ("started_by", answer.started_by)):
        if made is not None:
            whole[relation] = made.answer.origin.id or made.answer.origin.kind
            whole[f"{relation}_event_ids"] = made.event_ids
    for depth, hop in enumerate(answer.hops, 1):
        yield {
            **vars(hop), **whole, "hop": depth, "session_account": hop.session.account,
            "hop_access_key_id": hop.access_key_id, "hop_confidence": hop.confidence,
        }  # fmt: skip
    if not answer.hops:
        yield {**whole, "hop": 0}
