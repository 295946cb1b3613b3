"""The calls of a subject in its scope, what kind each is, and what its examples show."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import msgspec

from lineage.model.facts import Target
from lineage.model.results import CallRow, Window
from lineage.model.times import iso, parse_when
from lineage.questions.shared import grants, scopes
from lineage.questions.shared.models import CallKind, Counted, Scope, Whose
from lineage.questions.shared.subjects import Subject, own_calls
from lineage.questions.shared.whose import whose
from lineage.stores.reader import Reader

READS = ("Get", "List", "Head", "Describe")
"""How the names of reads begin."""
TARGETS_SHOWN = 5
PARAMETERS_SHOWN = 3
SIGN_INS = ("signin", "sso", "sso-oidc")
"""Services whose own events are about signing in."""
_DATA_READS = re.compile(r"(?:Get|List|Head|Describe|BatchGet|Query|Scan|Select|Lookup|Search)(?![a-z])")
"""Names of reads among data events and events of services, of which a row does not say whether they read."""


class Called(NamedTuple):
    """What a subject called in a scope."""

    rows: list[CallRow]
    """In order of first second, row and source; both accounts' copies of a call count once."""
    window: Window
    scope: Scope | None
    """None where nothing says when."""

    @property
    def total(self) -> int:
        """All calls."""
        return sum(row.count for row in self.rows)


def called(reader: Reader, subject: Subject, since: int | None, until: int | None, margin: int | None) -> Called:
    """The subject's own calls in the scope (`scopes.scope_of`): as asked for, else around the event or activity."""
    told = subject.event is not None or (since is not None and until is not None)
    ever = None if told else reader.calls(subject.which)
    if ever == []:
        return _unused(subject, since, until, margin)
    window, scope = scopes.scope_of(subject, ever or (), since, until, margin)
    rows = ever if ever and all(_lies_in(row, window) for row in ever) else reader.calls(subject.which, window)
    return Called(own(reader, subject, rows), window, scope)


def _lies_in(row: CallRow, window: Window) -> bool:
    return grants.within(row.first, window) and grants.within(row.last, window)


def _unused(subject: Subject, since: int | None, until: int | None, margin: int | None) -> Called:
    """The scope of what never called: around the beginning of its sessions."""
    beginning = begun(subject)
    if beginning is None:
        return Called([], Window(since, until), None)
    found = scopes.around(beginning, beginning, margin)
    window = Window(since if since is not None else found.since, until if until is not None else found.until)
    basis = "activity" if (since, until) == (None, None) else "asked"
    scope = Scope(since=iso(window.since or 0), until=iso(window.until or 0), basis=basis)  # type: ignore[arg-type]  # one of the words
    return Called([], window, scope)


def begun(subject: Subject) -> int | None:
    """When the last of its sessions began, None where it has none."""
    return max((time for key in subject.sessions if (time := parse_when(key.rsplit("/", 1)[-1]))), default=None)


def own(reader: Reader, subject: Subject, rows: list[CallRow]) -> list[CallRow]:
    """The rows without the copies that the caller's own account has too; those of one account under their callers'
    sessions.

    They can only meet where no node is asked for, and one account's trail has one copy alone.
    """
    if subject.kind not in ("account", "address", "agent") or not any(row.row.copy for row in rows):
        return rows
    if subject.kind == "account":
        return grants.under_callers(reader, rows)
    return own_calls(rows, grants.loaded(reader))


def kind_of(row: CallRow) -> CallKind:
    """What a call is, whatever became of it."""
    service, _, name = row.row.api.partition(":")
    category = row.row.category
    if category == "signin":
        return "sign-in"
    if row.row.sensitive:
        return "sensitive"
    if category in ("management-read", "management-write"):
        return "change" if category == "management-write" else "read"
    if _DATA_READS.match(name):
        return "read"
    return "sign-in" if category == "service" and service in SIGN_INS else "change"


def operation(api: str) -> str:
    """The name of an operation without its service.

    >>> operation("ec2:RunInstances")
    'RunInstances'
    """
    return api.partition(":")[2]


def is_read_by_name(api: str) -> bool:
    """Does the name begin as those of reads do?

    >>> is_read_by_name("ec2:DescribeInstances"), is_read_by_name("listener:Create"), is_read_by_name("sts:Getaway")
    (True, False, False)
    """
    name = operation(api)
    return any(name.startswith(read) and not name[len(read) : len(read) + 1].islower() for read in READS)


