"""The steps of a plan that stop credentials: keys, passwords, federation, workloads, sessions; and the live sessions of
others that a revocation also ends.

Source: AWS IAM User Guide, "Revoke IAM role temporary security credentials" and "Disabling permissions for temporary
security credentials"; IAM Identity Center User Guide, "Revoke active IAM role sessions created by permission sets".
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence

from lineage.model import schema
from lineage.model.keys import ref
from lineage.model.results import Graph
from lineage.model.times import iso
from lineage.questions.contain import NOBODY, AlsoEnds, Step
from lineage.questions.contain.leftovers import LISTED, Change
from lineage.questions.contain.undo import DENY_TRUST, close_role
from lineage.questions.shared.lives import ROLE_SECONDS, TOKEN_SECONDS, lives
from lineage.questions.shared.models import Whose
from lineage.questions.shared.whose import call_it, named, whose
from lineage.render.text import aws_line, moment
from lineage.stores.reader import Reader

REVOCATION = "AWSRevokeOlderSessions"
"""The name that the console gives the policy, so that people know it."""
STOPS: Mapping[str, str] = {
    "AWS::EC2::Instance": "ec2 stop-instances --instance-ids {id}",
    "AWS::Lambda::Function": "lambda put-function-concurrency --function-name {id} --reserved-concurrent-executions 0",
    "AWS::ECS::Task": "ecs stop-task --cluster {cluster} --task {id}",
    "AWS::SageMaker::NotebookInstance": "sagemaker stop-notebook-instance --notebook-instance-name {id}",
    "AWS::SSM::Command": "ssm cancel-command --command-id {id}",
}
"""What stops a workload, by its type."""
AGAIN = "Use the present time when you run it: sessions granted after that time stay valid."
BELOW = ": see below."
LOOKED_AT = 500
"""Sessions of one role that are looked at, the newest."""
NAMES_SHOWN = 20


def _step(
    phase: str, kind: str, title: str, target: str, account: str | None, note: str | None, event_ids: list[str],
    command: str | None = None, policy: str | None = None, ends: AlsoEnds = NOBODY,
) -> Step:  # fmt: skip
    return Step(
        number=0, phase=phase, kind=kind, title=title, account=account, target=target,  # type: ignore[arg-type]  # words
        commands=[command] if command else [], policy=policy, note=note, ends=ends, event_ids=event_ids,
    )  # fmt: skip


def nothing_below(step: Step) -> Step:
    """The step of a plan that has no sessions below it."""
    if step.note is None or BELOW not in step.note:
        return step
    return step.model_copy(update={"note": step.note.replace(BELOW, "; in the loaded logs none still works.")})


def revocation(at: int) -> str:
    """The policy that denies everything to sessions granted before a time."""
    return _document({"DateLessThan": {"aws:TokenIssueTime": iso(at)}})


def _document(condition: Mapping[str, Mapping[str, str]]) -> str:
    statement = {"Effect": "Deny", "Action": ["*"], "Resource": ["*"], "Condition": condition}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, separators=(",", ":"))


def key(access_key_id: str, owner: str | None, account: str | None, event_ids: list[str], made_elsewhere: bool) -> Step:
    """A long-term key is made inactive: deleting it would take its last use along."""
    name = ref(owner).key.rsplit("/", 1)[-1] if owner else None
    note = f"Not deleted, so that its last use stays visible. Sessions obtained with it stay valid{BELOW}"
    if made_elsewhere:
        note += " Other credentials created it and may create another: ask for that event."
    root = owner is not None and owner.endswith(":root")
    if root:
        note = "A key of the root user: only the root user itself can remove it."
    command = aws_line(
        "iam update-access-key --user-name {user} --access-key-id {key} --status Inactive",
        {"user": None if root else name, "key": access_key_id},
    )
    title = f"Make {access_key_id} inactive" + (f", a key of {name}" if name else ", owner unknown")
    return _step("sources", "key", title, access_key_id, account, note, event_ids, command)


def closed(role: str) -> Step:
    """A role that was asked about is closed to everyone."""
    key_ = ref(role).key
    name = key_.rsplit("/", 1)[-1]
    command: str | None = close_role(name)
    note = "No one can assume it until its trust policy is restored; save the policy first (aws iam get-role)."
    if name.startswith(("AWSReservedSSO_", "AWSServiceRoleFor")):
        command, note = None, "Its trust policy cannot be changed: stop its callers."
    return _step("sources", "role-door", f"Close role {name} to everyone", key_, key_.split(":")[4], note, [], command,
                 DENY_TRUST if command else None)  # fmt: skip


def password(user: str, event_ids: list[str]) -> Step:
    """A user that signed in to the console loses its password."""
    name = ref(user).key.rsplit("/", 1)[-1]
    command = aws_line("iam delete-login-profile --user-name {user}", {"user": name})
    account = ref(user).key.split(":")[4]
    note = f"Open console sessions stay valid{BELOW}"
    return _step("sources", "password", f"Remove the console password of {name}", ref(user).key, account, note,
                 event_ids, command)  # fmt: skip


def password_gone(user: str, time: int, event_ids: list[str]) -> Step:
    """A user whose password was removed before a gap in the logs."""
    key_ = ref(user).key
    name = key_.rsplit("/", 1)[-1]
    command = aws_line("iam get-login-profile --user-name {user}", {"user": name})
    note = (
        f"Probably gone: it was removed at {moment(iso(time))}, and the logs have a gap since. The command only reads."
    )
    return _step("check", "password", f"Check that the console password of {name} is gone", key_, key_.split(":")[4],
                 note, event_ids, command)  # fmt: skip


def unknown(tops: Mapping[str, Whose], event_ids: list[str]) -> Step:
    """What is to be done first where the origins of sessions are open; `tops` are where the chains end."""
    names = sorted({name for one in tops.values() for name in one.candidates})
    note = "Until then new sessions cannot be stopped at their source."
    if names:
        note += f" It may be {', '.join(names[:LISTED])}."
    count = f" of {len(tops):,} sessions" if len(tops) > 1 else ""
    title = f"Find the origin{count}: it is not in the loaded logs"
    return _step("sources", "origin-open", title, ref(next(iter(tops))).key, None, note, event_ids[:LISTED])


def source(of: Whose, event_ids: list[str]) -> Step | None:
    """What stops a known origin from getting new sessions; None where that is a key or password."""
    name = named(of)
    match of.kind:
        case "IdentityCenterUser":
            kind = "identity-center"
            title = f"Disable {name} in IAM Identity Center and end the active portal sessions"
            note = (
                "In the console: Users, the user, Disable user access; Active sessions, Delete. Where an outside "
                f"identity provider signs people in, there too. Role sessions stay valid until they expire{BELOW}"
            )
        case "SAMLIdentity" | "WebIdentity":
            kind = "federation"
            title = f"Stop {name} at its identity provider {of.provider or ''}".rstrip()
            note = f"Role sessions stay valid until they expire{BELOW}"
        case "ExternalAccount":
            kind = "outside-account"
            title = f"Remove {of.id} from the trust policy of the role, and notify account {of.account}"
            note = "Its own logs are not loaded: only that account can see and stop the caller."
        case "RootUser":
            kind = "root"
            title = f"Change the password and MFA of the root user of account {of.account}, and remove its keys"
            note = "Only the root user can; sessions of root cannot be revoked by a policy."
        case "AWSService":
            kind = "workload"
            title = f"Isolate {of.resource}, for which {name} got the credentials" if of.resource else (
                f"Find the workload that {name} got the credentials for"
            )  # fmt: skip
            note = "A workload gets new credentials automatically while it runs with its role."
        case _:
            return None
    target = of.resource if kind == "workload" else of.id
    return _step("sources", kind, title, target or name, of.account, note, event_ids)


def workload(found: Sequence[Change], live: Sequence[str], graph: Graph) -> Step:
    """A workload that was started or entered is stopped; the sessions that it runs as are its own."""
    deed = found[0].deed
    node = ref(deed.target).key
    account, _, rest = node.partition(":")
    kind, _, name = rest.rpartition(":")
    cluster = found[0].request.get("cluster")
    values = {"id": name, "cluster": cluster if isinstance(cluster, str) else None}
    command = aws_line(STOPS[kind], values, found[0].region) if kind in STOPS else None
    roles = sorted({str(graph.nodes[session].get("role_arn") or "") for session in live} - {""})
    note = "Keep its disk and memory first if they are evidence. With a role it gets new credentials automatically."
    if roles:
        note += f" It runs as {', '.join(roles[:LISTED])}: revoke that role too once it is stopped."
    apis = ", ".join(sorted({str(change.deed.properties["api"]) for change in found}))
    ends = NOBODY.model_copy(update={"others": len(live), "origins": [name]}) if live else NOBODY
    events = [event_id for change in found for event_id in change.deed.event_ids][:LISTED]
    title = f"Isolate or stop {name} ({apis})"
    return _step("workloads", kind, title, node, account, note, events, command, None, ends)


def sessions(
    owner: str, nodes: Sequence[str], up: Graph, known: Mapping[str, Whose], besides: AlsoEnds, at: int,
    event_ids: list[str], *, sure: bool,
) -> list[Step]:  # fmt: skip
    """What ends the sessions of one role or user that were granted before a time."""
    key_, name = ref(owner).key, ref(owner).key.rsplit("/", 1)[-1]
    account = key_.split(":")[4] if key_.startswith("arn:") else up.nodes[owner].get("account")
    arns = {str(up.nodes[node].get("role_arn") or "") for node in nodes}
    doubt = None if sure else "One of several callers that fit: these sessions may belong to another caller."
    if name.startswith("AWSReservedSSO_"):
        return _permission_set(name, key_, nodes, account, known, besides, event_ids)
    if name.startswith("AWSServiceRoleFor") or any("/aws-service-role/" in arn for arn in arns):
        note = "Sessions of a service-linked role cannot be revoked, and its policies cannot be changed: stop what the "
        return [_step("sessions", "service-linked", f"Sessions of {name} expire on their own", key_, account,
                      note + "service does it for.", event_ids)]  # fmt: skip
    if key_.endswith(":root"):
        note = "No policy restricts the root user. A root task ends after 15 minutes at most, others after 12 hours."
        title = f"Sessions of root in account {account} cannot be revoked"
        return [_step("sessions", "root", title, key_, account, note, event_ids)]
    policy = revocation(at)
    if ":role/" in key_:
        title = f"Revoke the sessions of role {name} from before {moment(iso(at))}"
        return [_step("sessions", "role", title, key_, account, " ".join(filter(None, (AGAIN, doubt))), event_ids,
                      _put_policy("role", name, policy), policy, besides)]  # fmt: skip
    if ":user/" in key_:
        title = f"Deny what tokens and console sessions of user {name} from before {moment(iso(at))} may do"
        note = f"They outlive the key that created them. Long-term keys are not affected. {AGAIN}"
        return [_step("sessions", "user", title, key_, account, " ".join(filter(None, (note, doubt))), event_ids,
                      _put_policy("user", name, policy), policy, besides)]  # fmt: skip
    note = "Their role or user is not in the loaded logs."
    return [_step("sessions", "unknown", f"Find what {name} is a session of", key_, account, note, event_ids)]


def _permission_set(
    name: str, key_: str, nodes: Iterable[str], account: str | None, known: Mapping[str, Whose], besides: AlsoEnds,
    event_ids: list[str],
) -> list[Step]:  # fmt: skip
    """The role of a permission set cannot be edited in its account: the user is denied, for each user a step."""
    users: dict[str, Whose] = {}
    for node in nodes:
        one = known.get(node)
        if one is not None and one.kind == "IdentityCenterUser":
            users[one.id or f"name {one.name}"] = one
    ends = besides.model_copy(update={"others": 0, "open": 0, "perhaps": 0, "origins": []})
    where = "Put it into a service control policy, or add it to the inline policy of the permission set."
    steps = []
    for user in users.values():
        if user.id:
            condition = {"StringEquals": {"identitystore:userId": user.id}}
            note = where
        else:
            condition = {"StringLike": {"aws:userId": f"*:{user.name}"}}
            note = f"{where} The user ID is not in the logs; identitystore:userId is safer than the session name."
        steps.append(
            _step("sessions", "permission-set", f"Deny {named(user)} everything in the sessions of {name}", key_,
                  account, note, event_ids, None, _document(condition), ends)
        )  # fmt: skip
    if not users:
        note = f"{where} The user is not in the loaded logs."
        steps.append(_step("sessions", "permission-set", f"Deny the user behind the sessions of {name}", key_, account,
                           note, event_ids))  # fmt: skip
    return steps


def whole_role(owner: str, why: str, ends: AlsoEnds, at: int) -> Step:
    """All sessions of a role are revoked."""
    key_ = ref(owner).key
    name, policy = key_.rsplit("/", 1)[-1], revocation(at)
    return _step("sessions", "role", f"Revoke the sessions of role {name} from before {moment(iso(at))}", key_,
                 key_.split(":")[4], f"{why} {AGAIN}", [], _put_policy("role", name, policy), policy, ends)  # fmt: skip


def _put_policy(kind: str, name: str, policy: str) -> str | None:
    """The command that puts the revoking policy on a role or user; None where a name is not safe in a command."""
    form = f"iam put-{kind}-policy --{kind}-name {{name}} --policy-name {{policyName}} --policy-document {{policy}}"
    return aws_line(form, {"name": name, "policy": policy, "policyName": REVOCATION})


Origin = tuple[str | None, str | None]
"""What distinguishes credentials: the origin, and of a user the key."""


def origin(of: Whose) -> Origin:
    """The origin behind a session."""
    return of.key, of.access_key_id if of.kind == "IAMUser" else None


def bystanders(
    reader: Reader, principals: Iterable[str], mine: Collection[str], own: Collection[Origin], at: int
) -> dict[str, AlsoEnds]:
    """By role or user (reference): its sessions, live at a time, that are none of `mine`; `own` are our origins."""
    others: dict[str, list[str]] = {}
    cut = set()
    for principal in sorted(set(principals)):
        key = ref(principal).key
        longest = ROLE_SECONDS if ":role/" in key else TOKEN_SECONDS
        begun = [seen for seen in reader.sessions_of(key, None, False) if at - longest < seen.created <= at]
        found = [node for seen in begun if (node := f"{schema.SESSION} {seen.key}") not in mine]
        others[principal] = found[:LOOKED_AT]
        if len(found) > LOOKED_AT:
            cut.add(principal)
    every = [session for sessions in others.values() for session in sessions]
    living = lives(reader, every, at) if every else {}
    live = [session for session in every if living[session].live == "yes"]
    names = whose(reader, live) if live else {}
    return {
        principal: _counted([names[session] for session in sessions if session in names], own,
                            sum(living[session].live == "unknown" for session in sessions), principal in cut)
        for principal, sessions in others.items()
    }  # fmt: skip


def _counted(live: list[Whose], own: Collection[Origin], perhaps: int, cut: bool) -> AlsoEnds:
    others = [one for one in live if one.key is not None and origin(one) not in own]
    unknown = sum(one.key is None for one in live)
    return AlsoEnds(
        others=len(others), open=unknown, same=len(live) - len(others) - unknown, perhaps=perhaps,
        origins=sorted({call_it(one) for one in others})[:NAMES_SHOWN], truncated=cut,
    )  # fmt: skip
