"""Calls of a timeline as short sentences: `stopped the trail platform-events`, `tried to create user eve: refused`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from lineage.model.arn import role_of
from lineage.model.operations import is_refusal, operation_of
from lineage.questions.shared.alterations import parsed_state
from lineage.questions.timeline import Entry

SENTENCES: Final[dict[str, str]] = {
    "cloudtrail:StopLogging": "stop the trail {target}",
    "cloudtrail:StartLogging": "start the trail {target}",
    "cloudtrail:DeleteTrail": "delete the trail {target}",
    "cloudtrail:LookupEvents": "read the event history",
    "cloudtrail:PutEventSelectors": "change what the trail {target} records",
    "ec2:StartInstances": "start {instances}",
    "ec2:StopInstances": "stop {instances}",
    "ec2:RunInstances": "launch {instances}",
    "ec2:TerminateInstances": "terminate {instances}",
    "ec2:GetPasswordData": "read the administrator password of {target}",
    "ec2:AuthorizeSecurityGroupIngress": "open security group {target}",
    "iam:CreateAccessKey": "make access key {key} for {target}",
    "iam:DeleteAccessKey": "delete an access key of {target}",
    "iam:UpdateAccessKey": "change the state of an access key of {target}",
    "iam:CreateLoginProfile": "set a console password for {target}",
    "iam:UpdateLoginProfile": "change the console password of {target}",
    "iam:UpdateAssumeRolePolicy": "change who may assume {target}",
    "iam:AddUserToGroup": "add a user to group {target}",
    "iam:GetAccountAuthorizationDetails": "read all users, roles and policies",
    **{f"iam:Attach{kind}Policy": "attach {policy} to {target}" for kind in ("User", "Role", "Group")},
    **{f"iam:Detach{kind}Policy": "detach {policy} from {target}" for kind in ("User", "Role", "Group")},
    **{f"iam:Put{kind}Policy": "put inline policy {policy} on {target}" for kind in ("User", "Role", "Group")},
    "kms:Decrypt": "decrypt with key {target}",
    "kms:ReEncrypt": "re-encrypt with key {target}",
    "lambda:GetFunction": "read function {target}",
    "s3:GetObject": "read objects of {target}",
    "secretsmanager:GetSecretValue": "read the secret {target}",
    "signin:ConsoleLogin": "sign in to the console",
    "signin:CredentialChallenge": "get a sign-in prompt",
    "signin:CredentialVerification": "enter a password or second factor",
    "signin:UserAuthentication": "sign in to the access portal",
    "signin:SwitchRole": "switch to role {role}",
    "ssm:GetParameter": "read the parameter {target}",
    "sso:Federate": "open an account from the access portal",
    "sso:GetRoleCredentials": "get role credentials from the access portal",
    "sts:AssumeRole": "assume {role}",
    "sts:AssumeRoleWithSAML": "sign in through SAML as {name} into {role}",
    "sts:AssumeRoleWithWebIdentity": "assume {role} by web identity",
    "sts:AssumeRoot": "assume root in {target}",
    "sts:GetCallerIdentity": "ask whose credentials these are",
    "sts:GetFederationToken": "get a federation token",
    "sts:GetSessionToken": "get a session token",
}
"""By operation: what it does, with its verb first. All others are told by their name."""
PORTAL = "sign in through Identity Center as {name} into {role}"
OBJECTS: Final = ("Create", "Delete", "Start", "Stop", "Terminate", "Get", "Describe", "Run", "Invoke", "Cancel")
"""Verbs whose noun is the resource itself: `created bucket logs`; others have `on` between."""
NO_VERBS: Final = (
    "Admin", "Agentic", "Bulk", "Carrier", "Channel", "Contains", "Domain", "Forgot", "Global", "Insight", "Is",
    "Phone",
)  # fmt: skip
"""First words of operations that are no verbs; of `signin` all events are named by nouns."""
PAST: Final = {
    "begin": "began", "build": "built", "checkout": "checked out", "commit": "committed", "do": "did",
    "failover": "failed over", "forget": "forgot", "get": "got", "give": "gave", "infer": "inferred", "leave": "left",
    "logout": "logged out", "lookup": "looked up", "make": "made", "override": "overrode", "put": "put",
    "read": "read", "rebuild": "rebuilt", "redrive": "redrove", "resend": "resent", "reset": "reset",
    "rollback": "rolled back", "run": "ran", "send": "sent", "set": "set", "setup": "set up", "shrink": "shrank",
    "shutdown": "shut down", "sign": "signed", "split": "split", "submit": "submitted", "switchover": "switched over",
    "take": "took", "transfer": "transferred", "withdraw": "withdrew", "write": "wrote",
}  # fmt: skip
_DOUBLED = re.compile(r".*[^aeiou][aeiou][bdgmnpt]\Z")
_KEPT = ("open", "visit", "edit", "exit", "cancel", "list", "deliver")
_PERMISSION_SET = re.compile(r"AWSReservedSSO_(.+)_[0-9a-f]{16}")
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z0-9]*|[a-z0-9]+")


def sentence(entry: Entry, accounts: Mapping[str, str], name: str) -> str:
    """What a call did, or tried to do, in a few words. `accounts` has their names, `name` is the origin's.

    >>> call = {"time": "2026-03-11T21:49:35Z", "phase": None, "event_ids": [], "actor": "", "actor_name": ""}
    >>> stop = Entry(api="cloudtrail:StopLogging", kind="change", targets=["arn:aws:cloudtrail:x:1:trail/t"], **call)
    >>> sentence(stop, {}, "dana")
    'stopped the trail t'
    >>> tried = Entry(api="s3:PutBucketPolicy", kind="failed", error="AccessDenied", targets=["arn:aws:s3:::l"], **call)
    >>> sentence(tried, {}, "dana")
    'tried to put bucket policy on l: refused'
    """
    told = _told(entry, accounts, name)
    if entry.error is None:
        return past(told)
    return f"tried to {told}: {'refused' if is_refusal(entry.error) else entry.error}"


def past(told: str) -> str:
    """A sentence whose verb comes first, in the past.

    >>> past("stop the trail"), past("copy image i"), past("attach p to r"), past("put x on y"), past("create user u")
    ('stopped the trail', 'copied image i', 'attached p to r', 'put x on y', 'created user u')
    >>> [past(verb) for verb in ("failover", "exit", "commit", "transfer", "deny", "withdraw")]
    ['failed over', 'exited', 'committed', 'transferred', 'denied', 'withdrew']
    """
    verb, _, rest = told.partition(" ")
    if verb in PAST:
        done = PAST[verb]
    elif verb.endswith("e"):
        done = f"{verb}d"
    elif verb.endswith("y") and verb[-2:-1] not in "aeiou":
        done = f"{verb[:-1]}ied"
    elif _DOUBLED.fullmatch(verb) and verb not in _KEPT and len(verb) < 6:
        done = f"{verb}{verb[-1]}ed"
    else:
        done = f"{verb}ed"
    return f"{done} {rest}".rstrip()


def _told(entry: Entry, accounts: Mapping[str, str], name: str) -> str:
    form = SENTENCES.get(entry.api)
    role = next((target for target in entry.targets if role_of(target)), None)
    if entry.api == "sts:AssumeRoleWithSAML" and role and "/AWSReservedSSO_" in role:
        form = PORTAL
    if form is None:
        return _by_name(entry)
    values = {
        "target": _target(entry), "instances": _instances(entry), "name": _session_name(entry) or name,
        "role": _in_account(role, accounts) if role else "a role",
        "key": next((one for one in entry.granted if one.startswith("AKIA")), "an access key"),
        "policy": _policy(entry),
    }  # fmt: skip
    return form.format_map(values).replace("access key an access key", "an access key")


def _by_name(entry: Entry) -> str:
    """By the operation's own name: `create db snapshot ledger`."""
    verb, *noun = _WORDS.findall(operation_of(entry.api)) or [""]
    if entry.api.startswith("signin:") or verb in NO_VERBS:
        return " ".join(
            ["call", entry.api, *(["on", _short(entry.targets[0]), *_more(entry)] if entry.targets else [])]
        )
    words = [verb.lower(), *(word if word.isupper() and len(word) > 1 else word.lower() for word in noun)]
    if not entry.targets:
        return " ".join(words)
    return " ".join([*words, *([] if verb in OBJECTS else ["on"]), _short(entry.targets[0]), *_more(entry)])


