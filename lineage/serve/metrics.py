"""The numbers of a server, for Prometheus."""

from __future__ import annotations

import time
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from lineage.serve.worker import Reply

LASTS: Final = 30.0
"""Seconds for which what the store holds is not counted again."""
SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """What is counted while the server runs, and what the store holds."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()

        def gauge(name: str, help: str, *labels: str) -> Gauge:
            return Gauge(f"lineage_{name}", help, labels, registry=self._registry)

        self._seconds = Histogram(
            "lineage_question_seconds", "Seconds until a question was answered.", ("question",), buckets=SECONDS,
            registry=self._registry,
        )  # fmt: skip
        self._requests = Counter(
            "lineage_requests", "Requests by question or path and by status.", ("question", "status"),
            registry=self._registry,
        )  # fmt: skip
        self._busy = gauge("workers_busy", "Processes that are answering.")
        self._events = gauge("events", "Events in the store.")
        self._objects = gauge("objects", "Files and objects that all loads read.")
        self._bytes = gauge("read_bytes", "Bytes that all loads read.")
        self._duplicates = gauge("duplicates", "Records that were loaded before.")
        self._aside = gauge("set_aside", "Records that were set aside, by reason.", "reason")
        self._findings = gauge("findings", "Findings that the store keeps, by what found them.", "source")
        self._newest = gauge("newest_event_timestamp_seconds", "Time of the newest event of an account.", "account")
        self._lag = gauge("lag_seconds", "Seconds since the newest event of all accounts.")
        self._unfinished = gauge("unfinished_loads", "Loads that run or were ended early.")
        self._size = gauge("store_bytes", "Size of the SQLite file with its log.")
        self._as_of = gauge("state_timestamp_seconds", "When the state that answers come from was the newest one.")
        self._up = gauge("store_ready", "1 where there is a state of the store to answer from.")
        self._read = -LASTS

    def asked(self, question: str, status: int, seconds: float) -> None:
        """Count a request."""
        self._requests.labels(question, str(status)).inc()
        if status < 500:
            self._seconds.labels(question).observe(seconds)

    @property
    def is_old(self) -> bool:
        """Is it time to count anew what the store holds?"""
        return time.monotonic() - self._read > LASTS

    def counted(self, reply: Reply, held: dict[str, Any], size: int | None) -> None:  # Any: JSON values
        """Take what the store holds."""
        self._up.set(reply.status == 200)
        if size is not None:
            self._size.set(size)
        if reply.status != 200:
            return
        self._read = time.monotonic()
        self._events.set(held["events"])
        self._objects.set(held["files"])
        self._bytes.set(held["bytes"])
        self._duplicates.set(held["duplicates"])
        self._unfinished.set(held["unfinished_loads"])
        self._as_of.set(reply.as_of or 0)
        held_by_label = (
            (self._aside, held["aside"]), (self._newest, held["newest"]), (self._findings, held["findings"]),
        )  # fmt: skip
        for labels, values in held_by_label:
            labels.clear()
            for label, value in values.items():
                labels.labels(label).set(value)
        if held["newest"]:
            newest = max(held["newest"].values())
            self._lag.set_function(lambda: max(0.0, time.time() - newest))

    def text(self, busy: int) -> bytes:
        """All of it, as Prometheus reads it."""
        self._busy.set(busy)
        return generate_latest(self._registry)
