"""User agents by family and version, on texts as they stand in real records."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.model.agents import System, environment, parse, system

REAL = [
    ("aws-cli/1.15.42 Python/3.6.1 Darwin/17.7.0 botocore/1.10.42", "aws-cli v1", "1.15.42"),
    ("aws-cli/2.17.9 Python/3.11.9 Linux/6.8.0 exec-env/CloudShell", "aws-cli v2", "2.17.9"),
    ("[aws-cli/2.0.45 Python/3.7.4 Darwin/20.2.0 exe/x86_64 command/s3.cp]", "aws-cli v2", "2.0.45"),
    ("Boto3/1.15.2 Python/3.8.2 Linux/5.6.3-arch1-1 Botocore/1.18.2", "SDK for Python", "1.15.2"),
    ("Boto3/1.34.108 md/Botocore#1.34.108 md/internal ua/2.0 os/linux#5.10", "SDK for Python", "1.34.108"),
    ("aws-sdk-go/1.15.12 (go1.12.6; linux; amd64)", "SDK for Go", "1.15.12"),
    ("aws-sdk-go-v2/1.32.3 os/linux lang/go#1.23.1 md/GOOS#linux", "SDK for Go", "1.32.3"),
    ("aws-sdk-java/2.25.11 Linux/5.10.220 OpenJDK_64-Bit_Server_VM/21.0.3", "SDK for Java", "2.25.11"),
    ("aws-sdk-nodejs/2.1691.0 linux/v20.15.0 exec-env/AWS_Lambda_nodejs20.x", "SDK for JavaScript", "2.1691.0"),
    ("aws-sdk-js/3.600.0 ua/2.0 os/win32#10.0 lang/js md/nodejs#20.11.0", "SDK for JavaScript", "3.600.0"),
    ("aws-sdk-dotnet-coreclr/3.7.401 aws-sdk-dotnet-core/3.7.402 .NET_Core/6.0", "SDK for .NET", "3.7.401"),
    ("aws-sdk-php/3.281.9 OS/Linux/5.10 lang/php/8.1.2", "SDK for PHP", "3.281.9"),
    ("aws-sdk-ruby3/3.190.0 ua/2.0 api/s3#1.141.0", "SDK for Ruby", "3.190.0"),
    ("aws-sdk-rust/1.3.2 ua/2.1 api/sts/1.50.0 os/linux lang/rust/1.81.0", "SDK for Rust", "1.3.2"),
    ("aws-sdk-cpp/1.11.360 ua/2.0 md/aws-crt#0.26.12", "SDK for C++", "1.11.360"),
    ("aws-sdk-kotlin/1.3.0 ua/2.1 api/s3#1.3.0", "SDK for Kotlin", "1.3.0"),
    ("aws-sdk-swift/1.0.14 ua/2.1 api/s3#1.0.14", "SDK for Swift", "1.0.14"),
    ("AWSPowerShell.Common/4.1.400 .NET_Runtime/4.0", "AWS Tools for PowerShell", "4.1.400"),
    (
        "APN/1.0 HashiCorp/1.0 Terraform/1.1.2 (+https://www.terraform.io) terraform-provider-aws/3.76.1",
        "Terraform", "1.1.2",
    ),
    ("aws-sdk-go/1.29.7 (go1.13.7; darwin; amd64) APN/1.0 HashiCorp/1.0 Terraform/0.12.24", "Terraform", "0.12.24"),
    ("APN/1.0 OpenTofu/1.8.1 (+https://opentofu.org) terraform-provider-aws/5.60.0", "OpenTofu", "1.8.1"),
    ("aws-sdk-go-v2/1.30.3 APN/1.0 Pulumi/1.0 PulumiAWS/6.50.0 m/g", "Pulumi", "1.0"),
    ("aws-sdk-js/3.699.0 ua/2.1 app/aws-cdk-cli/2.1000.2", "CDK", "2.1000.2"),
    ("cloudformation.amazonaws.com", "CloudFormation", None),
    ("signin.amazonaws.com", "console", "signin.amazonaws.com"),
    ("console.ec2.amazonaws.com", "console", "console.ec2.amazonaws.com"),
    ("[S3Console/0.4]", "console", "S3Console/0.4"),
    ("[S3Console/0.4, aws-internal/3 aws-sdk-java/1.11.666 Linux/4.9.184]", "console", "S3Console/0.4"),
    ("AWS Signin, aws-internal/3 aws-sdk-java/1.11.898 Linux/4.9.230", "console", "AWS Signin"),
    ("EC2ConsoleFrontend, aws-internal/3 aws-sdk-java/1.12.112", "console", "EC2ConsoleFrontend"),
    ("AWS CloudWatch Console", "console", "AWS CloudWatch Console"),
    ("AWS Internal", "service", "AWS Internal"),
    ("aws-internal/3 aws-sdk-java/1.11.1030 Linux/5.4.116", "service", "aws-internal/3"),
    ("config.amazonaws.com", "service", "config.amazonaws.com"),
    (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 "
        "Safari/537.36",
        "browser", "Chrome 131.0.0.0",
    ),
    (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 "
        "Safari/605.1.15",
        "browser", "Safari 17.5",
    ),
    ("Mozilla/5.0 (X11; Linux x86_64; rv:124.0) Gecko/20100101 Firefox/124.0", "browser", "Firefox 124.0"),
    ("Mozilla", "browser", None),
    ("CloudCustodian/0.8.23.2 Python/2.7.12 Linux/4.4.51 Botocore/1.5.43", "other: cloudcustodian", "0.8.23.2"),
    ("TruffleHog", "other: trufflehog", None),
    ("python-requests/2.28.0", "other: python-requests", "2.28.0"),
    ("Go-http-client/1.1", "other: go-http-client", "1.1"),
    ("()", "other", None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "family", "version"), REAL, ids=[text[:40] for text, _, _ in REAL])
def test_family_and_version(text: str, family: str, version: str | None) -> None:
    """Each form of a user agent has its family and version, and keeps its text."""
    assert parse(text) == (family, version, text)


def test_no_agent_is_none() -> None:
    """Where no agent was logged there is none."""
    assert parse(None) is None
    assert parse("") is None


def test_a_tool_in_the_middle_hides_no_product() -> None:
    """A product that rides on an SDK stays itself, so that one strange agent does not make another one known."""
    assert parse("Pacu/1.6 Boto3/1.26 Botocore/1.29") == ("other: pacu", "1.6", "Pacu/1.6 Boto3/1.26 Botocore/1.29")


def test_every_real_agent_has_a_family(shared: Path) -> None:
    """All agents of the real records have a family, and the ways that people work are told from the rest."""
    texts = {
        str(json.loads(line).get("userAgent") or "")
        for path in sorted(shared.glob("*/events.ndjson"))
        for line in path.read_text("utf-8").splitlines()
    }
    families = {agent.family for text in texts if (agent := parse(text))}

    assert {"aws-cli v1", "aws-cli v2", "SDK for Python", "SDK for Go", "SDK for Java"} <= families
    assert {"SDK for JavaScript", "Terraform", "browser", "console", "service", "other: trufflehog"} <= families


@given(st.text(max_size=300))
def test_any_text_is_an_agent(text: str) -> None:
    """Whatever text somebody sends has a family of bounded length, and is kept as it is."""
    agent = parse(text)

    assert (agent is None) == (not text)
    assert agent is None or (agent.text == text and 0 < len(agent.family) <= 80)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("aws-cli/1.15.42 Python/3.6.1 Darwin/17.7.0 botocore/1.10.42", "macOS"),
        ("Boto3/1.34.108 md/Botocore#1.34.108 ua/2.0 os/macos#23.1 md/arch#arm64", "macOS"),
        ("aws-sdk-java/1.11.3 Mac_OS_X/10.15.7 OpenJDK_64-Bit", "macOS"),
        ("aws-sdk-go/1.15.12 (go1.12.6; darwin; amd64)", "macOS"),
        ("aws-sdk-js/3.600.0 ua/2.0 os/win32#10.0 lang/js md/nodejs#20.11.0", "Windows"),
        ("aws-sdk-dotnet-45/3.3.0 .NET_Runtime/4.0 OS/Microsoft_Windows_NT_6.2.9200.0", "Windows"),
        ("aws-sdk-java/1.11 Windows_Server_2016/10.0 OpenJDK_64-Bit", "Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X)", "iOS"),
        ("Mozilla/5.0 (Linux; Android 14; Pixel 8)", "Android"),
        ("[Boto3/1.7 Python/2.7 Linux/4.14.62-65.117.amzn1.x86_64 exec-env/AWS_Lambda]", "Linux (Amazon Linux)"),
        ("aws-cli/2.17 ua/2.0 os/linux#5.15.90.1-microsoft-standard-WSL2 app/windows", "Linux (WSL)"),
        ("aws-cli/2.17 ua/2.0 os/linux#6.6.31-linuxkit", "Linux (Docker Desktop)"),
        ("Boto3/1.34.108 app/windows-backup", "None"),
        ("aws-sdk-ruby3/3.190.0 ua/2.0 api/s3#1.141.0", "None"),
        ("", "None"),
    ],
)
def test_systems_by_what_agents_call_them(text: str, name: str) -> None:
    """The operating system stands in many spellings; what the user of an SDK calls its program is none."""
    assert str(system(text)) == name


def test_a_kernel_that_is_not_told_differs_from_none() -> None:
    """Linux without its build may be any Linux; two builds are two machines."""
    amazon, kali, plain = System("Linux", "Amazon Linux"), System("Linux", "Kali"), System("Linux")

    assert amazon.differs(kali)
    assert not amazon.differs(plain)
    assert not plain.differs(kali)
    assert plain.differs(System("Windows"))


def test_environments() -> None:
    """The execution environment is the word behind `exec-env`, in the old and the new form of agents."""
    assert environment("aws-cli/2.17.9 Linux/6.8.0 exec-env/CloudShell") == "CloudShell"
    assert environment("Boto3/1.39 ua/2.1 exec-env#AWS_ECS_FARGATE m/b") == "AWS_ECS_FARGATE"
    assert environment("Boto3/1.39") is None
