"""The page of a picture, opened from a file in a real Chromium: what a person sees and does there."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest

import lineage
from lineage.draw import files, lettering
from lineage.draw.labels import LOOKS
from lineage.draw.layout import bends, place
from lineage.draw.shape import Box, Link, Node, Shape, placed, view
from tests.crowd import crowd
from tests.test_cli import incident  # noqa: F401 - a fixture
from tests.test_draw import DANA, HOSTILE, KEY, OPS, ROLE, SIGN_IN, STARTED, hostile, one_line, shape_of_pairs
from tests.test_stories import STORIES

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PAGE = Path(files.__file__).parent / "page"
Opener = Callable[..., "Opened"]


class Opened:
    """A page in a tab, with all that it said and asked for."""

    def __init__(self, page: Page, path: Path, fragment: str = "") -> None:
        self.page = page
        self.said: list[str] = []
        self.asked: list[str] = []
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("dialog", lambda dialog: self.said.append(dialog.message))
        page.on("request", lambda request: self.asked.append(request.url))
        page.goto(path.as_uri() + fragment)

    def visible(self) -> tuple[list[str], list[str]]:
        """IDs of the nodes and edges that are drawn."""
        shown = self.page.evaluate("lineagePage.visible()")
        return shown["nodes"], shown["edges"]

    def drawn(self) -> tuple[int, int]:
        """How many nodes and edges are in the drawing."""
        found = self.page.evaluate("[lineagePage.cy().nodes().not('.frame').length, lineagePage.cy().edges().length]")
        return found[0], found[1]

    def state(self, name: str) -> Any:
        """A part of the page's state."""
        return self.page.evaluate(
            "name => { const it = lineagePage.state()[name]; return it instanceof Set ? [...it] : it; }", name
        )

    def tap(self, node: str, *, shift: bool = False, double: bool = False) -> None:
        """Click into the middle of a node or edge of the drawing."""
        at = self.page.evaluate(
            "id => { const it = lineagePage.cy().getElementById(id);"
            " const at = it.isNode() ? it.renderedPosition() : it.renderedMidpoint();"
            " const box = document.getElementById('drawing').getBoundingClientRect();"
            " return [at.x + box.left, at.y + box.top]; }",
            node,
        )
        if shift:
            self.page.keyboard.down("Shift")
        self.page.mouse.click(at[0], at[1], click_count=2 if double else 1)
        if shift:
            self.page.keyboard.up("Shift")
        self.page.wait_for_timeout(50)

    def text(self, selector: str) -> str:
        """The text of the first element that fits."""
        return self.page.locator(selector).first.inner_text()

    def labels(self) -> set[str]:
        """Captions of the drawn nodes."""
        found: list[str] = self.page.evaluate("lineagePage.cy().nodes().not('.frame').map(one => one.data('caption'))")
        return set(map(one_line, found))


@pytest.fixture(scope="module")
def pictures(incident: Path) -> dict[str, Shape]:  # noqa: F811 - the fixture
    """Pictures of the incident."""
    with lineage.open(incident) as store:
        return {
            "who": store.picture(store.who(STARTED)), "trace": store.picture(store.trace(SIGN_IN)),
            "role": store.picture(store.role(ROLE)), "blast": store.picture(store.blast(SIGN_IN, made=True)),
            "chains": store.picture(store.chains()), "denied": store.picture(store.denied()),
            "path": store.picture(store.path("537140928816", KEY)),
            "cross_account": store.picture(store.cross_account()),
        }  # fmt: skip


@pytest.fixture
def opened(chromium: Browser, pictures: dict[str, Shape], tmp_path: Path) -> Iterator[Opener]:
    """Opens pictures, by name or as they are, in tabs of their own."""
    context = chromium.new_context(viewport={"width": 1400, "height": 850}, color_scheme="light", offline=True)

    def to_open(shape: str | Shape, *, fragment: str = "") -> Opened:
        path = tmp_path / "picture.html"
        path.write_text(files.page(pictures[shape] if isinstance(shape, str) else shape), "utf-8")
        return Opened(context.new_page(), path, fragment)

    yield to_open
    context.close()


SESSION = "Session 537140928816/AROAX2EAYEEYMFDBS2QXG:dana.whitfield/2026-03-11T21:47:55Z"
CALLS = f"calls Credential {KEY}"


@pytest.mark.parametrize("name", ["who", "trace", "role", "blast", "chains", "denied", "path", "cross_account"])
def test_it_opens_from_a_file_and_asks_for_nothing(name: str, opened: Opener, pictures: dict[str, Shape]) -> None:
    """The page draws what the answer says, fetches nothing, and has nothing to complain of."""
    tab = opened(name)
    shown = view(pictures[name])

    assert tab.said == []
    assert tab.asked == [tab.page.url]
    assert tab.visible()[0] == list(shown.entries)
    assert tab.drawn() == (len(shown.entries), len(shown.ways))
    assert tab.labels() == {one_line(entry.caption) for entry in shown.entries.values()}
    assert tab.text("#title") == pictures[name].title


