"""The picture of `who`: from the origin to the identity, hop by hop, with who made or started what beside it."""

from __future__ import annotations

from collections.abc import Iterator

from lineage import schema
from lineage.answers import Hop, Origin, Provenance, Who, WhoAnswer
from lineage.draw.copies import command, paste
from lineage.draw.names import caption
from lineage.draw.shape import Box, Node
from lineage.draw.shapes.told import Told
from lineage.draw.sheet import ORIGINS, Known, Sheet, facts, texts
from lineage.render import words
from lineage.render.text import clean
from lineage.times import iso

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


def draw(answer: Who, known: Known) -> Told:
    """The chains of the answers."""
    sheet = Sheet(known)
    lit = len(answer.answers) <= LIT
    for one in answer.answers:
        end = chain(sheet, one, lit=lit)
        if answer.kind == "event":
            asked_for(sheet, end, answer.asked)
    names = list(dict.fromkeys(words.whose(one.origin) for one in answer.answers))
    title = f"Credentials of {names[0]}" if len(names) == 1 else f"Credentials of {len(names)} origins"
    about = (answer.kind != "record" and command("who", answer.asked)) or "lineage who"
    notes = [words.reason(code) for code in dict.fromkeys(one.reason for one in answer.answers) if code]
    if answer.truncated:
        notes.append(f"{len(answer.answers):,} of {answer.total:,} answers are drawn; --limit draws more.")
    return Told(sheet, title, about, notes)


