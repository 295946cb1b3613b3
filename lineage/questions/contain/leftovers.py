"""What a descent changed: what is still in effect, with the step that undoes it; what is gone; what was open meanwhile.

Nothing is given back to the principals of the chain or to what it made, but restrictions that it took off.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from lineage.model import schema
from lineage.model.keys import ref
from lineage.model.results import CallRow, ChangeEdge, Window, json_value
from lineage.model.times import iso
from lineage.questions.contain import NOBODY, Exposure, Past, Step
from lineage.questions.contain.undo import DENY_TRUST, check, close_role, earlier_state, undo
from lineage.questions.shared.alterations import lets_in, parsed_state, state_after, text_of
from lineage.questions.shared.climb import account_of
from lineage.questions.shared.fates import CREATES, STANDS, Family, Fate, Fates, family_of, marks_of
from lineage.render.text import moment
from lineage.stores.reader import Reader

ENTRANCES = ("login profile", "credential", "password")
"""What alone grants access."""
DOORS = ("trust", "provider", "federation", "role")
"""What decides who is let in."""
SHARES = ("share", "network")
"""What opens data or a network to others."""
LISTED = 20
REMOVED = ("deleted", "key-deleted")
KEYS = ("key-status", "key-deleted")
OWN = "it removed only what it had created itself"
NOT_GIVEN_BACK = "not restored: it would give access to these credentials or to what they created"
RESTRICTED = "it restricts these credentials or what they created: it can stay"
_DENIES = re.compile(r"deny|quarantine|revokeoldersessions", re.IGNORECASE)
_OPEN_SCP = "p-FullAWSAccess"


class Change(NamedTuple):
    """One deed with what is needed to take it back."""

    deed: ChangeEdge
    phase: str
    """A phase of the plan; none of a key, which is made inactive, and of what needs no step."""
    request: Mapping[str, object]
    region: str | None
    before: list[ChangeEdge]
    """The changes of the same target that are none of the descent's."""
    fate: Fate
    event_ids: list[str]
    """Its own, and those of later changes to the same state: all are undone at once."""
    restore: bool = True
    """May the state before be restored?"""
    why: str = ""
    """Why it needs no step, where it is still in effect."""


class Ours(NamedTuple):
    """What the plan gives nothing back to: keys of principals."""

    held: frozenset[str]
    """The roles, users and long-term keys whose credentials the chain is."""
    made: frozenset[str]
    """What it made."""

    def holds(self, key: str) -> bool:
        """Is it a principal of the chain, or made by it?"""
        return key in self.held or key in self.made

    def holds_user(self, account: str | None, name: object) -> bool:
        """Is it a user of that name?"""
        end = f":{account}:user/"
        return any(end in key and key.rsplit("/", 1)[-1] == name for key in (*self.held, *self.made))

    def newly_named(self, state: str, present: str | None) -> bool:
        """Would a state let one of them in that the present state does not?"""
        return any(_names(state, key) and not _names(present or "", key) for key in (*self.held, *self.made))


def _names(state: str, key: str) -> bool:
    """Does a policy name a principal, with any path?"""
    if not key.startswith("arn:") or "/" not in key:
        return False
    head, _, path = key.partition("/")
    return re.search(rf"{re.escape(head)}/(?:[^\"]*/)?{re.escape(path.rsplit('/', 1)[-1])}\"", state) is not None


