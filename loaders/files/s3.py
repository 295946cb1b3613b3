"""Reads objects in S3: small ones several at a time and ahead of their turn, large ones as a stream.

boto3 (the extra `aws`) is imported when a client is needed. Every error is an `OSError` whose text says what is wrong
and what to do, in one line and without the address.
"""

from __future__ import annotations

import errno
import os
import re
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from functools import cache
from itertools import chain
from typing import Any

from lineage.model.errors import BadUse
from loaders.files.decompress import BLOCK
from loaders.files.sources import S3, Reach, Source

THREADS = 16
"""Requests at once in one process: a request mostly waits."""
AHEAD_OBJECTS = 64
AHEAD_BYTES = 32 << 20
"""Most objects, and bytes of them, that wait for their turn."""
SMALL = 4 << 20
"""Larger objects are read as a stream when it is their turn."""
ATTEMPTS = int(os.environ.get("AWS_MAX_ATTEMPTS") or 8)
"""Attempts of one request, and of reading on after a connection was lost."""
LONGEST_PAUSE = 20.0
"""Seconds between two attempts at most."""
_lines = re.compile(r"\s+")


class Ahead(Source, frozen=True, kw_only=True):
    """An object that is being read, or was."""

    data: Future[bytes]


def ahead(sources: Iterable[Source]) -> Iterator[Source]:
    """Yield the sources in their order; small objects of S3 are read ahead of their turn."""
    sources = iter(sources)
    for first in sources:
        if first.reach is not None:
            with ThreadPoolExecutor(THREADS, "s3") as pool:
                try:
                    yield from _ahead(chain([first], sources), pool)
                finally:
                    pool.shutdown(wait=False, cancel_futures=True)
            return
        yield first


def _ahead(sources: Iterator[Source], pool: ThreadPoolExecutor) -> Iterator[Source]:
    waiting: deque[Source] = deque()
    held = 0
    for source in sources:
        if source.reach is not None and source.size <= SMALL and not source.problem:
            fields = {name: getattr(source, name) for name in Source.__struct_fields__}
            source = Ahead(**fields, data=pool.submit(_whole, source))
            held += source.size
        waiting.append(source)
        while len(waiting) > AHEAD_OBJECTS or held > AHEAD_BYTES:
            held -= waiting[0].size if isinstance(waiting[0], Ahead) else 0
            yield waiting.popleft()
    while waiting:
        yield waiting.popleft()


def blocks(source: Source) -> Iterator[bytes]:
    """Yield the blocks of an object. Raises `OSError`."""
    if isinstance(source, Ahead):
        data = source.data.result()
        yield from (data[start : start + BLOCK] for start in range(0, len(data), BLOCK))
    else:
        yield from _stream(source)


def _whole(source: Source) -> bytes:
    return b"".join(_stream(source))


def _stream(source: Source) -> Iterator[bytes]:
    """Yield the blocks of an object; where the connection is lost, reading goes on where it was."""
    from botocore.exceptions import HTTPClientError, IncompleteReadError
    from urllib3.exceptions import HTTPError

    bucket, key = split(source.path)
    reach, etag = source.reach or Reach(), source.etag
    get = client("s3", reach).get_object
    done = lost = 0
    while True:
        wanted = {"Bucket": bucket, "Key": key} | payer(reach)
        if etag:
            wanted["IfMatch"] = f'"{etag}"'
        if done:
            wanted["Range"] = f"bytes={done}-"
        found = calling(get, "s3:GetObject", reach, **wanted)
        etag = etag or found.get("ETag", "").strip('"')
        try:
            with closing(found["Body"]) as body:
                while block := body.read(BLOCK):
                    done += len(block)
                    lost = 0
                    yield block
            return
        except (HTTPClientError, IncompleteReadError, HTTPError, ConnectionError):
            lost += 1
            if lost == ATTEMPTS:
                raise OSError(errno.EIO, f"the connection was lost {ATTEMPTS} times; load again") from None
            time.sleep(min(LONGEST_PAUSE, 0.1 * 2**lost))


def look(path: str, reach: Reach) -> Source:
    """Return an object as it is now, by its address. Raises `OSError`."""
    found = _head(path, reach)
    return Source(path, found["ContentLength"], found["ETag"].strip('"'), reach)


def metadata(path: str, reach: Reach) -> dict[str, str]:
    """Return what is kept with an object as its metadata. Raises `OSError`."""
    return dict(_head(path, reach).get("Metadata", {}))


def _head(path: str, reach: Reach) -> Any:  # Any: boto3 has no types
    bucket, key = split(path)
    call = client("s3", reach).head_object
    return calling(call, "s3:GetObject", reach, Bucket=bucket, Key=key, **payer(reach))


def split(path: str) -> tuple[str, str]:
    """Return bucket and key, or prefix, of `s3://BUCKET/KEY`. Raises `BadUse` where there is no bucket.

    >>> split("s3://logs/AWSLogs/"), split("s3://logs")
    (('logs', 'AWSLogs/'), ('logs', ''))
    """
    bucket, _, key = path.removeprefix(S3).partition("/")
    if not bucket:
        raise BadUse(f"{path}: no bucket; write it like s3://BUCKET/PREFIX")
    return bucket, key