def test_open_all_shows_every_node(opened: Opener, pictures: dict[str, Shape]) -> None:
    """With everything open there is a node for each node of the answer, and a link for each of its links."""
    tab = opened("trace")
    tab.page.click("#unfold")

    assert tab.drawn() == (len(pictures["trace"].nodes), len(pictures["trace"].links))
    tab.page.click("#refold")
    assert tab.drawn() == (8, 8)
    assert tab.said == []


def test_a_click_shows_the_evidence(opened: Opener) -> None:
    """A click on an edge shows event IDs, time, rule, confidence, address and agent of the grant behind it."""
    tab = opened("who")
    tab.tap(next(edge for edge in tab.visible()[1] if edge.startswith(SESSION)))
    told = tab.text("#details")

    for wanted in (
        f"{DANA} → {OPS}", "c0ffee00-0000-4000-8000-000000000004", "c0ffee00-0000-4000-8000-000000000005",
        "2026-03-11T21:53:30Z", "sts:AssumeRole", "EXACT", "198.51.100.23", "aws-cli/2.27.41", "rule",
    ):  # fmt: skip
        assert wanted in told


def test_a_double_click_opens_a_group(opened: Opener) -> None:
    """A double click opens what is folded; its button folds it again."""
    tab = opened("trace")
    before = tab.drawn()
    tab.tap(CALLS, double=True)

    assert tab.drawn() == (before[0] + 6, before[1] + 6)
    assert "GetSecretValue secretsmanager" in tab.labels()
    tab.tap(next(node for node in tab.visible()[0] if "GetSecretValue" in node))
    tab.page.get_by_role("button", name="Fold 7 operations").click()
    assert tab.drawn() == before


def test_accounts_fold(opened: Opener) -> None:
    """A whole account folds into one node that keeps its links, and opens again."""
    tab = opened("blast")
    tab.tap(f"Credential {KEY}")
    tab.page.get_by_role("button", name="Fold payments 804275613390").click()

    assert any(label.startswith("payments 804275613390") for label in tab.labels())
    assert "account 804275613390" in tab.visible()[0]
    assert any(edge.startswith(f"{SESSION}\x01account 804275613390") for edge in tab.visible()[1])


def test_search_finds_what_is_folded(opened: Opener) -> None:
    """Search looks into labels, facts and evidence, opens what it must, and says how many there are."""
    tab = opened("trace")
    tab.page.keyboard.press("/")
    tab.page.keyboard.type("getsecretvalue")

    assert tab.text("#found") == "1 of 1"
    assert tab.text("#details h2") == "secretsmanager:GetSecretValue"
    tab.page.fill("#search", "198.51.100.23")
    assert tab.text("#found") == "1 of 2"
    tab.page.keyboard.press("Enter")
    assert tab.text("#found") == "2 of 2"
    tab.page.fill("#search", "no such thing")
    assert tab.text("#found") == "none"


def test_the_slider_goes_through_time(opened: Opener) -> None:
    """The slider shows what had happened until then, nothing jumps, and at its end is everything."""
    tab = opened("who")
    where = "lineagePage.cy().nodes().not('.frame').map(one => [one.id(), one.position()]).slice(0, 2)"
    before = tab.page.evaluate(where)
    tab.page.focus("#slider")
    tab.page.keyboard.press("Home")

    assert tab.drawn() == (2, 1)
    assert tab.text("#clock") == "until 2026-03-11 21:47:55Z"
    assert tab.page.evaluate(where) == before
    tab.page.keyboard.press("ArrowRight")
    assert tab.drawn() == (4, 3)
    tab.page.keyboard.press("End")
    assert tab.drawn() == (5, 4)
    assert tab.text("#clock") == "all: 2026-03-11 21:47:55Z to 2026-03-11 21:55:02Z"


def test_the_slider_ends_with_the_last_time_of_a_link(opened: Opener, pictures: dict[str, Shape]) -> None:
    """What went on after the last beginning of a link is part of the time that the page says it shows."""
    links = pictures["trace"].links
    begins = max(link.first for link in links if link.first)
    ends = max(link.last or link.first for link in links if link.first)
    tab = opened("trace")

    assert begins < ends
    assert tab.text("#clock").endswith(f" to {ends.replace('T', ' ')}")
    tab.page.focus("#slider")
    tab.page.keyboard.press("End")
    tab.page.keyboard.press("ArrowLeft")
    assert tab.text("#clock") == f"until {begins.replace('T', ' ')}"


def test_play_ends_with_everything(opened: Opener) -> None:
    """Play goes from the first event to the last and stops by itself."""
    tab = opened("who")
    tab.page.click("#play")

    assert tab.text("#play") == "Stop"
    assert tab.drawn() == (2, 1)
    tab.page.locator("#play", has_text="Play").wait_for()
    assert tab.drawn() == (5, 4)


