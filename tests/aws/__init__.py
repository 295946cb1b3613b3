"""A small AWS that writes realistic CloudTrail records together with the truth about them.

An independent judge: it knows CloudTrail from AWS's documents and real records (the field guide),
and nothing of the program under test. `Cloud` is deterministic: the same seed and the same actions
give the same bytes.

>>> cloud = Cloud(seed=7)
>>> home = cloud.account("home")
>>> alice = cloud.user(home, "alice")
>>> session = cloud.assume_role(alice, cloud.role(home, "admin"), "alice")
>>> event = cloud.call(session, "ec2.amazonaws.com", "DescribeInstances")
>>> cloud.truth[event].kind, cloud.truth[event].depth
('IAMUser', 1)
"""

from __future__ import annotations

from pathlib import Path

from .files import write_s3
from .services import Services
from .values import Directory, Identity, Json, Person, Role, Truth, epoch, iso

__all__ = ["Cloud", "Directory", "Identity", "Json", "Person", "Role", "Truth", "epoch", "iso"]


class Cloud(Services):
    """Every action of the simulator; see `Trail` for the clock and what it keeps."""

    def write_to(self, folder: Path) -> list[Path]:
        """The paths of the records so far, gzipped in the S3 layout under `folder`."""
        return write_s3(self.records, folder)

    def save_accounts(self, path: Path) -> None:
        """Write the accounts' names as the two-column CSV that `--accounts` takes."""
        rows = "".join(f"{number},{name}\n" for number, name in sorted(self.names.items()))
        path.write_text("Id,Name\n" + rows)
