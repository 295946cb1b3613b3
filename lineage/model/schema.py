"""Names of the graph: labels, relationship types and properties, written once.

Every Cypher file, both stores and the documentation use these names; a test refuses any other.
Source: the product's design, section 3.
"""

from __future__ import annotations

from typing import Final

PRINCIPAL: Final = "Principal"
SESSION: Final = "Session"
CREDENTIAL: Final = "Credential"
ACTION: Final = "Action"
ACCOUNT: Final = "Account"
IP_ADDRESS: Final = "IPAddress"
RESOURCE: Final = "Resource"

LABELS: Final = (PRINCIPAL, SESSION, CREDENTIAL, ACTION, ACCOUNT, IP_ADDRESS, RESOURCE)

KINDS: Final = (
    "IAMUser",
    "Role",
    "RootUser",
    "FederatedUser",
    "SAMLIdentity",
    "WebIdentity",
    "IdentityCenterUser",
    "AWSService",
    "ExternalAccount",
    "Anonymous",
    "OtherIdentity",
    "SignInAttempt",
    "Unknown",
)
"""Second labels of a Principal. `OtherIdentity` is of a type without a label of its own, such as `Directory`;
`SignInAttempt` is the identity of an attempt to sign in (`lineage.model.attempts`); `Unknown` is a caller whose record
names nobody."""

ASSUMED: Final = "ASSUMED"
ISSUED: Final = "ISSUED"
BELONGS_TO: Final = "BELONGS_TO"
SESSION_OF: Final = "SESSION_OF"
USED: Final = "USED"
TRIED: Final = "TRIED"
CREATED: Final = "CREATED"
CHANGED: Final = "CHANGED"
TOUCHED: Final = "TOUCHED"
STARTED: Final = "STARTED"
RUNS_AS: Final = "RUNS_AS"
SEEN_FROM: Final = "SEEN_FROM"
IN_ACCOUNT: Final = "IN_ACCOUNT"

RELATIONSHIPS: Final = (
    ASSUMED,
    ISSUED,
    BELONGS_TO,
    SESSION_OF,
    USED,
    TRIED,
    CREATED,
    CHANGED,
    TOUCHED,
    STARTED,
    RUNS_AS,
    SEEN_FROM,
    IN_ACCOUNT,
)

BOOKKEEPING: Final[dict[str, tuple[str, ...]]] = {
    "_Store": ("key", "lock", "files", "version"),
    "_Hour": ("hour", "buckets", "events", "settled"),
    "_Shard": ("key", "ids", "rest"),
    "_Actor": ("id", "body", "key", "s", "k", "n", "g", "hours", "source", "session", "principal", "hung", "i"),
    "_Fact": ("key", "event", "actor", "body", "s", "t", "k", "c", "f", "g", "n", "p", "q", "i"),
    "_Dirty": ("terms",),
    "_Pending": ("hour", "size", "body"),
    "_Amended": ("key", "id", "original"),
    "_Copies": ("event", "hour", "id", "conflict", "body"),
    "_Lost": ("key", "row", "time", "id"),
    "_Sighting": ("key", "principal", "unique_id", "arn", "first", "last"),
    "_Scope": ("term", "sessions"),
    "_Load": ("id", "started", "finished", "body"),
    "_File": ("path", "id", "sha256", "size"),
    "_Aside": ("load", "path", "place", "offset", "reason"),
    "_Digest": ("key", "account", "region", "start", "end"),
    "_Coverage": ("key", "account", "day", "count", "first", "last", "regions", "body"),
    "_AccountName": ("id", "name"),
}
"""What the Neo4j store keeps beside the graph, never drawn and never counted: labels and their properties."""

NODE_PROPERTIES: Final[dict[str, tuple[str, ...]]] = {
    PRINCIPAL: ("key", "kind", "name", "account", "arn", "provider", "unique_ids"),
    SESSION: (
        "key", "account", "principal_id", "created", "name", "role_arn", "type", "resolved",
        "source_identity", "on_behalf_of", "delegate", "issuer", "mfa", "workload", "sign_in_session",
        "switched_from", "switched_to",
    ),
    CREDENTIAL: ("key", "access_key_id", "long_term", "expires"),
    ACTION: ("key", "service", "operation"),
    ACCOUNT: ("key", "id", "name", "partition"),
    IP_ADDRESS: ("key", "address", "endpoint"),
    RESOURCE: ("key", "type", "account", "id"),
}  # fmt: skip
"""Node properties by label; `key` is the unique one. Times are ISO text, UTC."""

_WINDOW = ("count", "first", "last")

RELATIONSHIP_PROPERTIES: Final[dict[str, tuple[str, ...]]] = {
    ASSUMED: (
        "key", "parent", "api", "how", "via", "time", "event_ids", "sign_in_event_ids", "rule",
        "confidence", "candidates", "expires", "source_ip", "user_agent", "region", "caller_account",
        "account", "cross_account", "source_identity", "tags", "mfa", "caller_key", "provider",
        "subject", "grants", "tokens",
    ),
    ISSUED: ("key", "parent", "api", "time", "event_id", "event_ids", "expires", "rule", "confidence", "candidates"),
    BELONGS_TO: ("key", "confidence"),
    SESSION_OF: ("key", "stated", "confidence"),
    USED: (
        "key", "hour", *_WINDOW, "access_key_id", "region", "source_ip", "endpoint", "user_agent",
        "error", "invoked_by", "console", "account", "copy", "category", "sensitive", "presigned",
        "resource", "resource_type", "resource_account", "resource_id", "beside", "beyond", "event_ids", "samples",
    ),
    TRIED: ("key", "hour", *_WINDOW, "error", "action", "source_ip", "event_ids"),
    CREATED: ("key", "what", "api", "time", "event_ids", "region", "detail", "unique_id", "after"),
    CHANGED: ("key", "what", "api", "time", "event_ids", "region", "before", "after", "marks"),
    TOUCHED: ("key", "hour", *_WINDOW, "action", "error", "source_ip", "event_ids"),
    STARTED: ("key", "api", "time", "event_ids", "region", "entered", "role_arn", "addresses"),
    RUNS_AS: ("key",),
    SEEN_FROM: ("key", *_WINDOW),
    IN_ACCOUNT: ("key",),
}  # fmt: skip
"""Relationship properties by type; `key` is unique within the type."""

CONFIDENCE: Final = ("EXACT", "STRONG", "LIKELY", "HEURISTIC", "HINT", "NONE")
"""Strongest first (field guide §12.3)."""


def weakest(classes: list[str]) -> str:
    """The weakest of the confidence classes; EXACT of none.

    >>> weakest(["EXACT", "LIKELY", "STRONG"])
    'LIKELY'
    """
    return max(classes, key=CONFIDENCE.index, default="EXACT")
