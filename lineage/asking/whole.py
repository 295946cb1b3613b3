"""Questions about the whole store."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lineage.asking.base import Asking, second
from lineage.model.errors import BadUse

if TYPE_CHECKING:
    from lineage.questions.central import Central
    from lineage.questions.coverage import Coverage
    from lineage.questions.hunt import Hunt
    from lineage.questions.names import Names

_ACCOUNT = re.compile(r"\d{12}", re.ASCII)


class Whole(Asking):
    """Questions about the whole store."""

    def names(
        self, role: str | None = None, *, since: str | None = None, until: str | None = None, limit: int = 200
    ) -> Names:
        """Session names and source identities against whose credentials the sessions were: of a role, or of all.

        Raises `BadUse` where `role` is no role's ARN.
        """
        from lineage.questions.names import answer as names

        return names.answer(
            self._reader(), role.strip() if role is not None else None, since=second(since),
            until=second(until, last=True), limit=limit,
        )  # fmt: skip

    def hunt(
        self, rules: str | Sequence[str] | None = None, *, known_accounts: str | Sequence[str] | None = None,
        since: str | None = None, until: str | None = None, limit: int = 200,
    ) -> Hunt:  # fmt: skip
        """Findings over the whole graph by named rules, all or some; at most `limit` of each.

        `known_accounts` are account IDs, or files that name accounts as `--accounts` takes them or one a line. Raises
        `BadUse` for a name that is no rule's, and for what is no account.
        """
        from lineage.questions.hunt import answer as hunt

        wanted = [rules] if isinstance(rules, str) else list(rules or ())
        given = [known_accounts] if isinstance(known_accounts, str) else known_accounts
        return hunt.answer(
            self._reader(), [name.strip() for name in wanted],
            known_accounts=_accounts(given) if given is not None else None, since=second(since),
            until=second(until, last=True), limit=limit,
        )  # fmt: skip

    def coverage(
        self, account: str | None = None, *, since: str | None = None, until: str | None = None, limit: int = 200
    ) -> Coverage:
        """What the store has logs for: accounts, regions, hours, categories, gaps; and what it cannot say.

        Raises `BadUse` where `account` is no account ID.
        """
        from lineage.questions.coverage import answer as coverage

        if account is not None and not _ACCOUNT.fullmatch(account.strip()):
            raise BadUse(f"{account}: no account; write its ID of twelve digits")
        return coverage.answer(
            self._reader(), account.strip() if account is not None else None, since=second(since),
            until=second(until, last=True), limit=limit,
        )  # fmt: skip

    def central(self, *, limit: int = 20) -> Central:
        """Roles that most chains pass through, entry points that reach most accounts, groups of roles, long chains."""
        from lineage.questions.central import answer as central

        return central.answer(self._reader(), limit=limit)


def _accounts(given: Sequence[str]) -> list[str]:
    """The account IDs among texts, of lists with commas and of files."""
    found: list[str] = []
    for part in _parts(given):
        found += [part] if _ACCOUNT.fullmatch(part) else _of_file(part)
    if not found:
        raise BadUse("--known-accounts: no account given; write IDs of twelve digits or a file of them")
    return found


def files_among(given: Iterable[str]) -> Iterator[str]:
    """What of the known accounts is no account ID, and so the name of a file."""
    return (part for part in _parts(given) if not _ACCOUNT.fullmatch(part))


def _parts(given: Iterable[str]) -> Iterator[str]:
    return (part for text in given for one in text.split(",") if (part := one.strip()))


def _of_file(path: str) -> list[str]:
    """The account IDs that stand in a file, whatever is around them."""
    try:
        text = Path(path).read_text("utf-8-sig", errors="replace")
    except (OSError, ValueError):
        raise BadUse(f"{path}: no account ID of twelve digits, and no file that can be read") from None
    found = re.findall(r"(?<![0-9])[0-9]{12}(?![0-9])", text)
    if not found:
        raise BadUse(f"{path}: names no account ID of twelve digits")
    return found
