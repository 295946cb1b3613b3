"""Pictures: what is drawn of an answer, where it stands, and the files that show it."""

from __future__ import annotations

import contextlib
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from itertools import combinations, pairwise
from pathlib import Path

import msgspec
import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import lineage
from lineage import Lineage
from lineage.draw import files, fold, svg
from lineage.draw.fold import MOST, SCREEN, WINDOW, crowded, fits
from lineage.draw.labels import command, paste
from lineage.draw.layout import SIZE, place
from lineage.draw.shape import Box, Link, Node, Shape, placed, standing_for, view
from lineage.draw.sheet import Known
from lineage.model.errors import BadUse, NotFound
from lineage.model.results import Graph
from lineage.questions import registry
from lineage.questions.cross_account import CrossAccount, Crossing
from lineage.questions.cross_account.picture import draw as draw_pairs
from lineage.questions.denied import Denied
from lineage.questions.shared.models import Model
from lineage.questions.who import CallIdentity, Hop, Origin, SessionId, Who, WhoAnswer
from lineage.questions.who.picture import draw as draw_who
from tests.crowd import crowd
from tests.neo4j_server import Server
from tests.test_cli import ROOT, Shell, incident, run  # noqa: F401 - fixtures
from tests.test_stories import STORIES, orders

SIGN_IN = "c0ffee00-0000-4000-8000-000000000002"
STARTED = "c0ffee00-0000-4000-8000-000000000007"
KEY = "AKIA3WQUP53HKQ7V2LCK"
ROLE = "arn:aws:iam::804275613390:role/payments-operations"
HOSTILE = "</script><script>alert(1)</script>\" onerror='x' javascript:alert(1) \u202etxt.exe \x1b[2J \x00 ]]> \\N"
"""Session names are never like this; user agents are whatever somebody wrote."""


@pytest.fixture(scope="module")
def store(incident: Path) -> Iterator[Lineage]:  # noqa: F811 - the fixture
    """The incident."""
    with lineage.open(incident) as opened:
        yield opened


def answers(store: Lineage) -> dict[str, Model]:
    """An answer of every question that can be drawn."""
    return {
        "who": store.who(STARTED), "trace": store.trace(SIGN_IN), "chains": store.chains(), "role": store.role(ROLE),
        "blast": store.blast(SIGN_IN, made=True), "path": store.path("537140928816", KEY),
        "cross_account": store.cross_account(), "denied": store.denied(),
    }  # fmt: skip


def one_line(caption: str) -> str:
    """A caption as one line; a name that was broken behind a sign is whole again."""
    return re.sub(r"(?<=[_:/.-])\n", "", caption).replace("\n", " ")


def captions(shape: Shape) -> set[str]:
    """What stands below the nodes when the picture opens, on one line each."""
    return {one_line(entry.caption) for entry in view(shape).entries.values()}


def steps(shape: Shape) -> set[tuple[str, str, str]]:
    """The links when the picture opens: source, words, target."""
    shown = view(shape)
    names = {one: one_line(entry.caption) for one, entry in shown.entries.items()}
    return {(names[way.source], way.words, names[way.target]) for way in shown.ways}


# ---- what is drawn
DANA = "AWSReservedSSO_PlatformAdmin as dana.whitfield"
OPS = "payments-operations as ops-maintenance"


def test_who_ends_at_the_call(store: Lineage) -> None:
    """The picture of `who` for an event is the lit chain from the origin to that very call."""
    shape = store.picture(store.who(STARTED))

    assert steps(shape) == {
        ("dana.whitfield", "AssumeRoleWithSAML", DANA), (DANA, "AssumeRole", OPS),
        (OPS, "key", "ASIA3WQUP53HA3TWDBIN"), ("ASIA3WQUP53HA3TWDBIN", "called", "StartInstances ec2"),
    }  # fmt: skip
    assert all(node.lit for node in shape.nodes)
    assert [link.cross for link in shape.links] == [False, True, False, False]
    assert shape.title == "Credentials of dana.whitfield"


def test_who_shows_the_maker_of_a_key_beside_the_chain(store: Lineage) -> None:
    """Who made a key stands beside its owner, and is no part of the chain."""
    shape = store.picture(store.who(KEY))

    assert ("svc-reports", "its key", KEY) in steps(shape)
    assert (OPS, "made: access key", KEY) in steps(shape)
    assert {link.label: link.beside for link in shape.links if link.beside} == {"made: access key": True}