def test_filters_leave_what_fits(opened: Opener, pictures: dict[str, Shape]) -> None:
    """Filters for refusals, accounts, crossings, certainty and what stands outside the chain leave what fits."""
    tab = opened("trace")

    tab.page.check("#failed")
    assert tab.labels() == {OPS, "5 operations"}
    tab.page.uncheck("#failed")
    tab.page.check("#cross")
    assert tab.labels() == {DANA, OPS}
    tab.page.uncheck("#cross")
    tab.page.select_option("#confidence", "EXACT")
    assert "dana.whitfield" not in tab.labels()
    tab.page.select_option("#confidence", "NONE")
    tab.page.select_option("#account", "537140928816")
    assert tab.labels() == {"dana.whitfield", DANA, "5 operations", "ASIAX2EAYEEYGCAMPTMD", OPS}
    tab.page.click("#refold")
    tab.page.uncheck("#beside")
    assert tab.page.evaluate("lineagePage.cy().edges('.beside').length") == 0
    assert tab.state("account") == ""


def test_a_path_between_two_picked_nodes_is_lit(opened: Opener) -> None:
    """Two nodes that are picked with Shift light the path between them; Escape takes it back."""
    tab = opened("trace")
    tab.tap("Principal d-29279b1489/a4441acb-e00d-42f9-8207-2df8d55d375d", shift=True)
    tab.tap(CALLS, shift=True)
    lit = "lineagePage.cy().edges('.lit').length"

    assert tab.text("#said") == "A path of 4 steps; partly outside the chain"
    assert tab.page.evaluate(lit) == 4
    assert tab.page.evaluate("lineagePage.cy().edges('.dim').length") == 4
    tab.page.keyboard.press("Escape")
    assert tab.page.evaluate(lit) == 1


def test_the_way_from_the_origin_is_lit(opened: Opener) -> None:
    """One key lights the way from the origin to what is chosen, and says what of it is no chain."""
    tab = opened("trace")
    tab.tap(CALLS)
    tab.page.keyboard.press("o")

    assert tab.text("#said") == "The way from dana.whitfield; partly outside the chain"
    assert tab.page.evaluate("lineagePage.cy().edges('.lit').length") == 4
    tab.page.keyboard.press("Escape")
    assert tab.page.evaluate("lineagePage.cy().edges('.lit').length") == 1


def test_each_origin_of_what_is_folded_is_lit(opened: Opener) -> None:
    """Sessions of several people stand in one role: no one of them is named for all, and a role proves no chain."""
    tab = opened("role")
    folded = next(node for node in tab.visible()[0] if tab.page.evaluate("id => lineagePage.model.boxes.has(id)", node))
    tab.page.evaluate("id => void lineagePage.cy().getElementById(id).emit('tap')", folded)
    tab.page.keyboard.press("o")

    assert tab.text("#said") == "The way from 4 origins"
    again = opened("role", fragment="#" + tab.page.url.partition("#")[2])
    assert again.state("lead") == folded

    tab = opened("chains")
    tab.tap(f"Principal {ROLE}")
    tab.page.keyboard.press("o")
    assert tab.text("#said").startswith("The way from 4 origins; AWSReservedSSO_PlatformAdmin stands for many sessions")


def test_no_path_leads_through_what_others_did(opened: Opener, tmp_path: Path) -> None:
    """Credentials of bob alone came into the vault, whoever else went through the shared role."""
    with lineage.open(tmp_path / "lineage.db") as store:
        store.load([STORIES / "path-never-through-a-shared-role" / "events.json"])
        tab = opened(store.picture(store.role("arn:aws:iam::111122223333:role/shared")))
    vault = "Session 444455556666/AROAWO645SY5L67KXYRBI:ops/2026-03-02T08:02:00Z"

    for user, said in (("mallory", "No path between the two along what is drawn"), ("bob", "A path of 3 steps")):
        tab.page.keyboard.press("Escape")
        tab.tap(f"Principal arn:aws:iam::111122223333:user/{user}", shift=True)
        tab.tap(vault, shift=True)
        assert tab.text("#said") == said
    tab.tap(vault)
    tab.page.keyboard.press("o")
    assert tab.text("#said") == "The way from bob"


