"""What a call is by its operation and its error: a read, a refusal. Loaders and questions share these rules."""

from __future__ import annotations

import re

_READ = re.compile(
    "(?:Get|List|Head|Describe|Lookup|Search|BatchGet|BatchDescribe|Scan|Query|Select|View|Preview|Estimate"
    "|Filter|Retrieve|Download|Simulate|Decrypt|Discover|Check|Poll|Receive)(?![a-z])"
)
_REFUSAL = re.compile(r"Access_?Denied|Unauthori[sz]ed|Forbidden|NotAuthorized|AuthorizationError", re.IGNORECASE)


def is_read(operation: str) -> bool:
    """Is an operation a read by its name? For calls whose record does not state `readOnly`.

    >>> [is_read(name) for name in ("DescribeInstances", "Getaway", "ReceiveMessage", "PutObject")]
    [True, False, True, False]
    """
    return _READ.match(operation) is not None


def is_refusal(error: str | None) -> bool:
    """Does an error say that the caller lacks permission, rather than that the call was wrong (guide §7)?

    >>> [is_refusal(error) for error in ("AccessDenied", "Client.UnauthorizedOperation", "NoSuchBucket", None)]
    [True, True, False, False]
    >>> is_refusal("AuthorizationErrorException")
    True
    """
    return error is not None and _REFUSAL.search(error) is not None


def operation_of(api: str) -> str:
    """The name of an operation without its service.

    >>> operation_of("ec2:RunInstances"), operation_of("RunInstances")
    ('RunInstances', 'RunInstances')
    """
    return api.split(":", 1)[-1]
