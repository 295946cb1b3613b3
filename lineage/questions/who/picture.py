"""The picture of `who`: from the origin to the identity, hop by hop, with who made or started it."""

from __future__ import annotations

from collections.abc import Iterator

from lineage.draw.labels import caption, command
from lineage.draw.shape import Box
from lineage.draw.sheet import Drawing, Known, Sheet, facts
from lineage.model import schema
from lineage.model.operations import operation_of
from lineage.model.times import iso
from lineage.questions.shared import words
from lineage.questions.who import Hop, Provenance, Who, WhoAnswer

LIT = 3
"""So many chains are lit; of more, none stands out."""
LONGEST = 50
"""Of a chain with more hops the middle is folded."""
ENDS = 3
"""Hops of such a chain that stay in sight at either end."""


def refs(answer: Who) -> Iterator[str]:
    """The nodes that the picture names."""
    for one in answer.answers:
        yield from chain_refs(one)


def events(answer: Who) -> Iterator[str]:
    """The call that was asked about."""
    if answer.kind == "event":
        yield answer.asked


def draw(answer: Who, known: Known) -> Drawing:
    """The chains of the answers."""
    sheet = Sheet(known)
    lit = len(answer.answers) <= LIT
    for one in answer.answers:
        end = chain(sheet, one, lit=lit)
        if answer.kind == "event":
            asked_for(sheet, end, answer.asked)
    names = list(dict.fromkeys(words.whose(one.origin) for one in answer.answers))
    several = "one of " if any(one.reason in words.SEVERAL for one in answer.answers) else ""
    title = f"Credentials of {names[0]}" if len(names) == 1 else f"Credentials of {several}{len(names)} origins"
    if answer.answers and all(one.attempt for one in answer.answers):
        title = words.verdict(answer.answers[0])
    about = (answer.kind != "record" and command("who", answer.asked)) or "lineage who"
    notes = [words.reason(code) for code in dict.fromkeys(one.reason for one in answer.answers) if code]
    if answer.note:
        notes.append(answer.note)
    if answer.truncated:
        notes.append(f"{len(answer.answers):,} of {answer.total:,} answers are drawn; --limit draws more.")
    return Drawing(sheet, title, about, notes)


def asked_for(sheet: Sheet, caller: str, event_id: str) -> None:
    """Draw the call that was asked about, if it is known."""
    call = sheet.known.calls.get(event_id)
    if call is None:
        return
    action = sheet.action(caller, call.api, call.error, event=event_id)
    sheet.light(action)
    sheet.link(
        caller, action, schema.USED, failed=call.error is not None, lit=True, first=iso(call.time), error=call.error,
        agent=call.user_agent, region=call.region, events=[event_id], counted=False,
    )  # fmt: skip


def chain_refs(answer: WhoAnswer) -> Iterator[str]:
    """The nodes of a chain."""
    for hop in answer.hops:
        session = session_of(hop)
        yield session
        if hop.access_key_id:
            yield key_of(hop.access_key_id, session)
    if answer.origin.access_key_id:
        yield f"{schema.CREDENTIAL} {answer.origin.access_key_id}"
    if answer.node:
        yield answer.node
    for made in (answer.made_by, answer.started_by):
        if made is not None:
            yield from chain_refs(made.answer)


def session_of(hop: Hop) -> str:
    """Reference of the session that a hop granted."""
    session = hop.session
    key = session.key or f"{session.account or ''}/{session.principal_id or ''}/{session.creation_date}"
    return f"{schema.SESSION} {key}"


def key_of(access_key: str, session: str) -> str:
    """Reference of the key that was issued to a session."""
    return f"{schema.CREDENTIAL} {access_key} {session.split(' ', 1)[1]}"


def chain(sheet: Sheet, answer: WhoAnswer, *, lit: bool) -> str:
    """Draw a chain from its origin down to the identity; returns the identity's node, or the last one drawn."""
    if answer.attempt and answer.node:
        return sheet.of_ref(answer.node, lit=lit)
    at = origin(sheet, answer, lit=lit)
    if answer.origin.access_key_id:
        key = sheet.of_ref(f"{schema.CREDENTIAL} {answer.origin.access_key_id}", account=answer.origin.account, lit=lit)
        sheet.link(at, key, schema.BELONGS_TO, lit=lit)
        at = key
    if answer.made_by is not None:
        made = answer.made_by
        type_ = schema.ISSUED if made.what == "access key" else schema.CREATED
        _provenance(sheet, made, at, type_, f"made: {made.what}")
    long, middle = len(answer.hops) > LONGEST, []
    for number, hop in enumerate(answer.hops):
        within = long and ENDS <= number < len(answer.hops) - ENDS
        shown = lit and not within
        session = sheet.of_ref(
            session_of(hop), ("expires", hop.expires or "unknown"), account=hop.session.account or hop.account,
            role_arn=hop.role_arn, name=hop.session_name, source_identity=hop.source_identity, lit=shown,
        )  # fmt: skip
        _hop(sheet, at, session, hop, unsure=answer.reason == "ambiguous" and hop.candidates > 1, lit=shown)
        if number == 0:
            _started(sheet, answer, session)
        at = session
        if hop.access_key_id:
            at = sheet.of_ref(key_of(hop.access_key_id, session), account=hop.account, lit=shown)
            sheet.link(
                session, at, schema.ISSUED, label="key", lit=shown, first=hop.time, events=hop.event_ids, api=hop.api,
                confidence=hop.confidence, rule="2",
            )  # fmt: skip
        if within:
            middle += [session, at]
    if middle:
        _fold_middle(sheet, middle, len(answer.hops) - 2 * ENDS)
    return _identity(sheet, answer, at, lit=lit)


