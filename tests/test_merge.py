"""Batches merge to what the records behind them say, however they were split and in whatever order they are merged."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lineage
from lineage.load import derive
from lineage.model.batch import Batch, FileEnd, Passed, SetAside, Unread
from lineage.model.results import Sums
from loaders.batches.aggregate import aggregate
from loaders.batches.merge import MOST_FILES, NO_HOUR, Part, merge, split
from loaders.files.sources import find
from tests.aws import Cloud
from tests.aws.files import dumps
from tests.same import Said, different, said
from tests.test_properties import FEW, KINDS, QUICK, Delivery, Load, conflicting, one_load, outcome, written

if TYPE_CHECKING:
    from tests.neo4j_server import Server


@st.composite
def batches_of(draw: st.DrawFn, deliveries: Sequence[Delivery]) -> list[Batch]:
    """The batches of the deliveries, in any order, in files of any wrapping, with any number of events."""
    order = draw(st.permutations(deliveries))
    cuts = sorted(draw(st.lists(st.integers(0, len(order)), max_size=4)))
    files: Load = []
    for n, (start, end) in enumerate(zip([0, *cuts], [*cuts, len(order)], strict=True)):
        contents = written(draw(st.sampled_from(KINDS)), order[start:end])
        files += [(f"{n}-{m}", content) for m, content in enumerate(contents)]
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files:
            (Path(folder) / name).write_bytes(content)
        sources = find([folder]) if files else []
        return list(aggregate(sources, events=draw(st.integers(1, 40))))


@st.composite
def merged(draw: st.DrawFn, batches: Sequence[Batch]) -> list[Batch]:
    """The batches after any number of steps, each of which splits one or merges some."""
    found = list(batches)
    for _ in range(draw(st.integers(1, 6))):
        some = [found.pop(draw(st.integers(0, len(found) - 1))) for _ in range(draw(st.integers(1, len(found))))]
        if draw(st.booleans()):
            found.append(merge(some))
        else:
            found += [part.batch for one in some for part in split(one, draw(st.integers(1, 3)))]
        if not found:
            break
    return found


def load_batches(store: lineage.Store, batches: Sequence[Batch]) -> Sums:
    """Load batches as they are."""
    inner = store._store
    load = inner.begin_load([])
    for batch in batches:
        inner.add(load, batch)
    derive(inner)
    return inner.finish_load(load)


def told(target: str, batches: Sequence[Batch], deliveries: Sequence[Delivery]) -> Said:
    """What a new store says that has the batches; their sums add up."""
    with tempfile.TemporaryDirectory() as folder, lineage.open(target or Path(folder) / "lineage.db") as store:
        sums = load_batches(store, batches)
        assert sums.read == len(deliveries) == sums.loaded + sums.duplicate
        return said(store, [record for _, record in deliveries])


@QUICK
@given(st.data())
def test_any_split_and_any_merge_loads_like_the_logs(data: st.DataObject) -> None:
    """Records split into batches, which are split and merged in any order, give the graph and answers of one load."""
    deliveries = data.draw(conflicting())
    batches = data.draw(merged(data.draw(batches_of(deliveries))))
    clean = outcome("", one_load(deliveries), [record for _, record in deliveries])

    assert different(clean, told("", batches, deliveries)) == ""


@FEW
@given(st.data())
def test_any_split_and_any_merge_loads_like_the_logs_in_neo4j(neo4j_any: Server, data: st.DataObject) -> None:
    """The same in Neo4j."""
    deliveries = data.draw(conflicting())
    batches = data.draw(merged(data.draw(batches_of(deliveries))))
    clean = outcome("", one_load(deliveries), [record for _, record in deliveries])
    neo4j_any.wipe(schema=False)

    assert different(clean, told(neo4j_any.uri, batches, deliveries)) == ""


@QUICK
@given(st.data())
def test_the_order_of_merging_changes_nothing(data: st.DataObject) -> None:
    """A merged batch is one value in any order and with any steps on the way, but for how many copies differed."""
    batches = data.draw(batches_of(data.draw(conflicting())))
    again = data.draw(st.permutations(data.draw(merged(batches))))

    assert same_but_conflicts(merge(again)) == same_but_conflicts(merge(batches))


def same_but_conflicts(batch: Batch) -> Batch:
    """The batch without what depends on its history."""
    return msgspec.structs.replace(batch, conflicts=0)


@QUICK
@given(st.data())
def test_each_part_is_a_batch_of_one_hour_and_bucket(data: st.DataObject) -> None:
    """The parts of a batch have each event, row and sample once, and merge to the batch again."""
    (batch, *_) = data.draw(batches_of(data.draw(conflicting())))
    parts = list(split(batch, 3))
    ids = Counter(entry[:2] for part in parts for entry in part.batch.events)
    keys = [(part.hour, part.bucket) for part in parts]

    assert ids == Counter(entry[:2] for entry in batch.events)
    assert len(set(keys)) == len(keys)
    assert all({row.hour for row in part.batch.rows} <= {part.hour} for part in parts)
    assert sum(part.batch.bytes_read for part in parts) == batch.bytes_read
    assert merge([part.batch for part in parts]) == merge([batch])


def test_rows_of_one_key_become_one(tmp_path: Path) -> None:
    """Calls of one row in several batches are one row, with the earliest as its samples."""
    cloud = Cloud(seed=3)
    user = cloud.user(cloud.account("home"), "ana")
    ids = []
    for _ in range(9):
        ids.append(cloud.call(user, "ec2.amazonaws.com", "DescribeInstances"))
        cloud.tick(5)
    (tmp_path / "a.json").write_text(dumps({"Records": cloud.records[::-1]}))
    batches = list(aggregate(find([str(tmp_path)]), events=1))
    one = merge(batches)

    assert len(one.rows) == 1
    assert len(one.entries) == one.read == 9
    assert one == merge([merge(batches[:4]), merge(batches[4:])])


def test_of_equal_copies_the_smallest_place_stands(tmp_path: Path) -> None:
    """Of one event in several files the entry names the smallest path and the smallest place in it."""
    cloud = Cloud(seed=3)
    event_id = cloud.call(cloud.user(cloud.account("home"), "ana"), "ec2.amazonaws.com", "DescribeInstances")
    found = []
    for name, count in (("b.json", 1), ("a.json", 3), ("c.json", 2)):
        (tmp_path / name).write_text(dumps(cloud.records * count))
        found += list(aggregate(find([str(tmp_path / name)])))
    one = merge(found)
    (entry,) = one.events

    assert one.paths[entry[6]] == str(tmp_path / "a.json")
    assert entry[7] == 0
    assert entry[1].hex() == event_id.replace("-", "")
    assert (one.read, one.duplicates) == (6, 5)


def test_what_is_no_event_is_kept() -> None:
    """Ends of files, what was set aside, passed over or not read add up."""
    ends = [FileEnd("b", "00" * 32, 7), FileEnd("a", "", 0)]
    aside = [SetAside("b", 1, None, "cut"), SetAside("a", 0, 3, "cut")]
    digest = Passed("digest", 1, 5, 9, "111122223333", "eu-west-1", "t", 4)
    one = Batch(read=1, aside=aside[:1], ended=ends[:1], passed=[Passed("empty", 2), digest], amended=[(b"1", "x")])
    other = Batch(
        read=1, aside=aside[1:], ended=ends[1:], passed=[digest, Passed("empty", 1)], unread=[Unread("a", "?", "!")]
    )
    both = merge([one, other])

    assert both.aside == aside[::-1]
    assert both.ended == ends[::-1]
    assert both.passed == [Passed("empty", 3), msgspec.structs.replace(digest, count=2)]
    assert (both.read, both.unread, both.amended) == (2, [Unread("a", "?", "!")], [(b"1", "x")])
    assert list(split(both, 4)) == [Part(NO_HOUR, 0, both)]
    assert list(split(Batch(), 4)) == []
    assert merge([]) == Batch()


def test_too_many_files_are_refused(tmp_path: Path) -> None:
    """A batch names its files by two bytes; more of them are an error, not other files."""
    cloud = Cloud(seed=3)
    cloud.call(cloud.user(cloud.account("home"), "ana"), "ec2.amazonaws.com", "DescribeInstances")
    (tmp_path / "a.json").write_text(dumps(cloud.records))
    (batch,) = aggregate(find([str(tmp_path)]))
    ids = [n.to_bytes(16) for n in range(MOST_FILES + 1)]
    many = [
        msgspec.structs.replace(batch, paths=[str(n)], entries=msgspec.structs.replace(batch.entries, ids=id_))
        for n, id_ in enumerate(ids)
    ]

    assert len(merge(many[1:]).paths) == MOST_FILES
    with pytest.raises(OverflowError, match="65,536 files in one batch"):
        merge(many)
