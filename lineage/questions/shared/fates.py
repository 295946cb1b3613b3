"""What became of a change: is it still in effect, gone, or probably gone?

A change is paired with a later call that undid it: on the same state of the same target, in the same account and
region, about the same thing (policy, statement, grant, rule, key, …). It is certainly gone where none of these is
missing, nothing made it again, and the logs of the account have no gap from then on. What is based on a name alone, or
lies before a gap, is probably gone. `FAMILIES` lists which state an operation touches, and what it does there; source:
the API References of the services.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from itertools import pairwise
from typing import Literal, NamedTuple

from lineage.model import schema
from lineage.model.arn import account_in_id as account_of_key
from lineage.model.arn import parse_arn
from lineage.model.keys import Ref, ref
from lineage.model.results import ChangeEdge, Window
from lineage.questions.shared import log_coverage
from lineage.questions.shared.climb import account_of, principal_behind
from lineage.questions.shared.log_coverage import GAP_HOURS, HOUR
from lineage.stores.reader import Reader

Act = Literal["add", "remove", "set", "clear"]
"""`add` and `remove` one of several things on the target; `set` and `clear` the one thing there is."""


class Family(NamedTuple):
    """The state that an operation touches, and what it does there."""

    state: str
    act: Act
    marked: bool = False
    """Are there several such things on one target, which the change's marks distinguish?"""


def _rows(state: str, marked: bool, **acts: str) -> dict[str, Family]:
    return {api: Family(state, act, marked) for act, apis in acts.items() for api in apis.split()}  # type: ignore[arg-type]  # an act


