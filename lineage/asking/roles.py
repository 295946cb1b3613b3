"""Questions about roles, addresses and resources."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lineage.asking.base import Asking, second, seconds
from lineage.model.errors import BadUse

if TYPE_CHECKING:
    from lineage.questions.assumed import Assumed
    from lineage.questions.denied import Denied
    from lineage.questions.from_ import From
    from lineage.questions.role import Role
    from lineage.questions.shared.networks import Entry
    from lineage.questions.touched import Touched


class Roles(Asking):
    """Questions about roles, addresses and resources."""

    def role(self, ask: str, *, since: str | None = None, until: str | None = None, limit: int = 200) -> Role:
        """Who has assumed this role, which roles were assumed out of it, and the sessions in both directions.

        For the ARN or name of a role, or a session, key or event of it. Raises `BadUse` where it is no role,
        `NotFound` where several have that name.
        """
        from lineage.questions.role import answer as role

        return role.answer(
            self._reader(), ask.strip(), since=second(since), until=second(until, last=True), limit=limit
        )

    def assumed(
        self, ask: str, *, since: str | None = None, until: str | None = None, window: str | None = None,
        limit: int = 200,
    ) -> Assumed:  # fmt: skip
        """Which roles this identity assumed or tried: a session, key, principal or role; of an event the origin
        behind it."""
        from lineage.questions.assumed import answer as assumed

        return assumed.answer(
            self._reader(), ask.strip(), since=second(since), until=second(until, last=True), margin=seconds(window),
            limit=limit,
        )  # fmt: skip

    def denied(
        self, ask: str | None = None, *, since: str | None = None, until: str | None = None, window: str | None = None,
        limit: int = 200,
    ) -> Denied:  # fmt: skip
        """Refused assumptions with what came after them, bursts of refusals, and all refused calls: of a subject, or
        of the whole store."""
        from lineage.questions.denied import answer as denied

        return denied.answer(
            self._reader(), ask.strip() if ask is not None else None, since=second(since),
            until=second(until, last=True), margin=seconds(window), limit=limit,
        )  # fmt: skip

    def from_(
        self, asks: str | Sequence[str], *, since: str | None = None, until: str | None = None, limit: int = 200
    ) -> From:
        """Everything seen from addresses and networks, or from those in files with one a line (`-`: standard input).

        Raises `BadUse` for what is neither.
        """
        from lineage.questions.from_ import answer as from_

        wanted = [asks] if isinstance(asks, str) else list(asks)
        found, unread = _entries(wanted)
        return from_.answer(
            self._reader(), found, asked=wanted, unread=unread, since=second(since), until=second(until, last=True),
            limit=limit,
        )  # fmt: skip

    def touched(self, ask: str, *, since: str | None = None, until: str | None = None, limit: int = 200) -> Touched:
        """Whose credentials changed or read a resource: an ARN, a bucket's name, an ID, or `ACCOUNT:TYPE:ID`."""
        from lineage.questions.touched import answer as touched

        return touched.answer(
            self._reader(), ask.strip(), since=second(since), until=second(until, last=True), limit=limit
        )


def _entries(asks: Iterable[str]) -> tuple[list[Entry], list[str]]:
    """The entries that were asked for, in files too, and the lines of files that are none."""
    from lineage.questions.shared import networks

    found: list[Entry] = []
    unread: list[str] = []
    for ask in asks:
        one = networks.entry(ask)
        if one is not None:
            found.append(one)
            continue
        before = len(found)
        for line, read in networks.entries(_lines(ask)):
            if read is not None:
                found.append(read)
            else:
                unread.append(line)
        if len(found) == before:
            raise BadUse(f"{ask}: holds no address and no network; write one a line")
    return found, unread


def _lines(path: str) -> Iterable[str]:
    if path == "-":
        return sys.stdin
    try:
        return Path(path).read_text("utf-8-sig", errors="replace").splitlines()
    except (OSError, ValueError):
        raise BadUse(
            f"{path}: no address, no network and no file; write it like 198.51.100.7 or 198.51.100.0/24"
        ) from None
