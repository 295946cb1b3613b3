"""Times: every spelling that CloudTrail uses is read, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.model.times import LAST, iso, parse_when


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
