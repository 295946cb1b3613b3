"""Roles, refusals, addresses, resources and names, as parts of a report: `role` to `touched`, and `names`."""

from __future__ import annotations

from collections.abc import Iterator

from lineage.questions.assumed import Assumed
from lineage.questions.denied import Denied
from lineage.questions.from_ import From
from lineage.questions.names import Names
from lineage.questions.role import Role, RoleSession
from lineage.questions.shared.models import Whose
from lineage.questions.shared.whose import call_it
from lineage.questions.touched import Touched
from lineage.render.blocks import Block, Grid, Items, Para, Span, when
from lineage.render.text import counted, moment

EVENTS = "events"


def name(whose: Whose) -> str:
    """Whose credentials, in one breath, with how sure it is."""
    return f"{call_it(whose)} ({whose.confidence})"


def role(answer: Role) -> Iterator[Block]:
    """Who assumed it, and what was assumed out of it."""
    yield Para((
        f"Obtained by {counted(answer.callers_total, 'caller')}, in vain by {answer.refused_total}; "
        f"{counted(answer.taken_total, 'role')} obtained out of it.",
    ))  # fmt: skip
    columns = ("caller", "kind", "account", "credentials of", "how", "error", "times>", "when", EVENTS)
    for caption, callers, total in (
        ("Assumed by", answer.callers, answer.callers_total), ("Refused to", answer.refused, answer.refused_total)
    ):  # fmt: skip
        yield Grid(
            caption, columns,
            [
                (one.principal or "not logged", one.kind, one.account, name(one.whose), one.hows, one.error, one.count,
                 when(one.first, one.last), one.event_ids)
                for one in callers
            ],
            total,
        )  # fmt: skip
    yield Grid(
        "Roles obtained out of it", ("role", "how", "times>", "sessions>", "origins>", "when", EVENTS),
        [
            (one.role_arn, one.hows, one.count, one.sessions, one.origins, when(one.first, one.last),
             one.event_ids)
            for one in answer.taken
        ],
        answer.taken_total,
    )  # fmt: skip
    yield _sessions("Its sessions", answer.sessions, answer.sessions_total)
    yield _sessions("Sessions obtained out of it", answer.out, answer.out_total)


def _sessions(caption: str, found: list[RoleSession], total: int) -> Grid:
    return Grid(
        caption, ("session", "credentials of", "how", "begun", "last used"),
        [
            (one.key, f"{one.credentials_of} ({one.confidence})", one.how, moment(one.begun), moment(one.last_used))
            for one in found
        ],
        total,
    )  # fmt: skip


def assumed(answer: Assumed) -> Iterator[Block]:
    """Roles, granted and refused."""
    yield Para((f"{counted(answer.granted, 'grant')}, {counted(answer.refused, 'refusal')}.",))
    yield Grid(
        "", ("role", "way", "how", "outcome", "hops>", "times>", "when", EVENTS),
        [
            (one.role_arn, one.coarse, f"{one.how} {one.via or ''}".strip(), one.outcome, one.hops, one.count,
             when(one.first, one.last), one.event_ids)
            for one in answer.roles
        ],
    )  # fmt: skip