def asked_for(sheet: Sheet, caller: str, event_id: str) -> None:
    """Draw the call that was asked about, if it is known."""
    call = sheet.known.calls.get(event_id)
    if call is None:
        return
    action = sheet.action(caller, call.api, call.error, event=event_id)
    sheet.light(action)
    sheet.link(
        caller, action, schema.USED, failed=call.error is not None, lit=True, first=iso(call.time), error=call.error,
        agent=call.user_agent, region=call.region, events=[event_id],
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
    for made in (answer.made_by, answer.started_by):
        if made is not None:
            yield from chain_refs(made.answer)


def session_of(hop: Hop) -> str:
    """Reference of the session that a hop granted."""
    session = hop.session
    return f"{schema.SESSION} {session.account or ''}/{session.principal_id or ''}/{session.creation_date}"


def key_of(access_key: str, session: str) -> str:
    """Reference of a key that was issued to a session: a long-term key stands for itself."""
    temporary = access_key.startswith("ASIA")
    return f"{schema.CREDENTIAL} {access_key}" + (f" {session.split(' ', 1)[1]}" if temporary else "")


def chain(sheet: Sheet, answer: WhoAnswer, *, lit: bool) -> str:
    """Draw a chain from its origin; returns the last node, where the identity stands."""
    at = origin(sheet, answer, lit=lit)
    if answer.origin.access_key_id:
        key = sheet.of_ref(f"{schema.CREDENTIAL} {answer.origin.access_key_id}", account=answer.origin.account, lit=lit)
        sheet.link(at, key, schema.BELONGS_TO, lit=lit)
        at = key
    if answer.made_by is not None:
        _provenance(sheet, answer.made_by, at, schema.ISSUED if answer.made_by.what == "access key" else schema.CREATED)
    long, middle = len(answer.hops) > LONGEST, []
    for number, hop in enumerate(answer.hops):
        within = long and ENDS <= number < len(answer.hops) - ENDS
        shown = lit and not within
        session = sheet.of_ref(
            session_of(hop), ("expires", hop.expires or "not known"), account=hop.session.account or hop.account,
            role_arn=hop.role_arn, name=hop.session_name, source_identity=hop.source_identity, lit=shown,
        )  # fmt: skip
        _hop(sheet, at, session, hop, unsure=answer.reason == "ambiguous" and hop.candidates > 1, lit=shown)
        if number == 0 and answer.started_by is not None:
            _started(sheet, answer.started_by, answer.origin, session)
        at = session
        if hop.access_key_id:
            at = sheet.of_ref(key_of(hop.access_key_id, session), account=hop.account, lit=shown)
            sheet.link(
                session, at, schema.ISSUED, label="key", lit=shown, first=hop.time, events=hop.event_ids, api=hop.api,
                rule="2",
            )  # fmt: skip
        if within:
            middle += [session, at]
    if middle:
        _fold_middle(sheet, middle, len(answer.hops) - 2 * ENDS)
    return at


def _fold_middle(sheet: Sheet, nodes: list[str], hops: int) -> None:
    accounts = {sheet.account(node) for node in nodes}
    box = Box(
        id=f"middle {nodes[0]}", kind="group", label=f"{hops:,} hops between", caption=caption("hops between"),
        account=accounts.pop() if len(accounts) == 1 else None,
        facts=facts(what="the middle of a long chain", hops=hops),
    )  # fmt: skip
    sheet.into(box, nodes)


def origin(sheet: Sheet, answer: WhoAnswer, *, lit: bool) -> str:
    """Draw where a chain begins; who is not known is nobody twice."""
    found = answer.origin
    if found.kind == "Unresolved":
        first = session_of(answer.hops[0]) if answer.hops else str(answer.identity.arn or answer.identity.principal_id)
        missing = words.settle(answer.missing)
        why = words.reason(answer.reason) if answer.reason else "The chain is open."
        return sheet.put(
            Node(
                id=f"Unresolved {first}", kind="unknown", label="nobody known", caption="nobody known", lit=lit,
                facts=facts(what="the chain is open", why=why, missing=missing),
            )
        )  # fmt: skip
    called = found.name or found.id or found.kind
    second = found.resource.rsplit(":", 1)[-1] if found.resource else None
    if found.kind in ("IAMUser", "RootUser", "Role") and found.id:
        ref = f"{schema.PRINCIPAL} {found.id}"
    else:
        ref = " ".join(("Origin", found.kind, found.id or called, found.resource or ""))
    person = f"{answer.person.name} ({answer.person.how})" if answer.person else None
    is_arn = bool(found.id and found.id.startswith("arn:"))
    return sheet.put(
        Node(
            id=ref, kind=ORIGINS.get(found.kind, "person"), label=clean(called), caption=caption(called, second),
            account=found.account if found.kind in ("IAMUser", "RootUser", "Role") else None, lit=lit,
            facts=facts(
                what=words.KINDS.get(found.kind, found.kind), name=found.name, id=found.id, person=person,
                account=found.account, provider=found.provider, workload=found.resource,
                hints=[f"{hint.what}: {hint.value} (rule {hint.rule}, no proof)" for hint in answer.hints],
            ),
            copy=texts(
                ("ARN" if is_arn else "ID", found.id), ("command", command("who", found.id or "") if is_arn else None)
            ),
            cypher=paste("trace", ask=found.id) if is_arn else None,
        )
    )  # fmt: skip


def _hop(sheet: Sheet, source: str, session: str, hop: Hop, *, unsure: bool, lit: bool) -> None:
    sheet.link(
        source, session, schema.ASSUMED, label=f"perhaps: {operation(hop.api)}" if unsure else operation(hop.api),
        confidence=schema.weakest([hop.confidence, "HEURISTIC"]) if unsure else hop.confidence, lit=lit,
        first=hop.time, cross=hop.cross_account or None, api=hop.api, how=words.ways(hop.how, hop.via), rule=hop.rule,
        callers_that_fit=hop.candidates if hop.candidates > 1 else None, key_of_the_caller=hop.caller_access_key_id,
        address=hop.source_ip, agent=hop.user_agent, region=hop.region, expires=hop.expires, events=hop.event_ids,
        sign_in_events=hop.sign_in_event_ids,
    )  # fmt: skip


def operation(api: str) -> str:
    """The operation without its service.

    >>> operation("sts:AssumeRole")
    'AssumeRole'
    """
    return api.split(":", 1)[-1]


def _provenance(sheet: Sheet, made: Provenance, target: str, type_: str) -> str:
    maker = chain(sheet, made.answer, lit=False)
    sheet.link(
        maker, target, type_, label=f"made: {made.what}", beside=True, first=made.time, events=made.event_ids,
        confidence=made.answer.confidence, api=made.api,
    )  # fmt: skip
    return maker


def _started(sheet: Sheet, made: Provenance, begun: Origin, session: str) -> None:
    workload = sheet.resource(begun.resource, None, begun.account) if begun.resource else session
    maker = chain(sheet, made.answer, lit=False)
    sheet.link(
        maker, workload, schema.STARTED, label=operation(made.api), beside=True, first=made.time,
        events=made.event_ids, confidence=made.answer.confidence, api=made.api,
    )  # fmt: skip
    if workload != session:
        sheet.link(workload, session, schema.RUNS_AS, beside=True)
