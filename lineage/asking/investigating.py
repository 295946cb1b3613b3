"""From an alert to one report."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from lineage.asking.base import Asking, second, seconds
from lineage.model.errors import BadUse

if TYPE_CHECKING:
    from lineage.model.alert import Alert
    from lineage.questions.investigate import Investigation
    from lineage.questions.investigate.sections import Questions

Given = str | os.PathLike[str] | Mapping[str, object] | Sequence[Mapping[str, object]]
"""What may be given as an alert."""
ENDINGS = (".json", ".jsonl", ".ndjson", ".gz")
LARGEST = 16 << 20
"""Bytes of a file that may be one alert or a list of them."""


class Investigating(Asking):
    """From an alert to one report."""

    def investigate(
        self,
        alert: Given,
        *,
        since: str | None = None,
        until: str | None = None,
        window: str | None = None,
        days: int = 14,
        gap: str = "12h",
    ) -> Investigation:
        """Whose credentials an alert is really about, and everything that an investigation asks of it.

        `alert` is a GuardDuty or Security Hub finding, a list of them, or a CloudTrail event: as an object, as JSON
        text or as the path of a file; or an event ID, an access key, a session or an ARN. The scope is the alert's
        own activity, five minutes wider on either side (`window` in their place) and an hour at least; `since` and
        `until` set its ends. History is compared over `days` before it, up to `gap` before.
        Raises `BadUse` where the text is no alert, or only samples.
        """
        from lineage.model.results import Window
        from lineage.questions.investigate import answer as investigate
        from lineage.questions.shared.history import past
        from lineage.questions.shared.memo import Memo

        name, alerts = read(alert)
        if all(one.sample for one in alerts):
            raise BadUse(f"{name}: a sample finding that GuardDuty made up, which names nobody; give a real one")
        start, end, margin = second(since), second(until, last=True), seconds(window)
        if start is not None and end is not None and end < start:
            raise BadUse(f"{until}: lies before {since}")
        past.window_of(Window(), days, seconds(gap))  # refuses what leaves no history, before anything is asked
        limits = investigate.Limits(start, end, margin, days, gap)
        # The questions of one report see one state of the store, and read the same calls once.
        self._memo = Memo(self._store, lasts=REPORT_SECONDS)
        try:
            # `Lineage`, of which this is a part, has all the questions.
            return investigate.answer(self._memo, cast("Questions", self), alerts, asked=name, limits=limits)
        finally:
            self._memo = None


REPORT_SECONDS = 600.0


def read(alert: Given) -> tuple[str, list[Alert]]:
    """What to call what was given, and the alerts in it. Raises `BadUse`."""
    import msgspec

    from loaders.findings.findings import alerts_in

    if isinstance(alert, (Mapping, list, tuple)):
        return "alert", alerts_in(msgspec.json.encode(alert))
    if isinstance(alert, str):
        text = alert.strip()
        if text[:1] in ("{", "["):
            return "alert", alerts_in(text)
        if not text or not _is_path(text):
            return text, [_ask(text)]
        alert = text
    path = Path(alert)  # type: ignore[arg-type]  # a text is no list of objects
    try:
        if path.stat().st_size > LARGEST:
            raise BadUse(f"{path}: too large for alerts; to load logs: lineage load {path}")
        data = path.read_bytes()
    except OSError as error:
        raise BadUse(f"{path}: cannot be read ({error.strerror}); give a file with a finding or an event") from None
    return str(path), alerts_in(data, str(path))


def _ask(text: str) -> Alert:
    """An event ID, key, session or ARN as an alert. Raises `BadUse` for what is none."""
    from lineage.model.alert import Alert
    from lineage.questions.shared.subjects import AGENT, is_address

    if not text:
        raise BadUse("no alert: give a finding, an event, a key, a session or an ARN")
    if text.startswith(AGENT) or is_address(text) or (len(text) == 12 and text.isdigit()):
        raise BadUse(f"{text}: no alert; for an address: lineage from {text}, for an account or agent: lineage session")
    return Alert(kind="ask", id=text)


def _is_path(text: str) -> bool:
    """Is it the path of a file? Raises `BadUse` for a folder, and for a file that is not there."""
    try:
        if Path(text).is_dir():
            raise BadUse(f"{text}: a folder; give one file with findings or events; to load logs: lineage load {text}")
        there = Path(text).is_file()
    except (OSError, ValueError):
        return False
    if not there and text.lower().endswith(ENDINGS):
        raise BadUse(f"{text}: no such file; give a file with a finding or an event")
    return there