def changes(
    reader: Reader, deeds: Iterable[ChangeEdge], rows: Iterable[CallRow], ours: Ours, at: int
) -> tuple[list[Change], list[Exposure]]:
    """The deeds of a descent in order of time, and what they opened to others; `rows` are its calls, which keep their
    request parameters.

    What was set again and again is one step: it goes back to the state before the first time.
    """
    mine = list(deeds)
    fates = Fates(reader, mine, at, own=mine, suspects=ours.made)
    requests: dict[str, tuple[Mapping[str, object], str | None]] = {}
    for row in rows:
        for sample in row.samples:
            request = json_value(sample.parameters)
            requests[sample.event_id] = request if isinstance(request, dict) else {}, row.row.region
    denying = _denying(reader, mine)
    born = {str(deed.properties["detail"]) for deed in mine if deed.properties.get("what") == "access key"}
    born |= {ref(deed.target).key for deed in mine if deed.type == schema.STARTED and not deed.properties["entered"]}
    found: list[Change] = []
    first: dict[tuple[str, str, frozenset[str]], int] = {}
    for deed in mine:
        request, region = requests.get(deed.event_ids[0] if deed.event_ids else "", ({}, None))
        before = [other for other in fates.others(deed.target) if not fates.is_mine(other)]
        change = Change(
            deed, "", request, region or text_of(deed, "region"), before, fates.of(deed), list(deed.event_ids)
        )
        phase, restore, why = _judge(change, fates, ours, denying, born)
        change = change._replace(phase=phase, restore=restore, why=why)
        family = family_of(deed)
        if family is not None and family.act == "set" and deed.type == schema.CHANGED and phase != "sources":
            state = deed.target, family.state, marks_of(deed)
            if state in first:
                # The last one shows whether it is still in effect, the first one what was there before.
                earlier = found[first[state]]
                found[first[state]] = earlier._replace(
                    phase=change.phase, fate=change.fate, why=change.why, restore=change.restore,
                    event_ids=[*earlier.event_ids, *change.event_ids],
                )  # fmt: skip
                continue
            first[state] = len(found)
        found.append(change)
    gone = {change.deed.target for change in found if change.why and _makes_target(change.deed)}
    result = [
        change._replace(phase="", why=f"{change.why}, with what was made")
        if change.phase == "check" and change.deed.target in gone and not _makes_target(change.deed)
        else change
        for change in found
    ]
    return result, _exposures(mine, fates, at)


def _makes_target(deed: ChangeEdge) -> bool:
    return deed.type == schema.CREATED and deed.properties["what"] in CREATES


def _judge(
    change: Change, fates: Fates, ours: Ours, denying: Collection[str], born: Collection[str]
) -> tuple[str, bool, str]:
    """The phase of a change, whether the state before may be restored, and why it needs no step."""
    deed, fate = change.deed, change.fate
    family, key = family_of(deed), ref(deed.target).key
    what = str(deed.properties.get("what") or "workload")
    takes, earlier = _takes_away(deed, family), earlier_state(deed, change.before)
    if takes and fate.state != "gone":
        prior = fates.before(deed)
        if key in born or (prior is not None and fates.is_ours(prior) and earlier is None):
            return "", True, OWN
    if fate.state != "stands":
        return ("check" if fate.state == "probably" else ""), True, fate.why
    if deed.type == schema.STARTED:
        return "workloads", True, ""
    if what == "access key" and deed.properties.get("detail"):
        return "", True, ""
    if takes:
        if _is_protection(deed, family, denying, earlier):
            return "protection", True, ""
        owner = account_of(deed.source), change.request.get("userName")
        if (
            ours.holds(key)
            or (what in KEYS and ours.holds_user(*owner))
            or (earlier is not None and ours.newly_named(earlier, None))
        ):
            return "", True, NOT_GIVEN_BACK
        return ("persistence" if what == "trail" else "review"), True, ""
    if _restricts(deed, family, denying):
        if family is not None and family.state.endswith("boundary") and earlier is not None:
            return "protection", True, ""
        return ("", True, RESTRICTED) if ours.holds(key) else ("review", True, "")
    return _phase_of_grant(change, family, ours)


def _phase_of_grant(change: Change, family: Family | None, ours: Ours) -> tuple[str, bool, str]:
    deed, what = change.deed, str(change.deed.properties["what"])
    earlier = earlier_state(deed, change.before)
    restore = True
    if earlier is not None:
        restore = not ours.newly_named(earlier, state_after(deed)) and not (
            family is not None and family.state == "inline policy" and ours.holds(ref(deed.target).key)
        )
        if family is not None and family.state == "inline policy" and _only_denies(earlier):
            return "protection", True, ""
    if family is not None and family.state.endswith("public access block"):
        return "protection", True, ""
    if what == "access key" or what in ENTRANCES:
        return "sources", restore, ""
    if what in DOORS:
        return "trust", restore, ""
    return ("exposure" if what in SHARES else "persistence"), restore, ""


def _takes_away(deed: ChangeEdge, family: Family | None) -> bool:
    what, after = deed.properties.get("what"), deed.properties.get("after")
    if what == "key-status":
        return after == "Inactive"
    return (family is not None and family.act in ("remove", "clear")) or what in REMOVED or after == "deleted"


