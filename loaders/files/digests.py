"""CloudTrail digest files: no events, but they tell which hours were logged. Guide §9.4."""

from __future__ import annotations

import re

import msgspec

from lineage.model.times import parse_when
from loaders.records.items import Passed

_PLACE = re.compile(
    r"/CloudTrail-Digest/(?P<region>[a-z0-9-]+)/.*"
    r"/\d{12}_CloudTrail-Digest_(?P=region)_(?P<trail>.+)_[a-z0-9-]+_\d{8}T\d{6}Z"
)


class _Digest(msgspec.Struct, rename="camel"):
    digest_start_time: str
    digest_end_time: str
    log_files: list[msgspec.Raw] | None = None
    aws_account_id: str | int | None = None
    digest_s3_object: str = msgspec.field(default="", name="digestS3Object")


def digest(text: bytes) -> Passed:
    """Return a digest's time range (epoch seconds), account, region, trail and number of log files.

    Region and trail come from the name that the digest says it has. A digest without readable times
    is passed over as `other`.
    """
    try:
        said = msgspec.json.decode(text, type=_Digest)
    except msgspec.MsgspecError:
        return Passed("other", 1)
    place = _PLACE.search(said.digest_s3_object)
    return Passed(
        "digest",
        1,
        start=parse_when(said.digest_start_time),
        end=parse_when(said.digest_end_time),
        account=None if said.aws_account_id is None else str(said.aws_account_id).zfill(12),
        region=place["region"] if place else None,
        trail=place["trail"] if place else None,
        events=len(said.log_files or ()),
    )
