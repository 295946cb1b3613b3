"""What `explore` starts with: what is loaded, the last findings, people, hunts with something to look at, gaps.

Each part is HTML without a document around it. The page asks for one after the other, because some read the whole
store; a search in the meantime waits for one part at most.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple
from urllib.parse import urlencode

from lineage import Lineage
from lineage.model.alert import Alert
from lineage.model.errors import BadUse
from lineage.model.times import iso
from lineage.questions.hunt.answer import NAMES
from lineage.questions.shared.forest import PEOPLE, Forest
from lineage.questions.shared.words import KINDS
from lineage.render.html import safe
from lineage.render.text import counted, moment
from lineage.stores.reader import Reader

SHOWN = 15
"""Lines of a part."""
Link = Callable[[str, str], str]
"""The address of a question and its ask."""
PARTS = ("loaded", "findings", "people", "gaps", *NAMES)
"""In the order in which they are asked for: hunts are one part for each rule."""


class Person(NamedTuple):
    """Somebody, by the sessions that began with their credentials, and their own calls."""

    key: str
    name: str
    kind: str
    sessions: int
    roles: int
    calls: int
    """As a user, not in a role."""
    last: str


def part(store: Lineage, name: str, link: Link) -> str:
    """A part of the start page as HTML; empty where there is nothing to say. Raises `BadUse`."""
    match name:
        case "loaded":
            return "".join(_loaded(store._reader(), link))
        case "findings":
            return "".join(_findings(store.findings()))
        case "people":
            with store.reading():
                return "".join(_people(people(store._reader()), link))
        case "gaps":
            return "".join(_gaps(store, link))
        case _ if name in NAMES:
            return "".join(_rule(store, name, link))
    raise BadUse(f"{name}: no part of the start page")


def _loaded(reader: Reader, link: Link) -> Iterator[str]:
    names = reader.account_names()
    held: dict[str, tuple[int, int, int]] = {}
    for one in reader.coverage():
        count, first, last = held.get(one.account or "", (0, one.first, one.last))
        held[one.account or ""] = (count + one.count, min(first, one.first), max(last, one.last))
    if not held:
        yield "<p>Nothing is loaded yet: <code>lineage load</code> reads logs.</p>"
        return
    yield (
        f"<p><b>{counted(sum(count for count, _, _ in held.values()), 'event')}</b> of "
        f"{counted(len(held), 'account')}, {_time(min(first for _, first, _ in held.values()))} to "
        f"{_time(max(last for _, _, last in held.values()))}</p>"
    )
    ordered = sorted(held.items(), key=lambda one: (-one[1][0], one[0]))
    yield from _table(
        ("account", "events", "first", "last"),
        (
            (f"{_a(link('coverage', account), account)} {safe(names.get(account, ''))}" if account else "no account",
             f"{count:,}", _time(first), _time(last))
            for account, (count, first, last) in ordered[:SHOWN]
        ),
    )  # fmt: skip
    yield _more(len(ordered), "account", link("info", ""))


def _findings(found: Sequence[Alert]) -> Iterator[str]:
    if not found:
        yield '<p class="quiet">None is kept. Loading and watching keep the findings that they meet.</p>'
        return
    ordered = sorted(found, key=lambda one: (one.last_seen or 0, one.kind, one.id), reverse=True)
    yield from _table(
        ("finding", "severity", "account", "last activity"),
        (
            (_a(f"./?{urlencode({'finding': f'{one.kind} {one.id}'})}", one.title or one.type or one.id),
             safe(one.severity or ""), safe(one.account or ""), _time(one.last_seen) if one.last_seen else "")
            for one in ordered[:SHOWN]
        ),
    )  # fmt: skip
    if len(ordered) > SHOWN:
        yield f'<p class="quiet">The last {SHOWN} of {counted(len(ordered), "finding")}.</p>'


def people(reader: Reader) -> list[Person]:
    """People by how many sessions began with their credentials, the most active first; who did nothing is left out."""
    forest = Forest(reader)
    held: dict[str, list[str]] = {}
    for session in forest.sessions:
        origin = forest.origin(session)
        if origin is not None:
            held.setdefault(origin.node, []).append(session)
    everybody = forest.principals_of(*PEOPLE, "RootUser")
    own = reader.activity("principal", [node.split(" ", 1)[1] for node, _ in everybody])
    found = []
    for node, body in everybody:
        key, sessions = node.split(" ", 1)[1], held.get(node, [])
        calls = own.get(key)
        times = [forest.begun(session) for session in sessions] + ([calls.last] if calls else [])
        roles = {role for session in sessions if (role := forest.role(session)) is not None}
        if times:
            found.append(
                Person(key, body.name or key, body.kind or "", len(sessions), len(roles),
                       calls.calls if calls else 0, iso(max(times)))
            )  # fmt: skip
    return sorted(found, key=lambda one: (-one.sessions, -one.calls, one.name, one.key))


def _people(found: list[Person], link: Link) -> Iterator[str]:
    if not found:
        yield "<p>No session or call leads back to a person.</p>"
        return
    yield from _table(
        ("person", "sessions", "roles", "own calls", "last seen"),
        (
            (f'{_a(link("trace", one.key), one.name)}<div class="quiet">{safe(KINDS.get(one.kind, one.kind))}</div>',
             f"{one.sessions:,}", f"{one.roles:,}", f"{one.calls:,}", _moment(one.last))
            for one in found[:SHOWN]
        ),
    )  # fmt: skip
    yield _more(len(found), "person", link("central", ""), "people")


def _rule(store: Lineage, name: str, link: Link) -> Iterator[str]:
    found = store.hunt(name, limit=1)
    if not found.total:
        return
    rule, first = found.rules[0], found.findings[0]
    yield (
        f"<li>{_a(link('hunt', name), rule.title)} <b>{found.total:,}</b>"
        f'<div class="quiet">{safe(first.statement)}</div></li>'
    )


def _gaps(store: Lineage, link: Link) -> Iterator[str]:
    found = store.coverage(limit=SHOWN)
    if not found.gaps and not found.unseen:
        yield "<p>No gap of six hours or more, and no trail that was stopped.</p>"
        return
    items = [
        f"{_a(link('coverage', one.account), one.account) if one.account else 'the logs'}"
        f"{f' {safe(one.region)}' if one.region else ''}: {safe(one.why)}, "
        f"{_moment(one.since) if one.since else 'all'} "
        f"{f'to {_moment(one.until)}' if one.until else 'and not ended'}"
        for one in found.gaps
    ]
    items += [
        f"{_a(link('coverage', one.account), one.account)}{safe(f' {one.name}' if one.name else '')}: no logs loaded, "
        "seen as "
        f"{safe(' and '.join(one.seen_as))}"
        for one in found.unseen
    ]
    yield f"<ul>{''.join(f'<li>{item}</li>' for item in items[:SHOWN])}</ul>"
    yield _more(found.gaps_total + found.unseen_total, "gap", link("coverage", ""))


def _table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    yield f'<div class="wide"><table><thead><tr>{"".join(f"<th>{one}</th>" for one in columns)}</tr></thead><tbody>'
    for row in rows:
        yield f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>"
    yield "</tbody></table></div>"


def _more(total: int, one: str, address: str, many: str | None = None) -> str:
    return f'<p class="quiet">{_a(address, f"All of {counted(total, one, many)}")}</p>' if total > SHOWN else ""


def _time(second: int) -> str:
    return _moment(iso(second))


def _moment(time: str) -> str:
    return f'<span class="one">{safe(moment(time))}</span>'


def _a(address: str, text: str) -> str:
    return f'<a href="{safe(address)}">{safe(text)}</a>'
