"""Writes `examples/incident/digests/`: `python -m tests.make_digests`, signed with another key each time.

Digests of the trail `platform-events` for the hour in which its log files were delivered, and the next two.
"""

from __future__ import annotations

import gzip
import shutil

from tests.aws.digests import Digests, key_list, write_files
from tests.make_incident import HOME, PLATFORM


def main() -> None:
    """Write the digests and the public key."""
    folder = HOME / "digests"
    shutil.rmtree(folder, ignore_errors=True)
    trail = HOME / "logs" / "platform-trail"
    for region in ("eu-west-1", "us-east-1"):
        made = Digests(PLATFORM, region, "platform-events", "2026-03-10T23:30:00Z", bucket="platform-trail-logs")
        paths = sorted((trail / "AWSLogs" / PLATFORM / "CloudTrail" / region).rglob("*.json.gz"))
        logs = {str(path.relative_to(trail)): gzip.decompress(path.read_bytes()) for path in paths}
        made.files |= logs
        made.hour(*logs)
        made.hour()
        made.hour()
        write_files({key: content for key, content in made.files.items() if key not in logs}, folder)
    (folder / "keys.json").write_text(f"{key_list('key')}\n", "utf-8")


if __name__ == "__main__":
    main()