def test_trace_begins_at_the_origin(store: Lineage) -> None:
    """The picture of `trace` leads down to what was asked about, and folds the calls of each caller."""
    assert steps(store.picture(store.trace(SIGN_IN))) == {
        ("dana.whitfield", "AssumeRoleWithSAML", DANA), (DANA, "called, 5×", "5 operations"),
        (DANA, "key", "ASIAX2EAYEEYGCAMPTMD"), (DANA, "AssumeRole", OPS), (OPS, "called, 4×", "5 operations"),
        (OPS, "✕ called", "5 operations"), (OPS, "made", KEY), (KEY, "called, 14×", "7 operations"),
    }  # fmt: skip


def test_role_tells_people_apart(store: Lineage) -> None:
    """The picture of `role` leads from four people through their own sessions into one role."""
    found = steps(store.picture(store.role(ROLE)))

    assert {(source, target) for source, _, target in found if "×13" in target} == {
        (f"AWSReservedSSO_PlatformAdmin as {name} ×{count}", "payments-operations ×13")
        for name, count in (("dana.whitfield", 4), ("jonas.brandt", 3), ("li.wei", 3), ("priya.raman", 3))
    }
    assert ("dana.whitfield", "AssumeRoleWithSAML, 4×", "AWSReservedSSO_PlatformAdmin as dana.whitfield ×4") in found


def test_blast_shows_what_was_left_behind(store: Lineage) -> None:
    """The picture of `blast` has the instances that were started, the role that was changed, the key that was made."""
    shape = store.picture(store.blast(SIGN_IN, made=True))

    assert {
        f"{KEY} works", f"{DANA} \u00b7 ended", "payments-reporting", "platform-events",
        "i-07b3e6f20c9a5d184 EC2 Instance",
    } <= captions(shape)  # fmt: skip
    started = [link for link in shape.links if link.type == "STARTED"]
    assert len(started) == 2
    assert all(link.beside for link in started)


def test_path_lights_the_way(store: Lineage) -> None:
    """The picture of `path` lights the way that was found, and shows whose the start is."""
    shape = store.picture(store.path("537140928816", KEY))

    assert [link.label for link in shape.links if link.lit] == ["AssumeRole", "key", "made"]
    assert "dana.whitfield" in captions(shape)


def test_chains_cross_account_and_denied(store: Lineage) -> None:
    """Paths of roles, accounts and refusals are drawn with their numbers."""
    assert ("ci", "assumed, 30×", "deploy") in steps(store.picture(store.chains()))
    assert steps(store.picture(store.cross_account())) == {
        ("platform 537140928816", "2 roles, 43×", "payments 804275613390")
    }
    assert (OPS, "✕ AccessDenied", "AttachRolePolicy AccessDenied") in steps(store.picture(store.denied()))


def test_only_some_answers_have_a_shape(store: Lineage) -> None:
    """An answer that cannot be drawn says so, and which can."""
    with pytest.raises(BadUse, match="info: cannot be drawn; blast, chains, "):
        store.picture(store.info())


def test_every_link_carries_its_evidence(store: Lineage) -> None:
    """Grants and calls carry event IDs, times and confidence; grants rule, address and agent too."""
    for link in store.picture(store.trace(SIGN_IN)).links:
        told = dict(link.facts)

        assert {"confidence", "events", "times"} <= set(told), link
        assert link.type != "ASSUMED" or {"rule", "address", "agent", "how"} <= set(told)
        assert link.copy["event ID"] == told["events"][0]
        assert link.copy["command"] == f"lineage who {told['events'][0]}"


@pytest.mark.parametrize("story", sorted(STORIES.iterdir()), ids=lambda folder: folder.name)
def test_every_story_can_be_drawn(story: Path, tmp_path: Path) -> None:
    """Pictures of any answer are whole: ends of links and boxes are there, lit things are not folded away."""
    with lineage.open(tmp_path / "lineage.db") as store:
        for names in orders(story)[0]:
            store.load([story / name for name in names])
        for answer in drawable(store, story):
            shape = store.picture(answer)
            nodes = {node.id for node in shape.nodes}
            boxes = {box.id for box in shape.boxes}
            stands = standing_for(shape)

            assert {end for link in shape.links for end in (link.source, link.target)} <= nodes
            assert {node.box for node in shape.nodes} | {box.box for box in shape.boxes} <= {*boxes, None}
            assert {node.id for node in shape.nodes if node.lit and stands[node.id] != node.id} == set()
            assert len(nodes) == len(shape.nodes)
            assert len({link.id for link in shape.links}) == len(shape.links)
            assert set(placed(view(shape)).at) == set(view(shape).entries)
            assert all(files.text(shape, form) for form in files.FORMS)


