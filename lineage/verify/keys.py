"""Public keys of CloudTrail, and the signatures that they check.

A key is an RSA key as PKCS#1 in DER, known by its fingerprint. Each region has its own (guide §9.4).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from lineage.model.errors import BadUse

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

HOW = "write it with: aws cloudtrail list-public-keys --region REGION --start-time TIME --end-time TIME"
AROUND = 3600
"""Seconds before and after the digests for which keys are asked for."""


class _Key(msgspec.Struct):
    value: str = msgspec.field(name="Value")
    fingerprint: str = msgspec.field(name="Fingerprint")


class _List(msgspec.Struct):
    """What `aws cloudtrail list-public-keys` prints."""

    keys: list[_Key] = msgspec.field(name="PublicKeyList")


class Keys:
    """Public keys by fingerprint."""

    def __init__(self, keys: Mapping[str, RSAPublicKey] | None = None) -> None:
        self._keys = dict(keys or {})

    def __len__(self) -> int:
        return len(self._keys)

    def __contains__(self, fingerprint: str) -> bool:
        return fingerprint in self._keys

    def add(self, fingerprint: str, der: bytes, where: str) -> None:
        """Add a key. Raises `BadUse` where it is no RSA key, or another one has that fingerprint."""
        key = _loaded(der, f"{where}: key {fingerprint}")
        before = self._keys.setdefault(fingerprint, key)
        if before.public_numbers() != key.public_numbers():
            raise BadUse(f"{where}: key {fingerprint}: another key has that fingerprint; give only one of them")

    def is_valid(self, fingerprint: str, signature: str, text: bytes) -> bool:
        """Is this the signature, in hex, of the text (RSASSA-PKCS1-v1_5 with SHA-256)? The key must be there."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.hashes import SHA256

        try:
            self._keys[fingerprint].verify(binascii.unhexlify(signature), text, PKCS1v15(), SHA256())
        except (InvalidSignature, ValueError):
            return False
        return True


def _loaded(der: bytes, where: str) -> RSAPublicKey:
    try:
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
        from cryptography.hazmat.primitives.serialization import load_der_public_key
    except ImportError:
        raise BadUse("signatures need cryptography: pip install 'cloudtrail-lineage[verify]'") from None
    try:
        key = load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, RSAPublicKey):
        raise BadUse(f"{where}: not an RSA public key in DER; {HOW}")
    return key


def read_keys(paths: Iterable[str]) -> Keys:
    """The keys in files that `aws cloudtrail list-public-keys` wrote, one answer or several after another.

    Raises `BadUse`.
    """
    found = Keys()
    for path in paths:
        try:
            text = Path(path).read_text("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "not text"
            raise BadUse(f"--keys {path}: {why}; {HOW}") from None
        for each in _lists(text, path):
            for key in each.keys:
                try:
                    der = base64.b64decode(key.value, validate=True)
                except binascii.Error:
                    raise BadUse(f"--keys {path}: key {key.fingerprint}: its Value is not base64; {HOW}") from None
                found.add(key.fingerprint, der, f"--keys {path}")
    return found


def _lists(text: str, path: str) -> list[_List]:
    """The answers in a file. Raises `BadUse` where there is anything else."""
    import json

    decoder, at, found = json.JSONDecoder(), 0, []
    while text[at:].strip():
        at += len(text[at:]) - len(text[at:].lstrip())
        try:
            value, at = decoder.raw_decode(text, at)
            found.append(msgspec.convert(value, _List))
        except (ValueError, msgspec.ValidationError):
            raise BadUse(f"--keys {path}: not a list of public keys; {HOW}") from None
    if not any(each.keys for each in found):
        raise BadUse(f"--keys {path}: no public key in it; {HOW}")
    return found


def fetch_keys(keys: Keys, times: Mapping[str, tuple[int, int]], profile: str | None = None) -> list[str]:
    """Add the keys of regions for their first and last second, with the AWS credentials that boto3 finds.

    Returns a line for each region whose keys could not be fetched. Raises `BadUse` without boto3.
    """
    from loaders.files.s3 import calling, client
    from loaders.files.sources import Reach

    notes = []
    for region, (first, last) in sorted(times.items()):
        reach = Reach(profile, region, request_payer=True)  # so that no error speaks of a bucket
        ask = client("cloudtrail", reach).list_public_keys
        wanted = {"StartTime": _time(first - AROUND), "EndTime": _time(last + AROUND)}
        try:
            listed = calling(ask, "cloudtrail:ListPublicKeys", reach, **wanted)
        except OSError as error:
            notes.append(f"{region}: public keys could not be fetched: {error.strerror}; give them with --keys")
            continue
        for key in listed.get("PublicKeyList", []):
            keys.add(key["Fingerprint"], key["Value"], region)
    return notes


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(max(seconds, 0), UTC)
