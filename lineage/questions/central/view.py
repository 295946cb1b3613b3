"""`central` as shown: roles that chains pass through, entry points, groups, the longest chains."""

from __future__ import annotations

from collections.abc import Iterator

from lineage.questions.central import Central, RolePassed
from lineage.questions.registry import Row
from lineage.questions.shared.view import origin_cells, rests_on, whose
from lineage.render.blocks import Block, Grid, Para, Some, Span
from lineage.render.columns import head, line, number, span, when
from lineage.render.text import counted

COLUMNS = (
    "what", "role_arn", "roles", "credentials_of", "origin_kind", "origin_id", "accounts", "count", "chains",
    "origins", "sessions", "depth", "assumed_by", "assumes", "betweenness", "first", "last",
)  # fmt: skip
BY_ROLE = "by role, not one chain"
ROLES_SHOWN = 8


def blocks(answer: Central) -> Iterator[Block]:
    """The four lists; measures by role are called so."""
    chained = f"{counted(answer.chains, 'chain')} of two or more roles"
    yield Para((Span(f"{counted(answer.sessions, 'session')}, {chained}", "name"),))
    yield Grid(
        f"roles that most chains continue from ({answer.roles_total:,})",
        (head("role", "long", style="key"),
         number("chains continue from it", "chain continues from it", "chains continue from it"),
         number("chains through it", "chain passes through it", "chains pass through it"),
         number("known origins", "known origin"), line("by role", lead="by role: ", style="quiet")),
        [(one.role_arn, one.through, one.chains, one.origins, _by_role(one)) for one in answer.roles],
        answer.roles_total,
    )  # fmt: skip
    yield Para((Span(f"betweenness ({BY_ROLE}): {answer.betweenness}", "quiet"),), indent=1)
    yield Grid(
        f"entry points that reach most accounts ({answer.entries_total:,})",
        (head("whose"), number("accounts", "account"), number("roles", "role"), number("sessions", "session"),
         number("hops", "hop at most", "hops at most"), when(), line("which accounts", lead="into ", style="quiet")),
        [
            (whose(one.whose), one.accounts_total, one.roles, one.sessions, one.depth, span(one.first, one.last),
             " ".join(one.accounts) + (" …" if one.accounts_total > len(one.accounts) else ""))
            for one in answer.entries
        ],
        answer.entries_total,
    )  # fmt: skip
    yield Grid(
        f"roles that each led to each other ({BY_ROLE}): {answer.groups_total:,}",
        (number("roles", "role", first=True), head("accounts", lead="in "),
         line("which roles", lead="", style="key", few=ROLES_SHOWN)),
        [(one.size, one.accounts, Some(one.roles, one.size, ROLES_SHOWN)) for one in answer.groups],
        answer.groups_total,
    )  # fmt: skip
    yield Grid(
        f"longest chains ({answer.longest_total:,})",
        (number("depth", "role", first=True), number("times", "time"), when(), number("origins", "origin"),
         line("roles", lead=""), line("newest", lead="the newest with ")),
        [
            (one.depth, one.count, span(one.first, one.last), one.origins,
             Some([("-> " if n else "", Span(arn, "key")) for n, arn in enumerate(one.roles)], one.depth, ROLES_SHOWN),
             whose(one.whose))
            for one in answer.longest
        ],
        answer.longest_total,
    )  # fmt: skip
    yield from rests_on(answer.sight)


def _by_role(one: RolePassed) -> str:
    share = f", betweenness {one.betweenness:.4f}" if one.betweenness else ""
    return f"assumed by {counted(one.assumed_by, 'role')}, assumes {counted(one.assumes, 'role')}{share}"


def rows(answer: Central) -> Iterator[Row]:
    """A row for each role, entry point, group and long chain."""
    for role in answer.roles:
        yield {"what": "passed", **vars(role), "count": role.through}
    for entry in answer.entries:
        yield {"what": "entry", **origin_cells(entry.whose), **vars(entry), "count": entry.accounts_total}
    for group in answer.groups:
        yield {"what": "group by role", **vars(group), "count": group.size}
    for chain in answer.longest:
        yield {"what": "longest", **origin_cells(chain.whose), **vars(chain), "count": None, "chains": chain.count}
