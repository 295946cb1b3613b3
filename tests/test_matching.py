"""The judge of the stories tells a right answer from a wrong one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.matching import differences, matches

FITS: list[tuple[Any, Any]] = [
    ({}, {"a": 1}),
    ({"a": 1}, {"a": 1, "b": 2}),
    ([1, 2], [1, 2]),
    ({"~": "b"}, "abc"),
    ({"count": 2}, [7, 8]),
    ({"count": 2}, {"count": 2}),
    ({"set": [{"a": 1}, {"a": 2}]}, [{"a": 2}, {"a": 1}]),
    ({"one of": [1, {"~": "x"}]}, "xy"),
    ({"not": 1}, 2),
    ({"**": {"depth": 6}}, {"rows": [{"depth": 6}]}),
    ({"**": "bob"}, {"a": ["user/bob"]}),
    (None, None),
]
FAILS: list[tuple[Any, Any]] = [
    ({"a": 1}, {"b": 1}),
    ({"a": None}, {}),
    ([1, 2], [2, 1]),
    ([1], [1, 2]),
    ([], [1]),
    (True, 1),
    ({"~": "b"}, None),
    ({"count": 2}, [7]),
    ({"count": 2}, 2),
    ({"set": [1, 1]}, [1, 2]),
    ({"set": []}, [1]),
    ({"one of": [1, 2]}, 3),
    ({"not": 1}, 1),
    ({"**": {"depth": 6}}, {"rows": [{"depth": 5}]}),
    ({"**": "bob"}, {"bob": 1}),
]


@pytest.mark.parametrize(("expected", "actual"), FITS)
def test_fits(expected: Any, actual: Any) -> None:
    """An answer that holds what was asked for matches."""
    assert list(differences(expected, actual)) == []


@pytest.mark.parametrize(("expected", "actual"), FAILS)
def test_differs(expected: Any, actual: Any) -> None:
    """An answer that lacks it does not."""
    assert not matches(expected, actual)


def test_line_says_where() -> None:
    """A difference is told by its path, what was expected and what is there."""
    found = differences({"hops": [{"rule": "2"}]}, {"hops": [{"rule": "4"}]})

    assert list(found) == ["answer.hops[0].rule: expected '2', got '4'"]
