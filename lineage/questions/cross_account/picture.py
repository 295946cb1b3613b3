"""The picture of `cross-account`: accounts, and which one's principals assumed roles of which; of many a matrix."""

from __future__ import annotations

from collections.abc import Iterator

from lineage.draw.labels import caption
from lineage.draw.shape import Node
from lineage.draw.sheet import Drawing, Known, Sheet, facts
from lineage.model import schema
from lineage.questions.cross_account import CrossAccount
from lineage.questions.shared import words
from lineage.render.text import clean


def refs(_: CrossAccount) -> Iterator[str]:
    """The nodes that the picture names: none of the lineage."""
    return iter(())


def draw(answer: CrossAccount, known: Known) -> Drawing:
    """A node for each account, a link for each crossing."""
    sheet = Sheet(known)
    for one in answer.crossings:
        source = _account(sheet, one.from_account, one.from_name)
        target = _account(sheet, one.to_account, one.to_name)
        sheet.link(
            source, target, schema.ASSUMED, label=f"{one.roles:,} role{'s' if one.roles != 1 else ''}", first=one.first,
            last=one.last, count=one.count, events=one.event_ids, cross=True, callers=one.callers,
            how=[words.HOWS.get(how, how) for how in one.hows], roles=one.role_arns,
        )  # fmt: skip
    title = f"Assumptions between accounts: {answer.total:,} direction{'s' if answer.total != 1 else ''}"
    return Drawing(sheet, title, "lineage cross-account", [], matrix=True)


def _account(sheet: Sheet, account: str, name: str | None) -> str:
    return sheet.put(
        Node(
            id=f"Account {account}", kind="account", label=clean(f"{name} {account}" if name else account),
            caption=caption(name or account, account if name else None), account=account,
            facts=facts(what="account", name=name, id=account), copy={"ID": account},
        )
    )  # fmt: skip
