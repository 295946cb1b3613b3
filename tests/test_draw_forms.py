"""Files of pictures, Graphviz's language, and what is folded where there is too much to read."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from lineage.draw import files
from lineage.draw.fold import MOST, crowded
from lineage.draw.shape import Box, Link, Node, Shape, standing_for, view
from lineage.model.errors import BadUse
from lineage.render import outfile
from tests.crowd import crowd

EMPTY = Shape(title="t", about="lineage chains")
DRAWN = files.text(EMPTY, "svg")


# ---- files
@pytest.fixture
def umask() -> Iterator[None]:
    """Files are made for their group."""
    before = os.umask(0o027)
    yield
    os.umask(before)


@pytest.mark.usefixtures("umask")
def test_a_file_has_the_usual_permissions(tmp_path: Path) -> None:
    """A new file has those of any new file, one that was there keeps its own; nothing else is left."""
    new, old = tmp_path / "new.svg", tmp_path / "old.svg"
    old.write_text("old")
    old.chmod(0o604)
    for path in (new, old):
        files.write(EMPTY, path)

    assert [stat.S_IMODE(path.stat().st_mode) for path in (new, old)] == [0o640, 0o604]
    assert [new.read_text(), old.read_text()] == [DRAWN, DRAWN]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new.svg", "old.svg"]


def test_a_pipe_is_written_into(tmp_path: Path) -> None:
    """What is no regular file stays what it is."""
    pipe = tmp_path / "pipe.svg"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as reading:
        read = reading.submit(pipe.read_text)
        files.write(EMPTY, pipe)

        assert read.result(timeout=10) == DRAWN
    assert pipe.is_fifo()


@pytest.mark.parametrize("there", [True, False])
def test_a_link_is_followed(there: bool, tmp_path: Path) -> None:
    """A link stays a link, to what was written."""
    (tmp_path / "far").mkdir()
    real, link = tmp_path / "far" / "real.svg", tmp_path / "link.svg"
    if there:
        real.write_text("old")
    link.symlink_to(real)
    files.write(EMPTY, link)

    assert link.is_symlink()
    assert real.read_text() == DRAWN
    assert list(real.parent.iterdir()) == [real]


def test_a_link_that_lies_in_wait_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written beside the file first goes to no name that somebody else has put there."""
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / ".x.svg.part").symlink_to(victim)
    files.write(EMPTY, tmp_path / "x.svg")
    monkeypatch.setattr(outfile, "token_hex", lambda _: "known")
    (tmp_path / ".known.part").symlink_to(victim)
    with pytest.raises(BadUse, match=r"y\.svg: cannot be written"):
        files.write(EMPTY, tmp_path / "y.svg")

    assert victim.read_text() == "precious"


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    """After an error the old file stands there, and nothing beside it."""
    path = tmp_path / "x.ndjson"
    path.write_text("old")
    with pytest.raises(TypeError), outfile.writing(path) as out:
        out.writelines([b"new", None])  # type: ignore[list-item]  # on purpose

    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    """Where a folder stands no picture can."""
    path = tmp_path / "x.svg"
    path.mkdir()

    with pytest.raises(BadUse, match=r"x\.svg: cannot be written \(Is a directory\)"):
        files.write(EMPTY, path)


# ---- Graphviz
def named(name: str, **more: object) -> Node:
    """A resource of that name."""
    return msgspec.convert({"id": name, "label": name, "caption": name, "kind": "resource", **more}, Node)


def linked(links: list[dict[str, object]]) -> Shape:
    """Two nodes and links between them."""
    made = [{"id": str(n), "source": "a", "target": "b", "type": "ASSUMED", "label": "x", **one}
            for n, one in enumerate(links)]  # fmt: skip
    return msgspec.structs.replace(EMPTY, nodes=(named("a"), named("b")), links=msgspec.convert(made, tuple[Link, ...]))


def test_certainty_is_told_in_words_too() -> None:
    """What is likely and what stands outside the chain are both dashed, and told apart by words."""
    drawn = files.dot(linked([{"confidence": "LIKELY"}, {"beside": True}, {"confidence": "HINT", "beside": True}, {}]))

    assert re.findall(r'-> n1 \[label="([^"]*)"(?:, style=(\w+))?', drawn) == [
        ("x, likely", "dashed"), ("x, outside the chain", "dashed"),
        ("x, guess, outside the chain", "dotted"), ("x", "")
    ]  # fmt: skip


