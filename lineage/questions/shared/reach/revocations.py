"""What the logs show to have ended credentials: keys made inactive, policies that deny all, deletions.

Source: AWS IAM User Guide, "Revoke IAM role temporary security credentials" (the policy `AWSRevokeOlderSessions`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from lineage.model.results import ChangeEdge
from lineage.model.times import iso, parse_when

EVERYTHING = 1 << 60
"""Issued before that: all that was ever issued."""
DENY_ALL = ":policy/AWSDenyAll"


class Denial(NamedTuple):
    """An event that ended what was issued before a second."""

    time: int
    issued_before: int
    why: str
    event_ids: list[str]


class Standing(NamedTuple):
    """How it stands with a principal or key after its changes."""

    denials: list[Denial]
    deleted: Denial | None
    """The latest deletion of the principal."""
    off: Denial | None
    """What made a key inactive or deleted it, if it stayed so."""


def standing(deeds: Iterable[ChangeEdge]) -> Standing:
    """How it stands after the changes of one principal or key, given in order of time."""
    denials: dict[str, Denial] = {}
    deleted = off = None
    for deed in deeds:
        what, before, after = (deed.properties.get(name) for name in ("what", "before", "after"))
        api = str(deed.properties.get("api"))
        ids = deed.event_ids
        if what == "deleted":
            deleted = Denial(deed.time, EVERYTHING, "its principal was deleted", ids)
        elif what == "key-deleted":
            off = Denial(deed.time, EVERYTHING, "deleted", ids)
        elif what == "key-status":
            gone = off is not None and off.why == "deleted"
            if after == "Inactive" and not gone:
                off = Denial(deed.time, EVERYTHING, "made inactive", ids)
            elif after == "Active" and not gone:
                off = None
        elif what == "permissions":
            name, issued_before = _denial(str(after)) if after else ("", None)
            if api.startswith("iam:Put") and name:
                denials.pop(name, None)
                if issued_before is not None:
                    why = "a policy denies it everything"
                    if issued_before != EVERYTHING:
                        why = f"sessions from before {iso(issued_before)} were revoked"
                    denials[name] = Denial(deed.time, issued_before, why, ids)
            elif api.startswith("iam:Attach") and str(after).endswith(DENY_ALL):
                denials[str(after)] = Denial(deed.time, EVERYTHING, "a policy denies it everything", ids)
            elif before:
                denials.pop(str(before), None)
    return Standing(list(denials.values()), deleted, off)


def _denial(text: str) -> tuple[str, int | None]:
    """Name of an inline policy as a change keeps it, and before which second of issue it denies everything."""
    try:
        kept = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return "", None
    if not isinstance(kept, dict):
        return "", None
    return str(kept.get("policyName") or ""), issued_before(kept.get("policyDocument"))


def issued_before(document: object) -> int | None:
    """The second before whose credentials a policy denies everything; None if it denies less than that.

    >>> deny = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    >>> older = {"DateLessThan": {"aws:TokenIssueTime": "1970-01-01T00:01:00Z"}}
    >>> issued_before({"Statement": deny | {"Condition": older}})
    60
    >>> issued_before({"Statement": [deny]}) == EVERYTHING
    True
    >>> issued_before({"Statement": [deny | {"Resource": "arn:aws:s3:::logs"}]}) is None
    True
    """
    statements = document.get("Statement") if isinstance(document, dict) else None
    found = []
    for one in statements if isinstance(statements, list) else [statements]:
        if not isinstance(one, dict) or one.get("Effect") != "Deny":
            continue
        if one.get("Action") not in ("*", ["*"]) or one.get("Resource") not in ("*", ["*"]):
            continue
        time = _condition(one.get("Condition"))
        if time is not None:
            found.append(time)
    return max(found, default=None)


def _condition(condition: object) -> int | None:
    """The second of a condition on `aws:TokenIssueTime` alone; everything where there is no condition."""
    if not condition:
        return EVERYTHING
    if not isinstance(condition, dict) or set(condition) != {"DateLessThan"}:
        return None
    dates = condition["DateLessThan"]
    if not isinstance(dates, dict) or {str(name).lower() for name in dates} != {"aws:tokenissuetime"}:
        return None
    value = next(iter(dates.values()))
    return parse_when(value[0] if isinstance(value, list) and len(value) == 1 else value)
