"""`find`: what has a name or ID that contains a text, with the text to ask with.

Names are compared in lower case. Where nothing contains the text, its last part is sought (of an ARN or path), then the
part before `@`, then the names most like it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from typing import NamedTuple

from lineage.model import schema
from lineage.model.arn import is_key_id, parse_arn
from lineage.model.results import Activity, NameRow
from lineage.model.times import iso
from lineage.questions.find import FILE, Find, FoundName, Match
from lineage.questions.shared import called
from lineage.questions.shared.addresses import address_range
from lineage.questions.shared.identifiers import kind_of
from lineage.stores.reader import Reader

ORDER = (
    schema.PRINCIPAL, schema.SESSION, schema.CREDENTIAL, schema.ACCOUNT, schema.IP_ADDRESS, schema.RESOURCE,
)  # fmt: skip
MATCHES: tuple[Match, ...] = ("exact", "beginning", "part", "similar")
ALIKE = 0.7
"""How alike a similar name is at least, as `difflib` measures it."""
SIMILAR_SHOWN = 5
SHORTEST = 3
"""Characters of a part of an ask that is sought by itself."""
_FILE = re.compile(r"(?:\.{1,2}|~)?/|.*\.(?:json|jsonl|ndjson|gz|csv|parquet|zip|zst|log|txt|ya?ml)\Z", re.I)
_LOOKS = (
    (re.compile(r"A(?:ROA|IDA)[A-Z0-9]{4,}(?::.+)?\Z", re.I), "a unique ID of a user or role"),
    (re.compile(r"\d{12}\Z", re.ASCII), "an account ID"),
    (re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.I), "an event ID"),
    (re.compile(r"i-[0-9a-f]{8,17}\Z"), "an instance ID"),
    (re.compile(r"[^@\s/]+@[^@\s/]+\.[^@\s/]+\Z"), "an e-mail address"),
)


class _Found(NamedTuple):
    rank: int
    """Place in `MATCHES`."""
    row: NameRow


def answer(reader: Reader, text: str, *, limit: int = 20) -> Find:
    """Tell what is called so, at most `limit`."""
    found = list(_matching(reader, text))
    if not found:
        found = [_Found(2, one.row) for part in _parts(text) for one in _matching(reader, part)]
    similar = not found
    if similar:
        found = [_Found(3, row) for row in _similar(reader, text)]
    else:
        found.sort(key=_order)
    shown = found[:limit]
    seen = called.activities(reader, [one.row for one in shown])
    names = reader.account_names()
    return Find(
        asked=text, found=not similar, looks_like=looks_like(text),
        matches=[_told(reader, one, seen.get(one.row), names) for one in shown], total=len(found),
        truncated=len(found) > limit,
    )  # fmt: skip


def looks_like(text: str) -> str | None:
    """What kind of thing a text looks like, in words; None of a name.

    >>> [looks_like(text) for text in ("akia3wqup53hkq7v2lck", "10.0.0.0/8", "finding.json", "dana")]
    ['an access key ID', 'an IP address or network', 'a file', None]
    """
    if kind_of(text) == "record":
        return "a JSON record"
    if kind_of(text) == "session":
        return "a session key"
    if is_key_id(text.upper().partition(" ")[0]):
        return "an access key ID"
    arn = parse_arn(text)
    if arn is not None:
        return f"an ARN of {arn.service}"
    if address_range(text) is not None:
        return "an IP address or network"
    named = next((name for pattern, name in _LOOKS if pattern.match(text)), None)
    return named or (FILE if _FILE.match(text) else None)


def _matching(reader: Reader, text: str) -> Iterator[_Found]:
    """What has a name or ID that contains the text; a resource that is a principal is listed as that alone."""
    low = text.lower()
    rows = reader.search(text)
    principals = {name for row in rows if row.label == schema.PRINCIPAL for name in (row.key, *row.others)}
    rows = [row for row in rows if row.label != schema.RESOURCE or row.key not in principals]
    rows += _accounts(reader, low, rows)
    rows += [NameRow(schema.IP_ADDRESS, one) for one in reader.addresses() if low in one.lower()]
    for row in rows:
        names = [one.lower() for one in _names(row)]
        if low in (row.key.lower(), *names, *map(str.lower, row.others)):
            yield _Found(0, row)
        else:
            yield _Found(1 if any(one.startswith(low) for one in names) else 2, row)


def _names(row: NameRow) -> Iterator[str]:
    """What something is called: its name, unique IDs, and the last part of an ARN or path, else its key."""
    if row.name:
        yield row.name
    for one in (row.key, *row.others):
        yield one if row.label == schema.SESSION else re.split("[:/]", one)[-1]


def _accounts(reader: Reader, low: str, rows: Iterable[NameRow]) -> list[NameRow]:
    """The accounts that are loaded or have a name."""
    names = reader.account_names()
    found = {id_ for id_, name in names.items() if low in id_ or low in name.lower()}
    held = {row.account for row in rows if row.account and low in row.account} - found
    found |= {account for account in held if reader.logs_around(account, 0).first is not None}
    return [called.of_account(id_, names.get(id_)) for id_ in sorted(found)]


def _parts(text: str) -> Iterator[str]:
    """The parts of an ask to seek, the first of them that finds something."""
    for part in (re.split("[:/]", text)[-1], text.partition("@")[0]):
        if len(part) >= SHORTEST and part != text:
            yield part


def _similar(reader: Reader, text: str) -> list[NameRow]:
    """The principals, sessions, keys and accounts whose name is most like a text, most alike first."""
    low = text.lower()
    matcher = SequenceMatcher(None, b=low, autojunk=False)
    # Whoever mistypes a name seldom mistypes both its ends.
    ends = {end for end in (low[:SHORTEST], low[-SHORTEST:]) if len(end) == SHORTEST}
    rows = [row for end in sorted(ends) for row in reader.search(end) if row.label != schema.RESOURCE]
    rows += [called.of_account(id_, name) for id_, name in reader.account_names().items()]
    found = []
    for row in dict.fromkeys(rows):
        best = max((_alike(matcher, one, low) for one in {*_names(row), row.key}), default=0.0)
        if best >= ALIKE:
            found.append((-best, ORDER.index(row.label), row.order, row))
    return [row for *_, row in sorted(found)[:SIMILAR_SHOWN]]


def _alike(matcher: SequenceMatcher[str], name: str, low: str) -> float:
    if abs(len(name) - len(low)) > max(2, len(low) // 3):
        return 0.0
    matcher.set_seq1(name.lower())
    # The upper bounds are cheap.
    if matcher.real_quick_ratio() < ALIKE or matcher.quick_ratio() < ALIKE:
        return 0.0
    return matcher.ratio()


def _order(found: _Found) -> tuple[object, ...]:
    return found.rank, ORDER.index(found.row.label), called.name_of(found.row).lower(), found.row.order


def _told(reader: Reader, found: _Found, seen: Activity | None, names: dict[str, str]) -> FoundName:
    row = found.row
    first, last = (seen.first, seen.last) if seen is not None else (None, None)
    if row.label == schema.ACCOUNT:
        first, last, *_ = reader.logs_around(row.key, 0)
    calls = seen.calls if seen is not None and row.label not in (schema.IP_ADDRESS, schema.RESOURCE) else None
    account = row.account or None
    return FoundName(
        kind=called.kind_of(row), name=called.name_of(row), account=account,
        account_name=names.get(account) if account else None, match=MATCHES[found.rank],
        first=iso(first) if first is not None else None, last=iso(last) if last is not None else None, calls=calls,
        ask=_ask(reader, row), question=_question(row),
    )  # fmt: skip


def _ask(reader: Reader, row: NameRow) -> str:
    """The text to ask with: of people the name, where it is theirs alone."""
    if row.kind in ("IdentityCenterUser", "SAMLIdentity", "WebIdentity") and row.name:
        named = [one.key for one in reader.named(row.name)]
        if named == [row.key] and kind_of(row.name) == "event":
            return row.name
    return called.ask_of(row)


def _question(row: NameRow) -> str:
    """The question to begin with."""
    if row.label == schema.PRINCIPAL and row.kind == "Role":
        return "role"
    if row.label == schema.IP_ADDRESS:
        return "from" if address_range(row.key) is not None else "session"
    return {schema.ACCOUNT: "coverage", schema.RESOURCE: "touched"}.get(row.label, "who")
