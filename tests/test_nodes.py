"""Nodes of the SQLite store: references by number, and properties that come back as they went in."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from lineage.model import keys
from lineage.model.keys import Ref
from lineage.resolve.graph_elements import Node, node_of
from lineage.stores.sqlite.nodes import pack_node, unpack_node
from lineage.stores.sqlite.store import SQLiteStore

REFS = [
    Ref("Session", "111122223333/AROAQWERTYUIOPASDFGHJ:alice/2026-03-02T08:00:00Z"),
    Ref("Session", "111122223333/AROAQWERTYUIOPASDFGHJ:alice/2026-03-02T08:00:01Z"),
    Ref("Session", "/AROAQWERTYUIOPASDFGHJ:a/b c/2026-03-02T08:00:00Z"),
    Ref("Session", "111122223333/111122223333:assumed-root/2026-03-02T08:00:00Z"),
    Ref("Session", "111122223333/role:admin:alice/1970-01-01T00:00:00Z"),
    Ref("Session", "no key of a session"),
    Ref("Credential", "AKIAQWERTYUIOPASDFGH"),
    Ref("Credential", "ASIAQWERTYUIOPASDFGH 111122223333/AROAQWERTYUIOPASDFGHJ:alice/2026-03-02T08:00:00Z"),
    Ref("Credential", "ASIAQWERTYUIOPASDFGH 111122223333/AROAQWERTYUIOPASDFGHJ:bo/2026-03-02T08:00:00Z"),
    Ref("Credential", "ASIAQWERTYUIOPASDFGH no key of a session"),
    Ref("Principal", "arn:aws:iam::111122223333:role/admin"),
    Ref("Principal", "provider subject with blanks"),
    Ref("Resource", "arn:aws:s3:::bucket"),
    Ref("Principal", ""),
]


def test_references_come_back_as_they_were(tmp_path: Path) -> None:
    """Each reference has one number, which another open file of the store knows too."""
    path = tmp_path / "store.db"
    store = SQLiteStore(path)
    with store.transaction():
        numbers = store._nodes.keep(REFS)
        again = store._nodes.keep(reversed(REFS))
    store.close()
    other = SQLiteStore(path)

    assert again == numbers
    assert len(set(numbers.values())) == len(REFS)
    assert other._nodes.find(REFS) == numbers
    assert {number: text for number, text in other._nodes.of(numbers.values()).items() if number} == {
        number: str(ref) for ref, number in numbers.items()
    }
    assert set(map(str, REFS)) <= set(other._nodes.everything().values())


def test_what_is_not_there_has_no_number(tmp_path: Path) -> None:
    """Looking for references makes none."""
    store = SQLiteStore(tmp_path / "store.db")

    assert store._nodes.find(REFS) == {}
    assert store._nodes.everything() == {None: None}


def test_numbers_of_a_transaction_that_failed_are_forgotten(tmp_path: Path) -> None:
    """After a rollback the same references get numbers that are in the file."""
    store = SQLiteStore(tmp_path / "store.db")
    with suppress(KeyboardInterrupt), store.transaction():
        store._nodes.keep(REFS)
        raise KeyboardInterrupt
    with store.transaction():
        numbers = store._nodes.keep(REFS[:1])

    assert store._nodes.of(numbers.values()) == {None: None, numbers[REFS[0]]: str(REFS[0])}


@pytest.mark.parametrize(
    "node",
    [
        Node(REFS[0], None, {"account": "111122223333", "principal_id": "AROAQWERTYUIOPASDFGHJ:alice",
                             "created": "2026-03-02T08:00:00Z", "name": "alice", "resolved": False}),
        Node(REFS[3], None, {"account": "111122223333", "principal_id": "111122223333",
                             "created": "2026-03-02T08:00:00Z", "resolved": True, "mfa": True}),
        Node(REFS[4], None, {"account": "111122223333", "principal_id": None, "created": "1970-01-01T00:00:00Z"}),
        Node(REFS[6], None, {"access_key_id": "AKIAQWERTYUIOPASDFGH", "long_term": True}),
        Node(REFS[7], None, {"access_key_id": "ASIAQWERTYUIOPASDFGH", "long_term": False,
                             "expires": "2026-03-02T09:00:00Z"}),
        node_of(keys.role("aws", "111122223333", "admin", "arn:aws:iam::111122223333:role/path/admin")),
    ],
    ids=["session", "root", "unnamed", "long-term", "temporary", "principal"],
)  # fmt: skip
def test_properties_come_back_as_they_were(node: Node) -> None:
    """What the columns of a node state is not kept twice, and is there when it is read."""
    known = unpack_node(str(node.ref), node.kind, pack_node(node))

    assert {name: value for name, value in known.items() if value is not None} == {
        name: value for name, value in node.properties.items() if value is not None
    }
    assert unpack_node(str(node.ref), node.kind, None) == {}
