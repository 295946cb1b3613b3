"""Where an answer differs from what was expected of it, for expectations that say only what matters.

An expected object asks for its own members and leaves others open; a list asks for its length and
order; anything else for equality. An object with one of these single members asks instead for:

=================  ==========================================================================
`{"~": text}`      a text that contains this one
`{"count": n}`     a list of n elements
`{"set": [...]}`   a list of these elements in any order
`{"one of": [...]}`  a value that matches one of these
`{"not": x}`       a value that does not match x
`{"**": x}`        a value that matches x, or holds one that does at any depth (a text: contains it)
=================  ==========================================================================

`{"count": n}` asks for a list only where the value is one; of an object it asks for the member.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Value = Any
"""What `json.loads` gives."""


def differences(expected: Value, actual: Value, path: str = "answer") -> Iterator[str]:
    """One line for each difference: its path, what was expected and what is there."""
    if isinstance(expected, dict):
        yield from _object(expected, actual, path)
    elif isinstance(expected, list):
        if not isinstance(actual, list) or len(expected) != len(actual):
            yield _line(path, expected, actual)
            return
        for n, (one, other) in enumerate(zip(expected, actual, strict=True)):
            yield from differences(one, other, f"{path}[{n}]")
    elif expected != actual or isinstance(expected, bool) != isinstance(actual, bool):
        yield _line(path, expected, actual)


def _object(expected: dict[str, Value], actual: Value, path: str) -> Iterator[str]:
    match expected:
        case {"~": text}:
            fits = isinstance(actual, str) and text in actual
        case {"count": n} if len(expected) == 1 and isinstance(actual, list):
            fits = len(actual) == n
        case {"set": members}:
            fits = isinstance(actual, list) and _same(members, actual)
        case {"one of": choices}:
            fits = any(matches(choice, actual) for choice in choices)
        case {"not": unwanted}:
            fits = not matches(unwanted, actual)
        case {"**": wanted}:
            fits = _within(wanted, actual)
        case _ if isinstance(actual, dict):
            for name, value in expected.items():
                if name in actual:
                    yield from differences(value, actual[name], f"{path}.{name}")
                else:
                    yield f"{path}.{name}: expected {value!r}, but it is missing"
            return
        case _:
            fits = False
    if not fits:
        yield _line(path, expected, actual)


def matches(expected: Value, actual: Value) -> bool:
    """Whether nothing differs."""
    return next(differences(expected, actual), None) is None


def _same(members: list[Value], actual: list[Value]) -> bool:
    """Whether each member matches an element of its own, whatever the order (a few elements)."""
    if not members:
        return not actual
    first, *rest = members
    return any(matches(first, one) and _same(rest, actual[:n] + actual[n + 1 :]) for n, one in enumerate(actual))


def _within(wanted: Value, actual: Value) -> bool:
    if isinstance(wanted, str) and isinstance(actual, str):
        return wanted in actual
    if matches(wanted, actual):
        return True
    inner = actual.values() if isinstance(actual, dict) else actual if isinstance(actual, list) else ()
    return any(_within(wanted, value) for value in inner)


def _line(path: str, expected: Value, actual: Value) -> str:
    return f"{path}: expected {expected!r}, got {actual!r}"
