"""`info`: what the store holds."""

from __future__ import annotations

from lineage.model.results import grouped
from lineage.model.times import iso
from lineage.questions.info import AccountSeen, Info, StorePart
from lineage.questions.shared.models import LoadSums
from lineage.stores.reader import Store


def answer(store: Store) -> Info:
    """Count nodes, relationships and events, the latter by account too; measure the store, and list the loads."""
    size, line = store.size(), store.pruned_before()
    totals, names = store.totals(), store.account_names()
    by_account = grouped(store.coverage(), lambda one: one.account or "")
    accounts = [
        AccountSeen(
            id=account, name=names.get(account), events=sum(one.count for one in held),
            nodes=totals.accounts.get(account, 0),
            first=iso(min(one.first for one in held)) if held else None,
            last=iso(max(one.last for one in held)) if held else None,
        )
        for account in sorted({*by_account, *totals.accounts})
        for held in (by_account.get(account, []),)
    ]  # fmt: skip
    return Info(
        store=str(store.path), nodes=totals.nodes, principals=totals.kinds, relationships=totals.relationships,
        events=sum(one.events for one in accounts), accounts=accounts,
        first=min((one.first for one in accounts if one.first), default=None),
        last=max((one.last for one in accounts if one.last), default=None),
        bytes=size.bytes, parts=[StorePart(**one._asdict()) for one in size.parts],
        loads=[LoadSums(**sums.fields()) for sums in store.loads()], unfinished=store.waiting(),
        pruned_before=iso(line) if line is not None else None,
    )  # fmt: skip
