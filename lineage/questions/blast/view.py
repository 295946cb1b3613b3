"""`blast` as shown: the tree of sessions and keys, then what was created, changed, started, touched and permitted."""

from __future__ import annotations

from collections.abc import Iterator

from lineage.questions.blast import Blast, Life, Reached
from lineage.questions.registry import Row
from lineage.questions.shared.view import heading, rests_on, role_as
from lineage.questions.shared.whose import credentials_of
from lineage.questions.shared.words import ways
from lineage.render.blocks import Block, Branch, Facts, Grid, Inline, Para, Some, Span, Tree
from lineage.render.columns import detail, head, ids, line, number, span, when
from lineage.render.text import counted, moment

SHOWN = 20
"""Rows of a section in a terminal; the rest is counted."""
STATE_WIDTH = 60
COLUMNS = (
    "kind", "ref", "parent", "relation", "depth", "time", "account", "role_arn", "name", "what", "api", "live",
    "until", "why", "calls", "failed", "first", "last", "before", "after", "outside", "fate", "undone_by", "event_ids",
)  # fmt: skip
FATES = {"stands": "", "gone": "undone", "probably": "probably undone"}
LIVE = {"yes": ("works", "place"), "unknown": ("may work", "open"), "no": ("ended", "quiet")}


def blocks(answer: Blast) -> Iterator[Block]:
    """A headline, the tree, then each kind of trace."""
    yield from heading(answer.subject)
    reach = answer.reach
    counts = ((reach.sessions, "session"), (reach.keys, "key"), (reach.users, "user"))
    told = ", ".join(counted(number, what) for number, what in counts if number)
    of = credentials_of(answer.whose) if answer.whose else f"credentials of {answer.asked}"
    verb = "works" if answer.branches_live == 1 else "work"
    live = f"; {answer.branches_live:,} created for others still {verb}" if answer.branches_live else ""
    yield Para((Span(f"{told} by {of}", "name"), Span(live, "open")))
    if answer.subject.opened not in (None, "EXACT"):
        fits = "one of these sessions fits" if len(answer.subject.sessions) > 1 else "the session fits"
        yield Para((Span(f"Of this event {fits}: {answer.subject.opened}.", "open"),))
    lives = (
        f"{reach.live:,} {'works' if reach.live == 1 else 'work'}, {reach.unknown:,} may work, {reach.ended:,} ended"
    )
    yield Para((f"Of these sessions and keys, at {moment(answer.at)}: {lives}.",))
    yield Tree(list(_tree(answer.nodes)))
    yield Grid(
        "perhaps from it too",
        (head("session or key", "long"), ids(few=2)),
        [((*_name(link), *_life(link.life)), link.event_ids) for link in answer.perhaps],
        answer.perhaps_total, SHOWN,
    )  # fmt: skip
    yield Grid(
        f"created for others ({answer.branches_total:,})" + ("" if answer.made else "; --made follows them"),
        (head("time", "time"), head("what"), head("target", "long", style="key"), head("works"),
         detail("operation", "whole", lead="by "), ids(few=2)),
        [(moment(one.time), one.what, one.target, Span(*LIVE[one.live]), one.api, one.event_ids)
         for one in answer.branches],
        answer.branches_total, SHOWN,
    )  # fmt: skip
    yield Grid(
        f"created or changed ({answer.altered_total:,})",
        (head("time", "time"), head("operation", "whole", style="name"), head("what"), line("target", lead=""),
         line("before"), line("after", lead="now "), detail("lets in", style="open"), detail("fate", lead=""),
         ids(few=2), ids("undone by", lead="undone by ")),
        [
            (moment(one.time), one.api, one.what, one.target, _state(one.before), _state(one.after), one.outside,
             FATES[one.fate], one.event_ids, one.undone_by)
            for one in answer.altered
        ],
        answer.altered_total, SHOWN,
    )  # fmt: skip
    yield Grid(
        f"workloads started, changed or entered ({answer.workloads_total:,})",
        (head("workload", "long", style="name"), head("operations", "whole"), head("how"), when(),
         detail("ran as", "long"), ids(few=2)),
        [
            (one.key, one.apis, "entered" if one.entered else "started or changed", span(one.first, one.last),
             Some(list(one.sessions), one.sessions_total, 1) if one.sessions else None, one.event_ids)
            for one in answer.workloads
        ],
        answer.workloads_total, SHOWN,
    )  # fmt: skip
    yield Grid(
        f"resources touched ({answer.touched_total:,})",
        (head("resource", "long"), detail("operations", "whole", lead=""), number("calls", "call"),
         number("failed", style="denied"), when(), ids(few=2)),
        [
            (Span(one.resource, "key" if one.sensitive else ""), one.actions, one.calls, one.failed,
             span(one.first, one.last), one.event_ids)
            for one in answer.touched
        ],
        answer.touched_total, SHOWN,
    )  # fmt: skip
    yield Grid(
        f"permissions granted to its roles and users ({answer.permissions_total:,})",
        (head("time", "time"), head("to", "long"), detail("operation", "whole", lead="by "),
         detail("fate", lead=""), line("policy", lead=""), ids(few=2), ids("undone by", lead="undone by ")),
        [
            (moment(one.time), one.principal, one.api, FATES[one.fate], _state(one.policy), one.event_ids,
             one.undone_by)
            for one in answer.permissions
        ],
        answer.permissions_total, SHOWN,
    )  # fmt: skip
    if answer.permissions_not_known:
        found = Some(list(answer.permissions_not_known), answer.permissions_not_known_total, SHOWN)
        yield Facts([("permissions unknown for", found)])
    yield from rests_on(answer.sight, answer.truncated)


