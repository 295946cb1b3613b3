"""From a sheet to a shape: what is put into boxes, and which of them are folded when the picture opens.

Nothing lit is ever folded away. Boxes, from the outside in: accounts; sessions of one role that came from the
same caller or group of them; a session with its keys; the operations of one caller. Nodes of one kind and account that
are linked in the same way to the same others share a box; more boxes are folded where the picture would show more
nodes than people can read.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from contextlib import suppress
from graphlib import CycleError, TopologicalSorter

import msgspec

from lineage.draw.labels import caption
from lineage.draw.layout import extent
from lineage.draw.shape import Box, Drawn, Kind, Link, Node, Shape, placed, view
from lineage.draw.sheet import Drawing, facts
from lineage.draw.svg import written
from lineage.model import schema
from lineage.model.results import grouped

SEVERAL, PAIR = 3, 2
"""So many that are alike make a box; and so many where room is short."""
NAMED = 20
"""So many of them are named in its evidence."""
_ROUNDS = 4
"""What is put away makes others alike; after so many rounds that is left."""
_WORDS = {
    "role": "roles", "session": "sessions", "key": "keys", "calls": "operations", "resource": "resources",
    "service": "services", "person": "people", "outside": "outside accounts", "unknown": "open ends",
}  # fmt: skip
_SAME = {"group": "session", "action": "calls"}
"""Kinds that are no other than these."""
_FOLDED: dict[str, Kind] = {"session": "group", "calls": "calls"}
"""Kinds of boxes around them, where they have one of their own."""


def alike(shape: Shape, *, people: bool, several: int = SEVERAL) -> Shape:
    """The picture with all that is alike in boxes; with `people`, persons too."""
    kinds = _WORDS.keys() if people else _WORDS.keys() - {"person"}
    for _ in range(_ROUNDS):
        found = [members for members in _alike(shape, several) if _kind(members[0]) in kinds]
        if not found:
            break
        shape = boxed(shape, [(_box(members), [entry.thing.id for entry in members]) for members in found])
    return shape


def with_calls(shape: Shape) -> Shape:
    """The picture with sessions and the operations that only they lead to in one box, but for what was refused."""
    shown = view(shape)
    into = grouped(shown.ways, lambda way: way.target)
    leading = {way.source for way in shown.ways}
    calls: dict[str, list[Drawn]] = defaultdict(list)
    for id_, entry in shown.entries.items():
        if _kind(entry) != "calls" or entry.lit or id_ in leading or len(into[id_]) != 1:
            continue
        way = into[id_][0]
        caller = shown.entries[way.source]
        fits = _kind(caller) == "session" and not caller.lit and caller.thing.box == entry.thing.box
        if fits and not way.members[0].failed:
            calls[way.source].append(entry)
    made = []
    for caller_id, entries in calls.items():
        caller = shown.entries[caller_id]
        count = sum(len(entry.members) for entry in entries)
        box = Box(
            id=f"with {caller_id}", kind="group" if caller.thing.kind == "group" else "session",
            label=caller.thing.label, caption=caller.thing.caption, account=caller.thing.account,
            box=caller.thing.box, copy=caller.thing.copy, cypher=caller.thing.cypher,
            facts=(*facts(folded_with_it=f"{count} operation{'s' if count > 1 else ''}"), *caller.thing.facts),
        )  # fmt: skip
        made.append((box, [caller_id, *(entry.thing.id for entry in entries)]))
    return boxed(shape, made)


def _kind(entry: Drawn) -> str:
    return _SAME.get(entry.thing.kind, entry.thing.kind)


def _alike(shape: Shape, several: int) -> Iterable[Sequence[Drawn]]:
    """The entries that are alike, where they are several."""
    shown = view(shape)
    around: dict[str, set[tuple[object, ...]]] = defaultdict(set)
    for way in shown.ways:
        one = way.members[0]
        how = one.type, one.failed, one.guess, one.beside
        around[way.source].add(("to", way.target, *how))
        around[way.target].add(("from", way.source, *how))
    found: dict[object, list[Drawn]] = defaultdict(list)
    for id_, entry in shown.entries.items():
        if around[id_] and not entry.lit:
            found[_kind(entry), entry.thing.account, entry.thing.box, frozenset(around[id_])].append(entry)
    return [members for members in found.values() if len(members) >= several]


def _box(members: Sequence[Drawn]) -> Box:
    first, kind = members[0].thing, _kind(members[0])
    words = _WORDS[kind]
    said = dict.fromkeys(
        entry.thing.caption.partition("\n")[0] if kind == "session" else entry.thing.label for entry in members
    )
    count = sum(len(entry.members) for entry in members)
    lines = [words]
    if kind == "calls":
        lines = [f"{count:,} {words}"]
    elif len(said) == 1:
        lines = [*said, words]
    elif kind == "session":
        lines = [words, f"of {len(said)} roles"]
    names = [entry.thing.label for entry in members]
    return Box(
        id=f"alike {first.id}", kind=_FOLDED.get(kind, first.kind),
        label=f"{len(members):,} {words} with the same links", caption=caption(*lines), account=first.account,
        box=first.box,
        facts=facts(what=f"{words} with the same sources and targets", names=names[:NAMED],
                    and_more=len(names) - NAMED if len(names) > NAMED else None),
    )  # fmt: skip


def boxed(shape: Shape, new: Sequence[tuple[Box, Sequence[str]]]) -> Shape:
    """The picture with new folded boxes, each around some nodes and boxes that lay in one box together."""
    inside = {id_: box.id for box, ids in new for id_ in ids}
    made: dict[str | None, list[Box]] = defaultdict(list)
    for box, _ in new:
        made[box.box].append(box)
    boxes = list(made[None])
    for box in shape.boxes:
        boxes.append(msgspec.structs.replace(box, box=inside.get(box.id, box.box)))
        boxes.extend(made[box.id])
    return msgspec.structs.replace(
        shape,
        boxes=tuple(boxes),
        folded=(*shape.folded, *(box.id for box, _ in new)),
        nodes=tuple(msgspec.structs.replace(node, box=inside.get(node.id, node.box)) for node in shape.nodes),
    )


WINDOW, SCREEN = (970.0, 640.0), (1600.0, 1070.0)
"""How wide and high a drawing is that a page shows as a whole with letters of a readable size: in a window of 1280 by
800 pixels, and in one of 1920 by 1200."""
MOST = 60
"""More nodes than so many are not drawn when a picture opens, if folding can help it."""


def fits(shape: Shape, size: tuple[float, float]) -> bool:
    """Is what is drawn when the picture opens at most so wide and high, and no more than `MOST`?"""
    shown = view(shape)
    if len(shown.entries) > MOST:
        return False
    left, top, right, bottom = extent(placed(shown))
    return right - left <= size[0] and bottom - top <= size[1]


def legible(shape: Shape) -> bool:
    """Does the drawing fit as it is, with the words of each link where they cover nothing, and no other link?"""
    shown = view(shape)
    return fits(shape, WINDOW) and all(one and not one.crossed for one in written(shape, shown, placed(shown)))


def crowded(shape: Shape) -> Shape:
    """The picture with more of it folded, and a note, where it does not fit: first what is alike, then whole accounts,
    then the rest of accounts in which something is highlighted.

    Nothing that is highlighted is folded.
    """
    if fits(shape, WINDOW):
        return shape
    before = len(view(shape).entries)
    folded = alike(with_calls(shape), people=False)
    if not fits(folded, WINDOW):
        folded = alike(folded, people=False, several=PAIR)
    if not fits(folded, SCREEN):
        folded = alike(_without_accounts(folded), people=True)
    left = len(view(folded).entries)
    if left == before:
        return shape
    note = f"It opens with {left:,} of {len(shape.nodes):,} nodes; the rest is folded."
    return msgspec.structs.replace(folded, notes=(*folded.notes, note))


def _around_lit(shape: Shape) -> set[str]:
    """The boxes that something lit lies in."""
    outer = {box.id: box.box for box in shape.boxes}
    found: set[str] = set()
    for node in shape.nodes:
        box = node.box if node.lit else None
        while box is not None and box not in found:
            found.add(box)
            box = outer[box]
    return found


def _without_accounts(shape: Shape) -> Shape:
    """The picture with as many accounts folded as must be, those first in which most is drawn; those in which something
    is highlighted last, and all of it but that."""
    lit = _around_lit(shape)
    accounts = [box for box in shape.boxes if box.kind == "account"]

    def dark(shape: Shape, boxes: Sequence[Box]) -> Shape:
        return msgspec.structs.replace(shape, folded=(*shape.folded, *(box.id for box in boxes)))

    def rests(shape: Shape, boxes: Sequence[Box]) -> Shape:
        return _rests(shape, boxes, lit)

    for fold, wanted in (
        (dark, [box for box in accounts if box.id not in lit]),
        (rests, [box for box in accounts if box.id in lit]),
    ):
        at_once, others = _fullest(shape, wanted)
        if at_once:
            shape = fold(shape, at_once)
        for box in others:
            if fits(shape, SCREEN):
                break
            shape = fold(shape, [box])
    return shape


def _fullest(shape: Shape, accounts: Sequence[Box]) -> tuple[list[Box], list[Box]]:
    """The accounts in which several nodes are drawn, the fullest first: those without which no more than `MOST` are
    left, and the others."""
    outermost: dict[str, str] = {}
    for box in shape.boxes:  # each is after the box that it lies in
        outermost[box.id] = outermost[box.box] if box.box else box.id
    drawn = view(shape).entries.values()
    within = Counter(outermost[entry.thing.box] for entry in drawn if entry.thing.box and not entry.lit)
    ordered = sorted(accounts, key=lambda one: (-within[one.id], one.label))
    several = [box for box in ordered if within[box.id] > 1]
    left, count = len(drawn), 0
    while left > MOST and count < len(several):
        left -= within[several[count].id] - 1
        count += 1
    return several[:count], several[count:]


def _rests(shape: Shape, accounts: Sequence[Box], lit: Set[str]) -> Shape:
    """Put what is not lit in each account into a folded box of its own. `lit` are the boxes around what is lit."""
    dark: dict[str | None, list[str]] = defaultdict(list)
    for node in shape.nodes:
        if not node.lit:
            dark[node.box].append(node.id)
    for box in shape.boxes:
        if box.id not in lit:
            dark[box.box].append(box.id)
    rests = [
        Box(
            id=f"rest {account.id}", kind="group", label=f"the rest of {account.label}",
            caption=caption("the rest of", account.caption.partition("\n")[0]), account=account.account,
            box=account.id, facts=facts(what="what is not lit in an account"),
        )
        for account in accounts
    ]  # fmt: skip
    return boxed(shape, [(rest, dark[rest.box]) for rest in rests])


FEW = 3
"""So many sessions, or operations of one caller, represent themselves."""
CROWD = 24
"""In a picture of more nodes than this, two are several already."""


_Group = tuple[str, tuple[int, ...]]
"""Sessions that go together: the role, and the numbers of the groups that their callers are in."""


def shape(drawing: Drawing, accounts: Mapping[str, str]) -> Shape:
    """The picture with its boxes."""
    return _Folding(drawing, accounts).shape()


class _Folding:
    def __init__(self, drawing: Drawing, accounts: Mapping[str, str]) -> None:
        self.drawing = drawing
        self.names = accounts
        self.nodes = dict(drawing.sheet.nodes)
        self.links = list(drawing.sheet.links.values())
        self.boxes: dict[str, Box] = {}
        self.folded: list[str] = []
        self.inside = {node: box for node, box in drawing.sheet.inside.items() if not self.nodes[node].lit}
        """Innermost box of each node that is in one but that of its account."""
        self.few = 1 if len(self.nodes) > CROWD else FEW

    def shape(self) -> Shape:
        """All of it, in the order in which boxes lie in each other."""
        for box in self.drawing.sheet.boxes.values():
            self._box(box, ())
        self._groups()
        self._keys()
        self._calls()
        self._accounts()
        outer = {box.account: box.id for box in self.boxes.values() if box.kind == "account"}
        nodes = tuple(
            msgspec.structs.replace(node, box=self.inside.get(node.id, outer.get(node.account)))
            for node in self.nodes.values()
        )
        made = Shape(
            title=self.drawing.title, about=self.drawing.about,
            accounts={account: name for account, name in self.names.items() if f"account {account}" in self.boxes},
            boxes=tuple(self.boxes.values()), folded=tuple(self.folded), nodes=nodes, links=tuple(self.links),
            notes=tuple(self.drawing.notes), evaluated=self.drawing.evaluated,
        )  # fmt: skip
        if self.drawing.matrix and not legible(made):
            return msgspec.structs.replace(made, matrix=True)
        return crowded(made)

    def _box(self, box: Box, members: Iterable[str], *, folded: bool = True) -> None:
        """Put a box around nodes."""
        self.boxes[box.id] = box
        if folded:
            self.folded.append(box.id)
        self.inside |= dict.fromkeys(members, box.id)

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
            if len(captions) > 1:  # no session's name represents the others
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
            self._box(box, [session.id for session in sessions])

    def _in_order(self, callers: Mapping[str, list[str]]) -> Iterable[str]:
        """The nodes, callers before what they obtained; those in a cycle last, as they come."""
        sorter = TopologicalSorter({node: callers.get(node, ()) for node in self.nodes})
        with suppress(CycleError):
            sorter.prepare()
        done: dict[str, None] = {}
        while sorter.is_active():
            ready = sorter.get_ready()
            done |= dict.fromkeys(ready)
            sorter.done(*ready)
        return [*done, *(node for node in self.nodes if node not in done)]

    def _group(self, node: str, above: Iterable[_Group], numbers: dict[_Group, int]) -> _Group:
        """What distinguishes groups: the role and the groups of the callers. A renewal stays in the group of what it
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
        """A session and its keys into one box, unless one of them is highlighted."""
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
            self._box(box, (session, *dark))

    def _calls(self) -> None:
        """The operations of one caller into one box, where they are several."""
        calls: dict[str, list[Link]] = defaultdict(list)
        for link in self.links:
            if self.nodes[link.target].kind == "action" and not self.nodes[link.target].lit:
                calls[link.source].append(link)
        for caller, links in calls.items():
            group = self.inside.get(caller)
            if group is not None and group.startswith("keys "):  # which holds a session and its keys alone
                group = self.boxes[group].box
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
            self._box(box, [link.target for link in links], folded=len(links) > 1)

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
