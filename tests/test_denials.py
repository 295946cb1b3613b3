"""Refusals: the text gives caller, action, target and policy in every shape of guide §7.2."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loaders.targets.denials import Denial, denial, denied_arn

BOB = "arn:aws:iam::123837392027:user/bert-jan"
DEPLOY = "arn:aws:iam::123837392027:role/ops/deploy"


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            f"User: {BOB} is not authorized to perform: sts:AssumeRole on resource: {DEPLOY}",
            Denial(caller=BOB, action="sts:AssumeRole", resource=DEPLOY),
        ),
        (
            f"User: {BOB} is not authorized to perform: discovery:DescribeAgents",
            Denial(caller=BOB, action="discovery:DescribeAgents"),
        ),
        (
            f"User: {BOB} is not authorized to perform: iam:GetUser on resource: user TrailDiscover because no "
            "identity-based policy allows the iam:GetUser action",
            Denial(caller=BOB, action="iam:GetUser", resource="user TrailDiscover", policy="identity-based"),
        ),
        (
            f"User: {BOB} is not authorized to perform:  s3:GetObject on the specified resource",
            Denial(caller=BOB, action="s3:GetObject"),
        ),
        (
            f"User: {BOB} is not authorized to perform: sts:AssumeRole because no role trust policy allows the "
            "sts:AssumeRole action",
            Denial(caller=BOB, action="sts:AssumeRole", policy="role trust"),
        ),
        (
            f"User: {BOB} is not authorized to perform: sts:AssumeRole on resource: {DEPLOY} with an explicit deny "
            "in a service control policy: arn:aws:organizations::1:policy/o-1/service_control_policy/p-1",
            Denial(caller=BOB, action="sts:AssumeRole", resource=DEPLOY, policy="service control", explicit=True),
        ),
        (
            "You are not authorized to perform this operation. User: arn:aws:sts::1:assumed-role/r/s is not "
            "authorized to perform: ec2:GetPasswordData on resource: arn:aws:ec2:us-east-1:1:instance/i-1 because "
            "no identity-based policy allows the ec2:GetPasswordData action. Encoded authorization failure "
            "message: T-kSWIRFn32_fxSgyNzoE36...",
            Denial(
                caller="arn:aws:sts::1:assumed-role/r/s",
                action="ec2:GetPasswordData",
                resource="arn:aws:ec2:us-east-1:1:instance/i-1",
                policy="identity-based",
            ),
        ),
        (
            "You are not authorized to perform this operation. Encoded authorization failure message: OwnXKlWs",
            Denial(),
        ),
        ("User is not authorized to perform: rds:StartExportTask", Denial(action="rds:StartExportTask")),
        ("Not authorized to perform sts:AssumeRoleWithSAML", Denial(action="sts:AssumeRoleWithSAML")),
        (
            f"User: {BOB} is not authorized to perform: iam:GetRole\n   on resource: {DEPLOY}.",
            Denial(caller=BOB, action="iam:GetRole", resource=DEPLOY),
        ),
        (
            f"User: {BOB} is not authorized to perform: iam:GetRole on resource: {DEPLOY} (authorization id: 7c)",
            Denial(caller=BOB, action="iam:GetRole", resource=DEPLOY),
        ),
        ("Access Denied", None),
        ("An unknown error occurred", None),
        ("Cross-account pass role is not allowed.", None),
        ("The request was denied due to a VPC endpoint policy", None),
        ("", None),
        (None, None),
    ],
)
def test_message_shapes(message: str | None, expected: Denial | None) -> None:
    """Each shape of guide §7.2 tells what it holds and nothing it does not."""
    assert denial(message) == expected


def test_denied_role() -> None:
    """The role of a denied AssumeRole is the resource's, never the caller's own role."""
    caller = "arn:aws:sts::111111111111:assumed-role/mine/s"
    named = denial(f"User: {caller} is not authorized to perform: sts:AssumeRole on resource: {DEPLOY}")
    unnamed = denial(
        f"User: {caller} is not authorized to perform: sts:AssumeRole because no role trust policy "
        "allows the sts:AssumeRole action"
    )

    assert named is not None
    assert denied_arn(named) == DEPLOY
    assert unnamed is not None
    assert denied_arn(unnamed) is None


def test_arn_in_prose() -> None:
    """An ARN is found inside the prose of IAM's policy messages."""
    told = denial(
        f"User: {BOB} is not authorized to perform: iam:SetDefaultPolicyVersion on resource: policy "
        "arn:aws:iam::111111111111:policy/TrailDiscover version v2 because no identity-based policy allows it"
    )

    assert told is not None
    assert denied_arn(told) == "arn:aws:iam::111111111111:policy/TrailDiscover"


@pytest.mark.parametrize(
    "hostile",
    [
        "User" + " " * 100_000,
        "User: arn:aws:sts::" * 5000,
        "User is not authorized to perform: a:b on resource: " * 2000,
        "because no " * 9000,
        "explicit deny in a " * 9000,
        "arn:aws" * 20_000,
        "User: arn:aws:iam::" + "x" * 90_000,
    ],
)
def test_hostile_texts_are_quick(hostile: str) -> None:
    """No text makes the expressions backtrack without bound."""
    start = time.perf_counter()
    denial(hostile)

    assert time.perf_counter() - start < 1.0


@given(st.text(max_size=300))
def test_no_text_raises(text: str) -> None:
    """No text makes the readers raise."""
    for message in (text, f"User: {BOB} is not authorized to perform: sts:AssumeRole on resource: {text}"):
        if (found := denial(message)) is not None:
            denied_arn(found)
