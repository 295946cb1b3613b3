"""The example incident as the kit knows it: what to ask, by the name of the parameter.

`examples/incident` tells the story. One value serves a parameter in every question, so that they are set once.
"""

from __future__ import annotations

from typing import Final

SESSION: Final = "537140928816/AROAX2EAYEEYMFDBS2QXG:dana.whitfield/2026-03-11T21:47:55Z"
"""Key of the session that the sign-in from an unknown address obtained."""
CHAINED: Final = "804275613390/AROA3WQUP53HIZHAFMVCF:ops-maintenance/2026-03-11T21:53:30Z"
"""Key of the session that came of it in the account payments."""
KEY: Final = "AKIA3WQUP53HKQ7V2LCK"
"""The access key that was made there for somebody else."""
INSTANCE: Final = "i-07b3e6f20c9a5d184"
SECRET: Final = "payments/ledger-db"
SIGN_IN_FROM, KEY_USED_FROM = "198.51.100.23", "192.0.2.144"

Value = str | int | bool | list[str] | None

EXAMPLES: Final[dict[str, Value]] = {
    "ask": SESSION,
    "limit": 50,
    "since": "2026-03-11T21:00:00Z",
    "until": "2026-03-12T12:00:00Z",
    "role": "arn:aws:iam::804275613390:role/payments-operations",
    "account": "804275613390",
    "known_accounts": None,
    "cross_account": True,
    "min_depth": 2,
    "made": True,
    "start": "537140928816",
    "end": KEY,
    "resource": SECRET,
    "addresses": [SIGN_IN_FROM, KEY_USED_FROM],
}
"""By parameter."""


def literal(value: Value) -> str:
    r"""A value as Cypher writes it.

    >>> literal("it's"), literal(["a"]), literal(True), literal(None), literal(7)
    ("'it\\'s'", "['a']", 'true', 'null', '7')
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list):
        return "[" + ", ".join(literal(one) for one in value) + "]"
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
