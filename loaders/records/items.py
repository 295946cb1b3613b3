"""What reading a file gives: batches of records, elements set aside, documents passed over, the end.

The sum of invariant 3 is made from these: every element offered as an event record is in exactly one
`Records` or is one `Aside`; whole documents that are no events are `Passed`, beside the sum.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from loaders.records.record import Record


class Records(msgspec.Struct):
    """Records that stand one after the other in a file.

    `form` is RECORD, ROW or HISTORY of `loaders.records.record`. The index in the file of `records[i]` is
    `indexes[i]` if there are indexes, else `first + i`: how many elements the file offered before it.
    """

    form: int
    first: int
    records: list[Record]
    indexes: list[int] | None = None
    texts: Sequence[bytes | msgspec.Raw | str | None] | None = None
    """Each record's own JSON as logged, where the reader was asked for it and it is at hand."""


class Aside(msgspec.Struct):
    """An element that was offered as an event record and is none: no object, cut JSON, a cut row.

    `offset` is where it begins in the decompressed bytes, None where that is unknown. `reason` never
    quotes the input. `text` stays empty: raw text may hold secrets.
    """

    index: int
    offset: int | None
    reason: str
    text: str = ""


class Finding(msgspec.Struct):
    """A GuardDuty or Security Hub finding, as its JSON text: no event, but `investigate` asks with it."""

    text: bytes | msgspec.Raw


class Unread(msgspec.Struct):
    """A stream that gave no record: what it looks like, and what to do; `name` is its name in an archive, else ""."""

    name: str
    like: str
    do: str


class Passed(msgspec.Struct):
    """`count` documents of one kind that are no events.

    `kind`: `digest` (with its time range in epoch seconds, account, region, trail and, as `events`,
    how many log files it lists), `control` (CloudWatch Logs health check), `notification` (S3, SNS
    and SQS notices), `result-sign` (CloudTrail Lake), `empty`, `system-file` (macOS), `other`.
    """

    kind: str
    count: int
    start: int | None = None
    end: int | None = None
    account: str | None = None
    region: str | None = None
    trail: str | None = None
    events: int | None = None


class FileEnd(msgspec.Struct):
    """The last item of each file. `sha256` and `size` are of the bytes as they lie on disk.

    `sha256` is empty where the file could not be read to its end.
    """

    path: str
    sha256: str
    size: int


Item = Records | Aside | Finding | Passed | Unread


class Gather:
    """Collects the items of one file in order and counts the elements offered; with `texts` their texts too."""

    def __init__(self, texts: bool = False) -> None:
        self.offered = 0
        self.texts = texts
        self._items: list[Item] = []
        self._texts: list[bytes | msgspec.Raw | None] | None = [] if texts else None
        """Of the batch that single records are added to."""

    def record(self, form: int, record: Record, text: bytes | msgspec.Raw | None = None) -> None:
        """Add one record, to the batch before it where that has the same form; `text` is its own JSON."""
        last = self._items[-1] if self._items else None
        if isinstance(last, Records) and last.form == form and last.texts is self._texts:
            last.records.append(record)
        else:
            self._texts = [] if self._texts is not None else None
            self._items.append(Records(form, self.offered, [record], texts=self._texts))
        if self._texts is not None:
            self._texts.append(text)
        self.offered += 1

    def records(
        self, form: int, records: list[Record], texts: Sequence[msgspec.Raw | str | None] | None = None
    ) -> None:
        """Add a batch; an empty one is nothing."""
        if records:
            self._items.append(Records(form, self.offered, records, texts=texts))
            self.offered += len(records)

    def aside(self, reason: str, offset: int | None = None) -> None:
        """Set one element aside."""
        self._items.append(Aside(self.offered, offset, reason))
        self.offered += 1

    def finding(self, text: bytes | msgspec.Raw) -> None:
        """Add a finding."""
        self._items.append(Finding(text))

    def passed(self, item: Passed) -> None:
        """Count a document that is no event."""
        last = self._items[-1] if self._items else None
        if isinstance(last, Passed) and last.kind == item.kind and item.kind != "digest":
            last.count += item.count
        else:
            self._items.append(item)

    def drain(self) -> list[Item]:
        """Return what was gathered since the last call."""
        items, self._items = self._items, []
        return items
