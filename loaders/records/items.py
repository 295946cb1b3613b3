"""What reading a file yields: batches of records, elements set aside, documents passed over, the end of the file.

Every element that is where a record belongs is in exactly one `Records`, or is one `Aside` (invariant 3). Whole
documents that are no event records are `Passed` and do not count as read.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from lineage.model.batch import FileEnd as FileEnd
from lineage.model.batch import Passed, Unread
from loaders.records.record import Record


class Records(msgspec.Struct):
    """Consecutive records of a file.

    `form` is RECORD, ROW, HISTORY or OCSF of `loaders.records.record`. The index of `records[i]` in the file is
    `indexes[i]` if there are indexes, else `first + i`; it counts elements set aside too.
    """

    form: int
    first: int
    records: list[Record]
    indexes: list[int] | None = None
    texts: Sequence[bytes | msgspec.Raw | str | None] | None = None
    """The JSON of each record as logged, if the caller asked for it and it is available."""


class Aside(msgspec.Struct):
    """An element that is where an event record belongs and is none: no object, truncated JSON, a short row.

    `offset` is its position in the decompressed bytes, None if unknown. `reason` never quotes the input, which
    may hold secrets.
    """

    index: int
    offset: int | None
    reason: str


class Finding(msgspec.Struct):
    """A GuardDuty or Security Hub finding, as JSON: no event, but an input of `investigate`."""

    text: bytes | msgspec.Raw


Item = Records | Aside | Finding | Passed | Unread


class Gather:
    """Collects the items of one file in order and counts its elements; with `texts` keeps the JSON of each record."""

    def __init__(self, texts: bool = False) -> None:
        self.next_index = 0
        self.texts = texts
        self._items: list[Item] = []
        self._texts: list[bytes | msgspec.Raw | None] | None = [] if texts else None
        """Texts of the batch that single records are added to."""

    def record(self, form: int, record: Record, text: bytes | msgspec.Raw | None = None) -> None:
        """Add one record, to the previous batch if that has the same form; `text` is its JSON."""
        last = self._items[-1] if self._items else None
        if isinstance(last, Records) and last.form == form and last.texts is self._texts:
            last.records.append(record)
        else:
            self._texts = [] if self._texts is not None else None
            self._items.append(Records(form, self.next_index, [record], texts=self._texts))
        if self._texts is not None:
            self._texts.append(text)
        self.next_index += 1

    def records(
        self, form: int, records: list[Record], texts: Sequence[msgspec.Raw | str | None] | None = None
    ) -> None:
        """Add a batch, unless it is empty."""
        if records:
            self._items.append(Records(form, self.next_index, records, texts=texts))
            self.next_index += len(records)

    def aside(self, reason: str, offset: int | None = None) -> None:
        """Set one element aside."""
        self._items.append(Aside(self.next_index, offset, reason))
        self.next_index += 1

    def finding(self, text: bytes | msgspec.Raw) -> None:
        """Add a finding."""
        self._items.append(Finding(text))

    def passed(self, item: Passed) -> None:
        """Count a document that is no event record."""
        last = self._items[-1] if self._items else None
        if isinstance(last, Passed) and last.kind == item.kind and item.kind != "digest":
            last.count += item.count
        else:
            self._items.append(item)

    def drain(self) -> list[Item]:
        """Return the items since the last call."""
        items, self._items = self._items, []
        return items