@pytest.mark.parametrize("story", sorted(STORIES.iterdir()), ids=lambda path: path.name)
def test_every_story_is_drawn_as_it_is_told(story: Path, tmp_path: Path) -> None:
    """Sessions and keys are those of the graph, a key hangs on its session, and what was asked about on something."""
    with lineage.open(tmp_path / "lineage.db") as store:
        for names in orders(story)[0]:
            store.load([story / name for name in names])
        known = store.graph()
        for answer in [*drawable(store, story), *asked_of_all(store, known)]:
            shape = store.picture(answer)
            nodes = {node.id for node in shape.nodes}
            ends = {(link.source, link.target) for link in shape.links}
            keys = {node for node in nodes if node.startswith("Credential ") and node.count(" ") == 2}

            assert {node for node in nodes - set(known) if node.startswith(("Session ", "Credential "))} == set()
            issued = {(f"Session {key.split(' ', 2)[2]}", key) for key in keys}
            assert {pair for pair in issued if pair[0] in nodes} <= ends
            if len(nodes) > 1:
                assert {node.id for node in shape.nodes if node.lit} <= {end for pair in ends for end in pair}
            if isinstance(answer, Who):
                assert {one.node for one in answer.answers if one.node} <= nodes
            if isinstance(answer, Denied):
                assert sum(link.count for link in shape.links if link.failed) == refusals(answer)


def asked_of_all(store: Lineage, known: Graph) -> Iterator[Model]:
    """`who`, `trace` and `role` of some nodes of each label."""
    asks = [node.split(" ", 1)[1] for node in known if node.startswith(("Session ", "Credential "))]
    for ask in asks[:6]:
        yield store.who(ask.split(" ", 1)[0] if ask.startswith(("AKIA", "ASIA")) else ask)
        if ask.count("/") > 1:
            yield store.trace(ask)
    for node, about in known.nodes(data=True):
        if about.get("kind") == "Role":
            yield store.role(node.split(" ", 1)[1])


def refusals(answer: Denied) -> int:
    """Refused calls that the picture of an answer shows: roles, and operations that are no such role."""
    roles = [role for caller in answer.assumptions for role in caller.roles]
    ids = {event for role in roles for event in role.event_ids}
    others = [one for one in answer.operations if not one.api.startswith("sts:Assume") or set(one.event_ids) - ids]
    return sum(role.count for role in roles) + sum(one.count for one in others)


def drawable(store: Lineage, story: Path) -> Iterator[Model]:
    """The answers that a story is about, and those about its chains, as far as they have a shape."""
    for check in json.loads((story / "answers.json").read_text()):
        asked = [check["ask"]] if "ask" in check else []
        if check["question"] == "path":
            yield store.path(**{"start": check.get("ask"), **check.get("options", {})})
        elif check["question"] in registry.with_picture():
            with contextlib.suppress(NotFound):  # a name that several have
                yield getattr(store, check["question"])(*asked, **check.get("options", {}))
        elif asked and isinstance(asked[0], str):
            with contextlib.suppress(BadUse, NotFound):  # an address has no credentials, a name several owners
                yield store.blast(*asked)
    yield store.chains()
    yield store.cross_account()
    yield store.denied()


# ---- what is folded
def session(number: int, role: str = "deploy", **more: object) -> Node:
    """A session of a role."""
    return msgspec.convert(
        {"id": f"Session {role} {number}", "label": f"{role} as {number}", "caption": role, "kind": "session",
         "account": "111122223333", "copy": {"ARN": f"arn:aws:iam::111122223333:role/{role}"}, **more},
        Node,
    )  # fmt: skip


def test_a_crowd_is_folded_and_says_so() -> None:
    """Of 5,000 nodes no more than can be read are drawn, and a note says how many."""
    shape = crowded(crowd(5000))
    drawn = len(view(shape).entries)

    assert drawn <= MOST
    assert shape.notes == (f"It opens with {drawn} of 5,000 nodes; the rest is folded.",)


