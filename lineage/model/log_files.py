"""The names that CloudTrail gives its files in S3: what they hold, of which account, region and day."""

from __future__ import annotations

import re
from typing import NamedTuple

_NAME = re.compile(
    r"(?P<account>\d{12})_CloudTrail(?P<kind>-[A-Za-z]+)?_(?P<region>[a-z0-9-]+)_(?:[^/]+_)?(?P<day>\d{8})T\d{4,6}Z"
    r"[_.][^/]*\Z",
    re.ASCII,
)
"""No other file has such a name, whatever folder a copy lies in."""


class LogFile(NamedTuple):
    """What the name of a file says."""

    name: str
    """Without its folders, and without `.gz`."""
    kind: str
    """Empty for files of events, else like `Digest` or `Insight`."""
    account: str
    region: str
    day: str
    """The day on which CloudTrail wrote the file, as YYYY-MM-DD."""


def log_file(path: str) -> LogFile | None:
    """Return what the name of a file says; None for a file that CloudTrail did not name.

    >>> log_file("logs/111122223333_CloudTrail_eu-west-1_20260311T0005Z_Ab12.json.gz")[1:]
    ('', '111122223333', 'eu-west-1', '2026-03-11')
    >>> log_file("111122223333_CloudTrail-Digest_eu-west-1_main_us-east-1_20260311T010203Z.json.gz")[1:]
    ('Digest', '111122223333', 'eu-west-1', '2026-03-11')
    >>> log_file("export.csv")
    """
    found = _NAME.search(path.removesuffix(".gz"))
    if found is None:
        return None
    day = found["day"]
    kind = (found["kind"] or "").removeprefix("-")
    return LogFile(found[0], kind, found["account"], found["region"], f"{day[:4]}-{day[4:6]}-{day[6:]}")