FAMILIES: Mapping[str, Family] = {
    **{
        api: family
        for kind in ("User", "Role", "Group")
        for api, family in {
            f"iam:Attach{kind}Policy": Family("attached policy", "add", True),
            f"iam:Detach{kind}Policy": Family("attached policy", "remove", True),
            f"iam:Put{kind}Policy": Family("inline policy", "set", True),
            f"iam:Delete{kind}Policy": Family("inline policy", "clear", True),
            f"iam:Put{kind}PermissionsBoundary": Family("boundary", "set"),
            f"iam:Delete{kind}PermissionsBoundary": Family("boundary", "clear"),
        }.items()
    },
    **_rows("trust", False, set="iam:UpdateAssumeRolePolicy"),
    **_rows("group member", True, add="iam:AddUserToGroup", remove="iam:RemoveUserFromGroup"),
    **_rows("mfa", True, add="iam:EnableMFADevice", remove="iam:DeactivateMFADevice"),
    **_rows("virtual mfa", False, add="iam:CreateVirtualMFADevice", remove="iam:DeleteVirtualMFADevice"),
    **_rows(
        "password", False, set="iam:CreateLoginProfile iam:UpdateLoginProfile iam:ChangePassword",
        clear="iam:DeleteLoginProfile",
    ),
    **_rows("saml provider", False, add="iam:CreateSAMLProvider", remove="iam:DeleteSAMLProvider"),
    **_rows("oidc provider", False, add="iam:CreateOpenIDConnectProvider", remove="iam:DeleteOpenIDConnectProvider"),
    **_rows(
        "oidc client", True, add="iam:AddClientIDToOpenIDConnectProvider",
        remove="iam:RemoveClientIDFromOpenIDConnectProvider",
    ),
    **_rows("policy", False, add="iam:CreatePolicy", remove="iam:DeletePolicy"),
    **_rows("policy version", True, add="iam:CreatePolicyVersion", remove="iam:DeletePolicyVersion"),
    **_rows("default version", False, set="iam:SetDefaultPolicyVersion"),
    **_rows("key status", False, set="iam:UpdateAccessKey"),
    **_rows("credential status", False, set="iam:UpdateServiceSpecificCredential"),
    **_rows("ssh key status", False, set="iam:UpdateSSHPublicKey"),
    **_rows("certificate status", False, set="iam:UpdateSigningCertificate"),
    **_rows("user", False, add="iam:CreateUser", remove="iam:DeleteUser"),
    **_rows("role", False, add="iam:CreateRole iam:CreateServiceLinkedRole",
            remove="iam:DeleteRole iam:DeleteServiceLinkedRole"),
    **_rows("access key", True, add="iam:CreateAccessKey", remove="iam:DeleteAccessKey"),
    **_rows(
        "service credential", True, add="iam:CreateServiceSpecificCredential",
        remove="iam:DeleteServiceSpecificCredential",
    ),
    **_rows("ssh key", True, add="iam:UploadSSHPublicKey", remove="iam:DeleteSSHPublicKey"),
    **_rows("certificate", True, add="iam:UploadSigningCertificate", remove="iam:DeleteSigningCertificate"),
    **_rows("profile role", True, add="iam:AddRoleToInstanceProfile", remove="iam:RemoveRoleFromInstanceProfile"),
    **_rows(
        "instance role", False, set="ec2:AssociateIamInstanceProfile ec2:ReplaceIamInstanceProfileAssociation",
        clear="ec2:DisassociateIamInstanceProfile",
    ),
    **_rows("logging", False, add="cloudtrail:StartLogging", remove="cloudtrail:StopLogging"),
    **_rows(
        "ingestion", False, add="cloudtrail:StartEventDataStoreIngestion",
        remove="cloudtrail:StopEventDataStoreIngestion",
    ),
    **_rows("trail", False, add="cloudtrail:CreateTrail", remove="cloudtrail:DeleteTrail"),
    **_rows("recorder", False, add="config:StartConfigurationRecorder", remove="config:StopConfigurationRecorder"),
    **_rows("event selectors", False, set="cloudtrail:PutEventSelectors"),
    **_rows("bucket policy", False, set="s3:PutBucketPolicy", clear="s3:DeleteBucketPolicy"),
    **_rows("bucket acl", False, set="s3:PutBucketAcl"),
    **_rows("public access block", False, set="s3:PutBucketPublicAccessBlock",
            clear="s3:DeleteBucketPublicAccessBlock"),
    **_rows("account public access block", False, set="s3:PutAccountPublicAccessBlock",
            clear="s3:DeleteAccountPublicAccessBlock"),
    **_rows("snapshot share", True, add="ec2:ModifySnapshotAttribute", clear="ec2:ResetSnapshotAttribute"),
    **_rows("image share", True, add="ec2:ModifyImageAttribute", clear="ec2:ResetImageAttribute"),
    **_rows("db snapshot share", True, add="rds:ModifyDBSnapshotAttribute"),
    **_rows("db cluster snapshot share", True, add="rds:ModifyDBClusterSnapshotAttribute"),
    **_rows("ingress", True, add="ec2:AuthorizeSecurityGroupIngress", remove="ec2:RevokeSecurityGroupIngress"),
    **_rows("egress", True, add="ec2:AuthorizeSecurityGroupEgress", remove="ec2:RevokeSecurityGroupEgress"),
    **_rows("function permission", True, add="lambda:AddPermission", remove="lambda:RemovePermission"),
    **_rows(
        "layer permission", True, add="lambda:AddLayerVersionPermission", remove="lambda:RemoveLayerVersionPermission"
    ),
    **_rows(
        "function url", False, set="lambda:CreateFunctionUrlConfig lambda:UpdateFunctionUrlConfig",
        clear="lambda:DeleteFunctionUrlConfig",
    ),
    **_rows("key policy", False, set="kms:PutKeyPolicy"),
    **_rows("grant", True, add="kms:CreateGrant", remove="kms:RevokeGrant kms:RetireGrant"),
    **_rows(
        "secret policy", False, set="secretsmanager:PutResourcePolicy", clear="secretsmanager:DeleteResourcePolicy"
    ),
    **_rows("repository policy", False, set="ecr:SetRepositoryPolicy", clear="ecr:DeleteRepositoryPolicy"),
    **_rows("queue permission", True, add="sqs:AddPermission", remove="sqs:RemovePermission"),
    **_rows("queue policy", False, set="sqs:SetQueueAttributes"),
    **_rows("topic permission", True, add="sns:AddPermission", remove="sns:RemovePermission"),
    **_rows("topic policy", False, set="sns:SetTopicAttributes"),
    **_rows("resource share", False, add="ram:CreateResourceShare", remove="ram:DeleteResourceShare"),
    **_rows("share member", True, add="ram:AssociateResourceShare", remove="ram:DisassociateResourceShare"),
    **_rows(
        "trust anchor", False, add="rolesanywhere:CreateTrustAnchor rolesanywhere:UpdateTrustAnchor",
        remove="rolesanywhere:DeleteTrustAnchor rolesanywhere:DisableTrustAnchor",
    ),
    **_rows(
        "anywhere profile", False, add="rolesanywhere:CreateProfile rolesanywhere:UpdateProfile",
        remove="rolesanywhere:DeleteProfile rolesanywhere:DisableProfile",
    ),
    **_rows("access entry", True, add="eks:CreateAccessEntry", remove="eks:DeleteAccessEntry"),
    **_rows("access policy", True, add="eks:AssociateAccessPolicy", remove="eks:DisassociateAccessPolicy"),
    **_rows("assignment", True, add="sso:CreateAccountAssignment", remove="sso:DeleteAccountAssignment"),
    **_rows("set policy", True, add="sso:AttachManagedPolicyToPermissionSet",
            remove="sso:DetachManagedPolicyFromPermissionSet"),
    **_rows("set inline policy", False, set="sso:PutInlinePolicyToPermissionSet",
            clear="sso:DeleteInlinePolicyFromPermissionSet"),
    **_rows("set boundary", False, set="sso:PutPermissionsBoundaryToPermissionSet",
            clear="sso:DeletePermissionsBoundaryFromPermissionSet"),
    **_rows("organization policy", True, add="organizations:AttachPolicy", remove="organizations:DetachPolicy"),
}  # fmt: skip
"""What each operation does to which state. What is not here can only end with its target."""

