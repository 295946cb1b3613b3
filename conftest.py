"""What the examples in docstrings use: the example incident, loaded into a store in memory."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from lineage.load import load
from lineage.questions.shared.memo import Memo
from lineage.stores.sqlite.store import SQLiteStore

INCIDENT = Path(__file__).parent / "examples" / "incident"


@pytest.fixture(scope="session", autouse=True)
def docstring_names(doctest_namespace: dict[str, Any]) -> Iterator[None]:
    """Examples may call `incident()`: a reader of the example incident, which is loaded on the first call."""
    opened = []

    @cache
    def incident() -> Memo:
        store = SQLiteStore(":memory:")
        opened.append(store)
        load(store, [str(INCIDENT)], processes=1)
        return Memo(store)

    doctest_namespace["incident"] = incident
    yield
    for store in opened:
        store.close()
