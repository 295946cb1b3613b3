"""`lineage enrich`: where the records go, and in which form."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from lineage import Lineage
from lineage.enrich import Sums
from lineage.model.errors import BadUse
from lineage.render import outfile
from lineage.render.streams import WRITERS
from loaders.files import inputs

ENDINGS = {".ndjson": "ndjson", ".jsonl": "ndjson", ".json": "ndjson", ".csv": "csv", ".parquet": "parquet"}


def write(
    lineage: Lineage, paths: Sequence[str], *, form: str | None, output: Path | None, min_confidence: str
) -> Sums:
    """Write the records behind the paths with their origins; returns how many there were.

    Raises `BadUse` for a form that there is not, and where an input would be overwritten.
    """
    form = form or ENDINGS.get(output.suffix.lower() if output else "", "ndjson")
    if form not in WRITERS:
        raise BadUse(f"--format {form}: there is none; one of {', '.join(WRITERS)}")
    sums = Sums()
    records = lineage.enrich(paths, min_confidence=min_confidence, sums=sums)
    if output is None or str(output) == "-":
        if form == "parquet" and sys.stdout.isatty():
            raise BadUse("--format parquet: not for a terminal; give a file with --output")
        WRITERS[form](records, sys.stdout.buffer)
        return sums
    if output.is_file() and any(output.samefile(source.path) for source in inputs.find(paths) if source.path != "-"):
        raise BadUse(f"{output}: is an input too; give another file with --output")
    with outfile.writing(output) as out:
        WRITERS[form](records, out)
    return sums
