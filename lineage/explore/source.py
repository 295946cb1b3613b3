"""What the server serves of a store: pages of answers, and the neighbours of a node.

Neighbours are callers, keys, what a node made, started, changed and touched, and who did that to it. One step is drawn,
up to a limit of each kind. The store is read all the way up and down for it, because it has no shorter walk. Refused
calls that name no resource are left out.
"""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Mapping
from functools import partial
from importlib.resources import files
from typing import Any

import msgspec

from lineage import Lineage
from lineage.ask import QUESTIONS
from lineage.commands.generate import parse, words_of
from lineage.draw import fold
from lineage.draw.files import page
from lineage.draw.labels import command
from lineage.draw.sheet import Drawing, Known, Sheet
from lineage.explore import pages, start
from lineage.load import FINDINGS
from lineage.model import schema
from lineage.model.errors import BadUse, LineageError, NotFound
from lineage.model.keys import ref
from lineage.model.operations import operation_of
from lineage.model.results import CallFilter, CallRow, ChangeEdge
from lineage.model.times import iso
from lineage.questions import registry
from lineage.questions.hunt.answer import NAMES
from lineage.questions.investigate import Investigation
from lineage.questions.shared import grants
from lineage.questions.shared.models import Model
from lineage.questions.trace.picture import grant_facts
from lineage.render import html as report
from lineage.render.text import between
from lineage.stores.reader import Reader

TEXT, PICTURE, REPORT = ("in words", "text"), ("as a picture", ""), ("as a report", "report")
"""Other forms of an answer, and the values of `as` that ask for them."""
NEIGHBOURS = 100
"""Maximum number of grants, and of changes, in one picture, the earliest first."""
RESOURCES = 20
"""Maximum number of links for touched resources and refused calls, the most frequent first."""
MATCHES = 50
"""What a search shows."""
_FLAGS = {"--from": "since", "--since": "since", "--to": "until", "--until": "until"}
_LINEAL = (schema.ASSUMED, schema.ISSUED, schema.BELONGS_TO, schema.RUNS_AS)
_DEEDS = (schema.ISSUED, schema.CREATED, schema.CHANGED, schema.STARTED)
_Calls = tuple[str, str, str, str | None, str]
"""Source, key and type of the target, error and relation of calls that are one link."""


class StoreSource:
    """Pages and neighbours of nodes, of one open store."""

    def __init__(self, store: Lineage, first: str = "") -> None:
        """`first` is the question that the page opens on, as it is typed; without one that is the start page."""
        self._store = store
        self._first = first

    def close(self) -> None:
        """Close the store."""
        self._store.close()

    def page(self, query: Mapping[str, str]) -> str:
        """The page of a `question` with its `ask`, of a kept `finding`, of what it should `find`, of the first
        question, or to start with.

        `from` and `to` are the time range, which the links of a page keep; `as` selects the form. An error is a line
        on a page with the form for the next question.
        """
        span = _span(query)
        if finding := query.get("finding"):
            kept = self._store._store.noted(FINDINGS, [finding]).get(finding)
            missing = f"not found: {finding}; no such finding is kept"
            return self.report(kept) if kept else pages.page("", tuple(QUESTIONS), problem=missing, span=span)
        if query.get("find"):
            return pages.found(query["find"], self.find(query["find"]), tuple(QUESTIONS), span)
        line = f"{query['question']} {query.get('ask', '')}".strip() if query.get("question") else self._first
        if not line or query.get("start"):
            return pages.start(tuple(QUESTIONS), NAMES, span)
        try:
            line, span = _spanned(line, span)
        except LineageError as error:
            return pages.page(line, tuple(QUESTIONS), problem=str(error), span=span)
        ways = partial(pages.page, line, tuple(QUESTIONS), span=span)
        try:
            answer = self._answer(line, span)
        except LineageError as error:
            return ways(problem=str(error))
        wanted = query.get("as")
        if isinstance(answer, Investigation):
            if wanted != "report":
                return ways(answer, others=[REPORT])
            return report.page(registry.title_of(answer), registry.blocks_of(answer), answer.asked)
        if not registry.has_picture(answer.stem()):
            return ways(answer)
        if wanted == "text":
            return ways(answer, others=[PICTURE])
        asking = pages.form(line, tuple(QUESTIONS), [TEXT], span)
        live = files("lineage.explore").joinpath("live.js").read_text("utf-8")
        return page(self._store.picture(answer), live=live, asking=asking)

    def report(self, alert: bytes) -> str:
        """The report on an alert, given as the content of a file, as a page. An error is a line on a page."""
        try:
            answer = self._store.investigate(alert)
        except LineageError as error:
            return pages.page("investigate", tuple(QUESTIONS), problem=str(error))
        if not answer.found:
            return pages.page("investigate", tuple(QUESTIONS), problem=f"not found: {answer.asked}")
        return pages.page("investigate", tuple(QUESTIONS), answer)

    def part(self, query: Mapping[str, str]) -> str:
        """A part of the start page as HTML, by its `name`. Raises `LineageError`."""
        span = _span(query)
        return start.part(self._store, query.get("name", ""), partial(pages.href, span=span))

    def find(self, text: str) -> list[pages.Match]:
        """What has a text in its name or ID, like the question `find`."""
        answer = self._store.find(text, limit=MATCHES)
        return [
            pages.Match(one.kind, one.name, " ".join(filter(None, (one.account, one.account_name))),
                        between(one.first, one.last) if one.first and one.last else "", one.question, one.ask)
            for one in answer.matches
        ]  # fmt: skip

    def _answer(self, line: str, span: pages.Span = pages.NO_SPAN) -> Model:
        answer = parse(_in_span(words_of(line), span), files=False).of(self._store)
        missing = answer.not_found()
        if missing is not None:
            raise NotFound("; ".join([f"not found: {missing}", *self._store.near(answer)]))
        return answer

    def near(self, node: str) -> object:
        """The picture of the neighbours of a node, as JSON values. Raises `BadUse` and `NotFound`."""
        label, _, key = node.partition(" ")
        if label not in (schema.SESSION, schema.CREDENTIAL, schema.PRINCIPAL, schema.RESOURCE) or not key:
            raise BadUse("node: no reference of a session, key, principal or resource")
        reader = self._store._reader()
        # A resource that calls only name is no node of the store, but there are calls to show.
        if not reader.has(ref(node)) and not reader.calls(CallFilter("resource", (key,))):
            raise NotFound(f"not found: {node}")
        return msgspec.to_builtins(fold.shape(near(reader, node), reader.account_names()))


