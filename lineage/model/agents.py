"""User agents by family, then version, then exact text; and which of them are browsers or the console.

Callers set their agent freely: it shows habits, and proves nothing (guide §8, §10.3).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

CONSOLE: Final = "console"
BROWSER: Final = "browser"
SERVICE: Final = "service"
OTHER: Final = "other"
FAMILY_LENGTH = 60

_TOOLS: Final = (
    ("Terraform", re.compile(r"\bTerraform/([\w.+-]+)")),
    ("OpenTofu", re.compile(r"\bOpenTofu/([\w.+-]+)")),
    ("Pulumi", re.compile(r"\bPulumi(?:AWS|-AWS)?/([\w.+-]+)", re.IGNORECASE)),
    ("CDK", re.compile(r"\b(?:aws-cdk(?:-cli)?|cdk-cli)/([\w.+-]+)", re.IGNORECASE)),
    ("CloudFormation", re.compile(r"\A(?:cloudformation\.amazonaws\.com|AWS CloudFormation)(?:\Z|/)([\w.]*)")),
)
"""Tools that build infrastructure: they name themselves anywhere in the text, for they ride on an SDK."""

_LANGUAGES: Final = {
    "python": "Python", "java": "Java", "go": "Go", "js": "JavaScript", "nodejs": "JavaScript", "browser": "JavaScript",
    "react-native": "JavaScript", "dotnet": ".NET", "net": ".NET", "php": "PHP", "ruby": "Ruby", "rust": "Rust",
    "cpp": "C++", "kotlin": "Kotlin", "swift": "Swift", "ios": "iOS", "android": "Android",
}  # fmt: skip
_SDK: Final = re.compile(
    rf"aws-sdk-({'|'.join(sorted(_LANGUAGES, key=len, reverse=True))})(?:\d|-[a-z][\w]*)*(?:/v?([\w.+-]+)|\b)",
    re.IGNORECASE,
)
_PYTHON: Final = re.compile(r"(?:Boto3|Botocore|Boto)/([\w.+-]+)", re.IGNORECASE)
_CLI: Final = re.compile(r"aws-cli/((\d+)[\w.+-]*)")
_POWERSHELL: Final = re.compile(r"AWSPowerShell(?:\.\w+)*/([\w.+-]+)")
_HOST: Final = re.compile(r"[\w.-]+\.amazonaws\.com(?:\.cn)?")
_CONSOLE_HOST: Final = re.compile(r"(?:[\w-]+\.)?signin\.|console\.|[\w-]+\.console\.")
_CONSOLE_TEXT: Final = re.compile(r"S3Console/|AWS Signin\b|AWS Console\b|AWS [\w ]+ Console\b|\w+ConsoleFrontend\b")
_INTERNAL: Final = re.compile(r"AWS Internal|aws-internal/|Coral/")
_BACK_END: Final = re.compile(r"\A[\[ ]*AWS Internal|aws-internal/", re.IGNORECASE)
_BROWSERS: Final = (
    ("Edge", re.compile(r"\bEdg(?:e|A|iOS)?/([\d.]+)")),
    ("Opera", re.compile(r"\bOPR/([\d.]+)")),
    ("Firefox", re.compile(r"\b(?:Firefox|FxiOS)/([\d.]+)")),
    ("Chrome", re.compile(r"\b(?:Chrome|CriOS)/([\d.]+)")),
    ("Safari", re.compile(r"\bVersion/([\d.]+).* Safari/")),
)
_CHOSEN: Final = re.compile(r"\bapp/\S*")
"""The application name of an agent: its user chooses it."""
_SYSTEMS: Final = (
    ("Android", r"android"),
    ("iOS", r"iphone|ipad|ios(?=[/#])"),
    ("Windows", r"windows|win32"),
    ("macOS", r"darwin|mac[ _]?os|macintosh"),
    ("FreeBSD", r"freebsd"),
    ("Linux", r"linux"),
)
"""Operating systems by what agents call them. The first that is found counts: Android also says that it is Linux."""
_SYSTEM: Final = tuple(
    (name, re.compile(rf"(?<![a-z.-])(?:{words})(?![a-z])", re.IGNORECASE)) for name, words in _SYSTEMS
)
_KERNELS: Final = (
    ("Kali", re.compile(r"[\d.]-?kali", re.IGNORECASE)),
    ("WSL", re.compile(r"[\d.]-microsoft|WSL2?\b", re.IGNORECASE)),
    ("Docker Desktop", re.compile(r"-linuxkit\b")),
    ("Amazon Linux", re.compile(r"\.amzn\d")),
    ("Azure", re.compile(r"\d-azure\b")),
    ("Google Cloud", re.compile(r"\d-gcp\b")),
)
"""Builds of the Linux kernel that show the kind of machine; a container reports the kernel of its machine."""
_ENVIRONMENT: Final = re.compile(r"exec-env[/#]([\w.-]+)")
_PRODUCT: Final = re.compile(r"([^\s/(),;]+)(?:/v?([^\s(),;]+))?")


class Agent(NamedTuple):
    """A user agent."""

    family: str
    """`console`, `browser`, `aws-cli v1`, `aws-cli v2`, `SDK for LANGUAGE`, `Terraform` and its kin, `service`, or
    `other: PRODUCT`."""
    version: str | None
    """Of the family; of a service or a console its name."""
    text: str
    """As logged."""


def parse(text: str | None) -> Agent | None:
    """The agent in a user agent text; None of no text.

    >>> parse("aws-cli/2.17.9 Python/3.11.9 Linux/6.8.0 exec-env/CloudShell")[:2]
    ('aws-cli v2', '2.17.9')
    >>> parse("[S3Console/0.4]")[:2]
    ('console', 'S3Console/0.4')
    """
    return _parse(text) if text else None


def is_console(text: str | None) -> bool:
    """Is the agent a browser or the console, and no command line, SDK or service (guide §4.5)?

    >>> [is_console(text) for text in ("Mozilla/5.0 (X11)", "[S3Console/0.4]", "aws-cli/2.17.9", "AWS Internal", None)]
    [True, True, False, False, False]
    """
    agent = parse(text)
    return agent is not None and agent.family in (CONSOLE, BROWSER)


def is_command_line(text: str | None) -> bool:
    """May the agent be a command line or SDK: neither a browser nor the console nor a back end of AWS?

    >>> [is_command_line(text) for text in ("aws-cli/2.17.9", "AWS Internal", "console.amazonaws.com", None)]
    [True, False, False, False]
    """
    return bool(text) and not is_console(text) and _BACK_END.search(text or "") is None


class System(NamedTuple):
    """The operating system that an agent names."""

    name: str
    """`Linux`, `Windows`, `macOS`, `FreeBSD`, `Android` or `iOS`."""
    kernel: str | None = None
    """The build of a Linux kernel, where it shows the kind of machine."""

    def differs(self, other: System) -> bool:
        """Are these certainly two systems? A kernel that is not known differs from none."""
        return self.name != other.name or (None not in (self.kernel, other.kernel) and self.kernel != other.kernel)

    def __str__(self) -> str:
        return f"{self.name} ({self.kernel})" if self.kernel else self.name


@lru_cache(maxsize=8192)
def system(text: str | None) -> System | None:
    """The operating system that an agent names; None where it names none.

    >>> str(system("Boto3/1.34.2 md/Botocore#1.34.2 ua/2.0 os/windows#10 md/arch#amd64"))
    'Windows'
    >>> str(system("aws-cli/2.15.1 Python/3.11.6 Linux/6.5.0-kali3-amd64 exe/x86_64.kali.2023"))
    'Linux (Kali)'
    """
    bare = _CHOSEN.sub("", text or "")
    name = next((name for name, words in _SYSTEM if words.search(bare)), None)
    if name is None:
        return None
    build = next((build for build, words in _KERNELS if words.search(bare)), None) if name == "Linux" else None
    return System(name, build)


def environment(text: str | None) -> str | None:
    """The execution environment that an agent names: `AWS_Lambda_python3.13`, `AWS_ECS_FARGATE`, `CloudShell`, …

    >>> environment("aws-cli/2.17.9 Python/3.11.9 Linux/6.8.0 exec-env/CloudShell")
    'CloudShell'
    """
    found = _ENVIRONMENT.search(text or "")
    return found[1] if found else None


@lru_cache(maxsize=8192)
def _parse(text: str) -> Agent:
    # Old records have the whole value in brackets (guide §10.3).
    bare = text.strip().removeprefix("[").removesuffix("]").strip()
    family, version = _family(bare)
    return Agent(family, version, text)


def _family(bare: str) -> tuple[str, str | None]:
    for name, tool in _TOOLS:
        if found := tool.search(bare):
            return name, found[1] or None
    if _HOST.fullmatch(bare):
        return (CONSOLE if _CONSOLE_HOST.match(bare) else SERVICE), bare
    if _CONSOLE_TEXT.match(bare) or (", aws-internal/" in bare and not _INTERNAL.match(bare)):
        return CONSOLE, bare.split(",", 1)[0].strip()
    if found := _CLI.match(bare):
        return f"aws-cli v{found[2]}", found[1]
    if found := _POWERSHELL.match(bare):
        return "AWS Tools for PowerShell", found[1]
    if found := _PYTHON.match(bare):
        return "SDK for Python", found[1]
    if found := _SDK.match(bare):
        return f"SDK for {_LANGUAGES[found[1].lower()]}", found[2]
    if _INTERNAL.match(bare):
        return SERVICE, bare.split(" aws-sdk", 1)[0][:FAMILY_LENGTH]
    if bare[:7].lower() == "mozilla":
        named = (f"{name} {found[1]}" for name, browser in _BROWSERS if (found := browser.search(bare)))
        return BROWSER, next(named, None)
    return _other(bare)


def _other(bare: str) -> tuple[str, str | None]:
    """The product that the text begins with, so that one strange agent does not make another one known."""
    found = _PRODUCT.search(bare)
    if found is None:
        return OTHER, None
    return f"{OTHER}: {found[1].lower()[:FAMILY_LENGTH]}", found[2]
