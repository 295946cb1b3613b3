"""Times: every spelling that CloudTrail uses is read, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.model.errors import BadUse
from lineage.model.times import LAST, absolute, iso, now, parse_when, time_of, time_range


@pytest.mark.parametrize(
    ("logged", "expected"),
    [
        ("2023-07-10T12:24:29Z", "2023-07-10T12:24:29Z"),
        ("Aug 21, 2021 8:36:15 PM", "2021-08-21T20:36:15Z"),
        ("Nov 01, 2020 8:35:19 AM", "2020-11-01T08:35:19Z"),
        ("Jul 10, 2023, 6:30:22 PM", "2023-07-10T18:30:22Z"),
        ("Jan 1, 2023, 12:00:01 AM", "2023-01-01T00:00:01Z"),
        ("Jan 1, 2023, 12:00:01 PM", "2023-01-01T12:00:01Z"),
        ("May 24, 2025, 2:48:54\u202fPM", "2025-05-24T14:48:54Z"),
        ("Feb 22, 2026, 4:11:47\u00a0PM", "2026-02-22T16:11:47Z"),
        ("20131102T010628Z", "2013-11-02T01:06:28Z"),
        ("Wed Oct 23 14:36:48 UTC 2013", "2013-10-23T14:36:48Z"),
        ("2024-06-02 19:41:40.000000000", "2024-06-02T19:41:40Z"),
        ("2025-12-21T01:06:24.000Z", "2025-12-21T01:06:24Z"),
        ("2023-07-10T14:24:29+02:00", "2023-07-10T12:24:29Z"),
        ("2023-07-10T07:24:29-0500", "2023-07-10T12:24:29Z"),
        ("2024-06-02 19:41:40 UTC", "2024-06-02T19:41:40Z"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"),
        (1_688_991_869, "2023-07-10T12:24:29Z"),
        (1_688_991_869.75, "2023-07-10T12:24:29Z"),
        (1_688_991_869_000, "2023-07-10T12:24:29Z"),
        ("1688991869", "2023-07-10T12:24:29Z"),
        ("1688991869000", "2023-07-10T12:24:29Z"),
    ],
)
def test_every_documented_form_is_read(logged: object, expected: str) -> None:
    """Each form of guide §6.5 gives its second in UTC."""
    actual = parse_when(logged)

    assert actual is not None
    assert iso(actual) == expected


@pytest.mark.parametrize(
    "logged",
    [
        None,
        "",
        "-",
        "...",
        "soon",
        "2023-07-10",
        "2023-13-10T00:00:00Z",
        "Foo 1, 2023, 1:00:00 PM",
        True,
        [],
        {},
        float("nan"),
        float("inf"),
        -1,
        1e300,
        "Jul 10, 2023, 13:00:00 PM",
        "2023-07-10T25:00:00Z",
        "9" * 500,
    ],
)
def test_anything_else_is_no_time(logged: object) -> None:
    """What is no time is None and raises nothing."""
    assert parse_when(logged) is None


@given(st.integers(0, LAST))
def test_iso_is_read_back(second: int) -> None:
    """Every second is read back from the text that `iso` writes."""
    assert parse_when(iso(second)) == second


NOON = "2026-03-12T12:00:00Z"


@pytest.mark.parametrize(
    ("typed", "first", "last"),
    [
        ("2026-03-12", "2026-03-12T00:00:00Z", "2026-03-12T23:59:59Z"),
        ("2026-03-12 08:00", "2026-03-12T08:00:00Z", None),
        ("2026-03-12 08:00:30", "2026-03-12T08:00:30Z", None),
        ("2026-03-12T08:00Z", "2026-03-12T08:00:00Z", None),
        ("2026-03-12T08:00:30Z", "2026-03-12T08:00:30Z", None),
        ("2026-03-12 08:00+02:00", "2026-03-12T06:00:00Z", None),
        ("2026-03-12 08:00 -0530", "2026-03-12T13:30:00Z", None),
        ("2026-03-12T08:00:30+02:00", "2026-03-12T06:00:30Z", None),
        ("now", NOON, None),
        ("24h", "2026-03-11T12:00:00Z", None),
        ("7d", "2026-03-05T12:00:00Z", None),
        (" 30 m ", "2026-03-12T11:30:00Z", None),
        ("90s", "2026-03-12T11:58:30Z", None),
        ("today", "2026-03-12T00:00:00Z", "2026-03-12T23:59:59Z"),
        ("Yesterday", "2026-03-11T00:00:00Z", "2026-03-11T23:59:59Z"),
    ],
)
def test_times_as_people_write_them(typed: str, first: str, last: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each form is a second in UTC, relative ones are relative to now, and a day is its first or its last second."""
    monkeypatch.setattr("lineage.model.times.now", lambda: parse_when(NOON))

    assert iso(time_of(typed) or 0) == first
    assert iso(time_of(typed, last=True) or 0) == (last or first)


@pytest.mark.parametrize(
    "typed", ["", "soon", "24", "h", "-1h", "1y", "2026-13-01", "2026-03-12 25:00", "2026-03-12 08", "08:00", "999999d"]
)
def test_what_is_no_time_is_told_with_the_forms(typed: str) -> None:
    """Anything else is one line that names it."""
    with pytest.raises(BadUse, match=r"not a time; write 24h|lies before 1970") as error:
        time_of(typed)

    assert str(error.value).startswith(f"{typed}: ")
    assert "\n" not in str(error.value)


@given(st.integers(0, LAST), st.integers(-14 * 60, 14 * 60), st.booleans(), st.sampled_from("T "))
def test_any_second_is_read_back_in_any_form(second: int, ahead: int, minutes: bool, between: str) -> None:
    """A second written with any offset, to the second or the minute, is that second."""
    second -= second % 60 if minutes else 0
    local = min(max(second + ahead * 60, 0), LAST - 59)
    sign, size = "-" if ahead < 0 else "+", abs(ahead)
    written = iso(local)[: 16 if minutes else 19].replace("T", between)
    expected = local - local % 60 - ahead * 60 if minutes else local - ahead * 60
    typed = f"{written}{sign}{size // 60:02}:{size % 60:02}"

    if 0 <= expected <= LAST:
        assert time_of(typed) == expected
    assert time_of(written) == time_of(f"{written}Z") == local - (local % 60 if minutes else 0)


@given(st.integers(1, 999), st.sampled_from("smhd"))
def test_a_span_is_that_long_ago(count: int, unit: str) -> None:
    """`24h` is as long ago as it says, and a range from it to now is in order."""
    seconds = count * {"s": 1, "m": 60, "h": 3600, "d": 86_400}[unit]
    before = now()
    start, end = time_range(f"{count}{unit}", "now")

    assert start is not None
    assert end is not None
    assert before - seconds <= start <= now() - seconds
    assert 0 <= end - start - seconds <= 1
    assert absolute(f"{count}{unit}").endswith("Z")


@given(st.text(max_size=30))
def test_any_text_is_a_time_or_a_line(typed: str) -> None:
    """No text raises anything but `BadUse`."""
    try:
        time = time_of(typed)
    except BadUse:
        return
    assert time is not None
    assert 0 <= time <= LAST
