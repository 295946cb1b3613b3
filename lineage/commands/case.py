"""The folder of a case: a report with what it rests on, so that it can be checked later and asked again.

| file | content |
|---|---|
| `report.html`, `report.md`, `report.json` | the report |
| `alert.json`, `alert.txt` | the alert as given, byte by byte |
| `records.ndjson` | the cited raw records with their place in the logs, secrets removed |
| `questions.sh` | the command of each section |
| `case.json` | versions, the store, the log files with their hashes, and which cited events were not found |
| `SHA256SUMS` | the hash of each file, for `sha256sum --check` |
"""

from __future__ import annotations

import hashlib
import platform
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lineage.ask import QUESTIONS
from lineage.commands.generate import Arguments
from lineage.model.errors import BadUse
from lineage.parameters import Command
from lineage.render import outfile

if TYPE_CHECKING:
    from lineage import Lineage
    from lineage.questions.investigate import Investigation
    from lineage.questions.show import Place

SCHEMA = "lineage.case/1"
SUMS = "SHA256SUMS"


def refuse_used(folder: str) -> Path:
    """The folder of a case. Raises `BadUse` where it holds anything, or is no folder."""
    path = Path(folder)
    try:
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            what = "not empty" if path.is_dir() else "not a folder"
            raise BadUse(f"--case {folder}: {what}; give a new or empty folder")
    except OSError as error:
        raise BadUse(f"--case {folder}: cannot be read ({error.strerror}); give a new or empty folder") from None
    return path


def given(alert: str) -> tuple[str, bytes]:
    """The alert as given, with a name for its file."""
    text = alert.strip()
    if text[:1] not in ("{", "["):
        try:
            path = Path(text)
            if path.is_file():
                return f"alert{''.join(path.suffixes[-2:]) or '.json'}", path.read_bytes()
        except (OSError, ValueError):
            pass
        return "alert.txt", f"{text}\n".encode()
    return "alert.json", alert.encode()


def write(
    folder: Path, lineage: Lineage, answer: Investigation, arguments: Arguments, reports: dict[str, str], *,
    alert: tuple[str, bytes], logs: Sequence[str], store: str,
) -> int:  # fmt: skip
    """Write the folder of a case; returns how many cited events were not found. `reports` are texts by file name."""
    from lineage.render.text import as_json

    cited = {event.event_id for group in answer.groups for event in group.cited}
    places = list(_places(lineage, cited, logs))
    missing = sorted(cited - {str(place.record.get("eventID")) for place in places})
    files = {name: text.encode() for name, text in reports.items()}
    files["report.json"] = f"{as_json(answer, indent=2)}\n".encode()
    files[alert[0]] = alert[1]
    files["records.ndjson"] = "".join(f"{as_json(place)}\n" for place in places).encode()
    files["questions.sh"] = script(answer, arguments, alert[0], store).encode()
    files["case.json"] = _manifest(answer, arguments, places, missing, logs, store)
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(files.items()))
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in {**files, SUMS: sums.encode()}.items():
        with outfile.writing(folder / name) as out:
            out.write(data)
    return len(missing)


def _places(lineage: Lineage, cited: set[str], logs: Sequence[str]) -> Iterator[Place]:
    from lineage.show import records

    if logs:
        yield from records(cited, list(logs), lineage.file_hash)


def _manifest(
    answer: Investigation, arguments: Arguments, places: Sequence[Place], missing: list[str], logs: Sequence[str],
    store: str,
) -> bytes:  # fmt: skip
    """What the case was made with and from, as JSON."""
    import msgspec

    from lineage import __version__
    from lineage.render.text import safe_json

    found = {place.path: place for place in places}
    value = {
        "schema": SCHEMA,
        "versions": {
            "lineage": __version__, "python": platform.python_version(), "store": _store_version(store),
            "report": answer.schema_,
        },
        "store": store,
        "asked": answer.asked,
        "options": {name: value for name, value in arguments.items() if name != "alert"},
        "logs": list(logs),
        "log_files": [
            {"path": path, "sha256": place.sha256, "loaded_sha256": place.loaded_sha256}
            for path, place in sorted(found.items())
        ],
        "events_cited": sum(group.cited_total for group in answer.groups),
        "events_listed": sum(len(group.cited) for group in answer.groups),
        "events_not_found": missing,
        "files_not_as_loaded": sorted(
            path for path, place in found.items() if place.loaded_sha256 not in (None, place.sha256)
        ),
    }  # fmt: skip
    return f"{safe_json(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())}\n".encode()


def _store_version(store: str) -> str:
    """The version of the store's own format."""
    if "://" in store:
        from lineage.stores.neo4j.store import SCHEMA_VERSION as VERSION
    else:
        from lineage.stores.sqlite.store import SCHEMA_VERSION as VERSION
    return VERSION


def script(answer: Investigation, arguments: Arguments, alert: str, store: str) -> str:
    """The commands that ask the report and each of its sections again, each once."""
    options = {name: value for name, value in arguments.items() if name != "alert"}
    about = answer.asked if alert == "alert.txt" else alert
    lines = [line("investigate", (about,), options)]
    for group in answer.groups:
        for case in group.cases:
            lines.append(line("who", (case.ask,), {}))
            for section in case.sections:
                # Addresses are the one ask of several words.
                words = (section.asked or "").split() if section.question == "from" else (section.asked,)
                lines.append(line(section.question, [word for word in words if word], section.options))
    target = store if "://" in store else str(Path(store).resolve())
    head = [
        "#!/bin/sh", "# Asks each question of the report again.", 'cd "$(dirname "$0")" || exit',
        f"export LINEAGE_STORE={shlex.quote(target)}",
    ]  # fmt: skip
    return "\n".join([*head, *dict.fromkeys(lines)]) + "\n"


def line(stem: str, asked: Sequence[str], options: Arguments) -> str:
    """A command line that asks a question, quoted for a POSIX shell."""
    question = QUESTIONS[stem.replace("_", "-")]
    words = ["lineage", question.name]
    for name, value in options.items():
        if value not in (None, False, (), []):
            words += _option(question, name, value)
    return shlex.join([*words, *(["--"] if any(one.startswith("-") for one in asked) else []), *asked])


def _option(question: Command, name: str, value: object) -> list[str]:
    param = next(one.param for one in question.parameters if one.name == name)
    flag = param.flags[0] if param.flags else f"--{name.replace('_', '-')}"
    return [flag] if value is True else [f"{flag}={value}"]