def _identity(sheet: Sheet, answer: WhoAnswer, at: str, *, lit: bool) -> str:
    """Draw the identity itself below what its chain ends in; returns its node."""
    node = answer.node
    if node is None or node == at:
        return at
    sheet.of_ref(node, lit=lit)
    if node.startswith(schema.SESSION) and not answer.hops:
        _started(sheet, answer, node)
    if answer.hops or at.startswith(schema.CREDENTIAL):
        way = sheet.way(at, node)
        sheet.link(
            at, node, str(way.get("type") or schema.ISSUED), lit=lit, first=way.get("time"),
            events=way.get("event_ids") or (), confidence=str(way.get("confidence") or answer.confidence),
            rule=way.get("rule"),
        )  # fmt: skip
    else:
        why = words.reason(answer.reason) if answer.reason else None
        sheet.link(
            at, node, schema.BELONGS_TO if node.startswith(schema.CREDENTIAL) else schema.SESSION_OF,
            label="whose" if answer.confidence == "NONE" else "acts as", confidence=answer.confidence, lit=lit, why=why,
        )  # fmt: skip
    return node


def _fold_middle(sheet: Sheet, nodes: list[str], hops: int) -> None:
    accounts = {sheet.account(node) for node in nodes}
    box = Box(
        id=f"middle {nodes[0]}", kind="group", label=f"{hops:,} hops between", caption=caption("hops between"),
        account=accounts.pop() if len(accounts) == 1 else None,
        facts=facts(what="the middle of a long chain", hops=hops),
    )  # fmt: skip
    sheet.into(box, nodes)


def origin(sheet: Sheet, answer: WhoAnswer, *, lit: bool) -> str:
    """Draw where a chain begins. Two open ends are never the same node, since it is unknown whether they are."""
    found = answer.origin
    if found.kind == "Unresolved":
        first = session_of(answer.hops[0]) if answer.hops else answer.node
        identity = answer.identity
        said = f"{identity.arn} {identity.principal_id} {identity.creation_date} {identity.access_key_id}"
        why = words.reason(answer.reason) if answer.reason else "The chain is open."
        return sheet.nobody(
            first or said, facts(why=why, missing=words.settle(answer.missing)), lit=lit,
            called=answer.attempt or "unknown",
        )  # fmt: skip
    person = f"{answer.person.name} ({answer.person.how})" if answer.person else None
    hints = [f"{hint.what}: {hint.value} (rule {hint.rule}, no proof)" for hint in answer.hints]
    return sheet.origin(found, *facts(person=person, hints=hints), lit=lit)


def _hop(sheet: Sheet, source: str, session: str, hop: Hop, *, unsure: bool, lit: bool) -> None:
    sheet.link(
        source, session, schema.ASSUMED, label=f"perhaps: {operation_of(hop.api)}" if unsure else operation_of(hop.api),
        confidence=schema.weakest([hop.confidence, "HEURISTIC"]) if unsure else hop.confidence, lit=lit,
        first=hop.time, cross=hop.cross_account or None, api=hop.api, how=words.ways(hop.how, hop.via), rule=hop.rule,
        callers_that_fit=hop.candidates if hop.candidates > 1 else None, key_of_the_caller=hop.caller_access_key_id,
        address=hop.source_ip, agent=hop.user_agent, region=hop.region, expires=hop.expires, events=hop.event_ids,
        sign_in_events=hop.sign_in_event_ids,
    )  # fmt: skip


def _provenance(sheet: Sheet, made: Provenance, target: str, type_: str, label: str) -> None:
    sheet.link(
        chain(sheet, made.answer, lit=False), target, type_, label=label, beside=True, first=made.time,
        events=made.event_ids, confidence=made.answer.confidence, api=made.api,
    )  # fmt: skip


def _started(sheet: Sheet, answer: WhoAnswer, session: str) -> None:
    """Draw who started the workload that a session's origin is."""
    made = answer.started_by
    if made is None:
        return
    key = sheet.known.graph.nodes.get(session, {}).get("workload") or answer.origin.resource
    workload = sheet.of_ref(f"{schema.RESOURCE} {key}") if key else session
    _provenance(sheet, made, workload, schema.STARTED, operation_of(made.api))
    if workload != session:
        sheet.link(workload, session, schema.RUNS_AS, beside=True)