def _restricts(deed: ChangeEdge, family: Family | None, denying: Collection[str]) -> bool:
    """Does what was given take access away: a boundary, a policy that denies, an organization's policy?"""
    if family is None:
        return False
    after = str(deed.properties.get("after") or "")
    match family.state:
        case "boundary" | "set boundary" | "organization policy":
            return True
        case "attached policy":
            return after in denying or _DENIES.search(after.rsplit("/", 1)[-1]) is not None
        case "inline policy":
            document = parsed_state(after)
            return isinstance(document, dict) and _only_denies(document.get("policyDocument"))
        case "public access block" | "account public access block":
            return ":false" not in after
    return False


def _is_protection(deed: ChangeEdge, family: Family | None, denying: Collection[str], earlier: str | None) -> bool:
    """Was a restriction taken off: a denial, a boundary, an organization's policy, MFA, a block of public access?"""
    if family is None:
        return False
    before = str(deed.properties.get("before") or "")
    match family.state:
        case "boundary" | "set boundary" | "mfa" | "public access block" | "account public access block":
            return True
        case "organization policy":
            return not any(mark.endswith(f"={_OPEN_SCP}") for mark in marks_of(deed))
        case "attached policy":
            return before in denying or _DENIES.search(before.rsplit("/", 1)[-1]) is not None
        case "inline policy":
            return _only_denies(earlier) if earlier is not None else _DENIES.search(before) is not None
        case "bucket policy" | "secret policy" | "repository policy":
            return earlier is not None and _only_denies(earlier)
    return False


def _only_denies(document: object) -> bool:
    """Does a policy (a document, or as JSON) hold denials alone?"""
    if isinstance(document, str):
        document = parsed_state(document)
    statements = document.get("Statement") if isinstance(document, dict) else None
    listed = statements if isinstance(statements, list) else [statements]
    return bool(listed) and all(isinstance(one, dict) and one.get("Effect") == "Deny" for one in listed)


def _denying(reader: Reader, deeds: Iterable[ChangeEdge]) -> set[str]:
    """ARNs of the customer's policies, attached or detached by the deeds, that deny and allow nothing as logged."""
    arns = {mark.partition("=")[2] for deed in deeds for mark in marks_of(deed) if mark.startswith("policyArn=arn:")}
    targets = sorted(f"{schema.RESOURCE} {arn}" for arn in arns if ":aws:policy/" not in arn)
    last: dict[str, bool] = {}
    for deed in reader.changes((schema.CHANGED,), targets=targets, window=Window()) if targets else ():
        if deed.properties["api"] in ("iam:CreatePolicy", "iam:CreatePolicyVersion"):
            state = parsed_state(str(deed.properties.get("after") or ""))
            document = state.get("policyDocument", state) if isinstance(state, dict) else None
            last[ref(deed.target).key] = _only_denies(document)
    return {arn for arn, denies in last.items() if denies}


def left_behind(change: Change) -> Step:
    """The step that takes a change back, or that checks whether it is gone."""
    deed = change.deed
    api, what, key = str(deed.properties["api"]), str(deed.properties.get("what") or "workload"), ref(deed.target).key
    if change.phase == "check":
        return _check(change, api, what, key)
    found = undo(deed, change.request, change.region, change.before, restore=change.restore)
    commands = [found.command] if found.command else []
    note, policy = None, None
    title = f"Undo {api} of {key}"
    if what == "role":
        policy, closed = DENY_TRUST, close_role(key.rsplit("/", 1)[-1])
        commands = [closed, *commands] if closed else []
        note = "Close it first; it can be deleted once its policies are detached."
    elif what == "mfa" and change.phase == "protection":
        note = "Only the user can register a device again; block sign-in without MFA until then."
    elif what in REMOVED or (found.command is None and deed.properties.get("after") == "deleted"):
        note = "This was removed; create it again if it is needed."
    elif found.puts_back:
        policy, note = found.earlier, "Restores the previous state, as logged."
    elif found.earlier and not change.restore:
        policy = found.earlier
        note = "The policy shows the previous state; it would give access to these credentials or to what they created."
        if what == "trust":
            policy, note = DENY_TRUST, f"{note} Close the role instead."
            closed = close_role(key.rsplit("/", 1)[-1])
            commands = [closed] if closed else []
    elif what == "user":
        note = "Remove its keys, password, policies and groups first."
    elif what == "login profile" or api == "iam:UpdateLoginProfile":
        note = "This removes the password; the user needs a new one."
    elif found.command is None:
        note = "The loaded logs do not contain enough to write the command."
        if found.known and found.earlier is None and what in ("trust", "share", "boundary", "permissions"):
            note = "The previous state is not in the loaded logs; take it from the tool that manages the resource."
        elif not found.known:
            note = "No single call undoes this; check it manually."
    if change.phase == "protection":
        title = f"Restore what {api} removed from {key}"
    elif change.phase == "review":
        title = f"Review, then restore what {api} removed from {key}"
    elif change.phase == "exposure":
        title = f"Close what {api} opened: {key}"
    if change.fate.again:
        again = f"Others undid it and made it again ({', '.join(change.fate.again)}): ask them first."
        note = f"{note} {again}" if note else again
    return Step(
        number=0, phase=change.phase, kind=what, title=title, account=account_of(deed.target),  # type: ignore[arg-type]  # a phase
        target=key, commands=commands, policy=policy, note=note, ends=NOBODY, event_ids=change.event_ids[:LISTED],
    )  # fmt: skip


