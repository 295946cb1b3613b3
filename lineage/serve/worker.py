"""A process that answers questions, one after the other, each from one state of the store.

Asks come in and replies go out over pipes, so that a question that takes too long can be ended with its process. A
reply is the body of an HTTP answer: it is made here, so that the process that serves stays quick.
"""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from multiprocessing.connection import wait
from typing import Any, BinaryIO, Final, TypeVar, cast

import msgspec

from lineage.load import FINDINGS
from lineage.model import gc_tuning
from lineage.model.errors import BadUse, LineageError, NotFound, StoreLoading, StoreUnreachable, TakesTooLong

REFRESH: Final = 0.5
"""Seconds after which an idle process goes on to the newest state."""
LARGEST: Final = 32 << 20
"""Bytes of an answer."""
RETRY: Final = (StoreLoading, StoreUnreachable, TakesTooLong)
_LENGTH = 8


class Ask(msgspec.Struct, array_like=True):
    """What is asked of a worker: the name of a method of `Desk`, and its arguments."""

    act: str
    arguments: dict[str, Any]
    seconds: float


class Reply(msgspec.Struct, array_like=True):
    """An answer as it is sent."""

    status: int
    kind: str
    body: bytes
    rows: int = 0
    """Entries in its lists."""
    as_of: float | None = None
    """When the state that it is from was the newest one, in seconds since the epoch."""
    more: bool = False
    """Has a next page?"""
    loading: bool = False
    """Was there no state to answer from?"""


class Start(msgspec.Struct, array_like=True):
    """What a worker starts with."""

    store: str


JSON: Final = "application/json"
HTML: Final = "text/html; charset=utf-8"
NDJSON: Final = "application/x-ndjson"
FORMS: Final = {"json": JSON, "md": "text/markdown; charset=utf-8", "html": HTML, "csv": "text/csv; charset=utf-8"}
Message = TypeVar("Message", Ask, Reply, Start)


def failed(error: BaseException) -> Reply:
    """An error as a reply: one line, without anything of the program."""
    if isinstance(error, NotFound):
        return _json({"error": error.head, "candidates": list(error.candidates)}, 404)
    if isinstance(error, RETRY):
        reply = _json({"error": str(error)}, 503)
        reply.loading = isinstance(error, StoreLoading)
        return reply
    if isinstance(error, LineageError):
        return _json({"error": str(error)}, 400)
    return _json({"error": f"unexpected {type(error).__name__}; report it with what was asked"}, 500)


def _json(value: object, status: int = 200, rows: int = 0) -> Reply:
    from lineage.render.text import safe_json

    return Reply(status, JSON, safe_json(msgspec.json.encode(value).decode()).encode(), rows)


class Desk:
    """A store, asked for what the server serves. Each method is what one ask does."""

    def __init__(self, store: Any) -> None:  # Any: a store of the stores' protocol
        from lineage.api import Lineage

        self._lineage = Lineage(store)

    def question(
        self, name: str, arguments: dict[str, Any], page: int = 1, size: int | None = None, form: str = "json"
    ) -> Reply:
        """The answer to a question. Of each of its lists those entries that are on a page of that size."""
        from lineage.ask import QUESTIONS
        from lineage.commands.output import text
        from lineage.render.text import as_json

        answer = QUESTIONS[name].ask(self._lineage, arguments)
        if form != "json":
            if (missing := answer.not_found()) is not None:
                raise NotFound(f"not found: {missing}", self._lineage.near(answer))
            content = None
            if form == "html" and name == "investigate":
                from lineage.commands.investigate import drawings
                from lineage.questions.investigate import Investigation, view

                report = cast("Investigation", answer)
                content = list(view.blocks(report, drawings(self._lineage, report)))
            return Reply(
                200, FORMS[form], text(answer, form, content).encode("utf-8", "backslashreplace"), rows_of(answer)
            )
        more = False
        if size is not None:
            answer, more = paged(answer, page, size)
        return Reply(200, JSON, as_json(answer).encode("utf-8", "backslashreplace"), rows_of(answer), more=more)

    def who(self, asks: Sequence[str], options: dict[str, Any]) -> Reply:
        """Answers to many asks, a line each."""
        from lineage.commands.who import answer
        from lineage.render.text import as_json

        lines = "".join(f"{as_json(answer(self._lineage, ask, options))}\n" for ask in asks)
        return Reply(200, NDJSON, lines.encode("utf-8", "backslashreplace"), len(asks))

    def tool(self, name: str, arguments: dict[str, Any], offset: int, part: str) -> Reply:
        """The answer to a question as an assistant gets it: what fits of it, its confidence, and gaps in the logs."""
        from lineage.ask import QUESTIONS
        from lineage.serve import bounded

        answer = QUESTIONS[name].ask(self._lineage, arguments)
        whole = answer.as_json()
        gaps = bounded.gaps_in(whole)
        if gaps is None:
            held = self._lineage.coverage(limit=bounded.FEW).as_json()
            gaps = bounded.summed(held["cannot"], held["gaps"], held["unseen"])
            gaps["total"] = held["gaps_total"] + held["unseen_total"] + len(held["cannot"])
        shown, cut, more = bounded.bounded(bounded.part_of(whole, part), offset, part)
        found = {
            "confidence": bounded.confidence_in(whole),
            "gaps": gaps,
            "cut": cut,
            "next_offset": more,
            "answer": shown,
        }
        return _json(found, rows=rows_of(answer))

    def page(self, query: Mapping[str, str]) -> Reply:
        """A page of what `lineage explore` shows."""
        return Reply(200, HTML, self._source().page(query).encode())

    def part(self, query: Mapping[str, str]) -> Reply:
        """A part of its start page."""
        return Reply(200, HTML, self._source().part(query).encode())

    def report(self, alert: bytes) -> Reply:
        """Its page of an alert that was sent."""
        return Reply(200, HTML, self._source().report(alert).encode())

    def find(self, text: str) -> Reply:
        """What has a text in its name or ID, for its search."""
        found = self._source().find(text)
        return _json(found, rows=len(found))

    def near(self, node: str) -> Reply:
        """The neighbours of a node, for its pictures."""
        return _json(self._source().near(node))

    def ready(self) -> Reply:
        """That there is a state to answer from."""
        return _json({"ready": True})

    def measures(self) -> Reply:
        """What is loaded, as numbers."""
        reader = self._lineage._reader()
        loads, covered = reader.loads(), reader.coverage()
        newest: dict[str, int] = {}
        for one in covered:
            newest[one.account or ""] = max(newest.get(one.account or "", 0), one.last)
        return _json({
            "events": sum(one.count for one in covered), "files": sum(one.files for one in loads),
            "bytes": sum(one.bytes for one in loads), "duplicates": sum(one.duplicate for one in loads),
            "newest": newest, "aside": Counter(_reason(reason) for _, _, reason in reader.set_aside()),
            "unfinished_loads": sum(one.finished is None for one in loads),
            "findings": Counter(name.partition(" ")[0] for name in reader.noted(FINDINGS)),
        })  # fmt: skip

    def _source(self) -> Any:  # Any: of a module that takes long to import
        from lineage.explore.source import StoreSource

        return StoreSource(self._lineage)