def test_the_table_follows_and_leads(opened: Opener) -> None:
    """The table holds a row for each edge; a row chooses its edge, and an edge marks its row."""
    tab = opened("trace")
    tab.page.click("#tab-rows")
    rows = tab.page.locator("tbody tr")

    assert rows.count() == 8
    assert tab.text("#rowcount") == "8 of 8 rows"
    rows.nth(2).click()
    assert tab.state("picked") == rows.nth(2).get_attribute("data-id")
    tab.tap(CALLS)
    assert tab.page.locator('tbody tr[aria-selected="true"]').count() == 1
    tab.page.fill("#rowfilter", "AssumeRole")
    assert rows.count() == 2
    tab.page.fill("#rowfilter", "")
    tab.page.get_by_role("columnheader", name="times").click()
    tab.page.get_by_role("columnheader", name="times").click()
    assert [rows.nth(n).locator("td").nth(4).inner_text() for n in range(3)] == ["14", "5", "4"]


def test_the_keyboard_is_enough(opened: Opener) -> None:
    """Arrow keys go from node to node, Enter opens, letters do what the legend says."""
    tab = opened("trace")
    tab.page.focus("#drawing")
    tab.page.keyboard.press("ArrowRight")
    first = tab.state("picked")
    tab.page.keyboard.press("ArrowRight")

    assert first == "Principal d-29279b1489/a4441acb-e00d-42f9-8207-2df8d55d375d"
    assert tab.state("picked") == SESSION
    tab.page.keyboard.press("u")
    assert tab.state("folded") == []
    tab.page.keyboard.press("d")
    assert tab.page.evaluate("document.documentElement.dataset.theme") == "dark"
    tab.page.keyboard.press("s")
    assert not tab.page.locator("#side").is_visible()
    tab.page.keyboard.press("Escape")
    assert tab.state("picked") is None
    tab.page.keyboard.press("Escape")
    assert len(tab.state("folded")) == 4


def test_a_link_restores_the_view(opened: Opener) -> None:
    """The fragment of the address holds what was opened, chosen and filtered, and brings it back."""
    tab = opened("trace")
    tab.tap(CALLS, double=True)
    tab.page.check("#cross")
    tab.page.uncheck("#cross")
    tab.page.select_option("#account", "804275613390")
    tab.tap(f"Credential {KEY}")
    fragment = tab.page.evaluate("location.hash")
    again = opened("trace", fragment=fragment)

    assert json.loads(unquote(fragment[1:])) == {
        "opened": [CALLS], "account": "804275613390", "picked": f"Credential {KEY}",
    }  # fmt: skip
    assert again.visible() == tab.visible()
    assert again.text("#details h2") == KEY
    assert again.page.input_value("#account") == "804275613390"


def test_a_copied_link_holds_the_place(opened: Opener) -> None:
    """Who opens a copied link sees what was on the screen, as near as it was."""
    tab = opened("trace")
    for _ in range(4):
        tab.page.click("#in")
    tab.page.evaluate("void lineagePage.cy().panBy({x: 120, y: -40})")
    tab.page.click("#save summary")
    tab.page.evaluate("navigator.clipboard.writeText = (text) => { window.copied = text; return Promise.resolve(); }")
    tab.page.click("#link")
    where = "(() => { const {x1, y1, x2, y2} = lineagePage.cy().extent(); return [x1, y1, x2, y2]; })()"
    again = opened("trace", fragment="#" + tab.page.evaluate("window.copied").partition("#")[2])

    assert again.page.evaluate(where) == pytest.approx(tab.page.evaluate(where), abs=1)
    assert tab.page.evaluate("document.getElementById('save').open") is False


def test_typing_opens_nothing_before_it_is_meant(opened: Opener) -> None:
    """While several things fit what is folded stays folded; Enter opens it."""
    tab = opened("trace")
    folded = tab.state("folded")
    tab.page.fill("#search", "ec2")
    assert tab.state("folded") == folded
    tab.page.keyboard.press("Enter")
    assert len(tab.state("folded")) < len(folded)


def test_enter_on_a_group_goes_into_it(opened: Opener) -> None:
    """Opened by the keyboard, a group hands on to its first member."""
    tab = opened("trace")
    tab.tap(CALLS)
    tab.page.keyboard.press("Enter")

    assert tab.state("picked") in tab.visible()[0]
    assert tab.state("picked").startswith("Action ")


@pytest.mark.parametrize(
    "fragment", ["#%", "#null", "#7", '#{"opened":7,"until":{},"picked":["x"],"ends":[null,"y"],"at":["x"]}']
)
def test_a_broken_link_opens_all_the_same(opened: Opener, fragment: str) -> None:
    """A fragment that says nothing of use is passed over."""
    tab = opened("trace", fragment=fragment)

    assert tab.said == []
    assert tab.drawn() == (8, 8)


def test_what_is_seen_is_saved(opened: Opener, tmp_path: Path) -> None:
    """SVG and PNG of what is seen are saved as files, with no request to anywhere."""
    tab = opened("trace")
    saved = {}
    for form in ("svg", "png"):
        tab.page.click("#save summary")
        with tab.page.expect_download() as download:
            tab.page.click(f"#{form}")
        saved[form] = tmp_path / f"saved.{form}"
        download.value.save_as(saved[form])

    drawn = saved["svg"].read_text("utf-8")
    assert drawn.count("as dana.whitfield") == 1
    assert "platform  537140928816" in drawn
    assert saved["png"].read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert [url for url in tab.asked if not url.startswith(("file:", "blob:", "data:"))] == []
    assert tab.said == []


