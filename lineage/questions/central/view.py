"""`central` for people: roles that chains pass through, entry points, groups, the longest chains."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import RenderableType

from lineage.questions.central import Central, Entry, LongChain, RolePassed
from lineage.questions.shared.log_coverage import in_words
from lineage.render.lines import Line
from lineage.render.roles import cut, heading, origin, span
from lineage.render.text import clean, counted

COLUMNS = (
    "what", "role_arn", "roles", "credentials_of", "origin_kind", "origin_id", "accounts", "count", "chains",
    "origins", "sessions", "depth", "assumed_by", "assumes", "betweenness", "first", "last",
)  # fmt: skip
BY_ROLE = "by role, not one chain"
ROLES_SHOWN = 8


def people(answer: Central) -> Iterable[RenderableType]:
    """The four lists, measures by role called so."""
    chained = f"{counted(answer.chains, 'chain')} of two and more roles"
    yield Line("", (f"{counted(answer.sessions, 'session')}, {chained}", "name"))
    yield from heading("roles that most chains go on from")
    for role in answer.roles:
        yield from _role(role)
    yield from cut(len(answer.roles), answer.roles_total)
    yield Line("  ", (f"betweenness ({BY_ROLE}): {clean(answer.betweenness)}", "quiet"))
    yield from heading("entry points that reach most accounts")
    for entry in answer.entries:
        yield from _entry(entry)
    yield from cut(len(answer.entries), answer.entries_total)
    if answer.groups:
        yield from heading(f"roles that each led to each other ({BY_ROLE})")
        for group in answer.groups:
            yield Line("  ", f"{counted(group.size, 'role')} of {counted(len(group.accounts), 'account')}")
            for arn in group.roles[:ROLES_SHOWN]:
                yield Line("    ", (clean(arn), "key"))
            yield from cut(min(ROLES_SHOWN, len(group.roles)), group.size)
        yield from cut(len(answer.groups), answer.groups_total)
    if answer.longest:
        yield from heading("longest chains")
        for chain in answer.longest:
            yield from _long(chain)
        yield from cut(len(answer.longest), answer.longest_total)
    yield Line("")
    yield Line("", (in_words(answer.sight), "quiet"))


def _role(one: RolePassed) -> Iterable[RenderableType]:
    yield Line("  ", (clean(one.role_arn), "key"), then="    ")
    said = f"{counted(one.through, 'chain')} went on from it, of {one.chains:,} through it; "
    yield Line("    ", said, f"credentials of {counted(one.origins, 'known origin')}", then="      ")
    share = f", betweenness {one.betweenness:.4f}" if one.betweenness is not None else ""
    by_role = f"by role: out of {counted(one.assumed_by, 'role')}, into {counted(one.assumes, 'role')}{share}"
    yield Line("    ", (by_role, "quiet"))


def _entry(one: Entry) -> Iterable[RenderableType]:
    yield Line("  ", *origin(one.whose), then="    ")
    reached = f"{counted(one.accounts_total, 'account')}, {counted(one.roles, 'role')}, "
    said = f"{reached}{counted(one.sessions, 'session')}, {counted(one.depth, 'hop')} at most, "
    yield Line("    ", said, span(one.first, one.last), then="      ")
    more = " …" if one.accounts_total > len(one.accounts) else ""
    yield Line("    ", (f"{' '.join(map(clean, one.accounts))}{more}", "quiet"), then="      ")


def _long(one: LongChain) -> Iterable[RenderableType]:
    yield Line("  ", (f"{one.depth:,} roles", "name"), f", {counted(one.count, 'time')}, {span(one.first, one.last)}")
    for depth, arn in enumerate(one.roles[:ROLES_SHOWN]):
        yield Line("    " + ("   " * (depth - 1) + "└─ " if depth else ""), (clean(arn), "key"))
    if one.depth > ROLES_SHOWN:
        yield Line("    ", (f"… and {one.depth - ROLES_SHOWN:,} more", "quiet"))
    newest = "the newest with " if one.count > 1 else ""
    yield Line("    ", f"of {counted(one.origins, 'origin')}, {newest}", *origin(one.whose), then="      ")


def table(answer: Central) -> tuple[tuple[str, ...], Iterable[tuple[object, ...]]]:
    """A row for each role, entry point, group and long chain."""
    return COLUMNS, _rows(answer)


def _rows(answer: Central) -> Iterable[tuple[object, ...]]:
    for role in answer.roles:
        yield (
            "passed", role.role_arn, None, None, None, None, None, role.through, role.chains, role.origins, None, None,
            role.assumed_by, role.assumes, role.betweenness, None, None,
        )  # fmt: skip
    for entry in answer.entries:
        whose = entry.whose
        yield (
            "entry", None, entry.roles, whose.person or whose.name, whose.kind, whose.id, entry.accounts,
            entry.accounts_total, None, None, entry.sessions, entry.depth, None, None, None, entry.first, entry.last,
        )  # fmt: skip
    for group in answer.groups:
        yield ("group by role", None, group.roles, None, None, None, group.accounts, group.size, *(None,) * 9)
    for chain in answer.longest:
        whose = chain.whose
        yield (
            "longest", None, chain.roles, whose.person or whose.name, whose.kind, whose.id, None, None, chain.count,
            chain.origins, None, chain.depth, None, None, None, chain.first, chain.last,
        )  # fmt: skip
