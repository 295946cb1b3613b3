"""All files of the kit, and the folder that they are written to."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from lineage.kit import saved
from lineage.kit.grass import grass
from lineage.kit.guide import guide
from lineage.model.errors import BadUse

STYLE, GUIDE, LIST, README = "lineage.grass", "guide.html", "saved-cypher.csv", "README.md"
_FIRST_LINE: Final = "# Neo4j Browser kit of cloudtrail-lineage\n"
_README: Final = f"""\
{_FIRST_LINE}
Written by `lineage browser`; write it again rather than change it.

- `{STYLE}`: captions, colours and sizes. Classic Browser (`/browser/`): drop the file on its page, below the editor.
- `{GUIDE}`: the example incident, with queries to click. Classic Browser, while `lineage browser --serve` runs: it
  prints the two lines to paste, `:style …` and `:guide …`.
- `queries/draw/`: questions that Browser draws. `queries/`: the same and more, as tables. Run
  `queries/{saved.PARAMETERS}` once, then any of them, then change what is asked (`:param ask => 'AKIA…'`).
- `{LIST}`: all of them for the newer Browser: Saved Cypher, Import. It takes no style sheet and no classic guide.
"""
_NAME: Final = "name an empty or a new folder"


def files(address: str = "") -> dict[str, str]:
    """Text by path of every file; `address` is where `--serve` offers them."""
    queries = {f"queries/{name}": text for name, text in saved.files().items()}
    return {README: _README, STYLE: grass(), GUIDE: guide(address), LIST: saved.listed()} | queries


def write(folder: Path) -> None:
    """Write all files to that folder. Raises `BadUse` where it cannot, or holds anything but an older kit."""
    try:
        if folder.exists() and not folder.is_dir():
            raise BadUse(f"--out {folder}: is no folder; {_NAME}")
        if folder.is_dir() and any(folder.iterdir()) and not _ours(folder):
            raise BadUse(f"--out {folder}: holds other files; {_NAME}")
        for name, text in files().items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        reason = (error.strerror or "no reason given").lower()
        raise BadUse(f"--out {folder}: {error.filename} cannot be written, {reason}; {_NAME}") from None


def _ours(folder: Path) -> bool:
    try:
        with (folder / README).open(encoding="utf-8", errors="replace") as file:
            return file.readline() == _FIRST_LINE
    except OSError:
        return False