def test_copies_hold_the_ask_as_it_is(opened: Opener, chromium: Browser) -> None:
    """From a node one may take its key, the command that asks on, and the Cypher with its parameters."""
    tab = opened("trace")
    tab.page.evaluate("navigator.clipboard.writeText = async (text) => { window.copied = text; }")
    tab.tap(f"Credential {KEY}")
    taken = {}
    for name in ("Copy key", "Copy command", "Copy :param", "Copy Cypher"):
        tab.page.get_by_role("button", name=name, exact=True).click()
        taken[name] = tab.page.evaluate("window.copied")

    assert taken["Copy key"] == KEY
    assert taken["Copy command"] == f"lineage who {KEY}"
    assert taken["Copy :param"] == f':param ask => "{KEY}";\n:param limit => 100;'
    assert taken["Copy Cypher"].startswith("// ")
    assert "$ask" in taken["Copy Cypher"]
    assert tab.text("#said") == "Copied"


def test_dark_and_narrow(chromium: Browser, pictures: dict[str, Shape], tmp_path: Path) -> None:
    """The page begins as dark as the machine is, fits a narrow screen, and moves nothing where that is not wished."""
    path = tmp_path / "picture.html"
    path.write_text(files.page(pictures["trace"]), "utf-8")
    context = chromium.new_context(viewport={"width": 600, "height": 800}, color_scheme="dark", reduced_motion="reduce")
    tab = Opened(context.new_page(), path)
    wide = tab.page.evaluate("document.documentElement.scrollWidth")
    theme = tab.page.evaluate("document.documentElement.dataset.theme")
    tab.page.keyboard.press("ArrowRight")
    side = tab.page.locator("#side").bounding_box()
    graph = tab.page.locator("#graph").bounding_box()
    context.close()

    assert (theme, wide) == ("dark", 600)
    assert side is not None
    assert graph is not None
    assert side["y"] >= graph["y"] + graph["height"]
    assert tab.said == []


def test_the_legend_tells_every_kind(opened: Opener) -> None:
    """Every form and dash is told in the legend, and no two kinds have the same form and outline."""
    tab = opened("trace")
    tab.page.click("#tab-legend")
    told = tab.text("#legend")

    assert [look.words for look in LOOKS.values() if look.words not in told] == []
    assert len({(look.form, look.double) for look in LOOKS.values()}) == len(LOOKS)
    for words in ("EXACT or STRONG", "LIKELY", "guess: less sure than LIKELY", "outside the chain", "failed (✕)"):
        assert words in told


def test_labels_thin_out_and_come_back(opened: Opener) -> None:
    """Far away the labels of ordinary nodes are not drawn, while frames and what is lit still are."""
    tab = opened("trace")
    size = "selector => parseFloat(lineagePage.cy().nodes(selector)[0].style('min-zoomed-font-size'))"

    assert tab.page.evaluate(size, ".frame") < tab.page.evaluate(size, ".lit") + 1
    assert tab.page.evaluate(size, ".lit") < tab.page.evaluate(size, ".k-calls")


def test_a_number_of_the_matrix_draws_its_pair(opened: Opener) -> None:
    """The matrix counts assumptions from account into account; a click or Enter draws the pair, Escape leaves it."""
    tab = opened(shape_of_pairs(9))
    first, second, last = (f"Account {number:012d}" for number in (0, 1, 8))

    assert tab.page.locator("#matrix tbody tr").count() == 8
    assert tab.page.locator("#matrix tbody button").count() == 36
    assert tab.page.evaluate("document.getElementById('drawing').offsetHeight") < 2
    tab.page.locator("#matrix button").first.focus()
    tab.page.keyboard.press("ArrowDown")
    pair = json.loads(tab.page.evaluate("document.activeElement.dataset.pair"))
    tab.page.keyboard.press("Enter")
    assert tab.visible()[0] == pair
    assert tab.state("pair") == pair
    assert pair[0] != first
    assert tab.page.evaluate("document.activeElement.getAttribute('aria-pressed')") == "true"
    assert tab.page.evaluate("lineagePage.cy().zoom()") >= 1
    assert "callers" in tab.text("#details")
    tab.page.keyboard.press("Escape")
    assert tab.state("pair") is None
    assert len(tab.visible()[0]) == 9
    tab.page.locator(f"#matrix button[data-pair*='{second}'][data-pair*='{last}']").click()
    assert tab.visible()[0] == [second, last]
    assert tab.said == []


