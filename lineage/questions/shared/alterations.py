"""What a descent altered: identities, policies, credentials and trails, who was let in, and what was undone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from lineage.model import schema
from lineage.model.keys import ref
from lineage.model.results import ChangeEdge, Window, json_value
from lineage.model.times import iso
from lineage.questions.blast import Altered, Permission
from lineage.questions.shared.climb import account_of
from lineage.questions.shared.fates import Fate, Fates, family_of
from lineage.stores.reader import Reader

PERMISSIONS = ("permissions", "boundary")
OPENS = ("trust", "share", "permissions", "federation", "role")
"""Changes that may let another account in."""
CREDENTIALS = ("access key", "login profile", "credential", "password", "key-status", "mfa")
_ARN = re.compile(r"arn:[\w-]*:[\w-]*:[\w-]*:(\d{12}):")
_ACCOUNT = re.compile(r'"(\d{12})"')
_ANYWHERE = re.compile(r"/0\b")
_PUBLIC = re.compile(r"public-read|AllUsers|AuthenticatedUsers|:false")
_ANYBODY = re.compile(r'"(?:AWS|Principal|principal)":(?:"\*"|\["\*"\])|"group":"all"|AllUsers|"userId":"all"')


def altered(deeds: Iterable[ChangeEdge], fates: Fates) -> list[Altered]:
    """What was created and changed, the worst first; each with what became of it."""
    mine = [deed for deed in deeds if deed.type in (schema.CREATED, schema.CHANGED)]
    result = [(deed, _altered(deed, fates.of(deed))) for deed in mine]
    result.sort(key=lambda one: (rank(one[1]), one[0].time, one[0].key))
    return [one for _, one in result]


def rank(one: Altered) -> int:
    """How bad a change is: first what lets outsiders in, then credentials, then the rest; what is gone comes last of
    its kind."""
    if one.outside or one.what == "network":
        kind = 0
    elif (one.created and one.what != "role") or one.what in CREDENTIALS:
        kind = 1
    else:
        kind = 2
    return 2 * kind + (one.fate == "gone")


def permissions(reader: Reader, principals: Sequence[str], at: int) -> list[Permission]:
    """What the logs show to have been permitted to principals (references) by any caller, in order of time."""
    wanted = sorted(set(principals))
    deeds = reader.changes((schema.CHANGED,), targets=wanted, window=Window(None, at)) if wanted else []
    given = [deed for deed in deeds if deed.properties["what"] in PERMISSIONS and deed.properties.get("after")]
    fates = Fates(reader, given, at)
    return [
        Permission(
            principal=ref(deed.target).key, what=str(deed.properties["what"]), policy=str(deed.properties["after"]),
            api=str(deed.properties["api"]), time=iso(deed.time), event_ids=deed.event_ids,
            undone_by=fate.event_ids if fate.state != "stands" else [], fate=fate.state,
        )
        for deed in sorted(given, key=lambda deed: (deed.time, deed.key))
        for fate in [fates.of(deed)]
    ]  # fmt: skip


def _altered(deed: ChangeEdge, fate: Fate) -> Altered:
    key = ref(deed.target).key
    return Altered(
        what=str(deed.properties["what"]), created=deed.type == schema.CREATED, target=key,
        account=account_of(deed.target),
        api=str(deed.properties["api"]), time=iso(deed.time), source=deed.source, event_ids=deed.event_ids,
        before=text_of(deed, "before"), after=state_after(deed), outside=lets_in(deed),
        undone_by=fate.event_ids if fate.state != "stands" else [], fate=fate.state,
    )  # fmt: skip


def state_after(deed: ChangeEdge) -> str | None:
    """What a change made, as logged."""
    return text_of(deed, "after") or (text_of(deed, "detail") if deed.type == schema.CREATED else None)


def lets_in(deed: ChangeEdge) -> list[str]:
    """Accounts outside that a change lets in, `*` for everyone; sorted."""
    label = ref(deed.target).label
    what, family = str(deed.properties["what"]), family_of(deed)
    if label == schema.CREDENTIAL or (family is not None and family.act in ("remove", "clear")):
        return ["*"] if family is not None and family.state.endswith("public access block") else []
    after = state_after(deed)
    if what == "network":
        return ["*"] if _ANYWHERE.search(after or "") else []
    if what not in OPENS:
        return []
    account = account_of(deed.target) or account_of(deed.source)
    found = set(outside(after, account))
    if deed.properties["api"] in ("lambda:CreateFunctionUrlConfig", "lambda:UpdateFunctionUrlConfig"):
        found = {"*"} if "NONE" in (after or "") else set()
    elif family is not None and family.state in ("bucket acl", "public access block", "account public access block"):
        found |= {"*"} if _PUBLIC.search(after or "") else set()
    return sorted(found)


def parsed_state(text: str | None) -> object:
    """A state as a value where it is JSON, else None."""
    return json_value(text) if text and text[0] in "{[" else None


def outside(text: str | None, account: str | None) -> list[str]:
    """Accounts other than its own that a policy or share names, `*` where it names everyone; sorted.

    >>> outside('{"Principal":{"AWS":"arn:aws:iam::111122223333:root"}}', "444455556666")
    ['111122223333']
    >>> outside('{"Principal":"*"}', "444455556666")
    ['*']
    """
    if not text:
        return []
    found = {*_ARN.findall(text), *_ACCOUNT.findall(text)} - {account}
    return sorted(found | ({"*"} if _ANYBODY.search(text) else set()))


def text_of(deed: ChangeEdge, name: str) -> str | None:
    value = deed.properties.get(name)
    return str(value) if value is not None else None
