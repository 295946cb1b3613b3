"""Takes messages from a queue of SQS, keeps them invisible to others while they are worked on, and deletes them."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from msgspec.structs import replace

from lineage.model.errors import BadUse
from loaders.files.s3 import calling, client
from loaders.files.sources import Reach

HIDDEN_SECONDS = 120
"""For how long a message that was taken is invisible to others, unless it is kept."""
AT_ONCE = 10
"""Most messages of one request."""
_REGION = re.compile(r"(?:^|\.)(?:sqs|queue)\.([a-z0-9-]+)\.(?:amazonaws\.com|api\.aws)")


class Message(NamedTuple):
    """A message that was taken."""

    id: str
    handle: str
    body: str
    taken: int
    """How often it was taken, this time included."""


class Queue:
    """A queue by its URL. Its methods raise `OSError` in one line."""

    def __init__(self, url: str, reach: Reach) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.path.strip("/"):
            raise BadUse(
                f"--queue {url}: not the URL of a queue; it looks like https://sqs.REGION.amazonaws.com/ACCOUNT/NAME"
            )
        region = _REGION.search(parts.netloc)
        own = None if region else f"{parts.scheme}://{parts.netloc}"
        self.url = url
        self._reach = replace(reach, region=region[1] if region else reach.region, endpoint_url=own)
        self._client: Any = client("sqs", self._reach)  # Any: boto3 has no types

    def has_dead_letters(self) -> bool:
        """Return whether messages that were taken too often go to another queue; where it cannot be known, True."""
        try:
            found = self._call("get_queue_attributes", "GetQueueAttributes", AttributeNames=["RedrivePolicy"])
        except PermissionError:
            return True
        return "RedrivePolicy" in found.get("Attributes", {})

    def take(self, most: int, seconds: float) -> list[Message]:
        """Return at most some messages; waits so long for the first."""
        found: list[Message] = []
        while len(found) < most:
            got = self._call(
                "receive_message", "ReceiveMessage", MaxNumberOfMessages=min(AT_ONCE, most - len(found)),
                WaitTimeSeconds=0 if found else int(seconds), VisibilityTimeout=HIDDEN_SECONDS,
                MessageSystemAttributeNames=["ApproximateReceiveCount"],
            ).get("Messages", ())  # fmt: skip
            for one in got:
                taken = int(one.get("Attributes", {}).get("ApproximateReceiveCount", 1))
                found.append(Message(one["MessageId"], one["ReceiptHandle"], one["Body"], taken))
            if not got:
                break
        return found

    def delete(self, messages: Sequence[Message]) -> None:
        """Delete messages. What cannot be deleted is delivered again."""
        for some in _parts(messages):
            entries = [{"Id": str(n), "ReceiptHandle": one.handle} for n, one in enumerate(some)]
            self._call("delete_message_batch", "DeleteMessage", Entries=entries)

    def hide(self, messages: Sequence[Message], seconds: int) -> None:
        """Let others see messages only after so many seconds."""
        for some in _parts(messages):
            entries = [
                {"Id": str(n), "ReceiptHandle": one.handle, "VisibilityTimeout": seconds} for n, one in enumerate(some)
            ]
            self._call("change_message_visibility_batch", "ChangeMessageVisibility", Entries=entries)

    @contextmanager
    def kept(self, messages: Sequence[Message]) -> Iterator[None]:
        """Keep messages invisible to others, however long it takes."""
        done = threading.Event()

        def keep() -> None:
            while not done.wait(HIDDEN_SECONDS / 3):
                try:
                    self.hide(messages, HIDDEN_SECONDS)
                except OSError:
                    continue  # they may be delivered twice, which changes nothing

        keeper = threading.Thread(target=keep, daemon=True)
        keeper.start()
        try:
            yield
        finally:
            done.set()
            keeper.join()

    def _call(self, method: str, action: str, **wanted: Any) -> Any:  # Any: boto3 has no types
        call = getattr(self._client, method)
        return calling(call, f"sqs:{action}", self._reach, QueueUrl=self.url, **wanted)


def _parts(messages: Sequence[Message]) -> Iterator[Sequence[Message]]:
    return (messages[start : start + AT_ONCE] for start in range(0, len(messages), AT_ONCE))