def test_a_link_holds_the_pair(opened: Opener) -> None:
    """The fragment of the address opens on the same pair."""
    tab = opened(shape_of_pairs(9))
    tab.page.locator("#matrix button").first.click()
    again = opened(shape_of_pairs(9), fragment="#" + tab.page.url.split("#")[1])

    assert again.state("pair") == tab.state("pair")
    assert again.visible() == tab.visible()


def test_blast_marks_what_works(opened: Opener) -> None:
    """What works has a ring and says so, what has ended is pale and says so; the legend tells both, with the time."""
    tab = opened("blast")
    ring = "id => ['style', 'width'].map((one) => lineagePage.cy().getElementById(id).style(`outline-${one}`)).join('')"
    tab.page.click("#tab-legend")

    assert f"{KEY} works" in tab.labels()
    assert tab.page.evaluate(ring, f"Credential {KEY}") == "solid2px"
    assert tab.page.evaluate(ring, SESSION).endswith("0px")
    assert any(label.endswith("ended") for label in tab.labels())
    assert "Sessions and keys at 2026-03-12 17:55:30Z\nworks\nmay work\nended" in tab.text("#legend").replace(
        "\n\n", "\n"
    )


def test_names_break_between_their_parts(opened: Opener) -> None:
    """In the evidence an ARN breaks behind a sign, and what is copied has no breaks."""
    tab = opened("role")
    tab.tap(next(node for node in tab.visible()[0] if node.startswith("role ")))

    assert ROLE in tab.page.evaluate("document.getElementById('details').textContent")
    assert tab.page.locator("#details dd wbr").count() > 3


# ---- hostile text
def test_what_cannot_be_read_as_a_whole_opens_on_what_was_asked(opened: Opener) -> None:
    """A tall picture begins at a zoom at which labels can be read, with what is lit in sight; `f` fits all of it in."""
    role = Node(id="role", kind="role", label="deploy", caption="deploy", lit=True)
    people = [Node(id=f"p{n}", kind="person", label=f"p{n}", caption=f"p{n}") for n in range(50)]
    links = [Link(id=one.id, source=one.id, target="role", type="ASSUMED", label="assumed") for one in people]
    tab = opened(Shape(title="t", about="a", nodes=(role, *people), links=tuple(links), notes=("A note.",) * 3))
    place = "(() => { const at = lineagePage.cy().getElementById('role').renderedPosition(); return [at.x, at.y]; })()"
    x, y = tab.page.evaluate(place)
    lowest = "Math.max(...lineagePage.cy().nodes().map((one) => one.renderedBoundingBox().y2))"

    assert tab.page.evaluate("lineagePage.cy().zoom()") == pytest.approx(11 / 12)
    assert 0 < x < tab.page.evaluate("lineagePage.cy().width()")
    assert 0 < y < tab.page.evaluate("lineagePage.cy().height()")
    assert "Not everything is visible" in tab.text("#said")
    tab.page.keyboard.press("f")
    assert tab.page.evaluate("lineagePage.cy().zoom()") < 0.3
    notes = tab.page.evaluate("document.getElementById('notes').getBoundingClientRect().top")
    assert tab.page.evaluate(f"{lowest} + document.getElementById('drawing').getBoundingClientRect().top") <= notes


def test_a_long_chain_opens_at_its_beginning(opened: Opener) -> None:
    """A lit chain that is wider than the screen is read from where it begins, with letters that can be read."""
    nodes = tuple(Node(id=f"n{n}", kind="session", label=f"n{n}", caption=f"n{n}", lit=True) for n in range(12))
    links = tuple(
        Link(id=f"e{n}", source=f"n{n}", target=f"n{n + 1}", type="ASSUMED", label="assumed", lit=True)
        for n in range(11)
    )
    tab = opened(Shape(title="t", about="a", nodes=nodes, links=links))
    x = "id => lineagePage.cy().getElementById(id).renderedPosition().x"

    assert tab.page.evaluate("lineagePage.cy().zoom()") == pytest.approx(11 / 12)
    assert 0 < tab.page.evaluate(x, "n0") < 200
    assert tab.page.evaluate(x, "n11") > tab.page.evaluate("lineagePage.cy().width()")


def test_hostile_text_stays_text(opened: Opener) -> None:
    """Names and agents that were made to do harm are text wherever the page shows them: nothing of them runs."""
    tab = opened(hostile())
    elements = "document.querySelectorAll('*').length"
    tab.page.click("#unfold")
    for node in tab.visible()[0]:
        tab.tap(node)
    tab.tap(tab.visible()[1][0])
    shown = tab.text("#details")
    tab.page.click("#tab-rows")
    tab.page.fill("#search", "<script")
    tab.page.wait_for_timeout(100)

    assert tab.said == []
    assert tab.asked == [tab.page.url.split("#")[0]]
    assert "</script><script>alert(1)</script>\" onerror='x' javascript:alert(1) \\u202etxt.exe" in shown
    assert tab.page.locator("[onerror]").count() == 0
    assert tab.page.locator("script").count() == 1 + len(files.SCRIPTS)
    assert tab.page.evaluate(elements) < 1000
    assert any(HOSTILE in key for key in tab.page.evaluate("[...lineagePage.model.nodes.keys()]"))
    assert tab.page.title().startswith("Credentials of </script>")


