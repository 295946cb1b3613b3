"""Workloads, forward access, administration: who acts for whom, what is changed (guide §2.9 to §2.12)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from .signin import SignIn
from .values import Identity, Json, Role, Truth, spoken

IAM, EC2, S3, TRAIL = "iam.amazonaws.com", "ec2.amazonaws.com", "s3.amazonaws.com", "cloudtrail.amazonaws.com"


class Services(SignIn):
    """Sessions of workloads and the calls that change an account."""

    def ec2(self, role: Role, instance: str, **more: Any) -> Identity:
        """An instance's session: two grants in one second (IMDSv1 and v2), the second one's key in use."""
        made = self.service_session(EC2, role, instance, duration=23700, with_user=False, times=2)
        return replace(made, **({"extra": {"ec2RoleDelivery": "2.0"}, "ip": "10.0.3.44"} | more))

    def lambda_function(self, role: Role, function: str) -> Identity:
        """A function's session; later calls name the function in `inScopeOf`."""
        made = self.service_session("lambda.amazonaws.com", role, function, duration=43200, with_user=False)
        arn = f"arn:aws:lambda:{made.region}:{role.account}:function:{function}"
        scope = {"issuerType": "AWS::Lambda::Function", "credentialsIssuedTo": arn}
        agent = "Boto3/1.39.4 md/Botocore#1.39.4 exec-env/AWS_Lambda_python3.13"
        return replace(made, members={"inScopeOf": scope}, ip="3.120.9.8", agent=agent)

    def ecs_task(self, execution: Role, task: Role, task_id: str) -> tuple[Identity, Identity]:
        """Execution and task session of one task: same session name, same second, two roles."""
        service = "ecs-tasks.amazonaws.com"
        first = self.service_session(service, execution, task_id, duration=21600, with_user=False)
        second = self.service_session(service, task, task_id, duration=21600, with_user=False)
        return first, second

    def eks_pod(self, node: Identity, role: Role, cluster: str, namespace: str, account: str) -> Identity:
        """A pod's session by Pod Identity: the node asks eks-auth, then `pods.eks` assumes the role."""
        pod = f"{account}-{self.rng.getrandbits(32):08x}"
        hidden = "HIDDEN_DUE_TO_SECURITY_REASONS"
        ask: Json = {"clusterName": cluster, "token": hidden}
        self.write(node, "eks-auth.amazonaws.com", "AssumeRoleForPodIdentity", request=ask)
        arn = f"arn:aws:eks:{node.region}:{role.account}:cluster/{cluster}"
        tags = {"eks-cluster-arn": arn, "eks-cluster-name": cluster, "kubernetes-namespace": namespace}
        tags |= {"kubernetes-service-account": account, "kubernetes-pod-name": pod}
        tags |= {"kubernetes-pod-uid": self.uuid()}
        return self.service_session(
            "pods.eks.amazonaws.com",
            role,
            f"eks-{cluster[:10]}-{pod[:10]}-{self.uuid()}",
            duration=21600,
            tags=[{"key": k, "value": v} for k, v in tags.items()],
        )

    def service_linked(self, service: str, account: str, name: str, session: str, key: str = "none") -> Identity:
        """A service-linked role's session; `key` in use: `none` (left out) or `unlogged` (another one)."""
        role = self.role(account, f"AWSServiceRoleFor{name}", f"/aws-service-role/{service}/")
        made = self.service_session(service, role, session)
        used = self.unique_id("ASIA", account) if key == "unlogged" else None
        return replace(made, key=used, members={"invokedBy": service}, ip=service, agent=service)

    def forward(self, who: Identity, parent: tuple[str, str], child: tuple[str, str]) -> tuple[str, str]:
        """Event IDs of a direct call and of the call that its service then makes in the caller's name.

        The child has a new key. For a long-term caller its creationDate is the second in which that
        key was minted; for a session it is the session's own (guide §2.12).
        """
        first = self.call(who, *parent, read_only=False)
        self.tick(2)
        key = self.unique_id("ASIA", who.account)
        acting = replace(who, keys=(), key=key, created=who.created or self.now - 1, issuer=who.issuer or {})
        said = acting.record(key) | {"invokedBy": parent[0]}
        return first, self.write(acting, *child, identity=said, ip=parent[0], agent=parent[0])

    def anonymous_get(self, owner: str, bucket: str, key: str = "index.html") -> str:
        """Event ID of an unsigned S3 read in the bucket owner's account."""
        said = {"type": "AWSAccount", "principalId": "", "accountId": "ANONYMOUS_PRINCIPAL"}
        nobody = Identity("AWSAccount", owner, "", "", Truth("Anonymous", None), ip="192.0.2.200")
        request: Json = {"bucketName": bucket, "key": key}
        return self.write(nobody, S3, "GetObject", identity=said, request=request, category="Data")

    def presigned_get(self, signer: Identity, bucket: str, key: str, ip: str = "192.0.2.61") -> str:
        """Event ID of an S3 read through a presigned URL: the signer's key from the user's address."""
        data = {"SignatureVersion": "SigV4", "AuthenticationMethod": "QueryString"}
        request = {"bucketName": bucket, "key": key, "X-Amz-Signature": "f00d" * 16, "X-Amz-Expires": "3600"}
        more = {"additionalEventData": data}
        return self.write(
            signer, S3, "GetObject", request=request, category="Data", ip=ip, agent="curl/8.7.1", more=more
        )

    def service_event(self, account: str, source: str = EC2, name: str = "SharedSnapshotVolumeCreated") -> str:
        """Event ID of something a service did by itself; the identity has no type."""
        said = {"accountId": account, "invokedBy": source}
        return self.write(self.service(source, account), source, name, identity=said, event_type="AwsServiceEvent")

    def create_user(self, who: Identity, name: str) -> Identity:
        """The user made by `who`; it has no key yet."""
        made = replace(self.user(who.account, name), key=None, ip=who.ip)
        said = {"path": "/", "userName": name, "userId": made.principal_id, "arn": made.arn}
        said["createDate"] = spoken(self.now)
        self.call(who, IAM, "CreateUser", request={"userName": name}, response={"user": said}, read_only=False)
        return made

    def create_access_key(self, who: Identity, user: Identity) -> Identity:
        """`user` with the new key that `who` made for it (for itself: no user name in the request)."""
        key = self.unique_id("AKIA", user.account)
        own = who.principal_id == user.principal_id
        said = {"accessKeyId": key, "status": "Active", "userName": user.user_name}
        said["createDate"] = spoken(self.now)
        request = None if own else {"userName": user.user_name}
        event = self.call(who, IAM, "CreateAccessKey", request=request, response={"accessKey": said}, read_only=False)
        return replace(user, key=key, created=None, keys=(), console=False, grants=(event,), truth=user.truth)

    def delete_access_key(self, who: Identity, user: Identity) -> str:
        """Event ID of the deletion of the user's key; sessions made with it live on."""
        request = {"userName": user.user_name, "accessKeyId": user.key}
        return self.call(who, IAM, "DeleteAccessKey", request=request, read_only=False)

    def create_login_profile(self, who: Identity, user: Identity) -> str:
        """Event ID of a console password made for `user`."""
        request = {"userName": user.user_name, "passwordResetRequired": False}
        said = {"userName": user.user_name, "createDate": spoken(self.now), "passwordResetRequired": False}
        answer = {"loginProfile": said}
        return self.call(who, IAM, "CreateLoginProfile", request=request, response=answer, read_only=False)

    def create_role(self, who: Identity, name: str, trusts: str) -> Role:
        """A role made by `who` that `trusts` a principal."""
        role = self.role(who.account, name)
        policy = trust_policy(trusts)
        said = {"path": "/", "roleName": name, "roleId": role.id, "arn": role.arn}
        said |= {"createDate": spoken(self.now), "assumeRolePolicyDocument": policy}
        request = {"roleName": name, "assumeRolePolicyDocument": policy}
        self.call(who, IAM, "CreateRole", request=request, response={"role": said}, read_only=False)
        return role

    def delete_role(self, who: Identity, role: Role) -> str:
        """Event ID of the deletion; a role made later under the name has another unique ID."""
        return self.call(who, IAM, "DeleteRole", request={"roleName": role.name}, read_only=False)

    def update_trust(self, who: Identity, role: Role, trusts: str) -> str:
        """Event ID of a changed trust policy."""
        request = {"roleName": role.name, "policyDocument": trust_policy(trusts)}
        return self.call(who, IAM, "UpdateAssumeRolePolicy", request=request, read_only=False)

    def attach_role_policy(self, who: Identity, role: Role, policy: str, denied: bool = False) -> str:
        """Event ID of AttachRolePolicy, refused or not."""
        if denied:
            text = f"User: {who.arn} is not authorized to perform: iam:AttachRolePolicy on resource: role "
            text += f"{role.name} because no identity-based policy allows the iam:AttachRolePolicy action"
            return self.call(who, IAM, "AttachRolePolicy", error="AccessDenied", message=text, read_only=False)
        request = {"roleName": role.name, "policyArn": policy}
        return self.call(who, IAM, "AttachRolePolicy", request=request, read_only=False)

    def stop_logging(self, who: Identity, trail: str, region: str = "eu-west-1") -> str:
        """Event ID of StopLogging on the named trail of the caller's account."""
        arn = f"arn:aws:cloudtrail:{region}:{who.account}:trail/{trail}"
        return self.call(who, TRAIL, "StopLogging", request={"name": arn}, read_only=False)

    def run_instances(self, who: Identity, role: Role, instance: str) -> str:
        """Event ID of the start of one new instance with that role's profile."""
        arn = f"arn:aws:iam::{who.account}:instance-profile/{role.name}"
        request = {"instanceType": "t3.micro", "iamInstanceProfile": {"arn": arn}}
        answer = {"instancesSet": {"items": [{"instanceId": instance, "instanceType": "t3.micro"}]}}
        return self.call(who, EC2, "RunInstances", request=request, response=answer, read_only=False)

    def start_instances(self, who: Identity, instances: Sequence[str]) -> str:
        """Event ID of StartInstances on instances that were stopped."""
        items: list[Json] = [{"instanceId": i} for i in instances]
        states = [i | {"currentState": {"code": 0, "name": "pending"}} for i in items]
        request, answer = {"instancesSet": {"items": items}}, {"instancesSet": {"items": states}}
        return self.call(who, EC2, "StartInstances", request=request, response=answer, read_only=False)


def trust_policy(principal: str) -> str:
    """A trust policy in JSON text that lets `principal` assume the role."""
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, separators=(",", ":"))
