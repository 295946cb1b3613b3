"""Lists CloudTrail's folders in S3 by account, region and day, and any other prefix as it is.

The layout is `[PREFIX/]AWSLogs/[o-ORGANIZATION/]ACCOUNT/SERVICE/REGION/YYYY/MM/DD/`. Keys of a region come in order of
days, so a range of days is one stretch of its listing. Logs of other services that lie in the same layout are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from typing import Any

from lineage.model.times import iso
from loaders.files.s3 import THREADS, calling, client, payer, split
from loaders.files.sources import S3, Narrow, Reach, Source

DAY = 86_400
SERVICES = re.compile(r"CloudTrail(?:-[A-Za-z]+)?|GuardDuty")
"""The services whose folders are read: CloudTrail's events, digests and Insights events, and findings."""
_LAYOUT = re.compile(
    r"(?:(?P<root>(?:.*/)?AWSLogs/)(?:o-[a-z0-9]+/)?"
    r"(?:(?P<account>\d{12})/(?:(?P<service>[^/]+)/(?:(?P<region>[^/]+)/(?:(?P<day>\d{4}/\d\d/\d\d)/)?)?)?)?)?",
    re.ASCII | re.DOTALL,
)
DEEPEST = 12
"""Most levels of folders that are looked through one by one."""


def objects(path: str, reach: Reach, narrow: Narrow) -> Iterator[Source]:
    """Yield the objects behind `s3://BUCKET/PREFIX` that are wanted, in order of their keys.

    A prefix that cannot be listed is a source with a `problem`. Raises `BadUse`. Cost: a request for each thousand
    objects of what is wanted, and one for each folder above.
    """
    return _Listing(path, reach, narrow).run()


class _Listing:
    """One listing: folders level by level as far as some of them are wanted, below that everything."""

    def __init__(self, path: str, reach: Reach, narrow: Narrow) -> None:
        self._bucket, self._prefix = split(path)
        self._reach = reach
        self._narrow = narrow
        self._client: Any = client("s3", reach)  # Any: boto3 has no types
        last = None if narrow.until is None else narrow.until + narrow.late_days * DAY
        self._first_day = "" if narrow.since is None else _day(narrow.since)
        self._last_day = "~" if last is None else _day(last)
        self._dated = narrow.since is not None or narrow.until is not None
        self._narrowed = self._dated or bool(narrow.accounts or narrow.regions)

    def run(self) -> Iterator[Source]:
        """Yield the objects."""
        found: list[Source] = []
        folders, depth = [self._prefix], 0
        with ThreadPoolExecutor(THREADS, "list") as pool:
            while folders:
                listed = list(pool.map(self._listed, folders, repeat(depth)))
                found += (source for sources, _ in listed for source in sources)
                folders = [folder for _, below in listed for folder in below]
                depth += 1
        found.sort(key=lambda source: source.path)
        return iter(found)

    def _listed(self, prefix: str, depth: int) -> tuple[list[Source], list[str]]:
        """Return the wanted objects and folders of a prefix; where all below is wanted, all its objects."""
        found: list[Source] = []
        folders: list[str] = []
        asked = {"Bucket": self._bucket, "Prefix": prefix} | payer(self._reach)
        place = _place(prefix)
        if self._is_looked_through(prefix, place, depth):
            asked["Delimiter"] = "/"
        elif place["region"] is not None and self._first_day:
            asked["StartAfter"] = prefix[: place.end("region")] + f"/{self._first_day}"
        try:
            while True:
                page = calling(self._client.list_objects_v2, "s3:ListBucket", self._reach, **asked)
                folders += (one["Prefix"] for one in page.get("CommonPrefixes", ()) if self._wants(one["Prefix"]))
                for one in page.get("Contents", ()):
                    if self._wants(one["Key"], whole=True):
                        found.append(self._source(one["Key"], one["Size"], one["ETag"].strip('"')))
                if not page.get("IsTruncated") or self._is_past(page):
                    return found, folders
                asked["ContinuationToken"] = page["NextContinuationToken"]
        except OSError as error:
            return [*found, self._source(prefix, 0, problem=f"cannot be listed: {error.strerror}")], folders

    def _is_looked_through(self, prefix: str, place: re.Match[str], depth: int) -> bool:
        """Return whether the folders of a prefix are selected one by one."""
        if depth >= DEEPEST or place["region"] is not None:
            return False
        if place["service"] is not None:
            return self._dated or bool(self._narrow.regions)
        if place["root"] is not None and place.end() == len(prefix):
            return True
        return self._narrowed or depth <= 2

    def _wants(self, key: str, whole: bool = False) -> bool:
        """Return whether an object, if `whole`, or a folder is wanted by its key."""
        place, narrow = _place(key), self._narrow
        if whole and key.endswith("/"):
            return False  # what consoles make for an empty folder
        if place["service"] is not None and not SERVICES.fullmatch(place["service"]):
            return False
        for stated, wanted in ((place["account"], narrow.accounts), (place["region"], narrow.regions)):
            if wanted and stated not in wanted and (whole or stated is not None):
                return False
        day = place["day"]
        return day is None or not self._dated or self._first_day <= day <= self._last_day

    def _is_past(self, page: dict[str, Any]) -> bool:  # Any: as boto3 returns it
        """Return whether all further objects of a region are of later days."""
        last = page["Contents"][-1]["Key"] if page.get("Contents") else ""
        return _place(str(page["Prefix"]))["region"] is not None and (_place(last)["day"] or "") > self._last_day

    def _source(self, key: str, size: int, etag: str = "", problem: str = "") -> Source:
        path = f"{S3}{self._bucket}/{key}"
        return Source(path, size, etag, self._reach, self._narrow.since, self._narrow.until, problem)


def _place(key: str) -> re.Match[str]:
    """Return where in the layout a key or prefix lies; each group that it does not reach is None."""
    found = _LAYOUT.match(key)
    assert found is not None, "every part of the layout may be missing"
    return found


def _day(time: int) -> str:
    """Return the day of an epoch second as folders have it: YYYY/MM/DD."""
    return iso(time)[:10].replace("-", "/")
