"""`from`: everything seen from addresses and networks.

An address is where calls came from as logged, and proves no identity: origins are listed in order of time, and
nothing is joined because it came from one address.
"""

from __future__ import annotations

from collections.abc import Sequence

from lineage.model.results import CallFilter, CallRow, Window, grouped
from lineage.questions.from_ import AddressHit, From, Origins
from lineage.questions.shared import grants
from lineage.questions.shared.addresses import AddressRange, RangeIndex, by_number, doubt, is_place
from lineage.questions.shared.climb import session_key_of
from lineage.questions.shared.grants import NODES_SHOWN, Owners
from lineage.questions.shared.log_coverage import log_coverage
from lineage.stores.reader import Reader

SHARED_ORIGINS = 5
"""From so many distinct origins on an address is called shared."""
UNREAD_SHOWN = 20
NOTE = (
    f"An address identifies no one: the order is no ranking, and an address with {SHARED_ORIGINS} or more origins is "
    "called shared (NAT, proxy, office)."
)


def answer(
    reader: Reader, entries: Sequence[AddressRange], *, asked: Sequence[str] | None = None, unread: Sequence[str] = (),
    since: int | None = None, until: int | None = None, limit: int = 200,
) -> From:  # fmt: skip
    """Tell what came from each logged address that lies in an entry.

    `asked` says where the entries came from, `unread` are the lines that are none.
    """
    wanted = {entry.text: entry for entry in entries}
    window = Window(since, until)
    finder = RangeIndex(wanted.values())
    matches = {source: found for source in reader.addresses() if (found := finder.matches(source))}
    calls = reader.calls(CallFilter("address", tuple(matches)), window) if matches else []
    by_source = grouped(grants.own(reader, calls), lambda row: row.row.source_ip or "")
    owners = Owners(reader, reader.ascend({row.source for rows in by_source.values() for row in rows}))
    sources = sorted(by_source, key=by_number)
    looked = log_coverage(reader, grants.loaded(reader), window)
    hit = {text for source in sources for text in matches[source]}
    hits = [_hit(owners, source, matches[source], by_source[source], limit) for source in sources[:limit]]
    return From(
        asked=list(asked) if asked is not None else list(wanted), found=bool(sources), entries=len(wanted),
        without_calls=len(wanted) - len(hit), unread=list(unread[:UNREAD_SHOWN]), unread_total=len(unread),
        scope=grants.whole_scope(looked, window), addresses=hits, addresses_total=len(sources),
        truncated=len(sources) > limit or any(_is_cut(hit) for hit in hits),
        note=NOTE, sight=looked,
    )  # fmt: skip


def _is_cut(hit: AddressHit) -> bool:
    """Is there more from an address than its lists show?"""
    return (
        len(hit.origins) < hit.origins_total + hit.unresolved
        or len(hit.sessions) < hit.sessions_total
        or len(hit.keys) < hit.keys_total
    )


def _hit(owners: Owners, source: str, entries: list[str], rows: list[CallRow], limit: int) -> AddressHit:
    origins = grouped(rows, lambda row: owners.apart(row.source))
    result = [_origin(owners, some) for some in origins.values()]
    result.sort(key=lambda one: (one.first, grants.sort_name(one.whose), one.event_ids))
    known = sum(not grants.is_open(one.whose) for one in result)
    sessions = sorted(
        {key for row in rows if (key := session_key_of(row.source))}, key=lambda key: (key.rsplit("/", 1)[-1], key)
    )
    keys = sorted({row.access_key_id for row in rows if row.access_key_id})
    doubts = {doubt(source, row.row.endpoint) for row in rows} - {None}
    return AddressHit(
        address=source, entries=entries[:NODES_SHOWN], calls=grants.total(rows), failed=grants.failed(rows),
        by_services=sum(row.count for row in rows if not is_place(row)),
        first=grants.first(rows), last=grants.last(rows),
        accounts=sorted({row.row.account for row in rows if row.row.account}),
        origins=result[:limit], origins_total=known, unresolved=len(result) - known,
        sessions=sessions[:limit], sessions_total=len(sessions), keys=keys[:limit], keys_total=len(keys),
        shared=known >= SHARED_ORIGINS, doubts=sorted(one for one in doubts if one),
    )  # fmt: skip


def _origin(owners: Owners, rows: list[CallRow]) -> Origins:
    return Origins(
        whose=owners.whose(rows[0].source), calls=grants.total(rows), failed=grants.failed(rows),
        first=grants.first(rows), last=grants.last(rows),
        sessions=len({key for row in rows if (key := session_key_of(row.source))}), event_ids=grants.earliest(rows),
    )  # fmt: skip