def _check(change: Change, api: str, what: str, key: str) -> Step:
    """A step for what is probably gone: one command that only reads."""
    fate, deed = change.fate, change.deed
    command = check(deed, change.request, change.region)
    undone = f"{fate.why} at {moment(iso(fate.time))}" if fate.time is not None else fate.why
    note = f"Probably gone: {undone}, by name alone or before a gap in the logs. The command only reads."
    if command is None:
        note = f"Probably gone: {undone}. Its name is not safe in a command; check it manually."
    return Step(
        number=0, phase="check", kind=what, title=f"Check that what {api} did to {key} is gone",
        account=account_of(deed.target), target=key, commands=[command] if command else [], policy=None, note=note,
        ends=NOBODY, event_ids=[*change.event_ids, *fate.event_ids][:LISTED],
    )  # fmt: skip


def _exposures(deeds: Iterable[ChangeEdge], fates: Fates, at: int) -> list[Exposure]:
    """What was open to others outside: data first, of each the longest first."""
    result = []
    for deed in deeds:
        to = lets_in(deed) if deed.type != schema.STARTED else []
        if not to:
            continue
        what, key, fate = str(deed.properties["what"]), ref(deed.target).key, fates.of(deed)
        if fate.state == "stands" and (after := fates.next_of(deed)) is not None:
            fate = Fate("gone", "replaced", after.time, list(after.event_ids), [])
        until = fate.time if fate.state == "gone" else None
        result.append((
            what != "share", deed.time - (until if until is not None else at), deed.time, deed.key,
            Exposure(
                what=what, api=str(deed.properties["api"]), target=key,
                account=account_of(deed.target) or account_of(deed.source), to=to, since=iso(deed.time),
                until=iso(until) if until is not None else None, fate=fate.state, risk=_risk(deed),
                event_ids=deed.event_ids[:LISTED], undone_by=fate.event_ids if fate.state != "stands" else [],
            ),
        ))  # fmt: skip
    return [one for *_, one in sorted(result, key=lambda one: one[:4])]


def _risk(deed: ChangeEdge) -> str:
    what, family = deed.properties["what"], family_of(deed)
    if family is not None and family.state.endswith("public access block"):
        return "data may have left, where a policy or ACL is public"
    if what == "share":
        return "others may have called it" if ":function:" in deed.target else "data may have left"
    return "it could be reached from everywhere" if what == "network" else "others may have entered"


def history(found: Iterable[Change]) -> list[Past]:
    """What needs no step, in order of time, with why."""
    return [
        Past(
            what=str(change.deed.properties.get("what") or "workload"), api=str(change.deed.properties["api"]),
            target=ref(change.deed.target).key, account=account_of(change.deed.target), time=iso(change.deed.time),
            event_ids=change.event_ids[:LISTED], why=change.why,
            undone=iso(change.fate.time) if change.fate.time is not None and change.fate is not STANDS else None,
            undone_by=change.fate.event_ids,
        )
        for change in found
        if not change.phase and change.why
    ]  # fmt: skip
