"""Times: parses every form that CloudTrail and its exports use, and formats them.

Source: field guide §6.5; AWS CloudTrail User Guide, "CloudTrail record contents".
"""

from __future__ import annotations

import re
from calendar import timegm
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from math import isfinite

from lineage.model.errors import BadUse

MONTHS = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), start=1
    )
}
LAST = 253_402_300_799
"""9999-12-31T23:59:59Z, the last second that `iso` can write."""

# Java 20 and newer puts U+202F before AM/PM; `\s` covers it, U+00A0 and U+2009.
_TWELVE = re.compile(
    r"([A-Z][a-z]{2}) (\d{1,2}), (\d{4}),? (\d{1,2}):(\d\d):(\d\d) ([AP])M(?: (?:UTC|GMT|Z))?", re.ASCII
)
_ISO = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d)[T ](\d\d):?(\d\d):?(\d\d)(?:\.\d{1,9})? ?(?:(Z|UTC)|([+-])(\d\d):?(\d\d))?", re.ASCII
)
_UNIX = re.compile(r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d{1,2}) (\d\d):(\d\d):(\d\d) (?:UTC|GMT) (\d{4})", re.ASCII)
_EPOCH = re.compile(r"\d{9,13}(?:\.\d{1,9})?(?:E[+]?\d\d?)?", re.ASCII)
_LONGEST = 64
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MINUTE = re.compile(r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d)( ?(?:Z|UTC|[+-]\d\d:?\d\d)?)", re.ASCII)
_SPAN = re.compile(r"\s*(\d{1,6})\s*([smhd])\s*", re.ASCII)
TIME_FORMS = "24h or 7d for that long ago, now, today, yesterday, 2026-01-31, 2026-01-31 12:00 or 2026-01-31T12:00:00Z"
"""How people may write a time, in words."""


def parse_when(v: object) -> int | None:
    """Return the time `v` as whole seconds since the epoch, UTC; None if it cannot be parsed.

    `v` is a string in any form of guide §6.5 (UTC if it has no zone; fractions are dropped), or a number: seconds,
    or milliseconds above 1e11.

    >>> parse_when("2023-07-10T12:24:29Z"), parse_when("Jul 10, 2023, 12:24:29 PM")
    (1688991869, 1688991869)
    >>> parse_when("yesterday") is None
    True
    """
    if isinstance(v, bool):
        return None
    if isinstance(v, (int, float)):
        return _number(v)
    if not isinstance(v, str) or len(v) > _LONGEST:
        return None
    if len(v) == 20 and v[10] == "T" and v[19] == "Z" and v[4] == v[7] == "-" and v[13] == v[16] == ":":
        # CloudTrail's own form: the library parses it ten times as fast; what it rejects may still be valid.
        try:
            seconds = int(datetime.fromisoformat(v).timestamp())
        except ValueError:
            pass
        else:
            return seconds if seconds >= 0 else None
    text = " ".join(v.split())
    if m := _ISO.fullmatch(text):
        year, month, day, hour, minute, second = (int(part) for part in m.groups()[:6])
        ahead = 0
        if m[8]:
            ahead = int(m[9]) * 3600 + int(m[10]) * 60
        return _instant(year, month, day, hour, minute, second, -ahead if m[8] == "-" else ahead)
    if m := _TWELVE.fullmatch(text):
        hour = int(m[4])
        if hour > 12:
            return None
        afternoon = 12 if m[7] == "P" else 0
        return _instant(int(m[3]), MONTHS.get(m[1], 0), int(m[2]), hour % 12 + afternoon, int(m[5]), int(m[6]))
    if m := _UNIX.fullmatch(text):
        return _instant(int(m[6]), MONTHS.get(m[1], 0), int(m[2]), int(m[3]), int(m[4]), int(m[5]))
    if _EPOCH.fullmatch(text):
        return _number(float(text))
    return None


def iso(t: int) -> str:
    """Return the epoch second `t` as CloudTrail writes it.

    >>> iso(1688991869)
    '2023-07-10T12:24:29Z'
    """
    return _minute(t // 60) + _SECONDS[t % 60]


@lru_cache(maxsize=8192)
def _minute(minutes: int) -> str:
    day = date(1970, 1, 1) + timedelta(minutes // 1440)
    return f"{day.isoformat()}T{minutes // 60 % 24:02d}:{minutes % 60:02d}:"


_SECONDS = tuple(f"{second:02d}Z" for second in range(60))


def _number(v: float) -> int | None:
    if not isfinite(v):
        return None
    seconds = int(v // 1000) if v > 1e11 else int(v // 1)
    return seconds if 0 <= seconds <= LAST else None


def _instant(
    year: int, month: int, day: int, hour: int, minute: int, second: int, ahead_seconds: int = 0
) -> int | None:
    try:
        # A leap second is written as :60; datetime has none, and one second is within every tolerance.
        when = datetime(year, month, day, hour, minute, min(second, 59) if second == 60 else second)
    except ValueError:
        return None
    seconds = timegm(when.timetuple()) - ahead_seconds
    return seconds if 0 <= seconds <= LAST else None


def now() -> int:
    """Return the current time in epoch seconds."""
    return int(datetime.now(UTC).timestamp())


def absolute(text: str) -> str:
    """The time that a relative text means now: `24h`, `30m` and `7d` ago, `now`, and the days `today`, `yesterday`.

    A text of any other form is returned as it is.
    """
    word = text.strip().lower()
    if word in ("today", "yesterday"):
        return iso(now() - (86_400 if word == "yesterday" else 0))[:10]
    if word == "now":
        return iso(now())
    if _SPAN.fullmatch(word) is None:
        return text
    then = now() - (duration(word) or 0)
    if then < 0:
        raise BadUse(f"{text}: lies before 1970")
    return iso(then)


def time_of(text: str | None, *, last: bool = False) -> int | None:
    """The second that a person's text names; of a day the first, or the `last`. UTC unless it has an offset.

    Raises `BadUse`.

    >>> time_of("2026-01-31 12:00") == time_of("2026-01-31T14:00:00+02:00") == 1769860800
    True
    """
    if text is None:
        return None
    wanted = " ".join(absolute(text).split())
    if _DAY.fullmatch(wanted):
        wanted += " 23:59:59" if last else " 00:00:00"
    elif minute := _MINUTE.fullmatch(wanted):
        wanted = f"{minute[1]}:00{minute[2]}"
    time = parse_when(wanted)
    if time is None:
        raise BadUse(f"{text}: not a time; write {TIME_FORMS}")
    return time


def time_range(since: str | None, until: str | None) -> tuple[int | None, int | None]:
    """The first and the last second of a range. Raises `BadUse`, also where it ends before it begins."""
    start, end = time_of(since), time_of(until, last=True)
    if start is not None and end is not None and end < start:
        raise BadUse(f"{until}: lies before {since}")
    return start, end


def duration(text: str | None) -> int | None:
    """A person's span of time in seconds: `90s`, `30m`, `2h`, `7d`. Raises `BadUse`.

    >>> duration("2h")
    7200
    """
    if text is None:
        return None
    found = _SPAN.fullmatch(text)
    if found is None:
        raise BadUse(f"{text}: not a duration; write it like 30m, 2h or 7d")
    return int(found[1]) * {"s": 1, "m": 60, "h": 3600, "d": 86_400}[found[2]]
