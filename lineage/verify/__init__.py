"""Checks CloudTrail's digest chains over copied logs: are they whole, and as CloudTrail wrote them?

Needs no store, and can keep its result in one. Files are read once; what they are is kept in a temporary database
(`lineage.verify.index`).
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing

from lineage.model.errors import NotFound
from lineage.model.results import grouped
from lineage.model.times import iso, now, parse_when
from lineage.model.verified import KIND, Verified, pack, renewed, unpack
from lineage.questions.verify import Uncovered, Unreadable, Verify
from lineage.stores.reader import Store
from lineage.verify import chains
from lineage.verify.chains import WEAKEST, Checked
from lineage.verify.index import ChainKey, Index
from lineage.verify.keys import fetch_keys, read_keys
from loaders.digests import copies, name_of
from loaders.files.sources import S3, Narrow, Reach, fetched, find

LATE = 2 * 3600
"""So many seconds after the end of a digest the next one is there: it covers an hour, and is written soon after."""
PATHS_SHOWN = 5
_DELIVERED = re.compile(r"(\d{12})_CloudTrail(?:-[A-Za-z]+)?_([a-z0-9-]+)_(\d{8}T\d{4}(?:\d\d)?)Z_", re.ASCII)

_Place = tuple[str, str]
"""Account and region."""


def verify(
    paths: Sequence[str | os.PathLike[str]] | str,
    *,
    keys: Sequence[str | os.PathLike[str]] = (),
    fetch: bool = False,
    limit: int = 200,
    reach: Reach | None = None,
    narrow: Narrow | None = None,
    store: Store | None = None,
) -> Verify:
    """Verify the logs below the paths by the digest files that are there too.

    `keys` are files with public keys, as `aws cloudtrail list-public-keys` writes them; with `fetch` they are asked of
    CloudTrail. `limit` cuts each list; `reach` and `narrow` as for `find`. A `store` keeps the result for its answers,
    in place of what it had for the same trails, accounts, regions and times.

    Raises `BadUse` for paths that match nothing and for files without keys, `NotFound` where there is no digest.
    """
    wanted = [paths] if isinstance(paths, str) else [os.fspath(path) for path in paths]
    public = read_keys(os.fspath(path) for path in keys)
    with closing(Index()) as index:
        for source in fetched(find(wanted, reach, narrow)):
            for copy in copies(source):
                index.add(copy)
        index.finish()
        known = index.chains()
        notes = list(_add_signatures(index, reach or Reach()))
        notes += fetch_keys(public, _times(index, known), reach.profile if reach else None) if fetch else []
        checked = [chains.check(index, key, public, limit) for key in known]
        checked += chains.broken(index, limit)
        if not checked:
            raise NotFound(
                f"{' '.join(wanted)}: no digest files there; give also the folder CloudTrail-Digest, which is beside "
                "CloudTrail in the bucket of a trail with log file validation"
            )
        by_key = grouped(checked, lambda one: one.key)
        checked = [chains.joined(by_key[key], limit) for key in sorted(by_key)]
        uncovered, newest = _uncovered(index, checked)
        checked = _with_missing_ends(checked, newest)
        if store is not None:
            _keep(store, checked)
        unreadable = index.unreadable()
        found = sorted((one.chain for one in checked), key=lambda chain: WEAKEST.index(chain.verdict) > 1)
        return Verify(
            verdict=chains.weakest(chain.verdict for chain in found), files=index.files, bytes=index.bytes,
            keys=len(public), chains=found[:limit], chains_total=len(found),
            uncovered=uncovered[:limit], uncovered_total=len(uncovered),
            uncovered_files=sum(one.files for one in uncovered),
            unreadable=[Unreadable(path=path, why=why) for path, why in unreadable[:limit]],
            unreadable_total=len(unreadable), notes=notes,
        )  # fmt: skip


def _keep(store: Store, checked: Iterable[Checked]) -> None:
    """Note the stretches of the chains in a store."""
    at = now()
    found = [
        Verified(*one.key, part.verdict, parse_when(part.since) or 0, parse_when(part.until) or 0, part.why, at)
        for one in checked
        for part in one.chain.stretches
        if one.key.trail and not part.backfill
    ]
    by_key = grouped(found, lambda one: one.key)
    before = {key: unpack(body) for key, body in store.noted(KIND, list(by_key)).items()}
    store.note(KIND, {key: pack(renewed(before.get(key, ()), held)) for key, held in by_key.items()})


def _add_signatures(index: Index, reach: Reach) -> Iterator[str]:
    """Add the signatures that only the metadata of objects have; yields a line for each that could not be read."""
    for held in index.last():
        if not held.path.startswith(S3):
            continue
        from loaders.files import s3

        try:
            signature = s3.metadata(held.path, reach).get("signature")
        except OSError as error:
            yield f"{held.path}: its metadata could not be read: {error.strerror}"
            continue
        if signature is not None:
            index.sign(name_of(held.stated.object), signature)


def _times(index: Index, known: Sequence[ChainKey]) -> dict[str, tuple[int, int]]:
    """The first and the last second of the digests of each region."""
    found: dict[str, tuple[int, int]] = {}
    for key in known:
        held = index.digests(key)
        if key.region:
            first, last = found.get(key.region, (held[0].start, held[-1].end))
            found[key.region] = min(first, held[0].start), max(last, held[-1].end)
    return found


def _uncovered(index: Index, checked: Sequence[Checked]) -> tuple[list[Uncovered], dict[_Place, int]]:
    """Log files that no digest lists, by account, region and why; and when the last of each place was delivered."""
    covered: dict[_Place, list[tuple[str, str, str]]] = defaultdict(list)
    for one in checked:
        place = one.key.account, one.key.region
        covered[place] += [(part.since, part.until, part.verdict) for part in one.chain.stretches if not part.backfill]
    found: dict[tuple[str, str, str], tuple[int, str, str, list[str]]] = {}
    newest: dict[_Place, int] = {}
    for path in index.uncovered():
        name = _DELIVERED.search(path.rpartition("/")[2])
        account, region = (name[1], name[2]) if name else ("", "")
        time = parse_when(_seconds(name[3])) if name else None
        text = iso(time) if time is not None else ""
        if time is not None:
            newest[account, region] = max(newest.get((account, region), 0), time)
        key = (account, region, _why(text, covered.get((account, region), [])))
        files, first, last, paths = found.get(key, (0, text, text, []))
        found[key] = files + 1, min(first, text), max(last, text), [*paths, path][:PATHS_SHOWN]
    return [
        Uncovered(account=account or None, region=region or None, files=files, first=first or None, last=last or None,
                  why=why, paths=paths)
        for (account, region, why), (files, first, last, paths) in sorted(found.items())
    ], newest  # fmt: skip


def _seconds(stamp: str) -> str:
    """A time in a file's name as ISO text.

    >>> _seconds("20260311T0005")
    '20260311T000500Z'
    """
    return f"{stamp}{'00' if len(stamp) == len('20260311T0005') else ''}Z"


def _why(time: str, covered: Sequence[tuple[str, str, str]]) -> str:
    """Why no digest lists a log file that was delivered at a time."""
    if not time:
        return "their names do not say when they were delivered"
    if not covered:
        return "no digest of the account and region is here"
    here = [verdict for since, until, verdict in covered if since <= time <= until]
    if any(verdict in ("intact", "consistent", "altered") for verdict in here):
        return "digests cover the time of delivery, but do not list them"
    if "missing" in here:
        return "the digests of the time of delivery are missing"
    if "not validated" in here:
        return "no digest was written at the time of delivery"
    if all(time > until for _, until, _ in covered):
        return "delivered after the newest digest"
    return "delivered before the first digest" if all(time < since for since, _, _ in covered) else (
        "delivered at a time without digests"
    )  # fmt: skip


def _with_missing_ends(checked: Sequence[Checked], newest: dict[_Place, int]) -> list[Checked]:
    """Add to each chain that ends early that its newest digests are missing.

    It does where log files were delivered, or the same trail wrote digests in another region, more than two hours
    after its last digest.
    """
    trails: dict[tuple[str, str, str], int] = {}
    places: dict[_Place, int] = {}
    for one in checked:
        if one.end is not None:
            trail, place = (one.key.account, one.key.trail, one.key.home), (one.key.account, one.key.region)
            trails[trail] = max(trails.get(trail, 0), one.end)
            places[place] = max(places.get(place, 0), one.end)
    found = []
    for one in checked:
        end = one.end
        place, trail = (one.key.account, one.key.region), (one.key.account, one.key.trail, one.key.home)
        if end is None or not one.key.trail:
            found.append(one)
        elif end == places[place] and newest.get(place, 0) > end + LATE:
            why = "log files were delivered after the newest digest"
            found.append(chains.with_missing_end(one, newest[place], why))
        elif trails[trail] > end + LATE:
            why = "the trail wrote digests in another region after the newest one of this region"
            found.append(chains.with_missing_end(one, trails[trail], why))
        else:
            found.append(one)
    return found
