"""From a sheet to a shape: what is put into boxes, and which of them are folded when the picture opens.

Nothing that is lit is ever folded away. Boxes, from the outside in: accounts; sessions of one role that came from the
same caller or group of them; a session with its keys; the operations of one caller.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

import msgspec

from lineage.draw.crowd import crowded
from lineage.draw.names import caption
from lineage.draw.shape import Box, Link, Node, Shape
from lineage.draw.sheet import Drawing, facts
from lineage.model import schema

FEW = 3
"""So many sessions, or operations of one caller, stand for themselves."""
CROWD = 24
"""In a picture of more nodes than this, two are several already."""


_Group = tuple[str, tuple[int, ...]]
"""Sessions that go together: the role, and the numbers of the groups that their callers are in."""


def shape(told: Drawing, accounts: Mapping[str, str]) -> Shape:
    """The picture with its boxes."""
    return _Folding(told, accounts).shape()


class _Folding:
    def __init__(self, told: Drawing, accounts: Mapping[str, str]) -> None:
        self.told = told
        self.names = accounts
        self.nodes = dict(told.sheet.nodes)
        self.links = list(told.sheet.links.values())
        self.boxes: dict[str, Box] = {}
        self.folded: list[str] = []
        self.inside = {node: box for node, box in told.sheet.inside.items() if not self.nodes[node].lit}
        """Innermost box of each node that is in one but that of its account."""
        self.few = 1 if len(self.nodes) > CROWD else FEW

    def shape(self) -> Shape:
        """All of it, in the order in which boxes lie in each other."""
        for box in self.told.sheet.boxes.values():
            self._box(box, folded=True)
        self._groups()
        self._keys()
        self._calls()
        self._accounts()
        nodes = tuple(
            msgspec.structs.replace(node, box=self.inside.get(node.id, self._account_box(node.account)))
            for node in self.nodes.values()
        )
        made = Shape(
            title=self.told.title, about=self.told.about,
            accounts={account: name for account, name in self.names.items() if f"account {account}" in self.boxes},
            boxes=tuple(self.boxes.values()), folded=tuple(self.folded), nodes=nodes, links=tuple(self.links),
            notes=tuple(self.told.notes),
        )  # fmt: skip
        return crowded(made)

    def _box(self, box: Box, *, folded: bool) -> str:
        self.boxes[box.id] = box
        if folded:
            self.folded.append(box.id)
        return box.id

    def _groups(self) -> None:
        """Sessions of one role whose callers are the same, or are grouped in the same way, into one box."""
        callers: dict[str, list[str]] = defaultdict(list)
        for link in self.links:
            if link.type in (schema.ASSUMED, schema.ISSUED) and not link.beside:
                callers[link.target].append(link.source)
        groups: dict[str, _Group] = {}
        numbers: dict[_Group, int] = {}
        for one in self._in_order(callers):
            groups[one] = self._group(one, [groups[caller] for caller in callers[one] if caller in groups], numbers)
        members: dict[_Group, list[Node]] = defaultdict(list)
        for node in self.nodes.values():
            if node.kind == "session" and not node.lit:
                members[groups[node.id]].append(node)
        for sessions in members.values():
            if len(sessions) <= self.few:
                continue
            first = sessions[0]
            captions = dict.fromkeys(session.caption for session in sessions)
            label, said = first.label, first.caption
            if len(captions) > 1:  # no session's name stands for the others
                named = said.partition("\n")[0]
                label, said = f"{named}, {len(captions)} session names", f"{named}\n{len(captions)} session names"
            known = any(session.id in callers for session in sessions)
            what = "sessions of one role from the same caller" if known else "sessions of one role, callers not drawn"
            box = Box(
                id=f"group {first.id}", kind="group", label=label,
                caption=said, account=first.account, box=self.inside.get(first.id),
                facts=facts(what=what, sessions=len(sessions)),
                copy={"ARN": first.copy["ARN"]} if "ARN" in first.copy else {},
            )  # fmt: skip
            self._box(box, folded=True)
            for session in sessions:
                self.inside[session.id] = box.id

    def _in_order(self, callers: Mapping[str, list[str]]) -> Iterable[str]:
        """The nodes, callers before what they obtained; those in a cycle last, as they come."""
        waiting = dict.fromkeys(self.nodes, 0)
        targets: dict[str, list[str]] = defaultdict(list)
        for target, sources in callers.items():
            for source in sources:
                targets[source].append(target)
                waiting[target] += 1
        ready = [node for node in self.nodes if not waiting[node]]
        done: dict[str, None] = {}
        while ready:
            node = ready.pop()
            done[node] = None
            for target in targets[node]:
                waiting[target] -= 1
                if not waiting[target]:
                    ready.append(target)
        return [*done, *(node for node in self.nodes if node not in done)]

    def _group(self, node: str, above: Iterable[_Group], numbers: dict[_Group, int]) -> _Group:
        """What tells groups apart: the role and the groups of the callers. A renewal stays in the group of what it
        renews, a key in that of its session; everything else is alone."""
        own = self.nodes[node]
        callers = sorted({numbers.setdefault(group, len(numbers)): group for group in above}.items())
        if own.kind not in ("session", "key") or (not callers and own.kind == "key"):
            return (node, ())
        role = own.copy.get("ARN") or own.label
        if len(callers) == 1 and (own.kind == "key" or callers[0][1][0] == role):
            return callers[0][1]
        return (role, tuple(number for number, _ in callers))

    def _keys(self) -> None:
        """A session and its keys into one box, unless one of them is lit."""
        keys: dict[str, list[str]] = defaultdict(list)
        for link in self.links:
            if link.type == schema.ISSUED and not link.beside and self.nodes[link.target].kind == "key":
                keys[link.source].append(link.target)
        for session, issued in keys.items():
            node = self.nodes[session]
            if node.kind != "session":
                continue
            dark = [key for key in dict.fromkeys(issued) if not self.nodes[key].lit]
            if node.lit or len(dark) < len(issued):
                continue
            count = f"{len(dark)} key{'s' if len(dark) != 1 else ''}"
            box = Box(
                id=f"keys {session}", kind="session", label=node.label, caption=node.caption, account=node.account,
                box=self.inside.get(session), facts=(*facts(folded_with_it=count), *node.facts), copy=node.copy,
                cypher=node.cypher,
            )  # fmt: skip
            self._box(box, folded=True)
            for member in (session, *dark):
                self.inside[member] = box.id

    def _calls(self) -> None:
        """The operations of one caller into one box, where they are several."""
        calls: dict[str, list[Link]] = defaultdict(list)
        for link in self.links:
            if self.nodes[link.target].kind == "action" and not self.nodes[link.target].lit:
                calls[link.source].append(link)
        for caller, links in calls.items():
            group = self._outside_of_keys(caller)
            if len(links) <= self.few and group is None:
                continue
            count = sum(link.count for link in links)
            failed = sum(link.count for link in links if link.failed)
            words = f"{len(links)} operation{'s' if len(links) != 1 else ''}"
            box = Box(
                id=f"calls {caller}", kind="calls", label=f"{words} by {self.nodes[caller].label}",
                caption=caption(words), account=self.nodes[caller].account, box=group,
                facts=facts(what="operations of one caller", calls=count, failed=failed or None),
            )  # fmt: skip
            self._box(box, folded=len(links) > 1)
            for link in links:
                self.inside[link.target] = box.id

    def _outside_of_keys(self, node: str) -> str | None:
        """The box around a node, but not the one that holds a session and its keys alone."""
        box = self.inside.get(node)
        while box is not None and box.startswith("keys "):
            box = self.boxes[box].box
        return box

    def _accounts(self) -> None:
        """A box for each account, around all others."""
        outer = {}
        for account in dict.fromkeys(node.account for node in self.nodes.values() if node.kind != "account"):
            if account:
                name = self.names.get(account)
                outer[f"account {account}"] = Box(
                    id=f"account {account}", kind="account", label=f"{name} {account}" if name else account,
                    caption=caption(name or account, account if name else None), account=account,
                    facts=facts(what="account", name=name, id=account), copy={"ID": account},
                )  # fmt: skip
        for key, box in self.boxes.items():
            if box.box is None and f"account {box.account}" in outer:
                self.boxes[key] = msgspec.structs.replace(box, box=f"account {box.account}")
        self.boxes = {**outer, **self.boxes}

    def _account_box(self, account: str | None) -> str | None:
        return f"account {account}" if account and f"account {account}" in self.boxes else None
