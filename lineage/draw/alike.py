"""What is alike in a picture, in one box: of one kind and account, and linked in the same way to the same others.

Such nodes say the same thing again and again (the jobs of one worker, the instances that one role is for), so a
picture with one of each kind, and how many there are, is the same picture. Nothing that is lit is put away.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec

from lineage.draw.names import caption
from lineage.draw.shape import Box, Kind, Shape
from lineage.draw.sheet import facts
from lineage.draw.view import Entry, Way, view

SEVERAL = 3
"""So many that are alike make a box."""
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


def alike(shape: Shape, *, people: bool) -> Shape:
    """The picture with all that is alike in boxes; with `people`, persons too."""
    kinds = _WORDS.keys() if people else _WORDS.keys() - {"person"}
    for _ in range(_ROUNDS):
        found = [members for members in _alike(shape) if _kind(members[0]) in kinds]
        if not found:
            break
        shape = boxed(shape, [(_box(members), [entry.thing.id for entry in members]) for members in found])
    return shape


def with_calls(shape: Shape) -> Shape:
    """The picture with sessions and the operations that only they lead to in one box, but for what was refused."""
    shown = view(shape)
    into: dict[str, list[Way]] = defaultdict(list)
    for way in shown.ways:
        into[way.target].append(way)
    leading = {way.source for way in shown.ways}
    calls: dict[str, list[Entry]] = defaultdict(list)
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


def _kind(entry: Entry) -> str:
    return _SAME.get(entry.thing.kind, entry.thing.kind)


def _alike(shape: Shape) -> Iterable[Sequence[Entry]]:
    """The entries that are alike, where they are several."""
    shown = view(shape)
    around: dict[str, set[tuple[object, ...]]] = defaultdict(set)
    for way in shown.ways:
        one = way.members[0]
        how = one.type, one.failed, one.guess, one.beside
        around[way.source].add(("to", way.target, *how))
        around[way.target].add(("from", way.source, *how))
    found: dict[object, list[Entry]] = defaultdict(list)
    for id_, entry in shown.entries.items():
        if around[id_] and not entry.lit:
            found[_kind(entry), entry.thing.account, entry.thing.box, frozenset(around[id_])].append(entry)
    return [members for members in found.values() if len(members) >= SEVERAL]


def _box(members: Sequence[Entry]) -> Box:
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
        label=f"{len(members):,} {words} that are linked alike", caption=caption(*lines), account=first.account,
        box=first.box,
        facts=facts(what=f"{words} that the same leads to, and that lead to the same", names=names[:NAMED],
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
