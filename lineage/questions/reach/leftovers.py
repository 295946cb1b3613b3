"""What a descent changed and nobody took back, each with the step that takes it back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from lineage import schema
from lineage.answers.reach import Step
from lineage.keys import ref
from lineage.questions.common.reader import Reader
from lineage.questions.reach.alterations import by_target, undone_by
from lineage.questions.reach.bystanders import NOBODY
from lineage.questions.reach.shell import line
from lineage.questions.reach.undo import DENY_TRUST, policy_name, replaces, undo
from lineage.seen import DeedSeen, RowSeen

ENTRANCES = ("login profile", "credential", "password")
"""What lets somebody in by itself."""
DOORS = ("trust", "provider", "federation", "role")
"""What decides who is let in."""
LISTED = 20
REMOVED = ("deleted", "key-deleted")


class Change(NamedTuple):
    """One deed with what is needed to take it back."""

    deed: DeedSeen
    phase: str
    """A phase of the plan; none of a key, which is made inactive, and of what was taken back."""
    request: Mapping[str, object]
    region: str | None
    before: list[DeedSeen]
    """The changes of the same target that are none of the descent's."""
    undone: bool
    event_ids: list[str]
    """Its own, and those of later changes to the same state: all are taken back at once."""


def changes(reader: Reader, deeds: Iterable[DeedSeen], rows: Iterable[RowSeen]) -> list[Change]:
    """The deeds of a descent in order of time; `rows` are its calls, which keep their request parameters.

    What was changed again and again stands once: it goes back to the state before the first time.
    """
    mine = list(deeds)
    own = {(deed.type, deed.key) for deed in mine}
    others = by_target(reader, [deed.target for deed in mine if deed.type != schema.STARTED])
    requests: dict[str, tuple[Mapping[str, object], str | None]] = {}
    for row in rows:
        for sample in row.samples:
            requests[sample.event_id] = _opened(sample.parameters), row.row.region
    found: list[Change] = []
    first: dict[tuple[str, str, str | None], Change] = {}
    for deed in mine:
        request, region = requests.get(deed.event_ids[0] if deed.event_ids else "", ({}, None))
        undone = bool(undone_by(deed, others[deed.target])) if deed.type != schema.STARTED else False
        before = [other for other in others[deed.target] if (other.type, other.key) not in own]
        phase = "" if undone else _phase(deed)
        change = Change(deed, phase, request, region, before, undone, list(deed.event_ids))
        api = str(deed.properties["api"])
        if phase and replaces(api) and deed.type == schema.CHANGED:
            state = deed.target, api, policy_name(deed)
            if state in first:
                first[state].event_ids.extend(deed.event_ids)
                continue
            first[state] = change
        found.append(change)
    return found


def _opened(parameters: str | None) -> Mapping[str, object]:
    try:
        found = msgspec.json.decode(parameters or "{}")
    except (msgspec.DecodeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _phase(deed: DeedSeen) -> str:
    if deed.type == schema.STARTED:
        return "workloads"
    what = str(deed.properties["what"])
    if what == "access key" and deed.properties.get("detail"):
        return ""
    if what == "access key" or (what in ENTRANCES and deed.properties.get("after") != "deleted"):
        return "sources"
    return "trust" if what in DOORS else "persistence"


def left_behind(change: Change) -> Step:
    """The step that takes a change back."""
    deed = change.deed
    api, what = str(deed.properties["api"]), str(deed.properties["what"])
    found = undo(deed, change.request, change.region, change.before)
    commands = [found.command] if found.command else []
    note, policy = None, None
    key = ref(deed.target).key
    if what == "role":
        policy = DENY_TRUST
        closed = line(
            "iam update-assume-role-policy --role-name {roleName} --policy-document {policy}",
            {"roleName": key.rsplit("/", 1)[-1], "policy": policy},
        )
        commands = [closed, *commands] if closed else []
        note = "Close it first; it can be deleted once its policies are detached."
    elif what in REMOVED or deed.properties.get("after") == "deleted":
        note = "This was taken away: make it again if it is missed."
    elif found.earlier and found.command and found.earlier in found.command.replace("'\"'\"'", "'"):
        policy, note = found.earlier, "Puts back the state before, as it was logged."
    elif what == "user":
        note = "Its keys, password, policies and groups go first."
    elif what == "login profile" or api == "iam:UpdateLoginProfile":
        note = "The password is taken away; whose user it is needs a new one."
    elif found.command is None:
        note = "The loaded logs do not tell enough to write the command."
        if found.known and found.earlier is None and what in ("trust", "share", "boundary"):
            note = "The state before is not in the loaded logs: take it from whatever manages it."
        elif not found.known:
            note = "No single call takes this back; look at it by hand."
    return Step(
        number=0, phase=change.phase, kind=what, title=f"Take back {api} of {key}",  # type: ignore[arg-type]  # a phase
        account=_account(key), target=key, commands=commands, policy=policy, note=note, ends=NOBODY,
        event_ids=change.event_ids[:LISTED],
    )  # fmt: skip


def _account(key: str) -> str | None:
    part = key.split(":")[4] if key.startswith("arn:") and key.count(":") >= 5 else key.split(":", 1)[0]
    return part if part.isdigit() else None