def _reason(reason: str) -> str:
    """A reason for setting aside without what the log itself says: few values, none of which an attacker chooses."""
    return reason.partition(":")[0].partition("(")[0].strip()[:80]


def paged(answer: Any, page: int, size: int) -> tuple[Any, bool]:  # Any: an answer of any model
    """An answer with one page of each of its lists, and whether one of them goes on."""
    lists = {name: value for name in type(answer).model_fields if isinstance(value := getattr(answer, name), list)}
    begin = (page - 1) * size
    cut = {name: value[begin : begin + size] for name, value in lists.items()}
    return answer.model_copy(update=cut), any(len(value) > begin + size for value in lists.values())


def rows_of(answer: Any) -> int:  # Any: as above
    """How many entries the lists of an answer have."""
    return sum(len(value) for name in type(answer).model_fields if isinstance(value := getattr(answer, name), list))


def send(out: BinaryIO, message: Ask | Reply | Start) -> None:
    """Write a message to a pipe."""
    data = msgspec.msgpack.encode(message)
    out.write(len(data).to_bytes(_LENGTH, "big") + data)
    out.flush()


def receive(source: BinaryIO, kind: type[Message]) -> Message | None:
    """Read a message from a pipe, and nothing behind it; None at its end."""
    length = int.from_bytes(_exactly(source, _LENGTH), "big")
    data = _exactly(source, length)
    return msgspec.msgpack.decode(data, type=kind) if length and len(data) == length else None


def _exactly(source: BinaryIO, length: int) -> bytes:
    """So many bytes of a pipe, fewer at its end; past the buffer, because whoever waits for more looks at the pipe."""
    found = bytearray()
    while len(found) < length and (block := os.read(source.fileno(), length - len(found))):
        found += block
    return bytes(found)


def work() -> None:
    """Run a worker: the store and then asks come from standard input, replies go to standard output."""
    from lineage.stores.snapshots import snapshots

    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN)  # the server ends it, when its questions are answered
    gc_tuning.collect_rarely()
    source, out = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr
    start = receive(source, Start)
    if start is None:
        return
    _warm()
    states = snapshots(start.store)
    try:
        with suppress(LineageError):  # whoever asks is told
            states.refresh()
        while True:
            if not wait([source.fileno()], REFRESH):
                with suppress(LineageError):
                    states.refresh()
                continue
            ask = receive(source, Ask)
            if ask is None:
                return
            send(out, reply(states, ask))
    except BrokenPipeError:
        return
    finally:
        states.close()


def reply(states: Any, ask: Ask) -> Reply:  # Any: the states of a store
    """The reply to an ask."""
    try:
        found: Reply = states.ask(lambda store: getattr(Desk(store), ask.act)(**ask.arguments), ask.seconds)
    except Exception as error:  # noqa: BLE001 - a bug becomes one line, and the worker goes on
        return failed(error)
    found.as_of = states.as_of
    if len(found.body) > LARGEST:
        told = (
            f"an answer of {len(found.body):,} bytes, at most {LARGEST:,} are sent; ask for less, or for smaller pages"
        )
        return failed(BadUse(told))
    return found


def _warm() -> None:
    """Import what most questions need, before the first one is asked."""
    import_module("lineage.explore.source")
