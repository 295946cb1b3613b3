"""Names of people: what a session name or source identity says once its spelling is set aside.

Session names are chosen by whoever asks for the role; SDKs and services fill in names of their own, which say
nothing and are no lies.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import NamedTuple

from lineage.model import schema
from lineage.questions.shared.forest import PEOPLE
from lineage.stores.reader import Reader

SHORTEST = 2
"""Names shorter than this identify nobody."""

_DEFAULTS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (why, re.compile(pattern, re.IGNORECASE))
    for why, pattern in (
        ("default of botocore", r"botocore-session-\d+"),
        ("default of the command line", r"aws-?cli-session-?\w*"),
        ("default of an SDK", r"(aws-(sdk-)?(go|java|js|php|net|ruby|python|rust|cpp|swift)-?|aws-?sdk)[\w.-]*"),
        ("default of an SDK", r"(assume-?role(-from-profile)?(-?session)?[\w.-]*|default_session_name)"),
        ("instance ID", r"m?i-[0-9a-f]{8,17}"),
        ("name of a service", r"[\w.-]+\.amazonaws\.com(\.cn)?"),
        ("name of a service", r"(AWSCodeBuild|AWSConfig|MandoService|SLRManagement|AWSLF|eks)-.*"),
        ("name of a service", r"(CLOUDWATCH_LOGS_DELIVERY_SESSION|CloudTrail|GlueJobRunnerSession|SageMaker)"),
        ("name of a service", r"(CognitoIdentityCredentials|RolesAnywhereInternalSession)"),
        ("name of a pipeline", r"(GitHubActions|gitlab[\w-]*|terraform[\w-]*|jenkins[\w-]*|circleci[\w-]*)"),
        ("number or ID", r"[\d._-]+|[0-9a-f]{16,}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
        ("name for anybody", r"(session|my-?session|test|tmp|temp|default|cli|web-identity-token-[\w-]*)[-_]?\d*"),
    )
)


def default_name(name: str) -> str | None:
    """Why a session name says nothing about a person, None where it may.

    >>> default_name("botocore-session-1700000000"), default_name("i-0a41c7d2e95b3f608"), default_name("alice")
    ('default of botocore', 'instance ID', None)
    """
    return next((why for why, pattern in _DEFAULTS if pattern.fullmatch(name)), None)


def normal(name: str) -> str:
    """A name without what spellings differ in: case, separators, domain part and plus-tag.

    >>> [normal(name) for name in ("Alice.Smith@corp.example", "alice_smith+aws", "CORP\\\\alice-smith")]
    ['alicesmith', 'alicesmith', 'alicesmith']
    """
    local = name.rsplit("\\", 1)[-1].split("@", 1)[0].split("+", 1)[0]
    return re.sub(r"[\W_]+", "", local).casefold()


class Person(NamedTuple):
    """A principal that may be a person."""

    node: str
    kind: str
    name: str


class People:
    """The known people of a store, by the names that they go by."""

    def __init__(self, reader: Reader) -> None:
        self._whole: dict[str, set[Person]] = defaultdict(set)
        self._local: dict[str, set[Person]] = defaultdict(set)
        for key, kind, name in reader.principals(PEOPLE):
            if not name:
                continue
            one = Person(f"{schema.PRINCIPAL} {key}", kind, name)
            self._whole[name.casefold()].add(one)
            if len(normal(name)) >= SHORTEST:
                self._local[normal(name)].add(one)

    def named(self, name: str) -> list[Person]:
        """The people that a name identifies: those of the very name, else those of its normal form; sorted."""
        return sorted(self._whole.get(name.casefold()) or self._local.get(normal(name)) or ())
