"""`hunt`: findings over the whole graph, each by a named rule with its evidence and its limits.

A finding is something to look at: each rule says what legitimate work looks the same, and what it cannot see.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from lineage.model.errors import BadUse
from lineage.model.results import Window
from lineage.model.times import iso
from lineage.questions.hunt import Finding, Hunt, chained, changes, elsewhere
from lineage.questions.hunt import Rule as RuleRun
from lineage.questions.hunt.rules import Data, Found, Rule
from lineage.questions.shared.grants import EVENTS_SHOWN, whole_scope
from lineage.questions.shared.log_coverage import log_coverage
from lineage.stores.reader import Reader

RULES: tuple[Rule, ...] = (*changes.RULES, *elsewhere.RULES, *chained.RULES, *changes.COPY_RULES)
NAMES = tuple(rule.name for rule in RULES)
_ACCOUNT = re.compile(r"\d{12}", re.ASCII)


def answer(
    reader: Reader, rules: Sequence[str] = (), *, known_accounts: Iterable[str] | None = None, since: int | None = None,
    until: int | None = None, limit: int = 200,
) -> Hunt:  # fmt: skip
    """Run the rules of those names, or all; at most `limit` findings of each.

    The window is over the times that complete a finding; what led to it may be older. Raises `BadUse` for a name that
    is no rule's.
    """
    wanted = list(dict.fromkeys(rules))
    for name in wanted:
        if name not in NAMES:
            raise BadUse(f"{name}: unknown rule; the rules are {', '.join(NAMES)}")
    window = Window(since, until)
    data = Data(reader, window, frozenset(known_accounts) if known_accounts is not None else None)
    runs: list[RuleRun] = []
    findings: list[Finding] = []
    for rule in RULES:
        if wanted and rule.name not in wanted:
            continue
        found = sorted(rule.find(data), key=lambda one: (one.first, one.subject, one.statement, one.event_ids))
        findings += [_finding(data, rule, one) for one in found[:limit]]
        runs.append(
            RuleRun(
                name=rule.name, title=rule.title, about=rule.about, limits=rule.limits, total=len(found),
                shown=min(len(found), limit),
            )
        )  # fmt: skip
    looked = log_coverage(reader, data.loaded, window)
    total = sum(run.total for run in runs)
    return Hunt(
        asked=wanted, found=total > 0, scope=whole_scope(looked, window), rules=runs, findings=findings, total=total,
        truncated=total > len(findings), sight=looked,
    )  # fmt: skip


def _finding(data: Data, rule: Rule, found: Found) -> Finding:
    return Finding(
        rule=rule.name, title=rule.title, statement=found.statement,
        whose=data.whose(found.whose, found.event_ids) if found.whose is not None else None, subject=found.subject,
        account=found.account, confidence=found.confidence, count=found.events, first=iso(found.first),
        last=iso(found.last), event_ids=list(dict.fromkeys(found.event_ids))[:EVENTS_SHOWN],
    )  # fmt: skip


def accounts_in(given: Sequence[str]) -> list[str]:
    """The account IDs in texts: single, as lists with commas, or in files. Raises `BadUse` where there is none."""
    found: list[str] = []
    for part in _parts(given):
        found += [part] if _ACCOUNT.fullmatch(part) else _accounts_in_file(part)
    if not found:
        raise BadUse("--known-accounts: no account given; give 12-digit IDs or a file of them")
    return found


def files_among(given: Iterable[str]) -> Iterator[str]:
    """What of the known accounts is no account ID, and so the name of a file."""
    return (part for part in _parts(given) if not _ACCOUNT.fullmatch(part))


def _parts(given: Iterable[str]) -> Iterator[str]:
    return (part for text in given for one in text.split(",") if (part := one.strip()))


def _accounts_in_file(path: str) -> list[str]:
    """The account IDs that are in a file, whatever is around them."""
    try:
        text = Path(path).read_text("utf-8-sig", errors="replace")
    except (OSError, ValueError):
        raise BadUse(f"{path}: not a 12-digit account ID, and not a readable file") from None
    found = re.findall(r"(?<![0-9])[0-9]{12}(?![0-9])", text)
    if not found:
        raise BadUse(f"{path}: contains no 12-digit account ID")
    return found
