"""`lineage schema`: the JSON Schema of the answers."""

from __future__ import annotations

import json

from lineage.answers.registry import ANSWERS
from lineage.errors import BadUse


def schema(name: str | None) -> str:
    """The schema of `who`, or of `lineage.who/1`, as JSON text; the names of all, one a line, for None.

    Raises `BadUse` for a name that there is not.
    """
    if name is None:
        return "\n".join(ANSWERS)
    by_stem = {full.split(".")[-1].split("/")[0]: model for full, model in ANSWERS.items()}
    model = ANSWERS.get(name) or by_stem.get(name.replace("-", "_"))
    if model is None:
        raise BadUse(f"schema {name}: there is none; there are: {', '.join(by_stem)}")
    return json.dumps(model.model_json_schema(mode="serialization"), indent=2)