def test_hostile_text_stays_text_in_what_is_saved(opened: Opener, tmp_path: Path) -> None:
    """The SVG that the page saves holds hostile names as text too."""
    import xml.etree.ElementTree as ET

    tab = opened(hostile())
    tab.page.click("#save summary")
    with tab.page.expect_download() as download:
        tab.page.click("#svg")
    download.value.save_as(tmp_path / "saved.svg")
    tags = {one.tag.rpartition("}")[2] for one in ET.parse(tmp_path / "saved.svg").iter()}

    assert tags == {"svg", "title", "rect", "text", "g", "path"}


# ---- large pictures
def test_five_thousand_nodes_open(opened: Opener, record_property: Callable[[str, object], None]) -> None:
    """A picture of 5,000 nodes, nothing folded, opens and can be searched; how long that took is printed."""
    begun = time.perf_counter()
    tab = opened(crowd(5000))
    seconds = time.perf_counter() - begun
    record_property("seconds", round(seconds, 2))
    print(f"5,000 nodes were open after {seconds:.2f} s")

    assert tab.drawn() == (5000, 4999)
    assert "5,000 nodes are drawn" in tab.text("#notes")
    tab.page.fill("#search", "thing 4321")
    assert tab.text("#found") == "1 of 1"
    assert tab.said == []


# ---- Python and JavaScript agree
def random_drawings() -> list[tuple[list[str], list[tuple[str, str]], dict[str, str]]]:
    """Graphs of all sizes, with cycles, accounts and loners."""
    found = []
    for seed in range(40):
        dice = random.Random(seed)
        nodes = [f"n{number}" for number in range(dice.choice([0, 1, 2, 5, 20, 80, 300]))]
        links = [(dice.choice(nodes), dice.choice(nodes)) for _ in range(int(len(nodes) * 1.3))]
        found.append((nodes, links, {node: f"account {dice.randrange(5)}" for node in nodes if dice.random() < 0.8}))
    return found


@pytest.fixture
def javascript(request: pytest.FixtureRequest) -> Callable[[str, object], Any]:
    """Evaluates a function of one value beside layout.js and model.js: in node where there is one, else in Chromium."""
    source = "".join((PAGE / name).read_text("utf-8") for name in ("lettering.js", "layout.js", "model.js"))
    node = shutil.which("node")

    def evaluate(function: str, value: object) -> Any:
        if node is None:
            page = request.getfixturevalue("chromium").new_page()
            page.add_script_tag(content=source)
            found = page.evaluate(function, value)
            page.close()
            return found
        program = f"{source}\nconsole.log(JSON.stringify(({function})(JSON.parse(require('fs').readFileSync(0)))));"
        ran = subprocess.run([node, "-e", program], input=json.dumps(value), capture_output=True, text=True, check=True)
        return json.loads(ran.stdout)

    return evaluate


def test_layouts_agree(javascript: Callable[[str, object], Any]) -> None:
    """The page puts what is unfolded where Python would put it, and bends links as Python does, to the last digit."""
    drawings = random_drawings()
    found = javascript(
        "drawings => drawings.map(([nodes, links, accounts]) => {"
        " const stands = Layout.place(nodes, links, (node) => accounts[node] || '');"
        " const at = [...stands.at].map(([id, one]) => [id, one.x, one.y]);"
        " return [at, [...stands.frames], Layout.bends(links, stands.at)]; })",
        drawings,
    )

    for (nodes, links, accounts), (at, frames, bent) in zip(drawings, found, strict=True):
        stands = place(nodes, links, accounts)
        assert {node: (x, y) for node, x, y in at} == stands.at
        assert {account: tuple(frame) for account, frame in frames} == stands.frames
        assert bent == bends(links, stands.at)


WORDS = (
    "key", "called, 12\u00d7", "AssumeRoleWithWebIdentity, 3\u00d7", "\u2715 Client.UnauthorizedOperation",
    "caf\u00e9 \U0001f600 of everything that there is",
)  # fmt: skip


