"""Numbers and classes that several answers give agree with each other, on every story."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import lineage
from lineage.model import schema
from lineage.model.errors import LineageError
from lineage.model.keys import ref
from lineage.questions.shared.models import Confidence
from tests.same import sums_agree
from tests.test_stories import STORIES, orders

STORY = sorted(STORIES.iterdir())
SESSIONS_SHOWN = 5
ASKED = 6
"""About so many identities of a story are asked."""


@pytest.fixture(scope="module", params=STORY, ids=lambda folder: folder.name)
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[lineage.Store]:
    """A store of one story."""
    folder: Path = request.param
    with lineage.open(tmp_path_factory.mktemp("story") / "story.db") as store:
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


def test_sums_of_info_agree_on_every_story(told: lineage.Store) -> None:
    """Events by account, load and hour; principals by kind; accounts with what is in them."""
    info, coverage = told.info(), told.coverage()

    sums_agree(info)
    assert coverage.events == sum(one.events for one in info.accounts if one.id)


def identities(store: lineage.Store) -> list[str]:
    """Some sessions, keys and users of a store, each kind first, last and between."""
    found: dict[str, list[str]] = {}
    for node, body in store.graph().nodes(data=True):
        label, key = ref(node)
        if label in (schema.SESSION, schema.CREDENTIAL) or body.get("kind") == "IAMUser":
            found.setdefault(label, []).append(key.partition(" ")[0] if label == schema.CREDENTIAL else key)
    return [key for some in found.values() for key in sorted(set(some))[:: max(1, len(some) // (ASKED // 3))]]


def test_contain_has_no_step_twice(told: lineage.Store) -> None:
    """No two steps of a plan give the same commands in one account, and no two are the same in words."""
    for ask in identities(told):
        try:
            steps = told.contain(ask, made=True).steps
        except LineageError:
            continue  # several principals have that name
        commands = [(step.account, *step.commands) for step in steps if step.commands]
        words = [(step.phase, step.account, step.title, step.note, *step.commands) for step in steps]

        assert [step.number for step in steps] == list(range(1, len(steps) + 1))
        assert len(set(commands)) == len(commands), ask
        assert len(set(words)) == len(words), ask
