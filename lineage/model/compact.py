"""Compresses small values with a common dictionary: 5 times smaller in 3 µs, where each alone would hardly shrink.

The dictionary is the text of `compact.txt` and the packed `_EXAMPLES`. Stores hold what was compressed with it: change
neither without a new version of their format.
"""

from __future__ import annotations

from importlib.resources import files

import msgspec
import zstandard

SHORT = 24
"""Shorter values are kept as they are."""
_PLAIN, _PACKED = b"\0", b"\1"
_ID = "00000000-0000-4000-8000-000000000000"
_ROLE = "arn:aws:iam::000000000000:role/"
_SESSION = "arn:aws:sts::000000000000:assumed-role/"
_WHO = {
    "type": "AssumedRole", "account": "000000000000", "principal_id": "AROA0000000000000000:", "arn": _SESSION,
    "access_key_id": "ASIA000000000000", "created": 1773105072, "role_name": "", "role_arn": _ROLE,
    "role_id": "AROA00000000000000000", "session_name": "", "issuer_type": "Role", "issuer_arn": _ROLE, "mfa": False,
}  # fmt: skip
_EXAMPLES: tuple[object, ...] = (
    {"access_key_id": "ASIA000000000000", "long_term": False, "session": "", "expires": "2026-03-10T00:00:00Z"},
    {"type": "AWS::S3::Bucket", "account": "000000000000", "id": ""},
    {"kind": "Role", "name": "", "account": "000000000000", "arn": _ROLE, "provider": None},
    {"type": "AWSService", "invoked_by": ".amazonaws.com"},
    {"type": "IAMUser", "account": "000000000000", "principal_id": "AIDA00000000000000000",
     "arn": "arn:aws:iam::000000000000:user/", "user_name": "", "access_key_id": "AKIA0000000000000000"},
    {"api": "", "time": "2026-03-10T00:00:00Z", "event_ids": [_ID], "region": "us-east-1", "what": "", "before": None,
     "after": "", "marks": [""]},
    {"parent": True, "api": "sts:AssumeRole", "time": "2026-03-10T00:00:00Z", "event_id": _ID, "event_ids": [_ID],
     "expires": "2026-03-10T01:00:00Z", "rule": "2", "confidence": "EXACT", "candidates": 1},
    {"fact": "grant",
     "event": {"id": _ID, "time": 1773105072, "api": "sts:AssumeRole", "account": "000000000000",
               "region": "us-east-1", "source_ip": "", "user_agent": "", "shared_id": _ID, "request_id": _ID},
     "caller": _WHO, "kind": "assume-role", "session_type": "role", "account": "000000000000", "partition": "aws",
     "principal_id": "AROA0000000000000000:", "role_name": "", "role_arn": _ROLE, "session_name": "",
     "key": "ASIA000000000000", "expires": 1773105072, "duration_seconds": 3600, "mfa": False},
    {"account": "000000000000", "principal_id": "AROA0000000000000000:", "created": "2026-03-10T00:00:00Z", "name": "",
     "role": "", "role_arn": _ROLE, "type": "role", "resolved": True, "source_identity": None, "on_behalf_of": None,
     "delegate": None, "issuer": None, "mfa": None, "workload": None, "sign_in_session": None, "switched_from": None,
     "switched_to": None},
    {"parent": True, "api": "sts:AssumeRole", "how": "assume-role", "via": None, "time": "2026-03-10T00:00:00Z",
     "event_ids": [_ID], "sign_in_event_ids": [], "rule": "4", "confidence": "STRONG", "candidates": 1,
     "expires": "2026-03-10T01:00:00Z", "source_ip": "", "user_agent": "", "region": "us-east-1",
     "caller_account": "000000000000", "account": "000000000000", "cross_account": False, "source_identity": None,
     "tags": [], "mfa": None, "caller_key": None, "provider": None, "subject": None,
     "grants": ['{"event_ids":["00000000-0000-4000-8000-000000000000"],"accounts":["000000000000"],'
                '"time":"2026-03-10T00:00:00Z","key":"ASIA000000000000","expires":"2026-03-10T01:00:00Z",'
                '"caller_key":null,"caller_id":"AROA0000000000000000:","source_ip":"","user_agent":"",'
                '"omitted":false}'], "tokens": []},
)  # fmt: skip


def _dictionary() -> zstandard.ZstdCompressionDict:
    text = files("lineage.model").joinpath("compact.txt").read_bytes()
    content = text + b"".join(map(msgspec.msgpack.encode, _EXAMPLES))
    return zstandard.ZstdCompressionDict(content, dict_type=zstandard.DICT_TYPE_RAWCONTENT)


_DICTIONARY = _dictionary()
_LEVEL = -1  # half the time of level 1, as small to a percent
_DICTIONARY.precompute_compress(level=_LEVEL)
_SETTINGS = zstandard.ZstdCompressionParameters.from_level(
    _LEVEL, format=zstandard.FORMAT_ZSTD1_MAGICLESS, write_content_size=1, write_checksum=0, write_dict_id=0
)
_compress = zstandard.ZstdCompressor(dict_data=_DICTIONARY, compression_params=_SETTINGS).compress
_decompress = zstandard.ZstdDecompressor(dict_data=_DICTIONARY, format=zstandard.FORMAT_ZSTD1_MAGICLESS).decompress


def compress(value: bytes) -> bytes:
    """Return the value in fewer bytes.

    >>> decompress(compress(b"short")), len(compress(b"arn:aws:iam::" * 100)) < 40
    (b'short', True)
    """
    return _PACKED + _compress(value) if len(value) >= SHORT else _PLAIN + value


def decompress(value: bytes) -> bytes:
    """Return the value that `compress` was given."""
    return _decompress(value[1:]) if value[:1] == _PACKED else value[1:]
