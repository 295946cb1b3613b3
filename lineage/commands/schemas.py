"""`lineage schema`: the JSON Schema of the answers and of pictures."""

from __future__ import annotations

import json

from lineage.draw import jsonform
from lineage.model.errors import BadUse
from lineage.questions.registry import answers


def schema(name: str | None) -> str:
    """The schema of `who`, or of `lineage.who/1`, as JSON text; the names of all, one a line, for None.

    Raises `BadUse` for a name that there is not.
    """
    names = [*answers(), jsonform.SCHEMA]
    if name is None:
        return "\n".join(names)
    by_stem = {full.split(".")[-1].split("/")[0]: full for full in names}
    full = name if name in names else by_stem.get(name.replace("-", "_"))
    if full is None:
        raise BadUse(f"schema {name}: there is none; there are: {', '.join(by_stem)}")
    told = answers()[full].model_json_schema(mode="serialization") if full in answers() else jsonform.json_schema()
    return json.dumps(told, indent=2)
