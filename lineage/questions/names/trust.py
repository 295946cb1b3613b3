"""What a trust policy demands of the names of sessions, and since when the logs show that it does.

A policy that does not demand a name lets the caller write any. Source: AWS IAM User Guide, "AWS STS condition context
keys" (`sts:RoleSessionName`, `sts:SourceIdentity`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from lineage.model import keys, schema
from lineage.model.results import CallFilter, CallRow
from lineage.model.times import iso
from lineage.stores.reader import Reader

SESSION_NAME: Final = "sts:RoleSessionName"
SOURCE_IDENTITY: Final = "sts:SourceIdentity"


class Demand(NamedTuple):
    """What a role's trust policy demanded from a second on."""

    time: int
    names: frozenset[str] | None
    """Condition keys that every way in demands; None where the policy was logged but cannot be read."""
    event_id: str


class Demands:
    """What the logs show of the trust policies of roles: made by CreateRole, changed by UpdateAssumeRolePolicy."""

    def __init__(self, reader: Reader) -> None:
        self._by_role: dict[str, list[Demand]] = defaultdict(list)
        for row in reader.calls(CallFilter("api", ("iam:CreateRole",)), every=True):
            self._created(row)
        for deed in reader.changes((schema.CHANGED,)):
            if deed.properties.get("what") == "trust" and deed.target.startswith(f"{schema.PRINCIPAL} "):
                after = deed.properties.get("after")
                found = demanded(after if isinstance(after, str) else None)
                self._by_role[deed.target].append(Demand(deed.time, found, deed.event_ids[0]))
        for known in self._by_role.values():
            known.sort(key=lambda one: (one.time, one.event_id))

    def _created(self, row: CallRow) -> None:
        if row.row.error is not None or row.row.account is None:
            return
        partition = {"cn": "aws-cn", "us-gov": "aws-us-gov"}.get((row.row.region or "").rsplit("-", 2)[0], "aws")
        for sample in row.samples:
            request = _decoded(sample.parameters)
            name = request.get("roleName") if isinstance(request, dict) else None
            if isinstance(name, str):
                role = keys.role(partition, row.row.account, name).ref
                document = request.get("assumeRolePolicyDocument")
                self._by_role[str(role)].append(Demand(sample.time, demanded(document), sample.event_id))

    def of(self, role: str) -> list[Demand]:
        """What the logs show of a role (its reference), oldest first."""
        return self._by_role.get(role, [])

    def at(self, role: str, time: int) -> Demand | None:
        """What was in force at a time; None where the logs do not show it."""
        return next((one for one in reversed(self.of(role)) if one.time <= time), None)


def told(demand: Demand) -> str:
    """A demand in words, with its time."""
    if demand.names is None:
        return f"{iso(demand.time)}: logged, but not readable"
    return f"{iso(demand.time)}: {' and '.join(sorted(demand.names)) or 'no name'} demanded"


def demanded(policy: object) -> frozenset[str] | None:
    """The condition keys among `sts:RoleSessionName` and `sts:SourceIdentity` that a policy demands of every principal
    that may assume the role; None of what is no policy.

    >>> condition = {"StringEquals": {"sts:RoleSessionName": "${aws:username}"}}
    >>> way = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}, "Condition": condition}
    >>> demanded({"Statement": way})
    frozenset({'sts:RoleSessionName'})
    """
    document = _decoded(policy) if isinstance(policy, str) else policy
    statements = document.get("Statement") if isinstance(document, dict) else None
    if isinstance(statements, dict):
        statements = [statements]
    if not isinstance(statements, list):
        return None
    ways: list[set[str]] = []
    everywhere: set[str] = set()
    for statement in statements:
        if not isinstance(statement, dict):
            return None
        if statement.get("Effect") == "Deny":
            everywhere |= _refused_without(statement.get("Condition"))
        elif _lets_callers_in(statement):
            ways.append(_conditions(statement.get("Condition")))
    return frozenset(everywhere | (set.intersection(*ways) if ways else set()))


def _lets_callers_in(statement: Mapping[str, Any]) -> bool:
    """May principals that write the session's name themselves assume the role by the statement?"""
    principal = statement.get("Principal")
    actions = statement.get("Action")
    assumes = {"sts:assumerole", "sts:assumerole*", "sts:*", "*"}
    asked = [actions] if isinstance(actions, str) else actions if isinstance(actions, list) else []
    own = principal == "*" or (isinstance(principal, dict) and "AWS" in principal)
    return own and any(isinstance(action, str) and action.lower() in assumes for action in asked)


def _conditions(condition: object) -> set[str]:
    """The keys that a statement's condition demands a value of."""
    found = set()
    for operator, tests in _tests(condition):
        if operator == "null":
            found |= {key for key, values in tests if key == SOURCE_IDENTITY and _says(values, "false")}
        elif operator.startswith(("stringequals", "stringlike")) and not operator.endswith("ifexists"):
            found |= {key for key, values in tests if key == SOURCE_IDENTITY or not _says(values, "*")}
    return found


def _refused_without(condition: object) -> set[str]:
    """The keys without whose value a Deny refuses."""
    found = set()
    for operator, tests in _tests(condition):
        if operator == "null":
            found |= {key for key, values in tests if key == SOURCE_IDENTITY and _says(values, "true")}
        elif operator.startswith(("stringnotequals", "stringnotlike")):
            found |= {key for key, _ in tests}
    return found


def _tests(condition: object) -> Iterable[tuple[str, list[tuple[str, object]]]]:
    """Operators in small letters, each with the two keys in AWS's spelling and the values."""
    known = {SESSION_NAME.lower(): SESSION_NAME, SOURCE_IDENTITY.lower(): SOURCE_IDENTITY}
    for operator, tests in condition.items() if isinstance(condition, dict) else ():
        if isinstance(tests, dict):
            named = [(known[str(key).lower()], value) for key, value in tests.items() if str(key).lower() in known]
            yield str(operator).lower().rsplit(":", 1)[-1], named


def _says(values: object, word: str) -> bool:
    told = values if isinstance(values, list) else [values]
    return any(str(value).lower() == word for value in told)


def _decoded(text: str | None) -> Any:
    try:
        return msgspec.json.decode(text) if text else None
    except (msgspec.DecodeError, RecursionError):
        return None