def denied(answer: Denied) -> Iterator[Block]:
    """Refused assumptions, bursts, operations."""
    yield Para((
        f"{counted(answer.calls, 'refused call')}; {counted(answer.assumptions_total, 'caller')} refused a role, "
        f"{counted(answer.bursts_total, 'burst')}.",
    ))  # fmt: skip
    yield Grid(
        "Refused assumptions", ("credentials of", "role", "errors", "times>", "when", "granted after", EVENTS),
        [
            (name(caller.whose), one.role_arn, one.errors, one.count, when(one.first, one.last),
             moment(one.success.time) if one.success else "", one.event_ids)
            for caller in answer.assumptions
            for one in caller.roles
        ],
    )  # fmt: skip
    yield Grid(
        "Bursts",
        ("credentials of", "refused>", "operations>", "services", "when", "succeeded meanwhile>", EVENTS),
        [
            (name(one.whose), one.count, one.operations_total, one.services, when(one.first, one.last),
             one.succeeded, one.event_ids)
            for one in answer.bursts
        ],
        answer.bursts_total,
    )  # fmt: skip
    yield Grid(
        "Operations", ("operation", "error", "credentials of", "times>", "when", EVENTS),
        [
            (one.api, one.error, name(one.whose), one.count, when(one.first, one.last), one.event_ids)
            for one in answer.operations
        ],
        answer.operations_total,
    )  # fmt: skip
    yield Para((Span(f"A burst: {answer.rule}", "quiet"),))


def from_(answer: From) -> Iterator[Block]:
    """Each address with the origins that used it; the address ranks nobody."""
    yield Para((Span(answer.note, "quiet"),))
    for hit in answer.addresses:
        shared = " Shared by so many that it tells nobody apart." if hit.shared else ""
        yield Para((
            Span(hit.address, "name"),
            f": {counted(hit.calls, 'call')}, {hit.failed:,} failed, by "
            f"{counted(hit.origins_total, 'known origin')} and {counted(hit.unresolved, 'caller')} whose origin is not "
            f"known.{shared}",
        ))  # fmt: skip
        if hit.doubts:
            yield Para((Span("The address is doubtful: ", "open"), "; ".join(hit.doubts)))
        yield Grid(
            "", ("credentials of", "calls>", "failed>", "sessions>", "when", EVENTS),
            [
                (name(one.whose), one.calls, one.failed, one.sessions, when(one.first, one.last),
                 one.event_ids)
                for one in hit.origins
            ],
            hit.origins_total,
        )  # fmt: skip


def touched(answer: Touched) -> Iterator[Block]:
    """Whose credentials changed or read the resource."""
    yield Para((f"{counted(answer.calls, 'call')} by {counted(answer.origins_total, 'origin')}.",))
    yield Grid(
        "", ("credentials of", "kind", "operation", "error", "times>", "when", EVENTS),
        [
            (name(one.whose), touch.kind, touch.api, touch.error, f"{'≥ ' if touch.at_least else ''}{touch.count}",
             when(touch.first, touch.last), touch.event_ids)
            for one in answer.origins
            for touch in one.operations
        ],
    )  # fmt: skip
    yield Grid(
        "Changes that the graph keeps", ("time", "what", "operation", "credentials of", "before", "after", EVENTS),
        [
            (moment(one.time), one.what, one.api, one.credentials_of, one.before, one.after, one.event_ids)
            for one in answer.deeds
        ],
        answer.deeds_total,
    )  # fmt: skip
    if answer.note:
        yield Para((Span(answer.note, "quiet"),))


def names(answer: Names) -> Iterator[Block]:
    """What the session names of the role say, and whether demanding one would help."""
    yield Para((
        f"Of {counted(answer.sessions, 'session')} {answer.names_origin} name the origin, {answer.names_another} "
        f"somebody else, {answer.names_nobody} nobody; of {answer.not_known} the origin is not known"
        f"{f', and {answer.unnamed} have no session name' if answer.unnamed else ''}. A name is evidence only where it "
        "is enforced.",
    ))  # fmt: skip
    yield Items([
        (Span(one.role_arn, "name"), f": would demanding a name help? {one.helps}. {one.why}") for one in answer.roles
    ])  # fmt: skip
    yield Grid(
        "", ("name", "what", "says", "of", "set by", "sessions>", "demanded>", "when", EVENTS),
        [
            (one.name, one.what, one.verdict.replace("-", " "), name(one.whose), one.set_by, one.sessions, one.demanded,
             when(one.first, one.last), one.event_ids)
            for one in answer.names
        ],
        answer.names_total,
    )  # fmt: skip