def test_what_is_lit_is_never_folded() -> None:
    """However many there are, what was asked about stays in sight."""
    shape = crowded(crowd(5000, lit=20))
    stands = standing_for(shape)

    assert [stands[f"n{number}"] for number in range(1, 21)] == [f"n{number}" for number in range(1, 21)]


def test_a_small_picture_is_left_alone() -> None:
    """What can be read is not folded."""
    people = people_of_one_role(7)

    assert fits(people, WINDOW)
    assert crowded(people) == people


def test_what_is_alike_stands_as_one() -> None:
    """A worker's jobs, with all that they called, stand as one beside what was refused; other callers' stay apart."""
    account = Box(id="account 111122223333", kind="account", label="a", caption="a", account="111122223333")
    jobs = [
        session(number, f"job-{number % 4}", box=account.id, caption=f"job-{number % 4}\nas x") for number in range(20)
    ]
    calls = [Node(id=f"calls {job.id}", kind="action", label="Get", caption="Get", account=job.account, box=account.id)
             for job in jobs]  # fmt: skip
    worker, other = session(100, "worker", box=account.id, lit=True), session(101, "other", box=account.id)
    links = [Link(id=job.id, source=worker.id if number else other.id, target=job.id, type="ASSUMED", label="assumed")
             for number, job in enumerate(jobs)]  # fmt: skip
    links += [Link(id=call.id, source=job.id, target=call.id, type="USED", label="called", failed=job is jobs[1])
              for job, call in zip(jobs, calls, strict=True)]  # fmt: skip
    shape = crowded(
        Shape(title="t", about="a", boxes=(account,), nodes=(worker, other, *jobs, *calls), links=tuple(links))
    )
    shown = view(shape).entries

    assert {entry.caption for entry in shown.values()} == {
        "worker", "other", "sessions\nof 4 roles \u00d718", "job-0\nas x", "job-1\nas x", "Get",
    }  # fmt: skip
    assert dict(next(box for box in shape.boxes if box.id.startswith("alike")).facts)["names"][0] == "job-2 as 2"
    assert shape.notes == ("It opens with 6 of 42 nodes; the rest is folded.",)


def test_many_accounts_are_a_matrix() -> None:
    """Where words of links would be on other links, or accounts do not fit, accounts are shown as a matrix."""
    few = shape_of_pairs(3)
    many = shape_of_pairs(9)

    assert not few.matrix
    assert many.matrix
    assert len(view(many).entries) == 9


def shape_of_pairs(count: int) -> Shape:
    """So many accounts, each of which assumes roles of all that come after it."""
    names = [f"{number:012d}" for number in range(count)]
    crossings = [
        Crossing(from_account=one, from_name=None, to_account=other, to_name=None, count=5, callers=1, roles=2,
                 hows=["cli-sdk"], first="2026-01-01T00:00:00Z", last="2026-01-02T00:00:00Z", role_arns=[])
        for one, other in combinations(names, 2)
    ]  # fmt: skip
    drawing = draw_pairs(CrossAccount(total=len(crossings), crossings=crossings), Known({}, nx.MultiDiGraph(), {}, {}))
    return fold.shape(drawing, {})


def people_of_one_role(count: int) -> Shape:
    """So many people who assumed a role."""
    role = Node(id="role", kind="role", label="deploy", caption="deploy", lit=True)
    people = [Node(id=f"p{n}", kind="person", label=f"p{n}", caption=f"p{n}") for n in range(count)]
    links = [Link(id=one.id, source=one.id, target="role", type="ASSUMED", label="assumed") for one in people]
    return Shape(title="t", about="a", nodes=(role, *people), links=tuple(links))


@pytest.mark.parametrize(("count", "drawn"), [(13, 14), (14, 2), (MOST + 1, 2)])
def test_people_stay_apart_while_they_can_be_read(count: int, drawn: int) -> None:
    """Whose credentials they were is told by name, unless there are more names than fit on a large screen."""
    shape = people_of_one_role(count)

    assert fits(shape, SCREEN) == (drawn > 2)
    assert len(view(crowded(shape)).entries) == drawn