def _more(entry: Entry) -> list[str]:
    return [f"and {len(entry.targets) - 1} more"] if len(entry.targets) > 1 else []


def _session_name(entry: Entry) -> str | None:
    """The name in the session that a call granted."""
    names = [key.rsplit("/", 1)[0].partition(":")[2] for key in entry.granted if "/" in key]
    return names[0] if len(names) == 1 else None


def _target(entry: Entry) -> str:
    if not entry.targets:
        return "something that the log does not name"
    first = next((one for one in entry.targets if not one.startswith("arn:aws:iam::aws:")), entry.targets[0])
    return " ".join([_short(first), *(_more(entry) if first == entry.targets[0] else [])])


def _instances(entry: Entry) -> str:
    started = [change.target for change in entry.changes if change.what in ("started", "entered")]
    found = list(dict.fromkeys(started or [one for one in entry.targets if "instance" in one.lower()]))
    return f"{len(found)} instances" if len(found) > 1 else f"instance {_short(found[0])}" if found else "instances"


def _policy(entry: Entry) -> str:
    for change in entry.changes:
        for state in (change.after, change.before):
            document = parsed_state(state) if state else None
            named = document.get("policyName") if isinstance(document, dict) else state
            if named:
                return _short(str(named))
    return "a policy"


def _in_account(arn: str, accounts: Mapping[str, str]) -> str:
    parts = role_of(arn)
    account = arn.split(":")[4]
    name = f" ({accounts[account]})" if account in accounts else ""
    role = _PERMISSION_SET.fullmatch(parts.role_name) if parts else None
    return f"{role[1] if role else parts.role_name if parts else arn} in {account}{name}"


def _short(key: str) -> str:
    """The name in an ARN or key: what people call it.

    >>> _short("804275613390:AWS::SecretsManager::Secret:payments/ledger-db"), _short("arn:aws:iam::1:role/a/b")
    ('payments/ledger-db', 'b')
    """
    if key.startswith("arn:"):
        rest = key.split(":", 5)[-1]
        return rest.split("/")[-1] if ":role/" in key or ":user/" in key or ":policy/" in key else (
            rest.partition("/")[2] or rest.rpartition(":")[2]
        )  # fmt: skip
    return re.sub(r"\A\d*:AWS::\w+::\w+:", "", key)