def test_entities_stay_text_in_dot() -> None:
    """Graphviz reads entities within quotes: a name that looks like one stays as it is."""
    drawn = files.dot(msgspec.structs.replace(EMPTY, title="a &amp; b", nodes=(named("R&D &lt;x&gt;"),)))

    assert 'label="a &amp;amp; b"' in drawn
    assert 'label="R&amp;D &amp;lt;x&amp;gt;"' in drawn


def test_boxes_lie_in_boxes_in_dot() -> None:
    """Clusters are nested as the boxes are."""
    boxes = tuple(
        Box(id=one, label=one, caption=one, kind="group", box=box)
        for one, box in (("out", None), ("in", "out"), ("other", None))
    )
    drawn = files.dot(
        msgspec.structs.replace(EMPTY, boxes=boxes, nodes=(named("a", box="in"), named("b", box="other")))
    )
    lines = [line.split(" [")[0] for line in drawn.splitlines()[4:]]

    assert lines == [
        "  subgraph cluster_0 {", '    label="out";', "    subgraph cluster_1 {", '      label="in";', "      n0",
        "    }", "  }", "  subgraph cluster_2 {", '    label="other";', "    n1", "  }", "}",
    ]  # fmt: skip


# ---- what is folded
def in_accounts(count: int, accounts: int, lit: tuple[int, ...] = ()) -> Shape:
    """So many nodes without links, spread over accounts."""
    ids = [f"{number:012d}" for number in range(accounts)]
    boxes = [Box(id=f"account {one}", kind="account", label=one, caption=one, account=one) for one in ids]
    nodes = tuple(named(f"n{n}", account=ids[n % accounts], box=f"account {ids[n % accounts]}", lit=n in lit)
                  for n in range(count))  # fmt: skip
    return msgspec.structs.replace(EMPTY, boxes=tuple(boxes), nodes=nodes)


def test_nothing_is_said_where_nothing_can_be_folded() -> None:
    """Many nodes without an account stay as they are, and no note says otherwise."""
    shape = msgspec.structs.replace(EMPTY, nodes=tuple(named(f"n{n}", kind="account") for n in range(500)))

    assert crowded(shape) == shape


def test_the_note_counts_nodes() -> None:
    """The nodes of the answer are counted, whether they were folded already or not."""
    whole, first = in_accounts(1000, 2), "0" * 12
    inner = Box(id="inner", kind="group", label="inner", caption="inner", account=first, box=f"account {first}")
    shape = msgspec.structs.replace(
        whole,
        boxes=(*whole.boxes, inner),
        folded=("inner",),
        nodes=tuple(
            msgspec.structs.replace(node, box="inner") if node.account == first else node for node in whole.nodes
        ),
    )

    # Drawn are the inner box, and the account that was folded.
    assert crowded(shape).notes == ("It opens with 2 of 1,000 nodes; the rest is folded.",)


def test_an_account_with_something_lit_is_thinned() -> None:
    """Of an account in which something is lit all the rest is folded into one, and the lit node stays."""
    shape = crowded(in_accounts(2000, 2, lit=(4,)))
    shown = view(shape)
    stands = standing_for(shape)

    assert stands["n4"] == "n4"
    assert {stands["n0"], stands["n6"]} == {f"rest account {'0' * 12}"}
    assert stands["n1"] == f"account {'0' * 11}1"
    assert len(shown.entries) == 3
    assert shown.entries[stands["n0"]].caption == "the rest of\n000000000000 \u00d7999"
    assert [box.box for box in shape.boxes if box.id.startswith("rest ")] == [f"account {'0' * 12}"]


def test_boxes_stand_after_those_around_them() -> None:
    """What is folded anew keeps the order of boxes, and what was in a box stays in it."""
    whole = crowd(3000, lit=1)
    shape = crowded(whole)
    seen: set[str | None] = {None}
    for box in shape.boxes:
        assert box.box in seen
        seen.add(box.id)

    assert len(view(shape).entries) <= MOST
    assert [node.id for node in shape.nodes] == [node.id for node in whole.nodes]
    assert set(shape.folded) <= seen


def test_a_crowd_in_which_much_is_lit_is_quick() -> None:
    """Of 2,000 lit nodes in 3,000 accounts none is folded."""
    shape = in_accounts(5000, 3000, lit=tuple(range(2000)))
    stands = standing_for(crowded(shape))

    assert all(stands[f"n{n}"] == f"n{n}" for n in range(2000))