# ---- where it stands
@st.composite
def drawings(draw: st.DrawFn) -> tuple[list[str], list[tuple[str, str]], dict[str, str]]:
    """Nodes, links among them, and accounts of some."""
    nodes = [f"n{number}" for number in range(draw(st.integers(0, 30)))]
    ends = st.sampled_from(nodes) if nodes else st.nothing()
    links = draw(st.lists(st.tuples(ends, ends), max_size=50)) if nodes else []
    return nodes, links, {node: draw(st.sampled_from("abc")) for node in nodes if draw(st.booleans())}


@given(drawings())
@settings(max_examples=200, deadline=None)
def test_nothing_stands_on_anything_else(drawing: tuple[list[str], list[tuple[str, str]], dict[str, str]]) -> None:
    """Nodes keep their distance, frames do not meet, and a frame holds all nodes of its account and no other's."""
    nodes, links, accounts = drawing
    found = place(nodes, links, accounts)

    assert set(found.at) == set(nodes)
    for layer in set(found.layers.values()):
        heights = sorted(found.at[node][1] for node in nodes if found.layers[node] == layer)
        assert all(below - above >= SIZE.node - 1e-6 for above, below in pairwise(heights))
    for one, other in combinations(found.frames.values(), 2):
        assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
    for node, (x, y) in found.at.items():
        for account, (left, top, right, bottom) in found.frames.items():
            assert (left < x < right and top < y < bottom) == (accounts.get(node) == account)


@given(drawings())
@settings(max_examples=100, deadline=None)
def test_links_lead_to_the_right(drawing: tuple[list[str], list[tuple[str, str]], dict[str, str]]) -> None:
    """Without cycles each link leads from a layer to a later one."""
    nodes, links, accounts = drawing
    forward = [(source, target) for source, target in links if int(source[1:]) < int(target[1:])]
    layers = place(nodes, forward, accounts).layers

    assert all(layers[source] < layers[target] for source, target in forward)


def test_who_comes_from_outside_stands_in_no_account() -> None:
    """A provider's identity belongs to no account, wherever it is drawn; its provider does."""
    with lineage.open(":memory:") as opened:
        opened.load([STORIES / "one-subject-of-two-providers" / "events.json"])
        role = "arn:aws:iam::444455556666:role/reader"
        for shape in (opened.picture(opened.chains()), opened.picture(opened.role(role))):
            people = [node for node in shape.nodes if node.kind == "person"]
            assert [(node.label, node.account) for node in people] == [("system:serviceaccount:web:worker", None)] * 2


def test_no_lines_cross_where_none_need_to() -> None:
    """Sessions with one caller and one successor each, in two accounts and out of order, stand in line."""
    order = [3, 0, 4, 1, 2]
    nodes = [
        f"{layer}{n}" for layer in "abc" for n in (range(5) if layer == "a" else order if layer == "b" else order[::-1])
    ]
    links = [(f"{one}{n}", f"{two}{n}") for one, two in ("ab", "bc") for n in range(5)]
    at = place(nodes, links, {node: node[0] for node in nodes if node[0] != "a"}).at

    assert [sorted("01234", key=lambda n: at[layer + n][1]) for layer in "abc"] == [
        sorted("01234", key=lambda n: at["a" + n][1])
    ] * 3


def test_the_same_is_drawn_in_the_same_place(store: Lineage) -> None:
    """A picture depends on what was loaded alone, and not on the order."""
    logs = sorted(path for path in (ROOT / "examples/incident/logs").rglob("*") if path.is_file())
    with lineage.open(":memory:") as other:
        for some in (logs[1::2], logs[::2]):
            other.load(some[::-1], accounts=ROOT / "examples/incident/accounts.csv")
        drawn = {name: files.json_text(other.picture(answer)) for name, answer in answers(other).items()}

    assert drawn == {name: files.json_text(store.picture(answer)) for name, answer in answers(store).items()}


def test_both_stores_draw_the_same(store: Lineage, neo4j_any: Server) -> None:
    """A picture of Neo4j's answer is that of the embedded store's, to the last letter."""
    neo4j_any.wipe(schema=False)
    with lineage.open(neo4j_any.uri) as other:
        other.load([ROOT / "examples/incident/logs"], accounts=ROOT / "examples/incident/accounts.csv")
        drawn = {name: files.json_text(other.picture(answer)) for name, answer in answers(other).items()}

    assert drawn == {name: files.json_text(store.picture(answer)) for name, answer in answers(store).items()}


