"""`blast` for people and as a flat table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import RenderableType

from lineage.questions.blast import Altered, Blast, Life, Reached, Touched, Workload
from lineage.questions.shared.log_coverage import in_words
from lineage.questions.shared.whose import credentials_of
from lineage.render import words
from lineage.render.lines import Line
from lineage.render.text import clean, counted, moment, shorten

SHOWN = 20
"""Lines of a section; the rest is counted."""
STATE_WIDTH = 60
COLUMNS = (
    "kind", "ref", "parent", "relation", "depth", "time", "account", "role_arn", "name", "what", "api", "live",
    "until", "why", "calls", "failed", "first", "last", "before", "after", "outside", "fate", "undone_by", "event_ids",
)  # fmt: skip
FATES = {"stands": "", "gone": "  taken back", "probably": "  probably taken back"}
LIVE = {"yes": ("works", "place"), "unknown": ("may work", "open"), "no": ("ended", "quiet")}


def people(answer: Blast) -> Iterator[RenderableType]:
    """A headline, the tree of sessions and keys, then what was made, altered, started, touched and permitted."""
    reach = answer.reach
    counts = ((reach.sessions, "session"), (reach.keys, "key"), (reach.users, "user"))
    told = ", ".join(counted(number, what) for number, what in counts if number)
    of = credentials_of(answer.whose) if answer.whose else f"credentials of {answer.asked}"
    verb = "works" if answer.branches_live == 1 else "work"
    live = f"; {answer.branches_live:,} made for others still {verb}" if answer.branches_live else ""
    yield Line("", (f"{told} by {clean(of)}", "name"), (live, "open"))
    if answer.subject.opened not in (None, "EXACT"):
        fits = "one of these sessions fits" if len(answer.subject.sessions) > 1 else "the session fits"
        yield Line("", (f"Of this event {fits}: {answer.subject.opened}.", "open"))
    yield Line("", f"At {moment(answer.at)}: {reach.live:,} work, {reach.unknown:,} may, {reach.ended:,} ended.")
    yield Line("")
    yield from _tree(answer.nodes)
    for link in answer.perhaps[:SHOWN]:
        yield Line("  ", ("perhaps ", "open"), *_name(link), *_life(link.life))
    if answer.perhaps_total > SHOWN:
        yield Line("  ", (f"and {answer.perhaps_total - SHOWN:,} more perhaps; --json lists them", "quiet"))
    yield from _section("made for others" + ("" if answer.made else "; --made goes on there"), answer.branches_total, [
        Line("  ", f"{moment(one.time)}  {one.what} ", (clean(one.target), "key"), "  ", LIVE[one.live],
             _ids(one.event_ids), then="    ")
        for one in answer.branches
    ])  # fmt: skip
    yield from _section("altered", answer.altered_total, [_altered(one) for one in answer.altered])
    yield from _section("workloads", answer.workloads_total, [_workload(one) for one in answer.workloads])
    yield from _section("touched", answer.touched_total, [_touched(one) for one in answer.touched])
    yield from _section("permitted to its roles and users", answer.permissions_total, [
        Line("  ", f"{moment(one.time)}  {clean(one.principal)}  ", clean(shorten(one.policy, STATE_WIDTH)),
             (FATES[one.fate], "quiet"), _ids(one.event_ids), then="    ")
        for one in answer.permissions
    ])  # fmt: skip
    if answer.permissions_not_known:
        yield Line("")
        yield Line("", ("could do: not known of ", "open"),
                   ", ".join(map(clean, answer.permissions_not_known[:SHOWN])),
                   (f" and {answer.permissions_not_known_total - SHOWN:,} more"
                    if answer.permissions_not_known_total > SHOWN else "", "quiet"))  # fmt: skip
    if answer.truncated:
        yield Line("", ("Cut at --limit: there is more.", "open"))
    yield Line("")
    yield Line("", (clean(in_words(answer.sight)), "quiet"))


def _tree(nodes: list[Reached]) -> Iterator[Line]:
    """The nodes, each below what it came from; a temporary key stands with its session."""
    depths: dict[str, int] = {}
    calls: dict[str, tuple[int, int]] = {}
    home: dict[str, str] = {}
    for node in nodes:
        folded = node.label == "Credential" and " " in node.key and node.parent is not None
        parent = home.get(node.parent or "", "")
        home[node.ref] = parent if folded else node.ref
        depths[node.ref] = depths.get(parent, 0) if folded else depths.get(parent, -1) + 1
        had = calls.get(home[node.ref], (0, 0))
        calls[home[node.ref]] = had[0] + node.calls, had[1] + node.failed
    for node in nodes:
        if home[node.ref] == node.ref:
            indent = "  " * depths[node.ref]
            made, failed = calls[node.ref]
            done = f", {counted(made, 'call')}" + (f", {failed:,} of them failed" if failed else "")
            yield Line(indent, *_name(node), *_life(node.life), (done if made else "", "quiet"), then=indent + "  ")


def _name(node: Reached) -> list[str | tuple[str, str]]:
    if node.label == "Credential":
        name = clean(node.key.split(" ", 1)[0])
    elif node.role_arn:
        name = f"{clean(node.role_arn.rsplit('/', 1)[-1])} as {clean(node.name or '?')}"
    else:
        name = clean(node.name or node.key)
    parts: list[str | tuple[str, str]] = [("made " if node.relation == "made" else "", "open")]
    parts.append((name, "key" if node.label == "Credential" else "name"))
    parts.append(f" in {node.account}" if node.account else "")
    parts.append(f"  {moment(node.time)}" if node.time else "")
    parts.append((f"  {clean(words.ways(node.how, None))}" if node.how else "", "quiet"))
    if node.confidence != "EXACT":
        parts.append((f"  {node.confidence}", node.confidence))
    return parts


def _life(life: Life | None) -> list[str | tuple[str, str]]:
    if life is None:
        return []
    word, style = LIVE[life.live]
    until = f" {'' if life.live == 'no' else 'until '}{moment(life.until)}" if life.until else ""
    return ["  ", (f"{word}{until}", style), (f" ({life.why})", "quiet")]


def _section(title: str, total: int, lines: list[Line]) -> Iterator[Line]:
    if not total:
        return
    yield Line("")
    yield Line("", (f"{title} ({total:,})", "name"))
    yield from lines[:SHOWN]
    left = total - min(len(lines), SHOWN)
    if left:
        yield Line("  ", (f"and {left:,} more; --json lists them", "quiet"))


def _altered(one: Altered) -> Line:
    state = f": {clean(shorten(one.after, STATE_WIDTH))}" if one.after else ""
    opens = (f"  lets in {', '.join(one.outside)}" if one.outside else "", "open")
    return Line(
        "  ", f"{moment(one.time)}  ", (clean(one.api), "name"), f" {clean(one.target)}{state}", opens,
        (FATES[one.fate], "quiet"), _ids(one.event_ids), then="    ",
    )  # fmt: skip


def _workload(one: Workload) -> Line:
    runs = f", ran as {counted(one.sessions_total, 'session')} since" if one.sessions_total else ""
    how = "entered" if one.entered else "started or changed"
    return Line("  ", f"{moment(one.first)}  {how} ", (clean(one.id), "name"), f" ({clean(', '.join(one.apis))}){runs}",
                _ids(one.event_ids), then="    ")  # fmt: skip


def _touched(one: Touched) -> Line:
    failed = f", {one.failed:,} failed" if one.failed else ""
    return Line("  ", (clean(one.resource), "key" if one.sensitive else ""),
                f"  {clean(', '.join(one.actions))}  {counted(one.calls, 'call')}{failed}", _ids(one.event_ids[:1]),
                then="    ")  # fmt: skip


def _ids(event_ids: list[str]) -> tuple[str, str]:
    return (f"  {' '.join(map(clean, event_ids[:2]))}" if event_ids else "", "quiet")


def table(answer: Blast) -> tuple[tuple[str, ...], Iterable[tuple[object, ...]]]:
    """A row for each node, branch, alteration, workload, resource and permission, in this order."""
    return COLUMNS, (tuple(row.get(column) for column in COLUMNS) for row in _rows(answer))


def _rows(answer: Blast) -> Iterator[dict[str, object]]:
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
