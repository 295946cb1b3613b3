"""`trace` for people: a tree of sessions and keys, each with what was done and what was refused."""

from __future__ import annotations

from rich.console import RenderableType
from rich.text import Text
from rich.tree import Tree

from lineage.questions.trace import Branch, Done, Trace
from lineage.render import words
from lineage.render.lines import Line
from lineage.render.text import clean, counted

DONE_SHOWN = 12
"""Operations shown on a branch; the rest is counted."""

RELATIONS = {
    "asked": "",
    "assumed": "assumed ",
    "issued": "issued ",
    "made": "made ",
    "candidate": "perhaps ",
}


def trace_tree(trace: Trace) -> list[RenderableType]:
    """A headline, then a tree for each root."""
    counts = ((trace.sessions, "session"), (trace.credentials, "key"), (trace.calls, "call"))
    head = ", ".join(counted(number, what) for number, what in counts if number) or "nothing"
    shown: list[RenderableType] = [Line("", (head, "name"), f" by the credentials behind {clean(trace.asked)}")]
    shown += [_grow(root) for root in trace.roots]
    if trace.truncated:
        shown.append(Line("", ("Cut at --limit: there is more.", "open")))
    return shown


def _grow(root: Branch) -> Tree:
    """The tree below a root; without recursion, for chains of renewed sessions are long."""
    top = Tree(_title(root), guide_style="quiet")
    waiting = [(top, root)]
    while waiting:
        tree, branch = waiting.pop()
        for text in _deeds(branch):
            tree.add(text)
        waiting += [(tree.add(_title(child)), child) for child in branch.children]
    return top


def _title(branch: Branch) -> Text:
    title = Text(overflow="fold")
    title.append(RELATIONS[branch.relation], style="quiet")
    if branch.label == "Session":
        role = (branch.role_arn or "").rsplit("/", 1)[-1]
        name = clean(branch.session_name or branch.key)
        title.append(f"{clean(role)} as {name}" if role else name, style="name")
        title.append(f" in {branch.account or 'an unknown account'}", style="quiet")
    elif branch.label == "Credential":
        title.append(clean(branch.key.split(" ", 1)[0]), style="key")
    else:
        title.append(clean(branch.session_name or branch.key), style="name")
        if branch.session_name and branch.session_name != branch.key:
            title.append(f"  {clean(branch.key)}", style="quiet")
    if branch.time:
        title.append(f"  {branch.time}")
    if branch.how:
        title.append(f"  {clean(words.ways(branch.how, None))}", style="quiet")
    if branch.confidence != "EXACT":
        title.append(f"  {branch.confidence}", style=branch.confidence)
    if branch.relation == "candidate":
        title.append("  one of several callers that fit", style="open")
    return title


def _deeds(branch: Branch) -> list[Text]:
    """Refusals first, then sensitive calls, then the rest, most frequent first."""
    lines = [
        Text.assemble(
            ("REFUSED ", "denied"), f"{tried.count:,}x role {clean(tried.role_arn)}", _error(tried.error),
            overflow="fold",
        )
        for tried in branch.tried
    ]  # fmt: skip
    ranked = sorted(branch.done, key=lambda done: (done.error is None, not done.sensitive, -done.count, done.action))
    lines += [_done(done) for done in ranked[:DONE_SHOWN]]
    if len(ranked) > DONE_SHOWN:
        rest = counted(len(ranked) - DONE_SHOWN, "more operation")
        calls = counted(sum(done.count for done in ranked[DONE_SHOWN:]), "call")
        lines.append(Text(f"and {rest} ({calls}); --json lists them", style="quiet"))
    return lines


def _done(done: Done) -> Text:
    line = Text(overflow="fold")
    if done.error:
        line.append("REFUSED " if _denied(done.error) else "FAILED ", style="denied")
    line.append(f"{done.count:,}x ")
    line.append(clean(done.action), style="name" if done.sensitive else "")
    if done.error:
        line.append_text(_error(done.error))
    line.append(f"  {done.first}", style="quiet")
    return line


def _denied(error: str) -> bool:
    """Is it a refusal, and not some other failure? (guide §7)"""
    return any(word in error for word in ("AccessDenied", "Unauthorized", "Forbidden", "NotAuthorized"))


def _error(error: str | None) -> Text:
    return Text(f" ({clean(error)})" if error else "", style="denied")
