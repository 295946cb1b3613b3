"""The golden stories: each folder of `stories/` holds events and the answers that are right about them.

`story.md` tells what happened and why the answer is right. The other files are loaded in one load,
or as `orders.json` says: a list of orders, each a list of loads, each a list of files. `answers.json`
is a list of questions with what must be in the answer (`tests/matching.py`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import lineage
from lineage.model.errors import NotFound
from lineage.questions.registry import module_name
from lineage.questions.shared.memo import Memo
from lineage.questions.shared.subjects import find
from tests.matching import differences
from tests.question_rows import disagreements
from tests.same import undeclared

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


TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
ASKABLE = re.compile(
    rf"(?:Session )?[^/ ]*/[^/]+/{TIME}|Principal .+|(?:Credential )?A[KS]IA[A-Z0-9]{{12,}}(?: [^/]*/.+/{TIME})?"
    r"|A(?:IDA|ROA)[A-Z0-9]{12,}(?::.+)?|arn:[\w-]+:(?:iam|sts)::\d{12}:(?:user|role|assumed-role|federated-user)/.+"
)
"""What answers call sessions, keys and principals: keys, nodes, unique IDs and ARNs."""


def texts(value: Any) -> Iterator[str]:
    """Every text in an answer but for its hints, which name what may not be loaded."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for one in (one for name, one in value.items() if name != "hints") if isinstance(value, dict) else value:
            yield from texts(one)


HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
"""What CloudTrail logs instead of a name that may be a password."""


def names(value: Any) -> Iterator[str]:
    """The names in an answer: of origins that have a node, of people, and of sessions that have one."""
    if isinstance(value, list):
        for one in value:
            yield from names(one)
    elif isinstance(value, dict):
        origin = value.get("origin") or value.get("whose") or {}
        if origin.get("node") and origin["kind"] != "ExternalAccount":  # a hint may name that
            yield from filter(None, (origin["name"], (value.get("person") or {}).get("name")))
        if value.get("session_name") and (value.get("session") or value.get("label") == "Session"):
            yield value["session_name"]
        for one in value.values():
            yield from names(one)


def unasked(store: Store, answers: list[Any], asked: set[str]) -> Iterator[str]:
    """What answers name and no question takes: sessions, keys and principals, but for those that were only asked
    for or tried."""
    reader = Memo(store._store, lasts=60)
    for text in sorted({text for one in answers for text in texts(one) if ASKABLE.fullmatch(text)} - asked):
        if find(reader, text) is None and not (text.startswith("arn:") and store.touched(text).found):
            yield f"{text}: named by an answer, and cannot be asked"
    for name in sorted({name for one in answers for name in names(one)} - {HIDDEN}):
        try:
            known = find(reader, name) is not None
        except NotFound as error:
            known = bool(error.candidates)
        if not known:
            yield f"{name}: a name of an answer, and cannot be asked"


@pytest.mark.parametrize(("folder", "loads"), CASES)
def test_story(
    store: Store, request: pytest.FixtureRequest, tmp_path: Path, folder: Path, loads: list[list[str]]
) -> None:
    """Every question about the story gets the answer that is right, what answers name can be asked; Neo4j holds
    what the schema declares and nothing else, and the files of `cypher/questions/` agree with the commands."""
    for names in loads:
        store.load([folder / name for name in names])
    checks = json.loads((folder / "answers.json").read_text())
    answers = [answer(store, check) for check in checks]
    wrong = [
        f"{check['question']} {check.get('ask', '')}\n    {line}"
        for check, found in zip(checks, answers, strict=True)
        for line in differences(check["expect"], found)
    ]
    asked = {text for check in checks for text in texts([check.get("ask"), check.get("options")])}
    if store._store.name == "sqlite":  # hundreds of questions; test_lookup asks Neo4j
        wrong += unasked(store, answers, asked)
    else:
        wrong += undeclared(request.getfixturevalue("neo4j_any"))
        with lineage.open(tmp_path / "reference.db") as reference:
            for names in loads:
                reference.load([folder / name for name in names])
            wrong += disagreements(store, reference, folder.name)
    if wrong:
        pytest.fail("\n  ".join([(folder / "story.md").read_text().rstrip(), *wrong]), pytrace=False)


@pytest.mark.parametrize("folder", sorted(STORIES.iterdir()), ids=lambda folder: folder.name)
def test_story_is_told(folder: Path) -> None:
    """Each story says in a few lines what happened, and asks at least one question."""
    lines = (folder / "story.md").read_text().splitlines()

    assert lines[0].startswith("# ")
    assert 3 <= len(lines) <= 16
    assert json.loads((folder / "answers.json").read_text())
