"""The picture of an answer, with the origins and calls that it shows looked up in the store."""

from __future__ import annotations

from lineage.draw import fold
from lineage.draw.shape import Shape
from lineage.draw.sheet import Known
from lineage.model.errors import BadUse
from lineage.questions import registry
from lineage.questions.shared.identifiers import Caller
from lineage.questions.shared.memo import Memo
from lineage.questions.shared.models import Model
from lineage.questions.who.answer import explain

ORIGINS = 300
"""The origins of at most so many nodes are looked up."""
PROVENANCE = 5
"""With at most so many origins, who made their keys and started their workloads is looked up too."""


def picture(reader: Memo, answer: Model) -> Shape:
    """The picture of an answer. Raises `BadUse` for an answer that has none."""
    try:
        module = registry.picture_of(answer)
    except KeyError as stem:
        raise BadUse(f"{stem.args[0]}: cannot be drawn; {', '.join(registry.with_picture())} have") from None
    nodes, above, events = registry.wanted(answer)
    calls = {event_id: seen[-1] for event_id, seen in reader.events_of(events).items() if seen}
    above += [str(seen.source) for seen in calls.values()]
    graph = reader.ascend([*nodes, *above])
    there = [node for node in dict.fromkeys(above) if node in graph]
    wanted = there[:ORIGINS]
    provenance = len(wanted) <= PROVENANCE  # looking for it adds to the graph
    origins = {
        node: explain(
            reader, Caller(node, None, None), graph=graph.copy() if provenance else graph, provenance=provenance
        )
        for node in wanted
    }
    accounts = reader.account_names()
    drawn = module.draw(answer, Known(accounts, graph, origins, calls))
    left = len(there) - len(wanted)
    if left:
        more = f"The callers of {left:,} more sessions and keys are not drawn."
        drawn = drawn._replace(notes=[*drawn.notes, more])
    return fold.shape(drawn, accounts)