def _state(text: str | None) -> Span | None:
    return Span(text, "", STATE_WIDTH) if text else None


def _tree(nodes: list[Reached]) -> Iterator[Branch]:
    """The nodes, each below what it came from; a temporary key is with its session."""
    depths: dict[str, int] = {}
    calls: dict[str, tuple[int, int]] = {}
    home: dict[str, str] = {}
    keys: dict[str, list[str]] = {}
    for node in nodes:
        folded = node.label == "Credential" and " " in node.key and node.parent is not None
        parent = home.get(node.parent or "", "")
        home[node.ref] = parent if folded else node.ref
        depths[node.ref] = depths.get(parent, 0) if folded else depths.get(parent, -1) + 1
        if folded:
            keys.setdefault(home[node.ref], []).append(node.key.split(" ", 1)[0])
        had = calls.get(home[node.ref], (0, 0))
        calls[home[node.ref]] = had[0] + node.calls, had[1] + node.failed
    for node in nodes:
        if home[node.ref] == node.ref:
            made, failed = calls[node.ref]
            done = f", {counted(made, 'call')}" + (f", {failed:,} of them failed" if failed else "")
            more = Span("  ".join(["", node.key, *keys.get(node.ref, ()), *node.event_ids]), "quiet", 0)
            yield Branch(depths[node.ref], (*_name(node), *_life(node.life), Span(done if made else "", "quiet"), more))


def _name(node: Reached) -> Inline:
    if node.label == "Credential":
        name = node.key.split(" ", 1)[0]
    else:
        name = role_as(node.role_arn, node.name or "?", node.key) if node.role_arn else node.name or node.key
    parts: list[str | Span] = [Span("made " if node.relation == "made" else "", "open")]
    parts.append(Span(name, "key" if node.label == "Credential" else "name"))
    parts.append(f" in {node.account}" if node.account else "")
    parts.append(f"  {moment(node.time)}" if node.time else "")
    parts.append(Span(f"  {ways(node.how, None)}" if node.how else "", "quiet"))
    if node.confidence != "EXACT":
        parts += ["  ", Span(node.confidence, node.confidence)]
    return tuple(parts)


def _life(life: Life | None) -> Inline:
    if life is None:
        return ()
    word, style = LIVE[life.live]
    until = f" {'' if life.live == 'no' else 'until '}{moment(life.until)}" if life.until else ""
    return ("  ", Span(f"{word}{until}", style), Span(f" ({life.why})", "quiet"))


def rows(answer: Blast) -> Iterator[Row]:
    """A row for each node, branch, alteration, workload, resource and permission, in this order."""
    for node in (*answer.nodes, *answer.perhaps):
        life = node.life.model_dump(include={"live", "until", "why"}) if node.life else {}
        yield {"kind": node.label.lower(), **node.model_dump(), **life}
    for branch in answer.branches:
        yield {"kind": "branch", **branch.model_dump(), "ref": branch.target, "parent": branch.source}
    for one in answer.altered:
        yield {"kind": "altered", **one.model_dump(), "ref": one.target, "parent": one.source}
    for run in answer.workloads:
        yield {"kind": "workload", **run.model_dump(), "ref": run.key, "parent": run.sources, "what": run.type,
               "api": run.apis}  # fmt: skip
    for touched in answer.touched:
        yield {"kind": "touched", **touched.model_dump(), "ref": touched.resource, "what": touched.type,
               "api": touched.actions}  # fmt: skip
    for given in answer.permissions:
        yield {"kind": "permission", **given.model_dump(), "ref": given.principal, "after": given.policy}