# ---- files
def long_chain(hops: int) -> Who:
    """Two roles that assume each other, again and again."""
    return Who(
        asked="e0", kind="event", found=True, total=1, truncated=False,
        answers=[
            WhoAnswer(
                identity=CallIdentity(),
                origin=Origin(kind="IAMUser", id="arn:aws:iam::111122223333:user/ana", name="ana"), person=None,
                confidence="EXACT", ambiguous=False, reason=None, missing=None, hints=[],
                hops=[granted(number) for number in range(hops)],
            )
        ],
    )  # fmt: skip


def granted(number: int) -> Hop:
    """A grant of one of two roles, a second after the one before."""
    time = f"2026-01-01T{number // 3600:02d}:{number // 60 % 60:02d}:{number % 60:02d}Z"
    return Hop(
        api="sts:AssumeRole", how="cli-sdk", via=None, time=time, event_ids=[f"e{number}"], sign_in_event_ids=[],
        rule="4", confidence="STRONG", candidates=1,
        session=SessionId(account="111122223333", principal_id="AROA:x", creation_date=time),
        role_arn=f"arn:aws:iam::111122223333:role/{'ab'[number % 2]}", session_name="x", access_key_id=None,
        caller_access_key_id=None, source_ip=None, user_agent=None, cross_account=False,
    )  # fmt: skip


def test_the_middle_of_a_long_chain_is_folded() -> None:
    """Of 2,000 hops the first and last stand for themselves and are lit, and what is between them is one node."""
    shape = fold.shape(draw_who(long_chain(2000), Known({}, nx.MultiDiGraph(), {}, {})), {})

    assert [entry.caption.replace("\n", " ") for entry in view(shape).entries.values()] == [
        "ana", "a as x", "b as x", "a as x", "hops between ×1,994", "b as x", "a as x", "b as x",
    ]  # fmt: skip
    assert sum(node.lit for node in shape.nodes) == 7


def hostile() -> Shape:
    """The picture of an answer whose names and agents were made to do harm, with a guess in it."""
    hop = Hop(
        api="sts:AssumeRole", how="cli-sdk", via=None, time="2026-01-01T00:00:00Z", event_ids=[HOSTILE],
        sign_in_event_ids=[], rule="8", confidence="HEURISTIC", candidates=1,
        session=SessionId(account="111122223333", principal_id=f"AROA:{HOSTILE}", creation_date="2026-01-01T00:00:00Z"),
        role_arn="arn:aws:iam::111122223333:role/ops", session_name=HOSTILE, access_key_id=None,
        caller_access_key_id=None, source_ip="198.51.100.7", user_agent=HOSTILE, cross_account=False,
    )  # fmt: skip
    answer = Who(
        asked=HOSTILE, kind="event", found=True, total=1, truncated=False,
        answers=[
            WhoAnswer(
                identity=CallIdentity(), origin=Origin(kind="SAMLIdentity", id=HOSTILE, name=HOSTILE), person=None,
                confidence="HEURISTIC", ambiguous=False, reason=None, missing=None, hints=[], hops=[hop],
            )
        ],
    )  # fmt: skip
    return fold.shape(draw_who(answer, Known({"111122223333": HOSTILE}, nx.MultiDiGraph(), {}, {})), {})


def texts(tree: ET.Element) -> list[str]:
    """All texts of an XML document."""
    return ["".join(one.itertext()) for one in tree.iter()]


def test_hostile_text_stays_text_in_svg() -> None:
    """Names and agents that were made to do harm are texts of an SVG file, in which nothing runs."""
    tree = ET.fromstring(svg.svg(hostile()))
    tags = {one.tag.rpartition("}")[2] for one in tree.iter()}

    assert tags <= {"svg", "title", "desc", "rect", "path", "text", "g"}
    assert not [name for one in tree.iter() for name in one.attrib if name.startswith("on") or "href" in name]
    assert any("</script>" in text for text in texts(tree))
    assert "\u202e" not in svg.svg(hostile())


