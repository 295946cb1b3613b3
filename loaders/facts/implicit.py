"""Whom an IAM call means that names no user: the caller, where AWS documents that, else nobody knows.

Source: AWS IAM API Reference, `UserName` of each operation.
"""

from __future__ import annotations

from loaders.records.body import Body, child

_OPTIONAL = frozenset(
    f"iam:{name}"
    for name in (
        *("CreateAccessKey", "CreateLoginProfile", "DeleteLoginProfile", "DeactivateMFADevice"),
        "UploadSigningCertificate",
    )
)
"""Operations that mean the caller where the request names no user. All others always need a name."""


def is_implicit(body: Body) -> bool:
    """Return whether the call means its caller: it takes no user name, or may leave it out and did.

    A request that the record lacks (an export dropped it), or a name that is masked, leaves that open.
    """
    if body.api == "iam:ChangePassword":
        return True
    return body.api in _OPTIONAL and body.asked and child(body.request, "userName") is None