def payer(reach: Reach) -> dict[str, Any]:  # Any: arguments of boto3's methods
    """The argument of a request that says who pays."""
    return {"RequestPayer": "requester"} if reach.request_payer else {}


def client(service: str, reach: Reach) -> Any:  # boto3 has no types
    """Return the client of a service, one for each process. Raises `BadUse` where boto3 or a setting is missing."""
    return _client(service, reach, tuple(sorted(one for one in os.environ.items() if one[0].startswith("AWS_"))))


@cache
def _client(service: str, reach: Reach, settings_of_aws: tuple[tuple[str, str], ...]) -> Any:  # as above
    try:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError
    except ImportError:
        raise BadUse(f"{service} needs boto3: pip install 'cloudtrail-lineage[aws]'") from None
    settings: dict[str, Any] = {}  # Any: of any kind
    if service == "s3" and reach.endpoint_url and ".amazonaws.com" not in reach.endpoint_url:
        settings["s3"] = {"addressing_style": "path"}  # other servers have no host name for each bucket
    config = Config(
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS}, max_pool_connections=2 * THREADS,
        connect_timeout=10, read_timeout=60, user_agent_extra="cloudtrail-lineage", **settings,
    )  # fmt: skip
    try:
        session = boto3.Session(profile_name=reach.profile, region_name=reach.region)
        return session.client(service, endpoint_url=reach.endpoint_url, config=config)
    except (BotoCoreError, ValueError) as error:
        raise BadUse(f"AWS: {one_line(error)}; see --profile, --region and --endpoint-url") from None


_DENIED = {"AccessDenied", "403", "Forbidden", "AllAccessDisabled", "AccountProblem", "UnauthorizedAccess"}
_REFUSED = {
    "ExpiredToken", "InvalidAccessKeyId", "InvalidToken", "SignatureDoesNotMatch", "RequestExpired",
    "TokenRefreshRequired",
    "InvalidClientTokenId", "ExpiredTokenException", "RequestTimeTooSkewed", "UnrecognizedClientException",
}  # fmt: skip
_THROTTLED = {
    "SlowDown", "503", "Throttling", "ThrottlingException", "ThrottledException", "RequestLimitExceeded",
    "RequestThrottled", "TooManyRequestsException", "ServiceUnavailable", "BandwidthLimitExceeded",
}  # fmt: skip
_ANSWERS: dict[str, str] = {
    "NoSuchBucket": "no such bucket",
    "NoSuchKey": "no such object; it was deleted, or its key is wrong",
    "404": "no such object; it was deleted, or its key is wrong",
    "PreconditionFailed": "changed after it was listed; load again",
    "412": "changed after it was listed; load again",
    "InvalidRange": "changed while it was read; load again",
    "QueueDoesNotExist": "no such queue",
    "AWS.SimpleQueueService.NonExistentQueue": "no such queue",
}


def failure(error: Exception, action: str, reach: Reach) -> OSError:
    """Return an error of boto3 as one line: what is wrong and what to do; `action` is the permission it needs."""
    from botocore.exceptions import ClientError, NoCredentialsError

    if isinstance(error, NoCredentialsError):
        return OSError(errno.EACCES, "no AWS credentials; sign in, set AWS_PROFILE or give --profile")
    if not isinstance(error, ClientError):
        return OSError(errno.EIO, one_line(error))
    told = error.response.get("Error", {})
    code, message = str(told.get("Code", "")), str(told.get("Message", ""))
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code.startswith("KMS") or (code in _DENIED and "kms:" in message.lower()):
        return OSError(errno.EACCES, "its KMS key cannot be used; these credentials need kms:Decrypt on that key")
    if code in _DENIED:
        asked = reach.request_payer or not action.startswith("s3:")
        pays = "" if asked else "; a bucket whose requester pays needs --request-payer"
        return OSError(errno.EACCES, f"access denied; these credentials need {action}{pays}")
    if code in _REFUSED:
        return OSError(errno.EACCES, f"AWS refuses these credentials ({code}); sign in again")
    if code == "InvalidObjectState":
        storage = str(told.get("StorageClass", "")) or "an archive class"
        return OSError(
            errno.EIO, f"stored in {one_line(storage)}; restore it with aws s3api restore-object, load again"
        )
    if code in _THROTTLED:
        return OSError(errno.EAGAIN, f"throttled ({code}) in {ATTEMPTS} attempts; load again later")
    if code in _ANSWERS:
        return OSError(errno.ENOENT, _ANSWERS[code])
    if status >= 500:
        return OSError(errno.EIO, f"AWS failed ({status} {code}) in {ATTEMPTS} attempts; load again later")
    return OSError(errno.EIO, one_line(f"{code}: {message}"))


def one_line(text: object) -> str:
    """Return a text as one line of at most 200 characters."""
    return _lines.sub(" ", str(text)).strip()[:200]


def calling(call: Callable[..., Any], action: str, reach: Reach, **wanted: Any) -> Any:  # Any: boto3 has no types
    """Return what a call of boto3 returns. Raises `OSError`."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return call(**wanted)
    except (BotoCoreError, ClientError) as error:
        raise failure(error, action, reach) from None
