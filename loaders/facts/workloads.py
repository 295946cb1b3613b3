"""Workloads: who started, changed or entered compute that runs with its own credentials.

These facts are never part of a chain. Every function takes a call that did not fail.

Source: field guide §2.10; the API References of EC2, Lambda, ECS, CodeBuild, Glue, Systems Manager, CloudFormation and
SageMaker.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Mapping

from lineage.model.arn import function_of, parse_arn, role_of
from lineage.model.facts import Event, Identity, Started
from loaders.records.record import Body, account_id, child, items, mapping, text, walk

Extractor = Callable[[Body, Identity, Event], tuple[Started, ...]]

INSTANCE = "AWS::EC2::Instance"
_ADDRESS_MEMBERS = ("privateipaddress", "privateipv4address", "ipaddress", "publicip", "ipv6address")


def instances(body: Body, caller: Identity, event: Event) -> tuple[Started, ...]:
    """Return a fact for each instance in the response of RunInstances or StartInstances."""
    owner = account_id(child(body.response, "ownerId")) or body.account
    addresses = {
        name: addresses_in(one)
        for one in items(child(body.response, "instancesSet"))
        if (name := text(one, "instanceId")) is not None
    }
    return _instances(body, caller, event, _ids(body.response) or _ids(body.request), owner=owner, addresses=addresses)


def instance_data(body: Body, caller: Identity, event: Event) -> tuple[Started, ...]:
    """Return the instance whose user data was set (it runs at the next start); () for other attributes."""
    return _instances(body, caller, event, _ids(body.request)) if child(body.request, "userData") else ()


def entered_instance(body: Body, caller: Identity, event: Event) -> tuple[Started, ...]:
    """Return the instance that the caller got a key or tunnel for."""
    return _instances(body, caller, event, _ids(body.request), entered=True)


def function(body: Body, caller: Identity, event: Event) -> tuple[Started, ...]:
    """Return the function that was created or changed; its sessions have its name."""
    stated = (
        text(body.response, "functionArn"),
        text(body.request, "functionName"),
        text(body.response, "functionName"),
    )
    found = next((one for value in stated if (one := function_of(value)) is not None), None)
    if found is None:
        return ()
    account, region = found.account or body.account, found.region or body.region
    resource = f"arn:{found.partition or body.partition}:lambda:{region}:{account}:function:{found.name}"
    role = text(body.response, "role") or text(body.request, "role")
    known = resource if account and region else None
    return (_started(caller, event, "AWS::Lambda::Function", found.name, account, known, role),)


def tasks(body: Body, caller: Identity, event: Event) -> tuple[Started, ...]:
    """Return a fact for each task in the response of RunTask or StartTask; its sessions have its ID."""
    asked = text(body.request, "overrides", "taskRoleArn")
    return tuple(
        _task(body, caller, event, arn, text(one, "overrides", "taskRoleArn") or asked, addresses=addresses_in(one))
        for one in items(child(body.response, "tasks"))
        if (arn := text(one, "taskArn")) is not None
    )


def entered_task(body: Body, caller: Identity, event: Event) -> tuple[Started, ...]:
    """Return the task in which ExecuteCommand ran a command."""
    arn = text(body.response, "taskArn") or text(body.request, "task")
    return (_task(body, caller, event, arn, None, entered=True),) if arn else ()


def task_definition(body: Body, caller: Identity, event: Event) -> tuple[Started, ...]:
    """Return the task definition that was registered, with the role of its tasks."""
    made = mapping(child(body.response, "taskDefinition"))
    arn = text(made, "taskDefinitionArn")
    family = text(made, "family") or text(body.request, "family")
    name = arn.rpartition("/")[2] if arn else family
    role = text(made, "taskRoleArn") or text(body.request, "taskRoleArn")
    kind = "AWS::ECS::TaskDefinition"
    return (_started(caller, event, kind, name, body.account, arn, role),) if name else ()


def build(body: Body, caller: Identity, event: Event) -> tuple[Started, ...]:
    """Return the build that was started; its sessions have the UUID of its ID (`AWSCodeBuild-UUID`)."""
    made = mapping(child(body.response, "build") or child(body.response, "buildBatch"))
    arn = text(made, "arn")
    name = (text(made, "id") or arn or "").rpartition(":")[2]
    role = text(made, "serviceRole") or text(body.request, "serviceRoleOverride")
    return (_started(caller, event, "AWS::CodeBuild::Build", name, body.account, arn, role),) if name else ()


def command(body: Body, caller: Identity, event: Event) -> tuple[Started, ...]:
    """Return a fact for each instance that SendCommand names; the command itself if the target is a tag."""
    ids = set(_ids(body.request)) | set(_ids(child(body.response, "command")))
    for one in items(child(body.request, "targets")):
        if (text(one, "key") or "").lower() == "instanceids":
            ids |= {found for found in items(child(one, "values")) if isinstance(found, str)}
    if ids:
        return _instances(body, caller, event, sorted(ids), entered=True)
    sent = text(body.response, "command", "commandId")
    return (_started(caller, event, "AWS::SSM::Command", sent, body.account, None, None, True),) if sent else ()


def session(body: Body, caller: Identity, event: Event) -> tuple[Started, ...]:
    """Return the instance or task that a Session Manager session opened."""
    target = text(body.request, "target")
    if target is None:
        return ()
    if target.startswith("ecs:"):
        # ecs:CLUSTER_TASKID_RUNTIMEID; the cluster's name may contain underscores, the IDs do not.
        parts = target.removeprefix("ecs:").rsplit("_", 2)
        return (_task(body, caller, event, parts[-2] if len(parts) > 1 else parts[0], None, entered=True),)
    return _instances(body, caller, event, [target], entered=True)


def _simple(
    type_name: str, names: tuple[str, ...], arns: tuple[str, ...], roles: tuple[str, ...], entered: bool = False
) -> Extractor:
    """Return a function that reads a workload from request or response: parameters for name, ARN and role."""

    def make(body: Body, caller: Identity, event: Event) -> tuple[Started, ...]:
        both = (body.request, body.response)
        arn = next((found for name in arns for one in both if (found := _deep(one, name))), None)
        role = next((found for name in roles for one in both if (found := text(one, name))), None)
        name = next((found for name in names for one in both if (found := _deep(one, name))), None)
        if name is None and arn is None:
            return ()
        name = name or str(arn)
        if name.startswith("arn:"):
            arn, name = arn or name, name.replace(":stack/", "/").split("/")[1 if "/" in name else 0]
        return (_started(caller, event, type_name, name, body.account, arn, role, entered),)

    return make


_STACK = _simple("AWS::CloudFormation::Stack", ("stackName",), ("stackId",), ("roleARN",))
_PROJECT = _simple("AWS::CodeBuild::Project", ("name",), ("project.arn",), ("serviceRole",))
_JOB = _simple("AWS::Glue::Job", ("jobName", "name"), (), ("role",))
_NOTEBOOK = _simple(
    "AWS::SageMaker::NotebookInstance", ("notebookInstanceName",), ("notebookInstanceArn",), ("roleArn",)
)

OPERATIONS: Mapping[str, Extractor] = {
    "ec2:RunInstances": instances,
    "ec2:StartInstances": instances,
    "ec2:ModifyInstanceAttribute": instance_data,
    "ec2-instance-connect:SendSSHPublicKey": entered_instance,
    "ec2-instance-connect:SendSerialConsoleSSHPublicKey": entered_instance,
    "ec2-instance-connect:OpenTunnel": entered_instance,
    "lambda:CreateFunction": function,
    "lambda:UpdateFunctionCode": function,
    "lambda:UpdateFunctionConfiguration": function,
    "ecs:RunTask": tasks,
    "ecs:StartTask": tasks,
    "ecs:ExecuteCommand": entered_task,
    "ecs:RegisterTaskDefinition": task_definition,
    "codebuild:StartBuild": build,
    "codebuild:RetryBuild": build,
    "codebuild:StartBuildBatch": build,
    "codebuild:CreateProject": _PROJECT,
    "codebuild:UpdateProject": _PROJECT,
    "glue:StartJobRun": _JOB,
    "glue:CreateJob": _JOB,
    "glue:UpdateJob": _JOB,
    "glue:CreateDevEndpoint": _simple("AWS::Glue::DevEndpoint", ("endpointName",), (), ("roleArn",)),
    "glue:UpdateDevEndpoint": _simple("AWS::Glue::DevEndpoint", ("endpointName",), (), (), entered=True),
    "ssm:SendCommand": command,
    "ssm:StartSession": session,
    "ssm:StartAutomationExecution": _simple(
        "AWS::SSM::AutomationExecution", ("automationExecutionId",), (), ("parameters.AutomationAssumeRole",)
    ),
    "cloudformation:CreateStack": _STACK,
    "cloudformation:UpdateStack": _STACK,
    "cloudformation:CreateChangeSet": _STACK,
    "cloudformation:ExecuteChangeSet": _STACK,
    "sagemaker:CreateNotebookInstance": _NOTEBOOK,
    "sagemaker:StartNotebookInstance": _NOTEBOOK,
    "sagemaker:CreatePresignedNotebookInstanceUrl": _simple(
        "AWS::SageMaker::NotebookInstance", ("notebookInstanceName",), (), (), entered=True
    ),
    "sagemaker:CreatePresignedDomainUrl": _simple("AWS::SageMaker::Domain", ("domainId",), (), (), entered=True),
}

ENDS: Mapping[str, Extractor] = {
    "ec2:TerminateInstances": instances,
    "lambda:DeleteFunction": function,
    "ecs:StopTask": entered_task,
    "ecs:DeregisterTaskDefinition": task_definition,
    "codebuild:StopBuild": build,
    "codebuild:StopBuildBatch": build,
    "codebuild:DeleteProject": _PROJECT,
    "glue:DeleteJob": _JOB,
    "glue:DeleteDevEndpoint": _simple("AWS::Glue::DevEndpoint", ("endpointName",), (), ()),
    "cloudformation:DeleteStack": _STACK,
    "sagemaker:DeleteNotebookInstance": _NOTEBOOK,
}
"""Operations that end a workload, and the functions that find it."""


def _deep(value: object, path: str) -> str | None:
    return text(value, *path.split("."))


def _ids(value: object) -> list[str]:
    """Return the instance IDs in `value`, in every shape that EC2 and SSM write; sorted, unique."""
    found = [child(value, "instanceId"), *items(child(value, "instanceIds"))]
    found += [child(one, "instanceId") for one in items(child(value, "instancesSet"))]
    return sorted({one for one in found if isinstance(one, str) and text({"": one}, "") is not None})


def _instances(
    body: Body,
    caller: Identity,
    event: Event,
    ids: Iterable[str],
    *,
    owner: str | None = None,
    entered: bool = False,
    addresses: Mapping[str, tuple[str, ...]] | None = None,
) -> tuple[Started, ...]:
    account = owner or body.account
    made = []
    for one in ids:
        named = parse_arn(one)
        name = named.resource.rpartition("/")[2] if named else one
        kind, service, path = INSTANCE, "ec2", "instance"
        if name.startswith("mi-"):
            kind, service, path = "AWS::SSM::ManagedInstance", "ssm", "managed-instance"
        resource = one if named else _arn(body, service, f"{path}/{name}", account)
        made.append(
            _started(caller, event, kind, name, account, resource, None, entered, (addresses or {}).get(name, ()))
        )
    return tuple(made)


def _task(
    body: Body, caller: Identity, event: Event, arn_or_id: str, role: str | None, *, entered: bool = False,
    addresses: tuple[str, ...] = (),
) -> Started:  # fmt: skip
    arn = arn_or_id if arn_or_id.startswith("arn:") else None
    name = arn_or_id.rpartition("/")[2]
    return _started(caller, event, "AWS::ECS::Task", name, body.account, arn, role, entered, addresses)


def _arn(body: Body, service: str, resource: str, account: str | None = None) -> str | None:
    account = account or body.account
    if body.region is None or account is None:
        return None
    return f"arn:{body.partition}:{service}:{body.region}:{account}:{resource}"


def _started(
    caller: Identity,
    event: Event,
    kind: str,
    name: str,
    account: str | None,
    resource: str | None,
    role: str | None,
    entered: bool = False,
    addresses: tuple[str, ...] = (),
) -> Started:
    return Started(
        event=event,
        caller=caller,
        resource_type=kind,
        resource_id=name,
        account=account,
        resource=resource,
        role_arn=role if role_of(role) else None,
        entered=entered,
        addresses=addresses,
    )


def addresses_in(instance: object) -> tuple[str, ...]:
    """Return the addresses of an element of EC2's `instancesSet` or ECS's `tasks`, sorted.

    Only private and IPv6 addresses are logged; a public address that a subnet assigns is in no record. ECS writes
    the addresses of a task's interface as `details` of name and value.
    """
    found = {
        value
        for one in walk(instance)
        for name, value in (*one.items(), (one.get("name"), one.get("value")))
        if isinstance(name, str) and name.lower() in _ADDRESS_MEMBERS and isinstance(value, str) and _is_address(value)
    }
    return tuple(sorted(found))


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
