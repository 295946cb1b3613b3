"""Digest files as CloudTrail writes them, signed with a key of our own (guide §9.4)."""

from __future__ import annotations

import base64
import gzip
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from .files import dumps
from .values import Json

HOUR = timedelta(hours=1)


@cache
def private_key(name: str) -> RSAPrivateKey:
    """The key pair of that name, the same all the time that this process runs."""
    return generate_private_key(public_exponent=65537, key_size=2048)


def public_der(name: str) -> bytes:
    """A public key as PKCS#1 in DER."""
    return private_key(name).public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)


def fingerprint(name: str) -> str:
    """What stands for a public key in digests."""
    return hashlib.md5(public_der(name), usedforsecurity=False).hexdigest()


def key_list(*names: str) -> str:
    """What `aws cloudtrail list-public-keys` prints."""
    return dumps({"PublicKeyList": [
        {"Value": base64.b64encode(public_der(name)).decode(), "ValidityStartTime": "2026-01-01T00:00:00+00:00",
         "ValidityEndTime": "2027-01-01T00:00:00+00:00", "Fingerprint": fingerprint(name)}
        for name in names
    ]})  # fmt: skip


class Digests:
    """The digests of a trail in one account and region, hour by hour."""

    def __init__(
        self, account: str, region: str, trail: str, start: str, *, home: str = "us-east-1", bucket: str = "trail-logs",
        key: str = "key", above: str = "AWSLogs",
    ) -> None:  # fmt: skip
        self.account, self.region, self.trail, self.home, self.bucket = account, region, trail, home, bucket
        self.key, self.above = key, above
        self.now = datetime.fromisoformat(start).astimezone(UTC)
        self.previous: Json = {}
        self.files: dict[str, bytes] = {}
        """Objects of the trail, uncompressed, by key: digests and log files."""
        self.signatures: dict[str, str] = {}
        """Signatures of the digests by key, as the metadata of the objects have them."""

    def log(self, number: int) -> str:
        """Deliver a log file in the hour at hand; returns its key."""
        stamp = f"{self.now + timedelta(minutes=5 * (number % 11 + 1)):%Y%m%dT%H%MZ}"
        name = f"{self.account}_CloudTrail_{self.region}_{stamp}_{number:016x}.json.gz"
        object_ = f"{self.above}/{self.account}/CloudTrail/{self.region}/{self.now:%Y/%m/%d}/{name}"
        record = {"eventVersion": "1.08", "eventTime": f"{self.now:%Y-%m-%dT%H:%M:%SZ}", "eventName": "ListBuckets",
                  "eventSource": "s3.amazonaws.com", "awsRegion": self.region, "eventID": f"event-{number}",
                  "recipientAccountId": self.account}  # fmt: skip
        self.files[object_] = dumps({"Records": [record]}).encode()
        return object_

    def hour(self, *logs: str, backfill: bool = False) -> str:
        """Write the digest of the hour at hand over some log files, and go on to the next hour; returns its key."""
        end = self.now + HOUR
        name = f"{self.account}_CloudTrail-Digest_{self.region}_{self.trail}_{self.home}_{end:%Y%m%dT%H%M%SZ}"
        folder = f"{self.above}/{self.account}/CloudTrail-Digest/{self.region}/{end:%Y/%m/%d}"
        object_ = f"{folder}/{name}{'_backfill' if backfill else ''}.json.gz"
        previous = {} if backfill else self.previous
        document = {
            "awsAccountId": self.account, "digestStartTime": f"{self.now:%Y-%m-%dT%H:%M:%SZ}",
            "digestEndTime": f"{end:%Y-%m-%dT%H:%M:%SZ}", "digestS3Bucket": self.bucket, "digestS3Object": object_,
            "digestPublicKeyFingerprint": fingerprint(self.key), "digestSignatureAlgorithm": "SHA256withRSA",
            "newestEventTime": None, "oldestEventTime": None,
            "previousDigestS3Bucket": previous.get("bucket"), "previousDigestS3Object": previous.get("object"),
            "previousDigestHashValue": previous.get("hash"),
            "previousDigestHashAlgorithm": "SHA-256" if previous else None,
            "previousDigestSignature": previous.get("signature"),
            "logFiles": [
                {"s3Bucket": self.bucket, "s3Object": log, "hashAlgorithm": "SHA-256",
                 "hashValue": hashlib.sha256(self.files[log]).hexdigest(), "newestEventTime": None,
                 "oldestEventTime": None}
                for log in logs
            ],
        }  # fmt: skip
        self.write(object_, document, chained=not backfill)
        if not backfill:
            self.now = end
        return object_

    def write(self, object_: str, document: Json, *, chained: bool = True) -> None:
        """Write and sign a digest."""
        content = dumps(document).encode()
        sha256 = hashlib.sha256(content).hexdigest()
        lines = (document["digestEndTime"], f"{self.bucket}/{object_}", sha256,
                 document["previousDigestSignature"] or "null")  # fmt: skip
        signature = private_key(self.key).sign("\n".join(lines).encode(), PKCS1v15(), SHA256()).hex()
        self.files[object_], self.signatures[object_] = content, signature
        if chained:
            self.previous = {"bucket": self.bucket, "object": object_, "hash": sha256, "signature": signature}

    def restart(self, hours: int = 0) -> None:
        """Begin the chain anew, after some hours without digests."""
        self.previous = {}
        self.now += hours * HOUR


def write_files(files: Mapping[str, bytes], folder: Path) -> None:
    """Write objects as they are in a bucket, compressed, below a folder."""
    for object_, content in files.items():
        path = folder / object_
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(content, mtime=0))