def _span(query: Mapping[str, str]) -> pages.Span:
    return pages.Span(query.get("from", "").strip(), query.get("to", "").strip())


def _spanned(line: str, span: pages.Span) -> tuple[str, pages.Span]:
    """A line without its time range, and the range: that of the line, else the one that is kept.

    >>> _spanned("timeline AKIA --from 2026-03-11 --limit 3", pages.Span("2026-03-10", "2026-03-12"))
    ('timeline AKIA --limit 3', Span(since='2026-03-11', until='2026-03-12'))
    """
    given = words_of(line)
    kept, typed = [], {}
    rest = iter(given)
    for word in rest:
        flag, sign, value = word.partition("=")
        if flag not in _FLAGS:
            kept.append(word)
        else:
            typed[_FLAGS[flag]] = value if sign else next(rest, "")
    if not typed:
        return line, span
    return shlex.join(kept), span._replace(**typed)


def _in_span(given: list[str], span: pages.Span) -> list[str]:
    """The words of a question with the time range, if it takes one."""
    question = QUESTIONS.get(given[0].replace("_", "-")) if given else None
    taken = {parameter.name for parameter in question.parameters} if question else set()
    options = [
        word
        for name, flag in (("since", "--from"), ("until", "--to"))
        if name in taken and getattr(span, name)
        for word in (flag, getattr(span, name))
    ]
    return [*given[:1], *options, *given[1:]]


def near(reader: Reader, node: str) -> Drawing:
    """The picture of a node and its neighbours."""
    _, key = ref(node)
    graph = reader.ascend([node]).copy()
    below = reader.descend([node])
    graph.add_nodes_from(below.nodes(data=True))
    for source, target, name, way in below.edges(keys=True, data=True):
        graph.add_edge(source, target, key=name, **way)
    ways = {
        (source, target, name): way
        for source, target, name, way in (
            *graph.in_edges(node, keys=True, data=True), *graph.out_edges(node, keys=True, data=True)
        )
        # The making of a key is a deed, and its owner is shown anyway.
        if way["type"] in _LINEAL and not (way["type"] == schema.ISSUED and way.get("parent") is False)
    }  # fmt: skip
    granted = sorted(ways.items(), key=lambda one: (one[1].get("time") or "", one[0]))
    done = reader.changes(_DEEDS, sources=[node]), reader.changes(_DEEDS, targets=[node])
    deeds = sorted({(deed.time, deed.type, deed.key): deed for some in done for deed in some}.items())
    calls = _grouped(reader, node)
    others = {*(deed.source for _, deed in deeds[:NEIGHBOURS]), *(source for (source, *_), _ in calls[:RESOURCES])}
    graph.add_nodes_from(reader.ascend(sorted(others - {node})).nodes(data=True))
    sheet = Sheet(Known(reader.account_names(), graph, {}, {}))
    sheet.of_ref(node, lit=True)
    for (source, target, _), way in granted[:NEIGHBOURS]:
        _granted(sheet, source, target, way)
    for _, deed in deeds[:NEIGHBOURS]:
        _done(sheet, deed)
    for group, rows in calls[:RESOURCES]:
        _called(sheet, node, group, rows)
    left = len(granted[NEIGHBOURS:]) + len(deeds[NEIGHBOURS:]) + len(calls[RESOURCES:])
    notes = [f"{left:,} more neighbours of {key} are not drawn."] if left else []
    return Drawing(sheet, f"Neighbours of {key}", command("trace", key) or "lineage trace", notes)


