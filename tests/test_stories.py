"""The golden stories: each folder of `stories/` holds events and the answers that are right about them.

`story.md` tells what happened and why the answer is right. The other files are loaded in one load,
or as `orders.json` says: a list of orders, each a list of loads, each a list of files. `answers.json`
is a list of questions with what must be in the answer (`tests/matching.py`).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lineage.errors import NotFound
from lineage.render.of import module_name
from tests.matching import differences

if TYPE_CHECKING:
    from lineage import Store

STORIES = Path(__file__).parent / "stories"
ABOUT = {"story.md", "answers.json", "orders.json"}


def orders(folder: Path) -> list[list[list[str]]]:
    """The orders in which the story's files are loaded; by default one load of all."""
    told = folder / "orders.json"
    if told.exists():
        found: list[list[list[str]]] = json.loads(told.read_text())
        return found
    return [[sorted(f.name for f in folder.iterdir() if f.name not in ABOUT)]]


CASES = [
    pytest.param(folder, loads, id=f"{folder.name}-{n}" if n else folder.name)
    for folder in sorted(STORIES.iterdir())
    for n, loads in enumerate(orders(folder))
]


def answer(store: Store, check: dict[str, Any]) -> Any:
    """The store's answer as JSON; what is not found is `{"found": false, "total": 0, "answers": []}`."""
    asked = [check["ask"]] if "ask" in check else []
    try:
        model = getattr(store, module_name(check["question"]))(*asked, **check.get("options", {}))
    except NotFound:
        return {"found": False, "total": 0, "answers": []}
    return model.model_dump(mode="json", by_alias=True)


@pytest.mark.parametrize(("folder", "loads"), CASES)
def test_story(store: Store, folder: Path, loads: list[list[str]]) -> None:
    """Every question about the story gets the answer that is right."""
    for names in loads:
        store.load([folder / name for name in names])
    wrong = [
        f"{check['question']} {check.get('ask', '')}\n    {line}"
        for check in json.loads((folder / "answers.json").read_text())
        for line in differences(check["expect"], answer(store, check))
    ]
    if wrong:
        pytest.fail("\n  ".join([(folder / "story.md").read_text().rstrip(), *wrong]), pytrace=False)


@pytest.mark.parametrize("folder", sorted(STORIES.iterdir()), ids=lambda folder: folder.name)
def test_story_is_told(folder: Path) -> None:
    """Each story says in a few lines what happened, and asks at least one question."""
    lines = (folder / "story.md").read_text().splitlines()

    assert lines[0].startswith("# ")
    assert 3 <= len(lines) <= 16
    assert json.loads((folder / "answers.json").read_text())
