"""What a descent altered: identities, policies, credentials and trails, who was let in, and what was taken back."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec

from lineage import schema
from lineage.answers.reach import Altered, Permission
from lineage.keys import ref
from lineage.questions.common.reader import Reader
from lineage.seen import DeedSeen
from lineage.times import iso

PERMISSIONS = ("permissions", "boundary")
OPENS = ("trust", "share", "permissions", "federation")
"""Changes that may let another account in."""
INVERSE = {
    "Attach": "Detach", "Detach": "Attach", "Put": "Delete", "Add": "Remove", "Remove": "Add", "Create": "Delete",
    "Enable": "Deactivate", "Stop": "Start", "Associate": "Disassociate", "Authorize": "Revoke",
}  # fmt: skip
"""The verb of the call that takes back another."""
_ARN = re.compile(r"arn:[\w-]*:[\w-]*:[\w-]*:(\d{12}):")
_ACCOUNT = re.compile(r'"(\d{12})"')
_ANYBODY = re.compile(r'"(?:AWS|Principal|principal)":(?:"\*"|\["\*"\])|"group":"all"|AllUsers|"userId":"all"')


def altered(reader: Reader, deeds: Iterable[DeedSeen]) -> list[Altered]:
    """What was created and changed, in order of time; each with the later events that took it back."""
    mine = [deed for deed in deeds if deed.type in (schema.CREATED, schema.CHANGED)]
    later = by_target(reader, [deed.target for deed in mine])
    return [_altered(deed, later[deed.target]) for deed in mine]


def permissions(reader: Reader, principals: Sequence[str]) -> list[Permission]:
    """What the logs show to have been permitted to principals (references), by whomever, in order of time."""
    found = by_target(reader, principals)
    given = [
        deed
        for deeds in found.values()
        for deed in deeds
        if deed.properties["what"] in PERMISSIONS and deed.properties.get("after")
    ]
    return [
        Permission(
            principal=ref(deed.target).key, what=str(deed.properties["what"]), policy=str(deed.properties["after"]),
            api=str(deed.properties["api"]), time=iso(deed.time), event_ids=deed.event_ids,
            undone_by=undone_by(deed, found[deed.target]),
        )
        for deed in sorted(given, key=lambda deed: (deed.time, deed.key))
    ]  # fmt: skip


def by_target(reader: Reader, targets: Iterable[str]) -> dict[str, list[DeedSeen]]:
    found: dict[str, list[DeedSeen]] = defaultdict(list)
    wanted = sorted(set(targets))
    if wanted:
        for deed in reader.deeds((schema.CREATED, schema.CHANGED), targets=wanted):
            found[deed.target].append(deed)
    return found


def _altered(deed: DeedSeen, later: Sequence[DeedSeen]) -> Altered:
    label, key = ref(deed.target)
    account = _account_of(key)
    after = _text(deed, "after") or (_text(deed, "detail") if deed.type == schema.CREATED else None)
    what = str(deed.properties["what"])
    return Altered(
        what=what, created=deed.type == schema.CREATED, target=key, account=account,
        api=str(deed.properties["api"]), time=iso(deed.time), source=deed.source, event_ids=deed.event_ids,
        before=_text(deed, "before"), after=after,
        outside=outside(after, account) if what in OPENS and label != schema.CREDENTIAL else [],
        undone_by=undone_by(deed, later),
    )  # fmt: skip


def undone_by(deed: DeedSeen, others: Iterable[DeedSeen]) -> list[str]:
    """The first later events about the same target that took a change back; none if it stands."""
    api = str(deed.properties["api"])
    for other in others:
        if (other.time, other.key) <= (deed.time, deed.key) or other.key == deed.key:
            continue
        what = other.properties["what"]
        if what == "deleted" or (what == "key-deleted" and deed.properties["what"] == "key-status"):
            return other.event_ids
        if other.properties["api"] == inverse(api) and _about_the_same(deed, other):
            return other.event_ids
    return []


def inverse(api: str) -> str | None:
    """The operation that takes back another, by its name.

    >>> inverse("iam:AttachRolePolicy"), inverse("cloudtrail:StopLogging"), inverse("iam:UpdateUser")
    ('iam:DetachRolePolicy', 'cloudtrail:StartLogging', None)
    """
    service, _, name = api.partition(":")
    for verb, back in INVERSE.items():
        if name.startswith(verb):
            return f"{service}:{back}{name.removeprefix(verb)}"
    return None


def _about_the_same(deed: DeedSeen, other: DeedSeen) -> bool:
    """Do two changes of one target name the same policy, group or device?"""
    mine, theirs = _named(deed), _named(other)
    return mine is None or theirs is None or mine == theirs


def _named(deed: DeedSeen) -> str | None:
    text = _text(deed, "after") or _text(deed, "before")
    kept = opened(text)
    name = kept.get("policyName") if isinstance(kept, dict) else text
    return str(name) if name and name not in ("stopped", "started", "deleted") else None


def opened(text: str | None) -> object:
    """A state as a value where it is JSON, else None."""
    if not text or text[:1] not in "{[":
        return None
    try:
        found: object = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None
    return found


def outside(text: str | None, account: str | None) -> list[str]:
    """Accounts other than its own that a policy or share names, `*` where it names everybody; sorted.

    >>> outside('{"Principal":{"AWS":"arn:aws:iam::111122223333:root"}}', "444455556666")
    ['111122223333']
    >>> outside('{"Principal":"*"}', "444455556666")
    ['*']
    """
    if not text:
        return []
    found = {*_ARN.findall(text), *_ACCOUNT.findall(text)} - {account}
    return sorted(found | ({"*"} if _ANYBODY.search(text) else set()))


def _text(deed: DeedSeen, name: str) -> str | None:
    value = deed.properties.get(name)
    return str(value) if value is not None else None


def _account_of(key: str) -> str | None:
    """The account in the key of a principal or resource."""
    part = key.split(":")[4] if key.startswith("arn:") and key.count(":") >= 5 else key.split(":", 1)[0]
    return part if part.isdigit() else None