def targets(rows: Iterable[CallRow]) -> list[str]:
    """What calls were about, sorted: the resources that the records list, else what the requests or the text of a
    refusal name."""
    found: set[str] = set()
    for row in rows:
        listed = {resource for sample in row.samples for resource in sample.resources}
        if listed:
            found |= listed | {target.key for target in row.row.beside}
        elif row.row.target is not None:
            texts = (sample.parameters for sample in row.samples if sample.parameters)
            found |= {target.key for target in row.row.targets}
            found |= {key for text in texts for key in beside(row.row.target, text)}
    return sorted(found)


def beside(target: Target, request: str) -> list[str]:
    """The other resources that a request names in the same member as its target: a row has the first alone.

    >>> some = Target(key="arn:aws:ec2:eu-west-1:111122223333:instance/i-1", type="AWS::EC2::Instance", id="i-1")
    >>> beside(some, '{"instancesSet":{"items":[{"instanceId":"i-1"},{"instanceId":"i-2"}]}}')
    ['arn:aws:ec2:eu-west-1:111122223333:instance/i-2']
    """
    if not target.id or not target.key.endswith(target.id) or target.id not in request:
        return []
    try:
        members = list(_members(msgspec.json.decode(request)))
    except (msgspec.DecodeError, RecursionError):
        return []  # cut
    names = {name for name, value in members if value == target.id}
    stem = target.key.removesuffix(target.id)
    return [stem + value for name, value in members if name in names and value and value != target.id]


def _members(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    """The texts in a JSON value, each with the name of the member that it stands in."""
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, list):
        for one in value:
            yield from _members(one, name)
    elif isinstance(value, dict):
        for inner, one in value.items():
            yield from _members(one, inner)


def parameters(rows: Iterable[CallRow]) -> list[str]:
    """The earliest different requests of calls that change, hand out or were refused."""
    return _earliest(rows, lambda row, text: text if row.row.target is not None or kind_of(row) != "read" else None)


def filters(rows: Iterable[CallRow]) -> list[str]:
    """The earliest different filters of reads: what they asked for, without filters that are empty."""
    return _earliest(rows, lambda row, text: _filter(text) if kind_of(row) == "read" else None)


def _earliest(rows: Iterable[CallRow], told: Callable[[CallRow, str], str | None]) -> list[str]:
    found = sorted(
        (sample.time, sample.event_id, text)
        for row in rows
        for sample in row.samples
        if sample.parameters is not None and (text := told(row, sample.parameters)) is not None
    )
    return list(dict.fromkeys(text for _, _, text in found))[:PARAMETERS_SHOWN]


def _filter(text: str) -> str | None:
    """The members of a request that filter, as JSON; the text as it is where it was cut, None where none filters.

    >>> _filter('{"instancesSet":{},"filterSet":{"items":[{"name":"tag:env"}]}}'), _filter('{"filterSet":{}}')
    ('{"filterSet":{"items":[{"name":"tag:env"}]}}', None)
    """
    try:
        request = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return text
    if not isinstance(request, dict):
        return None
    said = {name: value for name, value in request.items() if "filter" in name.lower() and value}
    return msgspec.json.encode(said).decode() if said else None


def counted(rows: Iterable[CallRow], value: Callable[[CallRow], str | None]) -> list[Counted]:
    """The calls by a value of theirs, most first, then by value; those without one are left out."""
    groups: dict[str, list[CallRow]] = {}
    for row in rows:
        found = value(row)
        if found is not None:
            groups.setdefault(found, []).append(row)
    told = [
        Counted(
            value=text, calls=sum(row.count for row in members), failed=failed(members),
            first=grants.first(members), last=grants.last(members),
        )
        for text, members in groups.items()
    ]  # fmt: skip
    return sorted(told, key=lambda one: (-one.calls, one.value))


def failed(rows: Iterable[CallRow]) -> int:
    """How many calls of rows failed."""
    return sum(row.count for row in rows if row.row.error is not None)


def one_origin(reader: Reader, subject: Subject) -> Whose | None:
    """Whose the subject is; None of a role or of what stands for several origins, and of what has no chain."""
    if not subject.starts or subject.kind == "role":
        return None
    found = list(whose(reader, subject.starts).values())
    return found[0] if len({one.key or str(number) for number, one in enumerate(found)}) == 1 else None


def accounts(subject: Subject, found: Called) -> set[str | None]:
    """The accounts whose logs an answer rests on: those of the calls, and the subject's own."""
    return {row.row.account for row in found.rows} | own_accounts(subject)


def own_accounts(subject: Subject) -> set[str | None]:
    """The accounts that a subject is in, as far as its nodes tell."""
    return {subject.key} if subject.kind == "account" else {grants.account_of(node) for node in subject.starts}
