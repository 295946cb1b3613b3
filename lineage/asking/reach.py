"""Questions about reach, and how to stop it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lineage.asking.base import Asking, second
from lineage.model.errors import BadUse

if TYPE_CHECKING:
    from lineage.questions.blast import Blast
    from lineage.questions.contain import Contain
    from lineage.questions.path import Path


class Reach(Asking):
    """Questions about reach, and how to stop it."""

    def blast(
        self, ask: str, *, at: str | None = None, since: str | None = None, made: bool = False, limit: int = 1000
    ) -> Blast:
        """Everything that came from a key, session or principal, and what of it works at a time.

        `since` leaves out what was granted, made or done before it; `made` goes on through keys, users and
        passwords that were made for somebody else; at most `limit` of each kind.
        """
        from lineage.questions.blast import answer as blast

        return blast.answer(
            self._reader(), ask.strip(), at=second(at, last=True), since=second(since), made=made, limit=limit
        )

    def contain(self, ask: str, *, at: str | None = None, made: bool = False, whole_role: bool = False) -> Contain:
        """The plan that stops what came from a key, session or principal: text, never carried out.

        `whole_role` is needed for the plan of a role: it closes the role to everybody.
        """
        from lineage.questions.contain import answer as contain

        return contain.answer(self._reader(), ask.strip(), at=second(at, last=True), made=made, whole_role=whole_role)

    def path(self, start: str, end: str, *, limit: int = 20) -> Path:
        """Every way that one identity, key, role or account came to another; at most `limit`, shortest first."""
        from lineage.questions.path import answer as path

        if start.strip() == end.strip():
            raise BadUse(f"{start}: a path needs two ends that differ")
        return path.answer(self._reader(), start.strip(), end.strip(), limit=limit)
