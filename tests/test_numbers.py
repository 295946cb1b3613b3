"""Numbers and classes that several answers give agree with each other, on every story."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import pytest

import lineage
from lineage.model import schema
from lineage.model.errors import LineageError
from lineage.model.keys import ref
from lineage.questions.shared.models import Confidence
from lineage.questions.trace import Trace
from lineage.questions.who import Who
from tests.same import sums_agree
from tests.test_stories import STORIES, orders

STORY = sorted(STORIES.iterdir())
SESSIONS_SHOWN = 5
Answer = TypeVar("Answer")
ASKED = 6
"""About so many identities of a story are asked."""


class Told:
    """A story, and what is asked about it in several tests, each once."""

    def __init__(self, store: lineage.Store) -> None:
        self.store = store
        self._who: dict[str, Who | None] = {}
        self._trace: dict[str, Trace | None] = {}

    @cached_property
    def identities(self) -> list[str]:
        """Some sessions, keys and users, each kind first, last and between."""
        found: dict[str, list[str]] = {}
        for node, body in self.store.graph().nodes(data=True):
            label, key = ref(node)
            if label in (schema.SESSION, schema.CREDENTIAL) or body.get("kind") == "IAMUser":
                found.setdefault(label, []).append(key.partition(" ")[0] if label == schema.CREDENTIAL else key)
        return [key for some in found.values() for key in sorted(set(some))[:: max(1, len(some) // (ASKED // 3))]]

    def who(self, ask: str) -> Who | None:
        """Whose it is; None where several principals have that name."""
        return _once(self._who, self.store.who, ask)

    def trace(self, ask: str) -> Trace | None:
        """What came from it; None where several principals have that name."""
        return _once(self._trace, self.store.trace, ask)


def _once(known: dict[str, Answer | None], question: Callable[[str], Answer], ask: str) -> Answer | None:
    if ask not in known:
        try:
            known[ask] = question(ask)
        except LineageError:
            known[ask] = None
    return known[ask]


@pytest.fixture(scope="module", params=STORY, ids=lambda folder: folder.name)
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """One story, loaded."""
    folder: Path = request.param
    with lineage.open(tmp_path_factory.mktemp("story") / "story.db") as store:
        for names in orders(folder)[0]:
            store.load([folder / name for name in names])
        yield Told(store)


def test_answers_agree_on_every_story(told: Told) -> None:
    """`chains`, `path` and `who` give one confidence for one chain."""
    for path in told.store.chains().chains:
        assert sum(path.confidences.values()) == path.count
        assert path.confidence == next(iter(path.confidences))
        if path.count > SESSIONS_SHOWN:
            continue
        found: Counter[Confidence] = Counter()
        for session in path.sessions:
            asked = told.who(session)
            assert asked is not None
            (one,) = asked.answers
            if one.origin.kind != "Unresolved":
                found[one.confidence] += 1
        assert all(path.confidences.get(name, 0) >= count for name, count in found.items()), path


def test_sums_of_info_agree_on_every_story(told: Told) -> None:
    """Events by account, load and hour; principals by kind; accounts with what is in them."""
    info, coverage = told.store.info(), told.store.coverage()

    sums_agree(info)
    assert coverage.events == sum(one.events for one in info.accounts if one.id)


def test_contain_has_no_step_twice(told: Told) -> None:
    """No two steps of a plan give the same commands in one account, and no two are the same in words."""
    for ask in told.identities:
        try:
            steps = told.store.contain(ask, made=True).steps
        except LineageError:
            continue  # several principals have that name
        commands = [(step.account, *step.commands) for step in steps if step.commands]
        words = [(step.phase, step.account, step.title, step.note, *step.commands) for step in steps]

        assert [step.number for step in steps] == list(range(1, len(steps) + 1))
        assert len(set(commands)) == len(commands), ask
        assert len(set(words)) == len(words), ask


def test_trace_begins_at_the_origin_and_is_in_order_of_time(told: Told) -> None:
    """What was asked is marked once and is below the origin that `who` names; branches and calls are in order of time,
    each node is there once, and the sums are those of what was asked."""
    for ask in told.identities:
        found, asked = told.trace(ask), told.who(ask)
        if found is None or asked is None:
            continue
        answers = asked.answers
        refs = [branch.ref for branch, _ in found.branches()]
        below = [branch for branch, _ in found.below()]

        assert bool(found.starts()) == found.found
        assert len(set(refs)) == len(refs)
        assert (
            sum(branch.calls for branch in below) == sum(branch.calls for branch, _ in found.branches()) == found.calls
        )
        for branch, _ in found.branches():
            assert [child.time or "" for child in branch.children] == sorted(one.time or "" for one in branch.children)
            assert [done.first for done in branch.done] == sorted(done.first for done in branch.done)
        if len(answers) != 1 or answers[0].ambiguous or any(hop.rule == "10b" for hop in answers[0].hops):
            continue  # several callers fit, or the record between two sessions is lost
        if answers[0].hops and answers[0].origin.kind in ("IAMUser", "IdentityCenterUser"):
            assert answers[0].origin.node in [root.ref for root in found.roots], ask


def test_every_answer_tells_how_far_logs_are_loaded(told: Told) -> None:
    """`newest` is the last event that `info` gives for the account, for each account of a chain that has logs."""
    last = {one.id: one.last for one in told.store.info().accounts if one.id and one.last}
    store = told.store
    found = [store.chains().newest, store.cross_account().newest, store.denied().sight.newest]  # type: ignore[union-attr]  # found
    for ask in told.identities[:3]:
        who, trace = told.who(ask), told.trace(ask)
        if who is None or trace is None:
            continue
        found += [who.newest, trace.newest]
        accounts = {hop.session.account for one in who.answers for hop in one.hops}
        assert accounts & set(last) <= {one.account for one in who.newest}

    assert {one.account for one in found[2]} == set(last)
    for some in found:
        assert [one.account for one in some] == sorted({one.account for one in some})
        assert {one.account: one.time for one in some}.items() <= last.items()