def test_words_agree(javascript: Callable[[str, object], Any]) -> None:
    """The page breaks and places words as Python does for paper."""
    asked = []
    for seed in range(30):
        dice = random.Random(seed)
        points = [(dice.randrange(600), dice.randrange(400)) for _ in range(100)]
        lines = [tuple(dice.sample(points, 3)) for _ in range(dice.randrange(30))]
        words = [dice.choice(WORDS) for _ in lines]
        taken = [(x, y, x + 40, y + 20) for x, y in dice.sample(points, 10)]
        asked.append((lines, words, taken))
    found = javascript(
        "all => all.map(([lines, words, taken]) => Lettering.places(lines.map(([start, control, end]) => {"
        " const [a, b, c] = [start, control, end].map(([x, y]) => ({x, y})); return {start: a, control: b, end: c}; }),"
        " words, taken).map((one) => one && [one.along, one.lines]))",
        asked,
    )

    for (lines, words, taken), places in zip(asked, found, strict=True):
        own = lettering.places([lettering.Line(*line) for line in lines], words, taken)
        assert places == [one and [one.along, one.lines] for one in own]


def random_shapes() -> list[Shape]:
    """Pictures with boxes in boxes, folded and open, and links of all kinds between anything."""
    found = []
    for seed in range(200):
        dice = random.Random(seed)
        names = [f"b{number}" for number in range(dice.randrange(6))]
        boxes = tuple(
            Box(
                id=name, kind=dice.choice(("group", "session", "calls", "role", "account")), label=name, caption=name,
                account=dice.choice((None, "1", "2")), box=dice.choice((None, *names[:number])),
            )
            for number, name in enumerate(names)
        )  # fmt: skip
        nodes = tuple(
            Node(
                id=f"n{number}", kind=dice.choice(("session", "key", "account", "action")), label=f"n{number}",
                caption=f"n{number}", account=dice.choice((None, "1", "2")), box=dice.choice((None, *names)),
                lit=dice.random() < 0.2,
            )
            for number in range(dice.randrange(25))
        )  # fmt: skip
        links = tuple(
            Link(
                id=str(number), source=dice.choice(nodes).id, target=dice.choice(nodes).id,
                type=dice.choice(("ASSUMED", "ISSUED")), label=dice.choice("ab"),
                confidence=dice.choice(("EXACT", "LIKELY", "HINT")), failed=dice.random() < 0.2,
                beside=dice.random() < 0.2, count=dice.choice((1, 1, 2000)),
            )
            for number in range(dice.randrange(40) if nodes else 0)
        )  # fmt: skip
        folded = tuple(name for name in names if dice.random() < 0.4)
        found.append(Shape(title="t", about="a", boxes=boxes, folded=folded, nodes=nodes, links=links))
    return found


def test_views_agree(javascript: Callable[[str, object], Any], pictures: dict[str, Shape]) -> None:
    """The page folds, names, joins and places what it draws as Python does for paper."""
    shapes = [*pictures.values(), *random_shapes()]
    found = javascript(
        "all => all.map((data) => { const model = Model.make(data), seen = model.view(model.start());"
        " return [[...seen.entries.values()].map((one) => [one.id, Model.caption(one), model.isLit(one)]),"
        " [...seen.ways.values()].map((way) => [way.source, way.target, Model.words(way), !!way.members[0].beside]),"
        " [...model.places(seen).at].map(([id, one]) => [id, one.x, one.y])]; })",
        [files.data(shape) for shape in shapes],
    )

    for shape, (entries, ways, at) in zip(shapes, found, strict=True):
        shown = view(shape)
        assert entries == [[one, entry.caption, entry.lit] for one, entry in shown.entries.items()]
        assert ways == [[way.source, way.target, way.words, way.members[0].beside] for way in shown.ways]
        assert {one: (x, y) for one, x, y in at} == placed(shown).at


def test_ways_go_from_node_to_node(javascript: Callable[[str, object], Any]) -> None:
    """A refused call leads no further than to itself, and a guess is gone along where nothing else leads."""
    nodes = tuple(Node(id=name, kind="session", label=name, caption=name) for name in "abcdefg")
    ways: list[tuple[str, dict[str, Any]]] = [
        ("ab", {}), ("bc", {"failed": True}), ("cd", {}), ("be", {"confidence": "HINT"}), ("ef", {}), ("af", {}),
        ("fg", {"beside": True}),
    ]  # fmt: skip
    links = tuple(
        Link(id=ends, source=ends[0], target=ends[1], type="ASSUMED", label="x", **told) for ends, told in ways
    )
    asked = ["ac", "ad", "ae", "ea", "af", "eg"]
    found = javascript(
        "([data, asked]) => { const seen = Model.make(data).view(Model.make(data).start());"
        " const told = (way) => way && [[...way.ways].length, Model.doubts(way)];"
        " return [asked.map(([from, to]) => told(Model.path(seen, from, to))),"
        " [...'acdefg'].map((id) => Model.origin(seen, id).tops)]; }",
        [files.data(Shape(title="t", about="a", nodes=nodes, links=links)), asked],
    )
    guessed = "; with a guess, not proven"

    assert found[0] == [[2, ""], None, [2, guessed], [2, guessed], [1, ""], [2, "; partly outside the chain"]]
    assert found[1] == [[], ["a"], ["c"], ["a"], ["a"], ["a"]]