def _granted(sheet: Sheet, source: str, target: str, way: dict[str, Any]) -> None:  # Any: of the graph's attributes
    type_ = way["type"]
    temporary = False
    if type_ == schema.BELONGS_TO:
        # A key belongs to its owner: drawn from the owner to the key, as all obtaining is. But a temporary key was
        # obtained by its session, and its role is next to it.
        temporary = " " in ref(source).key
        source, target = target, source
    perhaps = type_ == schema.ASSUMED and way.get("parent") is False
    confidence = way.get("confidence") or "EXACT"
    sheet.of_ref(source)
    sheet.of_ref(target)
    sheet.link(
        source, target, type_, label=operation_of(way.get("api") or "assumed") if type_ == schema.ASSUMED else None,
        confidence=schema.weakest([confidence, "HEURISTIC"]) if perhaps else confidence,
        beside=type_ == schema.RUNS_AS or temporary, first=way.get("time"), events=way.get("event_ids") or (),
        one_of_several_callers_that_fit=perhaps, **grant_facts(way, None),
    )  # fmt: skip


def _done(sheet: Sheet, deed: ChangeEdge) -> None:
    told = deed.properties
    sheet.of_ref(deed.source)
    sheet.of_ref(deed.target)
    sheet.link(
        deed.source, deed.target, deed.type,
        label="made" if deed.type == schema.ISSUED else operation_of(str(told.get("api") or deed.type.lower())),
        beside=deed.type != schema.CHANGED, first=iso(deed.time), events=deed.event_ids, what=told.get("what"),
        api=told.get("api"), before=told.get("before"), after=told.get("after"),
    )  # fmt: skip


def _grouped(reader: Reader, node: str) -> list[tuple[_Calls, list[CallRow]]]:
    """Calls by a node, and about it without other accounts' copies, that make one link; the most often called first."""
    label, key = ref(node)
    rows = list(reader.calls(CallFilter("node", (node,))))
    if label in (schema.RESOURCE, schema.PRINCIPAL):
        about = grants.own(reader, reader.calls(CallFilter("resource", (key,))))
        rows += [row for row in about if row.source != node]
    groups: dict[_Calls, list[CallRow]] = defaultdict(list)
    for row in rows:
        # What a node was granted is drawn as its grants.
        granted = row.source == node and row.row.error is None and row.row.api.startswith("sts:Assume")
        if row.row.relation is None or granted:
            continue
        targets = row.row.targets if row.source == node else row.row.targets[:1]
        for target in targets:
            groups[row.source, target.key, target.type, row.row.error, row.row.relation].append(row)
    return sorted(groups.items(), key=lambda one: (-sum(row.count for row in one[1]), *map(str, one[0])))


def _called(sheet: Sheet, node: str, group: _Calls, rows: list[CallRow]) -> None:
    """Draw that something was touched, or a role refused. Roles and users stand there as principals, as elsewhere."""
    source, key, type_, error, relation = group
    sheet.of_ref(source)
    if source != node:
        end = node
    elif relation == schema.TRIED or ":role/" in key or ":user/" in key:
        end = sheet.of_ref(f"{schema.PRINCIPAL} {key}")
    else:
        account = next((target.account for target in rows[0].row.targets if target.key == key), None)
        end = sheet.resource(key, type_, account)
    sheet.link(
        source, end, relation, failed=error is not None, first=iso(min(row.first for row in rows)),
        last=iso(max(row.last for row in rows)), count=sum(row.count for row in rows), error=error,
        events=[event for row in rows for event in row.event_ids][:5], beside=relation == schema.TOUCHED,
        operations=sorted({row.row.api for row in rows}),
    )  # fmt: skip