def test_hostile_text_stays_text_in_graphml_and_dot() -> None:
    """Names and agents that were made to do harm stay within their quotes and elements."""
    read = nx.parse_graphml(files.graphml(hostile()))
    drawn = files.dot(hostile())

    assert {data["kind"] for _, data in read.nodes(data=True)} == {"person", "session"}
    assert any("</script>" in data["label"] for _, data in read.nodes(data=True))
    assert "\u202e" not in drawn
    for line in drawn.splitlines():
        bare = re.sub(r'"(?:[^"\\]|\\.)*"', '""', line)
        assert '"' not in bare.replace('""', ""), line
        assert "script" not in bare


def test_hostile_text_stays_text_in_the_page() -> None:
    """The data of a page cannot end its element, and says exactly what the picture holds."""
    page = files.page(hostile())
    data = page.split('<script type="application/json" id="data">')[1].split("</script>")[0]

    assert not set("<>&\u2028\u2029") & set(data)
    assert json.loads(data)["nodes"] == json.loads(msgspec.json.encode(hostile()))["nodes"]
    assert page.count("<script") == 1 + len(files.SCRIPTS)


def test_the_policy_lets_only_these_scripts_run() -> None:
    """The content security policy names a hash for every script and style and allows no address."""
    page = files.page(hostile())
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)

    assert policy is not None
    assert policy[1].startswith("default-src &#x27;none&#x27;; script-src ")
    assert policy[1].count("sha256-") == len(files.SCRIPTS) + 2
    assert "http" not in policy[1]
    assert "connect-src" not in policy[1]


def test_a_guess_is_called_one_everywhere() -> None:
    """What is less sure than LIKELY is dotted and says "guess" in every form."""
    shape = hostile()
    read = nx.parse_graphml(files.graphml(shape))

    assert "AssumeRole, guess" in svg.svg(shape)
    assert 'stroke-dasharray="2 5"' in svg.svg(shape)
    assert [data["guess"] for _, _, data in read.edges(data=True)] == [True]
    assert "style=dotted" in files.dot(shape)
    assert [link["guess"] for link in files.graph(shape)["links"]] == [True]


def test_failures_are_marked_on_paper(store: Lineage) -> None:
    """Failure is told by a mark and not by colour alone."""
    shape = store.picture(store.denied())

    assert "\u2715 AccessDenied" in svg.svg(shape)
    assert "arrowhead=tee" in files.dot(shape)


def test_svg_can_be_read_aloud(store: Lineage) -> None:
    """An SVG file has a title, and the links in words."""
    tree = ET.fromstring(svg.svg(store.picture(store.who(STARTED))))
    title, description = (tree.findtext(f"{{http://www.w3.org/2000/svg}}{name}") for name in ("title", "desc"))

    assert title == "Credentials of dana.whitfield"
    assert description is not None
    assert description.startswith(f"dana.whitfield to {DANA}: AssumeRoleWithSAML. {DANA} to {OPS}: AssumeRole")


def test_json_has_a_schema_and_everything(store: Lineage) -> None:
    """The JSON form is versioned, holds every node and link, and where the drawn ones stand."""
    shape = store.picture(store.trace(SIGN_IN))
    told = json.loads(files.json_text(shape))

    assert told["schema"] == "lineage.graph/1"
    assert (len(told["nodes"]), len(told["links"])) == (len(shape.nodes), len(shape.links))
    assert set(told["at"]) == set(view(shape).entries)


def test_json_is_what_its_schema_says(store: Lineage) -> None:
    """Each picture keeps the schema that `lineage schema graph` prints, and has no member that is not in it."""
    schema = files.json_schema()
    check = Draft202012Validator(schema)
    members = {name: set(told["properties"]) for name, told in schema["$defs"].items() if "properties" in told}
    for answer in answers(store).values():
        told = json.loads(files.json_text(store.picture(answer)))

        check.validate(told)
        assert set(told) <= members["Graph"]
        assert {name for node in told["nodes"] for name in node} <= members["Node"]
        assert {name for link in told["links"] for name in link} <= members["Link"]


def test_graphml_is_read_by_others(store: Lineage) -> None:
    """networkx reads the GraphML form with all nodes, links and evidence."""
    shape = store.picture(store.trace(SIGN_IN))
    read = nx.parse_graphml(files.graphml(shape), force_multigraph=True)

    assert (len(read), read.number_of_edges()) == (len(shape.nodes), len(shape.links))
    assert {data["event_ids"] for _, _, data in read.edges(data=True)} >= {SIGN_IN}


