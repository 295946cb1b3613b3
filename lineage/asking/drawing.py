"""Answers as pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lineage.asking.base import Asking
from lineage.model.errors import BadUse

if TYPE_CHECKING:
    from lineage.draw.shape import Shape
    from lineage.questions.shared.models import Model

MOST = 300
"""Of so many nodes at most the origins are looked up for a picture."""
FEW = 5
"""Of so many it is told too who made their keys and started their workloads."""


class Drawing(Asking):
    """Answers as pictures."""

    def picture(self, answer: Model) -> Shape:
        """The picture of an answer: nodes, links and what is folded, with their evidence.

        `lineage.draw.files.write` writes it as HTML, SVG, GraphML, JSON or DOT. The callers of 300 nodes at most are
        drawn, and a note says so; who made keys and started workloads is told of 5 at most. Raises `BadUse` for an
        answer without a shape.
        """
        from lineage.draw import fold
        from lineage.draw.sheet import Known
        from lineage.questions import registry
        from lineage.questions.shared.asks import Asked
        from lineage.questions.who.answer import explain

        try:
            module = registry.picture_of(answer)
        except KeyError as stem:
            raise BadUse(f"{stem.args[0]}: has no shape to draw; {', '.join(registry.with_picture())} have") from None
        reader = self._reader()
        nodes, above, events = registry.wanted(answer)
        calls = {event_id: seen[-1] for event_id, seen in reader.events_of(events).items() if seen}
        above += [str(seen.source) for seen in calls.values()]
        graph = reader.ascend([*nodes, *above])
        wanted = [node for node in dict.fromkeys(above) if node in graph][:MOST]
        makers = len(wanted) <= FEW  # looking for them adds to the graph
        origins = {
            node: explain(reader, Asked(node, None, None), graph=graph.copy() if makers else graph, provenance=makers)
            for node in wanted
        }
        accounts = reader.account_names()
        told = module.draw(answer, Known(accounts, graph, origins, calls))
        left = sum(node in graph for node in dict.fromkeys(above)) - len(wanted)
        if left:
            more = f"Of {left:,} more sessions and keys the callers are not drawn."
            told = told._replace(notes=[*told.notes, more])
        return fold.shape(told, accounts)
