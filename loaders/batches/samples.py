"""Samples of a row: which of its calls are shown as examples, and what is kept of them.

A row takes offers while it is built; only its smallest by time and event ID are cleaned and kept. The bytes
of an offer are copies, so that no document stays in memory for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

import msgspec

from lineage.model.batch import SAMPLES_PER_ROW, event_id_bytes, sample_choice
from lineage.model.facts import Sample
from loaders.facts import extract
from loaders.records.secrets import nothing_to_hide

MANY = 4 * SAMPLES_PER_ROW
"""Offers that a row collects before it lets the larger ones go."""


class Offer(NamedTuple):
    """One call that may become a sample; `resources` and `request` are JSON as logged, empty where not kept."""

    time: int
    event_id: str
    fingerprint: int
    resources: bytes
    request: bytes


def smallest(offers: Iterable[Offer]) -> list[Offer]:
    """Return the `SAMPLES_PER_ROW` smallest offers, sorted.

    Of several copies of one event that goes first which the stores prefer too: no order matters.
    """
    best: dict[tuple[int, bytes], Offer] = {}
    for offer in offers:
        key = key_of(offer)
        old = best.get(key)
        if old is None or (old != offer and _choice(offer) < _choice(old)):
            best[key] = offer
    return [best[key] for key in sorted(best)[:SAMPLES_PER_ROW]]


def key_of(offer: Offer) -> tuple[int, bytes]:
    """Return what samples are sorted by: time, 16-byte event ID."""
    return offer.time, event_id_bytes(offer.event_id)


def sample(offer: Offer) -> Sample:
    """Return what is kept of an offered call: no secret in it."""
    return Sample(
        time=offer.time,
        event_id=offer.event_id,
        resources=_arns(offer.resources) if offer.resources else (),
        parameters=parameters(offer.request) if offer.request else None,
    )


def parameters(request: bytes) -> str | None:
    """Return the request as `extract.sample` does, quickly where nothing in it can be a secret."""
    if request in (b"", b"null", b"{}"):
        return None
    if request.startswith(b'{"') and nothing_to_hide(request):
        return msgspec.json.format(request, indent=-1).decode()[: extract.PARAMETERS]
    return _cleaned(request)


@lru_cache(maxsize=512)
def _cleaned(request: bytes) -> str | None:
    return extract.parameters(request)


@lru_cache(maxsize=512)
def _arns(resources: bytes) -> tuple[str, ...]:
    return extract.arns(resources)


def _choice(offer: Offer) -> tuple[int, int, bytes]:
    return sample_choice(offer.fingerprint, sample(offer))
