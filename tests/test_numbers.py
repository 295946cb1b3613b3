"""Numbers and classes that several answers give agree with each other, on every story."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import lineage
from lineage.questions.shared.models import Confidence
from tests.test_stories import STORIES, orders

STORY = sorted(STORIES.iterdir())
SESSIONS_SHOWN = 5


@pytest.fixture(params=STORY, ids=lambda folder: folder.name)
def told(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[lineage.Store]:
    """A store of one story."""
    folder: Path = request.param
    with lineage.open(tmp_path / "story.db") as store:
        for names in orders(folder)[0]:
            store.load([folder / name for name in names])
        yield store


def test_answers_agree_on_every_story(told: lineage.Store) -> None:
    """`chains`, `path` and `who` give one confidence for one chain."""
    for path in told.chains().chains:
        assert sum(path.confidences.values()) == path.count
        assert path.confidence == next(iter(path.confidences))
        if path.count > SESSIONS_SHOWN:
            continue
        found: Counter[Confidence] = Counter()
        for session in path.sessions:
            (one,) = told.who(session).answers
            if one.origin.kind != "Unresolved":
                found[one.confidence] += 1
        assert all(path.confidences.get(name, 0) >= count for name, count in found.items()), path