WORLDWIDE = ("iam", "organizations", "s3", "sts", "signin")
"""Services whose things are the same in every region."""


def api_of(deed: ChangeEdge) -> str:
    """The operation of a change; Identity Center is logged under two names."""
    return str(deed.properties["api"]).replace("sso-admin:", "sso:")


def family_of(deed: ChangeEdge) -> Family | None:
    """What a change does; of a share what its parameters say, for one operation adds and removes."""
    found = FAMILIES.get(api_of(deed))
    if found is None or not found.state.endswith(" share"):
        return found
    after = str(deed.properties.get("after") or "")
    takes = deed.properties.get("before") is not None or after.startswith('{"remove"')
    return found._replace(act="remove") if takes and found.act == "add" else found


def marks_of(deed: ChangeEdge) -> frozenset[str]:
    """What of its target a change is about; a key or password by the ID that it was given."""
    marks = deed.properties.get("marks") or []
    detail = deed.properties.get("detail")
    family = FAMILIES.get(api_of(deed))
    if not marks and family is not None and family.marked and detail:
        return frozenset((f"id={detail}",))
    names = {mark.partition("=")[2] if mark.startswith("valuesTo") else mark for mark in marks}  # type: ignore[union-attr]  # a list of texts
    return frozenset(names)


def same_state(deed: ChangeEdge, other: ChangeEdge) -> bool:
    """Are two changes of one target about the same state, and about the same thing where there are several?"""
    mine, theirs = family_of(deed), family_of(other)
    if mine is None or theirs is None or mine.state != theirs.state:
        return False
    return not mine.marked or bool(marks_of(deed) & marks_of(other))


TYPES = (schema.CREATED, schema.CHANGED, schema.STARTED)
GONE_WITH = ("deleted", "key-deleted")
"""Changes after which nothing of their target is left."""
CREATES = ("user", "role", "service-linked role")


class Fate(NamedTuple):
    """What became of a change."""

    state: Literal["stands", "gone", "probably"]
    why: str
    time: int | None
    event_ids: list[str]
    """The events that undid it."""
    again: list[str]
    """The events of others that made it again since."""


STANDS = Fate("stands", "", None, [], [])


