"""`trace` as shown: a tree of sessions and keys, each with what was done and what was refused."""

from __future__ import annotations

from collections.abc import Iterator

from lineage.model.operations import is_refusal
from lineage.questions.registry import Row
from lineage.questions.shared import words
from lineage.questions.shared.view import CUT, heading, role_as, up_to
from lineage.questions.trace import Branch, Done, Trace
from lineage.render import blocks as made
from lineage.render.blocks import Block, Heading, Inline, Span, Tree
from lineage.render.text import counted, moment

DONE_SHOWN = 12
"""Operations shown on a branch; the rest is counted."""
RELATIONS = {"assumed": "assumed ", "issued": "issued ", "made": "made ", "candidate": "perhaps "}
COLUMNS = (
    "parent", "ref", "relation", "how", "time", "account", "role_arn", "session_name", "confidence", "what",
    "target", "error", "count", "first", "last", "sensitive", "event_ids", "asked",
)  # fmt: skip


def blocks(trace: Trace) -> Iterator[Block]:
    """A headline, then a tree for each root."""
    yield from heading(trace.subject)
    counts = ((trace.sessions, "session"), (trace.credentials, "key"), (trace.calls, "call"))
    head = ", ".join(counted(number, what) for number, what in counts if number) or "nothing"
    yield Heading((Span(head, "name"), f" by the credentials behind {trace.asked}"))
    yield from (Tree(list(_grow(root))) for root in trace.roots)
    if trace.truncated:
        yield CUT
    yield from up_to(trace.newest, trace.loaded_at)


def _grow(root: Branch) -> Iterator[made.Branch]:
    """The tree below a root, calls and branches in order of time; without recursion, for chains of renewed sessions are
    long."""
    waiting: list[tuple[int, Branch | Inline]] = [(0, root)]
    while waiting:
        depth, one = waiting.pop()
        if not isinstance(one, Branch):
            yield made.Branch(depth, one)
            continue
        yield made.Branch(depth, tuple(_title(one)))
        below: list[tuple[str, Branch | Inline]] = [*_calls(one)]
        below += [(child.time or "", child) for child in one.children]
        below.sort(key=lambda pair: pair[0])
        waiting += [(depth + 1, found) for _, found in reversed(below)]


def _title(branch: Branch) -> Iterator[str | Span]:
    yield Span(RELATIONS.get(branch.relation, ""), "quiet")
    if branch.label == "Session":
        yield Span(role_as(branch.role_arn, branch.session_name or branch.key, ""), "name")
        yield Span(f" in {branch.account or 'an unknown account'}", "quiet")
    elif branch.label == "Credential":
        yield Span(branch.key.split(" ", 1)[0], "key")
    else:
        yield Span(branch.session_name or branch.key, "name")
        if branch.session_name and branch.session_name != branch.key:
            yield Span(f"  {branch.key}", "quiet")
    if branch.time:
        yield f"  {moment(branch.time)}"
    if branch.how:
        yield Span(f"  {words.ways(branch.how, None)}", "quiet")
    if branch.confidence != "EXACT":
        yield "  "
        yield Span(branch.confidence, branch.confidence)
    if branch.asked and branch.relation != "asked":
        yield Span("  <- asked", "open")
    if branch.relation == "candidate":
        yield Span("  one of several callers that fit", "open")


LAST = "~"
"""After every time."""


def _calls(branch: Branch) -> Iterator[tuple[str, Inline]]:
    """Refused roles and operations with their first time; of many operations the refused ones, then the sensitive ones,
    then the most frequent ones."""
    for tried in branch.tried:
        told = (Span("REFUSED ", "denied"), f"{tried.count:,}x role {tried.role_arn}", _error(tried.error))
        yield tried.first, (*told, Span(f"  {moment(tried.first)}", "quiet"))
    ranked = sorted(branch.done, key=lambda done: (done.error is None, not done.sensitive, -done.count, done.action))
    yield from ((done.first, _done(done)) for done in ranked[:DONE_SHOWN])
    if len(ranked) > DONE_SHOWN:
        rest = counted(len(ranked) - DONE_SHOWN, "more operation")
        calls = counted(sum(done.count for done in ranked[DONE_SHOWN:]), "call")
        yield LAST, (Span(f"and {rest} ({calls}); --json lists them", "quiet"),)


def _done(done: Done) -> Inline:
    failed = (Span("REFUSED " if is_refusal(done.error) else "FAILED ", "denied"),) if done.error else ()
    action = Span(done.action, "name" if done.sensitive else "")
    return (*failed, f"{done.count:,}x ", action, _error(done.error), Span(f"  {moment(done.first)}", "quiet"))


def _error(error: str | None) -> Span:
    return Span(f" ({error})" if error else "", "denied")


def rows(trace: Trace) -> Iterator[Row]:
    """A row for each operation and refusal of each branch, in the order of the tree."""
    for branch, parent in trace.branches():
        above = parent.ref if parent is not None else None
        head = {"parent": above, **vars(branch), "first": None, "last": None, "event_ids": None}
        if not branch.done and not branch.tried:
            yield head
        for done in branch.done:
            yield {**head, **vars(done), "what": done.action}
        for tried in branch.tried:
            refused = {"what": "tried", "target": tried.role_arn, "role_arn": branch.role_arn, "sensitive": True}
            yield {**head, **vars(tried), **refused}
