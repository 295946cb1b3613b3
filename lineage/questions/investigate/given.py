"""Reads what `investigate` is given: findings and events as objects, as JSON or in a file, or an ask."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from lineage.model.alert import Alert
from lineage.model.errors import BadUse
from lineage.questions.shared.subjects import AGENT, is_address
from loaders.findings.findings import alerts_in

ENDINGS = (".json", ".jsonl", ".ndjson", ".gz")
LARGEST = 16 << 20
"""Bytes of a file that may be one alert or a list of them."""


def read(
    alert: str | bytes | os.PathLike[str] | Mapping[str, object] | Sequence[Mapping[str, object]],
) -> tuple[str, list[Alert]]:
    """A name for what was given, and the alerts in it. Raises `BadUse`."""
    if isinstance(alert, bytes):
        return "alert", alerts_in(alert)
    if isinstance(alert, (Mapping, list, tuple)):
        return "alert", alerts_in(msgspec.json.encode(alert))
    if isinstance(alert, str):
        text = alert.strip()
        if text[:1] in ("{", "["):
            return "alert", alerts_in(text)
        if not text or not _is_path(text):
            return text, [_ask(text)]
        alert = text
    path = Path(alert)  # type: ignore[arg-type]  # a text is no list of objects
    try:
        if path.stat().st_size > LARGEST:
            raise BadUse(f"{path}: too large for alerts; to load logs: lineage load {path}")
        data = path.read_bytes()
    except OSError as error:
        raise BadUse(f"{path}: cannot be read ({error.strerror}); give a file with a finding or an event") from None
    return str(path), alerts_in(data, str(path))


def files(text: str) -> Iterable[str]:
    """The file that a text names, or looks as if it should."""
    text = text.strip()
    if text[:1] in ("", "{", "["):
        return ()
    try:
        there = text.lower().endswith(ENDINGS) or Path(text).exists()
    except (OSError, ValueError):
        return ()
    return [text] if there else ()


def _ask(text: str) -> Alert:
    """An event ID, key, session or ARN as an alert. Raises `BadUse` for what is none."""
    if not text:
        raise BadUse("not an alert: give a finding, an event, a key, a session or an ARN")
    if text.startswith(AGENT) or is_address(text) or (len(text) == 12 and text.isdigit()):
        raise BadUse(
            f"{text}: not an alert; for an address: lineage from {text}, for accounts and agents: lineage session"
        )
    return Alert(kind="ask", id=text)


def _is_path(text: str) -> bool:
    """Is it the path of a file? Raises `BadUse` for a folder, and for a file that is not there."""
    try:
        if Path(text).is_dir():
            raise BadUse(f"{text}: a folder; give one file with findings or events; to load logs: lineage load {text}")
        there = Path(text).is_file()
    except (OSError, ValueError):
        return False
    if not there and text.lower().endswith(ENDINGS):
        raise BadUse(f"{text}: no such file; give a file with a finding or an event")
    return there