class Fates:
    """What became of changes by a time. `own` are those of the descent; `suspects` the principals (keys) that it made
    or gave access to: what these put in the place of a state is no repair."""

    def __init__(
        self, reader: Reader, deeds: Iterable[ChangeEdge], at: int, *, own: Iterable[ChangeEdge] = (),
        suspects: Collection[str] = (),
    ) -> None:  # fmt: skip
        self._reader = reader
        self._mine = {(deed.type, deed.key) for deed in own}
        self._suspects = suspects
        self._about: dict[str, list[ChangeEdge]] = defaultdict(list)
        self._at = at
        self._stops: list[log_coverage.Change] | None = None
        self._gaps: dict[tuple[str, int], bool] = {}
        self._owners: dict[str, str | None] = {}
        wanted = {target for deed in deeds for target in _places(deed)}
        if wanted:
            for deed in reader.changes(TYPES, targets=sorted(wanted), window=Window(None, at)):
                self._about[deed.target].append(deed)

    def of(self, deed: ChangeEdge) -> Fate:
        """What became of a change.

        Parameters
        ----------
        deed : one of the changes that this was made for

        Returns
        -------
        `stands`, `gone` or `probably`, with the event that undid it and the events that made it again. A state that the
        descent itself set again is judged by its last change.
        """
        found = _Course(deed)
        for other in self._later(deed):
            found.follow(other, ours=self.is_ours(other))
        if found.undone is None:
            return STANDS
        if found.again:
            return Fate("stands", found.why, found.undone.time, list(found.undone.event_ids), found.again)
        # A deleted key never comes back, even where logs are missing: its ID is given to no other.
        for_good = found.undone.properties.get("what") == "key-deleted"
        sure = found.sure and (for_good or self._is_sure(deed, found.undone))
        return Fate("gone" if sure else "probably", found.why, found.undone.time, list(found.undone.event_ids), [])

    def is_mine(self, deed: ChangeEdge) -> bool:
        """Did the descent itself do it?"""
        return (deed.type, deed.key) in self._mine

    def is_ours(self, deed: ChangeEdge) -> bool:
        """Did the descent do it, or something that it made or gave access to?"""
        return self.is_mine(deed) or (bool(self._suspects) and self._owner(deed.source) in self._suspects)

    def others(self, target: str) -> list[ChangeEdge]:
        """The changes of a target by others, in order of time."""
        return [deed for deed in self._about[target] if not self.is_ours(deed)]

    def before(self, deed: ChangeEdge) -> ChangeEdge | None:
        """The last change of the same state before, by any caller; None where none is loaded."""
        earlier = [other for other in self._about[deed.target] if other.time <= deed.time and other.key != deed.key]
        return next((other for other in reversed(earlier) if same_state(deed, other)), None)

    def next_of(self, deed: ChangeEdge) -> ChangeEdge | None:
        """The next change by any caller that set or cleared what a change set."""
        mine = family_of(deed)
        if mine is None or mine.act != "set":
            return None
        later = [other for other in self._later(deed) if other.time > deed.time]
        here = (other for other in later if _same_region(deed, other) is not False)
        return next((other for other in here if same_state(deed, other)), None)

    def has_gap(self, account: str, since: int) -> bool:
        """Are logs of an account missing between a time and that of the answer?"""
        if (account, since) not in self._gaps:
            self._gaps[account, since] = self._is_silent(account, since) or self._was_stopped(account, since)
        return self._gaps[account, since]

    def _later(self, deed: ChangeEdge) -> list[ChangeEdge]:
        every = {(other.type, other.key): other for place in _places(deed) for other in self._about[place]}
        # Of one second no one can determine the order: what may come later counts, and makes nothing certain.
        return sorted(
            (one for one in every.values() if one.time >= deed.time and (one.type, one.key) != (deed.type, deed.key)),
            key=lambda one: (one.time, one.key, one.type),
        )

    def _owner(self, source: str) -> str | None:
        """The key of the principal behind a caller."""
        if source not in self._owners:
            up = self._reader.ascend([source])
            found = principal_behind(up, source) if source in up else None
            self._owners[source] = ref(found).key if found else None
        return self._owners[source]

    def _is_sure(self, deed: ChangeEdge, undone: ChangeEdge) -> bool:
        """Are account and region of both known and equal, and nothing of the account missing since?"""
        account = account_of(deed.target)
        if account is None and (deed.target.startswith((f"{schema.CREDENTIAL} ", f"{schema.RESOURCE} arn:"))):
            account = account_of(deed.source) or account_of_key(ref(deed.source).key)
        return account is not None and _same_region(deed, undone) is True and not self.has_gap(account, undone.time)

    def _is_silent(self, account: str, since: int) -> bool:
        hours = {one.hour for one in self._reader.coverage(account, Window(since, self._at))}
        edges = sorted({since // HOUR, *hours, self._at // HOUR + 1})
        return any(after - before > GAP_HOURS for before, after in pairwise(edges))

    def _was_stopped(self, account: str, since: int) -> bool:
        """Was a trail of the account stopped then, and nothing of the account loaded while it was?"""
        if self._stops is None:
            self._stops = [change for change in log_coverage.changes(self._reader) if log_coverage.is_log(change)]
        for change in self._stops:
            if change.account != account or change.kind not in ("stopped", "deleted"):
                continue
            end = log_coverage.ended(change, self._stops)
            last = min(end.time if end is not None else self._at, self._at)
            if last <= max(since, change.time):
                continue
            seen = self._reader.coverage(account, Window(change.time, last))
            if not any(change.time < time < last for one in seen for time in (one.first, one.last)):
                return True
        return False


OPPOSITE: dict[str, tuple[str, ...]] = {
    "add": ("remove", "clear"), "set": ("clear",), "remove": ("add", "set"), "clear": ("set", "add"),
}  # fmt: skip
"""What undoes an act on the same state."""


class _Course:
    """The state that a change left, as later changes turned it."""

    def __init__(self, deed: ChangeEdge) -> None:
        self.deed = deed
        self.family = family_of(deed)
        self.marks = marks_of(deed)
        self.left = set(self.marks)
        """What of it was not undone: a share may be undone account by account."""
        self.undone: ChangeEdge | None = None
        self.why = ""
        self.sure = True
        self.again: list[str] = []

    def follow(self, other: ChangeEdge, *, ours: bool) -> None:
        """Take a later change into account; `ours`: by the descent, or by what it made or gave access to."""
        deed = self.deed
        if _same_region(deed, other) is False:
            return
        if other.properties.get("what") in GONE_WITH and other.target in _places(deed):
            if self.undone is None or self.again:
                key = other.properties["what"] == "key-deleted"
                itself = key or deed.type == schema.STARTED or _makes(deed)
                self._end(other, "deleted" if itself else "its target was deleted", sure=True)
        elif _makes(deed) and _makes(other) and other.target == deed.target:
            self._made_again(other, ours=ours)
        else:
            self._turn(other, ours=ours)

    def _turn(self, other: ChangeEdge, *, ours: bool) -> None:
        mine, theirs = self.family, family_of(other)
        if mine is None or theirs is None or mine.state != theirs.state:
            return
        if other.properties["api"] == "iam:ChangePassword":
            return  # a user who knows a password may be required to change it
        named = marks_of(other)
        whole = theirs.act == "clear" and not named and mine.state.endswith(" share")
        any_device = mine.state == "mfa" and mine.act == "remove"
        unclear = mine.marked and not whole and not any_device and not (named and self.marks)
        if mine.marked and not (whole or any_device or unclear or named & self.marks):
            return
        if theirs.act in OPPOSITE[mine.act]:
            if self.undone is not None and not self.again:
                return
            if mine.marked and not (whole or any_device or unclear) and self.undone is None:
                self.left = _left(self.left, named)
                if self.left:
                    return
            self._end(other, "undone" if mine.act in ("add", "set") else "restored", sure=not unclear)
        elif mine.act == "set":
            if theirs.act == "set" and not ours and self.undone is None:
                self._end(other, "replaced", sure=True)
        elif self.undone is not None and theirs.act == mine.act and not ours:
            self.again = self.again or list(other.event_ids)

    def _end(self, other: ChangeEdge, why: str, *, sure: bool) -> None:
        self.undone, self.why, self.sure, self.again = other, why, sure and other.time > self.deed.time, []

    def _made_again(self, other: ChangeEdge, *, ours: bool) -> None:
        """Something of that name was made again by others: another thing, where the IDs show."""
        mine, theirs = self.deed.properties.get("unique_id"), other.properties.get("unique_id")
        if self.undone is not None and not ours and (not mine or not theirs or mine == theirs):
            self.sure = False


def _left(before: set[str], named: Collection[str]) -> set[str]:
    """What is left of a change after a part was undone. A rule of a security group has an ID and a content."""
    for kind in ("securityGroupRuleId=", "rule="):
        of_kind = {mark for mark in before if mark.startswith(kind)}
        if of_kind and of_kind <= set(named):
            return set()
    return before - set(named)


def _makes(deed: ChangeEdge) -> bool:
    """Does it make a principal or workload, of which there may be another of that name later?"""
    made = deed.type == schema.CREATED and deed.properties.get("what") in CREATES
    return made or (deed.type == schema.STARTED and not deed.properties.get("entered"))


def _same_region(deed: ChangeEdge, other: ChangeEdge) -> bool | None:
    """Are two changes of one region? None where the logs do not show."""
    if str(deed.properties["api"]).partition(":")[0] in WORLDWIDE:
        return True
    here, there = deed.properties.get("region"), other.properties.get("region")
    return None if here is None or there is None else here == there


def _places(deed: ChangeEdge) -> list[str]:
    """The nodes about which a call may undo a change: its target, the key or credential that it made, and the workload
    that the target is."""
    found = [deed.target]
    detail = deed.properties.get("detail")
    if deed.type == schema.CREATED and detail and deed.properties.get("what") in ("access key", "credential"):
        found.append(str(Ref(schema.CREDENTIAL, str(detail))))
    arn = parse_arn(ref(deed.target).key)
    if arn is not None and arn.service == "lambda" and arn.resource.startswith("function:"):
        found.append(str(Ref(schema.RESOURCE, f"{arn.account}:AWS::Lambda::Function:{arn.resource.split(':')[1]}")))
    elif arn is not None and arn.service == "ec2" and arn.resource.startswith("instance/"):
        found.append(str(Ref(schema.RESOURCE, f"{arn.account}:AWS::EC2::Instance:{arn.resource.split('/')[1]}")))
    return found