def test_values_never_stand_in_a_statement() -> None:
    """What Neo4j is asked about is set as a parameter, as JSON of plain ASCII; the statement is the shipped file."""
    made = paste("trace", ask=HOSTILE)
    line, limit = made.params.split("\n")

    assert json.loads(line.removeprefix(":param ask => ").removesuffix(";")) == HOSTILE
    assert line.isascii()
    assert limit == ":param limit => 100;"
    assert made.query == "draw/trace"


def test_commands_are_quoted_or_not_offered() -> None:
    """A command that is offered to a shell holds each value as one word; what does not print is not offered."""
    assert command("who", "a; rm -rf ~") == "lineage who 'a; rm -rf ~'"
    assert command("who", HOSTILE) is None


# ---- the command
def test_graph_writes_what_the_ending_says(run: Shell, tmp_path: Path) -> None:  # noqa: F811 - the fixture
    """`lineage graph` writes the form that the ending names, and says so on standard error."""
    forms = {"html": "<!doctype html>", "svg": "<svg ", "graphml": "<?xml ", "json": "{", "dot": "digraph"}
    for form, begins in forms.items():
        path = tmp_path / f"picture.{form}"
        ran = run("graph", "who", STARTED, "-o", str(path))

        assert (ran.code, ran.out, ran.err) == (0, "", f"{path}: 5 nodes, 4 edges\n")
        assert path.read_text("utf-8").startswith(begins)


def test_graph_writes_to_standard_output(run: Shell) -> None:  # noqa: F811 - the fixture
    """`-o -` writes to standard output, a page or the form that is asked for, and nothing else."""
    page = run("graph", "who", STARTED, "-o", "-")
    drawn = run("graph", "cross_account", "-o", "-", "--format", "dot")

    assert (page.code, page.err, page.out[:15]) == (0, "", "<!doctype html>")
    assert (drawn.code, drawn.err, drawn.out[:16]) == (0, "", "digraph lineage ")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["whose", "x"], "whose: not available here; the questions are: who, trace, chains, cross-account, role, "),
        (["path", "x"], "path: Missing argument 'END'."),
        (["denied", "x", "y"], "denied: Got unexpected extra argument(s) (y)"),
        (["who", STARTED, "--made"], "who: No such option: --made"),
        (["chains", "--from", "2026-01-01", "-o", "x.png"], "x.png: unknown picture format; use one of: .html, .svg, "),
        (["who", STARTED, "--format", "png"], "--format png: unknown; use one of html, svg, graphml, json, dot"),
        (["who", STARTED, "-o", "no/such/folder/x.svg"], "x.svg: cannot be written (No such file or directory); "),
    ],
)  # fmt: skip
def test_bad_use_is_told_in_one_line(run: Shell, arguments: list[str], says: str) -> None:  # noqa: F811 - the fixture
    """What cannot be is told in one line, and the exit code is 2."""
    ran = run("graph", *arguments)

    assert (ran.code, ran.out) == (2, "")
    assert says in ran.err
    assert ran.err.count("\n") == 1


def test_nothing_is_written_of_nothing(run: Shell, tmp_path: Path) -> None:  # noqa: F811 - the fixture
    """Where nothing is found nothing is written, and the exit code is 1."""
    path = tmp_path / "picture.html"
    ran = run("graph", "who", "nosuch", "-o", str(path))

    assert (ran.code, ran.out, ran.err) == (1, "", "not found: nosuch\n")
    assert list(tmp_path.iterdir()) == []


def test_graph_takes_the_options_of_the_question(run: Shell) -> None:  # noqa: F811 - the fixture
    """What the question takes on the command line it takes behind `graph`, wherever the options stand."""
    whole = run("graph", "blast", SIGN_IN, "-o", "-", "--format", "json")
    made = run("graph", "-o", "-", "blast", "--made", SIGN_IN, "--format", "json")
    never = run("graph", "chains", "--min-depth", "9", "-o", "-")

    assert len(json.loads(made.out)["nodes"]) > len(json.loads(whole.out)["nodes"])
    assert (never.code, never.err) == (1, "not found: role paths of that kind\n")


def test_every_question_with_a_shape_is_offered() -> None:
    """The command offers the questions that can be drawn, by the names of their commands."""
    from lineage.ask import QUESTIONS
    from lineage.commands.graph import DRAWN

    assert set(DRAWN) < set(QUESTIONS)
    assert len(DRAWN) == len(registry.with_picture())
