"""Questions about what a session did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lineage.asking.base import Asking, second, seconds
from lineage.model.errors import BadUse

if TYPE_CHECKING:
    from lineage.questions.interesting import Interesting
    from lineage.questions.services import Services
    from lineage.questions.session import Session
    from lineage.questions.timeline import Timeline


class Sessions(Asking):
    """Questions about what a session did."""

    def session(
        self,
        ask: str,
        *,
        since: str | None = None,
        until: str | None = None,
        window: str | None = None,
        limit: int = 200,
    ) -> Session:
        """What was done with a session, key or identity, by API operation, with its keys and places.

        The scope is from `since` to `until`, else the activity (of an event: around it), `window` on either side.
        """
        from lineage.questions.session import answer as session

        start, end = _between(since, until)
        return session.answer(self._reader(), ask.strip(), since=start, until=end, margin=seconds(window), limit=limit)

    def timeline(
        self,
        ask: str,
        *,
        since: str | None = None,
        until: str | None = None,
        alert_since: str | None = None,
        alert_until: str | None = None,
        limit: int = 1000,
    ) -> Timeline:
        """Every changing, failed, sensitive or granting call of the whole chain, in order of time.

        With the times of an alert, what lies before, in and after it is told apart; an event is its own alert.
        """
        from lineage.questions.timeline import answer as timeline

        start, end = _between(since, until)
        alert = _between(alert_since or alert_until, alert_until or alert_since)
        return timeline.answer(self._reader(), ask.strip(), since=start, until=end, alert=alert, limit=limit)

    def services(self, ask: str, *, until: str | None = None, days: int = 7) -> Services:
        """The services that this identity used in the days before a time, by default its last call."""
        from lineage.questions.services import answer as services

        if not 1 <= days <= 3650:
            raise BadUse(f"{days} days: give 1 to 3650")
        return services.answer(self._reader(), ask.strip(), until=second(until, last=True), days=days)

    def interesting(
        self,
        ask: str,
        *,
        since: str | None = None,
        until: str | None = None,
        window: str | None = None,
        limit: int = 200,
    ) -> Interesting:
        """The calls worth a look: those that are no plain reads, sensitive reads, and what failed.

        The scope is that of `session`; at most `limit` lines of each class.
        """
        from lineage.questions.interesting import answer as interesting

        start, end = _between(since, until)
        return interesting.answer(
            self._reader(), ask.strip(), since=start, until=end, margin=seconds(window), limit=limit
        )


def _between(since: str | None, until: str | None) -> tuple[int | None, int | None]:
    """Both ends as seconds. Raises `BadUse` where the second lies before the first."""
    start, end = second(since), second(until, last=True)
    if start is not None and end is not None and end < start:
        raise BadUse(f"{until}: lies before {since}")
    return start, end
