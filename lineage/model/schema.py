"""The graph: every label, relationship type and property, declared once with its type, unit and meaning.

Both stores, the Cypher files, the Browser kit and `docs/graph.md` take the names from here; a test refuses a property
that is written and not declared. Source: the product's design, section 3.
"""

from __future__ import annotations

from typing import Final, NamedTuple

PRINCIPAL: Final = "Principal"
SESSION: Final = "Session"
CREDENTIAL: Final = "Credential"
ACTION: Final = "Action"
ACCOUNT: Final = "Account"
IP_ADDRESS: Final = "IPAddress"
RESOURCE: Final = "Resource"

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

CONFIDENCE: Final = ("EXACT", "STRONG", "LIKELY", "HEURISTIC", "HINT", "NONE")
"""Strongest first (field guide §12.3)."""

TEXT, NUMBER, YES_NO, TIME, TEXTS, NUMBERS = "text", "integer", "boolean", "time", "list of texts", "list of integers"
"""The types of properties. A time is ISO text in UTC, to the second: `2026-03-02T08:00:00Z`."""


class Property(NamedTuple):
    """A property of a node or relationship; one without a value is not stored."""

    name: str
    type: str
    about: str


class Label(NamedTuple):
    """A label of nodes."""

    name: str
    about: str
    """What there is one node for."""
    key: str
    """What its `key` is, which is unique among the nodes of the label."""
    properties: tuple[Property, ...]
    """In addition to `key`."""


class Relationship(NamedTuple):
    """A type of relationships."""

    name: str
    source: str
    """Labels that it leads from, in words."""
    target: str
    about: str
    properties: tuple[Property, ...]
    """In addition to `key`, which is unique among the relationships of the type."""


KINDS_ABOUT: Final = {
    "IAMUser": "an IAM user",
    "Role": "an IAM role",
    "RootUser": "the root user of an account",
    "FederatedUser": "a name that GetFederationToken was called with",
    "SAMLIdentity": "a subject of a SAML provider",
    "WebIdentity": "a subject of an OpenID Connect provider",
    "IdentityCenterUser": "a user of IAM Identity Center",
    "AWSService": "an AWS service, by its name",
    "ExternalAccount": "a caller of an account whose own logs are not loaded",
    "Anonymous": "a caller without credentials",
    "OtherIdentity": "an identity of a type without a label of its own, such as `Directory`",
    "SignInAttempt": "the name in a failed sign-in or `CheckMfa`; never the principal of that name",
    "Unknown": "a caller whose record names no identity",
}
"""Second labels of a Principal, each with what it is."""
KINDS: Final = tuple(KINDS_ABOUT)

_FIRST_LAST = (
    Property("count", NUMBER, "calls of this row"),
    Property("first", TIME, "first call"),
    Property("last", TIME, "last call"),
)
_HOUR = Property("hour", TIME, "start of the UTC hour that the calls lie in")
_SAMPLE_IDS = Property("event_ids", TEXTS, "IDs of the first calls, in order of time; a sample")
_API = Property("api", TEXT, "operation, `service:Operation`")
_CALL = (_API, Property("time", TIME, "time of the call"), Property("event_ids", TEXTS, "its event ID"))
_REGION = Property("region", TEXT, "region of the call")
_ERROR = Property("error", TEXT, "error code; absent if the calls succeeded")
_SOURCE_IP = Property("source_ip", TEXT, "source address as logged")
_RULE = Property("rule", TEXT, "rule of the field guide that found the link, such as `4b`")
_CONFIDENCE = Property("confidence", TEXT, f"one of {', '.join(f'`{one}`' for one in CONFIDENCE)}")
_DOUBT = Property("confidence", TEXT, "absent if certain, else as for `ASSUMED`")
_OWN_ACCOUNT = Property("account", TEXT, "account ID")

NODES: Final = (
    Label(
        PRINCIPAL,
        "identity that lasts",
        "the ARN where AWS gives one; of a user or role without its path; else the identity's own stable name",
        (
            Property("kind", TEXT, "its second label"),
            Property("name", TEXT, "user, role or service name, subject, or session name of a federated user"),
            _OWN_ACCOUNT,
            Property("arn", TEXT, "fullest ARN seen, with its path"),
            Property("provider", TEXT, "SAML or OpenID Connect provider, or identity store"),
            Property(
                "unique_ids", TEXTS, "each `ID FIRST LAST`: a unique ID (AIDA…, AROA…) with the times it was seen"
            ),
        ),
    ),
    Label(
        SESSION,
        "stretch of temporary identity: an assumption, federation, sign-in or session token",
        "`ACCOUNT/PRINCIPAL_ID/CREATION_DATE`",
        (
            Property("account", TEXT, "ID of the account that the session is in"),
            Property("principal_id", TEXT, "`principalId` of its calls, such as `AROA…:NAME`"),
            Property("created", TIME, "`creationDate`, or the time of its grant"),
            Property("name", TEXT, "session name; of a user's session the user name"),
            Property("role", TEXT, "name of the role"),
            Property("role_arn", TEXT, "ARN of the role, with its path"),
            Property("type", TEXT, "`role`, `user`, `root` or `federated`"),
            Property("resolved", YES_NO, "is one caller its resolved parent?"),
            Property("source_identity", TEXT, "source identity as logged"),
            Property("on_behalf_of", TEXTS, "IDs of the Identity Center users that calls were made on behalf of"),
            Property("delegate", TEXT, "account of the product provider that used it by delegation"),
            Property("issuer", TEXT, "key of the Principal that its calls state as `sessionIssuer`"),
            Property("mfa", YES_NO, "true if it was opened with MFA"),
            Property("workload", TEXT, "key of the Resource that it belongs to"),
            Property("sign_in_session", TEXT, "ID of the console sign-in session"),
            Property("switched_from", TEXT, "ARN of the identity that switched the role in the console"),
            Property("switched_to", TEXT, "ARN of the role that was switched to in the console"),
        ),
    ),
    Label(
        CREDENTIAL,
        "long-term key, or temporary key that an event issued",
        "`AKIA…`: the key ID; `ASIA…`: the key ID and its session, since AWS reuses key IDs",
        (
            Property("access_key_id", TEXT, "the access key ID"),
            Property("long_term", YES_NO, "is it a key without an expiry?"),
            Property("expires", TIME, "latest expiry as logged"),
        ),
    ),
    Label(
        ACTION,
        "API operation",
        "`service:Operation`",
        (
            Property("service", TEXT, "event source without `.amazonaws.com`"),
            Property("operation", TEXT, "event name"),
        ),
    ),
    Label(
        ACCOUNT,
        "AWS account",
        "partition and account ID",
        (
            Property("id", TEXT, "account ID, 12 digits"),
            Property("name", TEXT, "name from `lineage load --accounts`"),
            Property("partition", TEXT, "`aws`, `aws-cn` or `aws-us-gov`"),
        ),
    ),
    Label(
        IP_ADDRESS,
        "source address or AWS service, as logged",
        "the address, and the VPC endpoint if it came through one",
        (
            Property("address", TEXT, "address or service name"),
            Property("endpoint", TEXT, "ID of the VPC endpoint"),
        ),
    ),
    Label(
        RESOURCE,
        "target of a changing or sensitive call, and every workload",
        "the ARN, else account, type and ID",
        (
            Property("type", TEXT, "such as `AWS::S3::Bucket`"),
            _OWN_ACCOUNT,
            Property("id", TEXT, "name or ID within account and type"),
        ),
    ),
)

EDGES: Final = (
    Relationship(
        ASSUMED,
        "Credential, Session or Principal",
        "Session",
        "this caller obtained that session",
        (
            Property("parent", YES_NO, "is this caller the resolved parent? False: one of several that fit"),
            _API,
            Property("how", TEXT, "method of the grant, as in `who`"),
            Property("via", TEXT, "service or program that made the call for the caller"),
            Property("time", TIME, "first grant"),
            Property("event_ids", TEXTS, "every grant, with the copies of other accounts; sorted"),
            Property("sign_in_event_ids", TEXTS, "sign-in and portal events of the session; sorted"),
            _RULE,
            _CONFIDENCE,
            Property("candidates", NUMBER, "callers that fit, copies merged"),
            Property("expires", TIME, "latest expiry, as logged or requested"),
            _SOURCE_IP,
            Property("user_agent", TEXT, "user agent as logged"),
            _REGION,
            Property("caller_account", TEXT, "account ID of the caller"),
            Property("account", TEXT, "account ID of the session"),
            Property("cross_account", YES_NO, "do the two differ?"),
            Property("source_identity", TEXT, "source identity of the request"),
            Property("tags", TEXTS, "session tags, each `NAME=VALUE`"),
            Property("mfa", YES_NO, "was MFA used?"),
            Property("caller_key", TEXT, "access key ID that the caller used"),
            Property("provider", TEXT, "SAML or OpenID Connect provider"),
            Property("subject", TEXT, "subject at that provider"),
            Property("grants", TEXTS, "one JSON object for each granting call, its copies merged"),
            Property("tokens", TEXTS, "one JSON object for each sign-in token made from the session"),
        ),
    ),
    Relationship(
        ISSUED,
        "Session, Credential or Principal",
        "Credential",
        "the key came from there",
        (
            Property(
                "parent", YES_NO, "true of a temporary key and its session; false of a long-term key and its maker"
            ),
            _API,
            Property("time", TIME, "when it was issued"),
            Property("event_id", TEXT, "event that issued it; absent if that was not logged"),
            Property("event_ids", TEXTS, "the same with the copies of other accounts; sorted"),
            Property("expires", TIME, "latest expiry as logged"),
            _RULE,
            _CONFIDENCE,
            Property("candidates", NUMBER, "events that fit"),
        ),
    ),
    Relationship(BELONGS_TO, "Credential", "Principal", "whose key it is", (_DOUBT,)),
    Relationship(
        SESSION_OF,
        "Session",
        "Principal",
        "whose session it is",
        (
            Property(
                "stated",
                TEXT,
                "`issuer` or `on-behalf-of`: the origin that its records state where no grant of it is logged; absent "
                "of the role, user or root whose session it is",
            ),
            _DOUBT,
        ),
    ),
    Relationship(
        USED,
        "Credential, Session or Principal",
        "Action",
        "calls of one hour that are alike in key, region, address, agent and outcome",
        (
            _HOUR,
            *_FIRST_LAST,
            Property("access_key_id", TEXT, "access key ID as logged"),
            _REGION,
            _SOURCE_IP,
            Property("endpoint", TEXT, "ID of the VPC endpoint"),
            Property("user_agent", TEXT, "user agent as logged"),
            _ERROR,
            Property("invoked_by", TEXT, "service that made the calls in the caller's name"),
            Property("console", YES_NO, "true if they were made in the console, else absent"),
            Property("account", TEXT, "ID of the account that logged them"),
            Property("copy", YES_NO, "true of the record of the resource's account; absent of the caller's own"),
            Property("category", TEXT, "`management-read`, `management-write`, `data:SERVICE`, `signin` or `service`"),
            Property("sensitive", YES_NO, "true if they hand out credentials, secrets or data, else absent"),
            Property("presigned", YES_NO, "true if they were made with a presigned URL, else absent"),
            Property("resource", TEXT, "key of the Resource that they are about"),
            Property("resource_type", TEXT, "its type"),
            Property("resource_account", TEXT, "its account ID"),
            Property("resource_id", TEXT, "its ID"),
            Property("beside", TEXTS, "one JSON object for each further resource"),
            Property("beyond", NUMBER, "resources beyond the first 20"),
            _SAMPLE_IDS,
            Property("sample_times", TEXTS, "their times; absent of one or two calls, which `first` and `last` tell"),
            Property("sample_parameters", TEXTS, "their requests, JSON without secrets; empty where there is none"),
            Property("sample_resources", TEXTS, "the resources that they name, call by call"),
            Property("sample_of_resource", NUMBERS, "of each of these the place of its call in `event_ids`, from 0"),
        ),
    ),
    Relationship(
        TRIED,
        "Credential, Session or Principal",
        "Principal",
        "refused assumptions of a role, which is `unknown` where no record names it",
        (
            _HOUR,
            *_FIRST_LAST,
            _ERROR,
            Property("action", TEXT, "operation, `service:Operation`"),
            _SOURCE_IP,
            _SAMPLE_IDS,
        ),
    ),
    Relationship(
        CREATED,
        "Credential, Session or Principal",
        "Principal",
        "users, roles, login profiles and keys that were made",
        (
            Property("what", TEXT, "`user`, `role`, `login profile` or `access key`"),
            *_CALL,
            _REGION,
            Property("detail", TEXT, "access key ID, or name of what was made"),
            Property("unique_id", TEXT, "unique ID of the user or role"),
            Property("after", TEXT, "trust policy of the role, JSON"),
        ),
    ),
    Relationship(
        CHANGED,
        "Credential, Session or Principal",
        "Principal, Credential or Resource",
        "trust, permissions, key status, passwords, shares, trails, deletions and the like",
        (
            Property("what", TEXT, "what was changed, such as `trust`, `permissions`, `password`, `trail`"),
            *_CALL,
            _REGION,
            Property("before", TEXT, "state before, where it is logged"),
            Property("after", TEXT, "state after, where it is logged"),
            Property("marks", TEXTS, "parts that were changed, each `MEMBER=VALUE`; sorted"),
        ),
    ),
    Relationship(
        TOUCHED,
        "Credential, Session or Principal",
        "Resource",
        "changing, sensitive and refused calls of one hour; one to each resource that they name, up to 20",
        (
            _HOUR,
            *_FIRST_LAST,
            Property("action", TEXT, "operation, `service:Operation`"),
            _ERROR,
            _SOURCE_IP,
            _SAMPLE_IDS,
        ),
    ),
    Relationship(
        STARTED,
        "Credential, Session or Principal",
        "Resource",
        "who started, changed or entered a workload",
        (
            *_CALL,
            _REGION,
            Property("entered", YES_NO, "did the call get into it while it ran?"),
            Property("role_arn", TEXT, "ARN of the role that it runs as"),
            Property("addresses", TEXTS, "addresses that it was given"),
        ),
    ),
    Relationship(RUNS_AS, "Resource", "Session", "the workload's own session", ()),
    Relationship(SEEN_FROM, "Credential or Session", "IPAddress", "calls came from there", _FIRST_LAST),
    Relationship(IN_ACCOUNT, "Principal or Resource", "Account", "the account that it is in", ()),
)

LABELS: Final = tuple(label.name for label in NODES)
RELATIONSHIPS: Final = tuple(edge.name for edge in EDGES)
NODE_PROPERTIES: Final = {label.name: ("key", *(one.name for one in label.properties)) for label in NODES}
"""Names of node properties by label; `key` is the unique one."""
RELATIONSHIP_PROPERTIES: Final = {edge.name: ("key", *(one.name for one in edge.properties)) for edge in EDGES}
"""Names of relationship properties by type; `key` is unique within the type."""

BOOKKEEPING: Final[dict[str, tuple[str, ...]]] = {
    "_Store": ("key", "lock", "files", "version"),
    "_Hour": ("hour", "buckets", "events", "settled"),
    "_Shard": ("key", "ids", "rest"),
    "_Actor": ("id", "body", "key", "hours", "source", "session", "principal", "hung"),
    "_Fact": ("key", "event", "actor", "body", "kept"),
    "_JoinKey": ("key", "fact", "actor"),
    "_Dirty": ("join_keys",),
    "_Pending": ("hour", "size", "body"),
    "_Amended": ("key", "id", "original"),
    "_Copies": ("event", "hour", "id", "conflict", "body"),
    "_Lost": ("key", "row", "time", "id"),
    "_Sighting": ("key", "principal", "unique_id", "arn", "first", "last"),
    "_Scope": ("unit", "sessions"),
    "_Load": ("id", "started", "finished", "body"),
    "_File": ("path", "id", "sha256", "size", "load"),
    "_Aside": ("load", "path", "place", "offset", "reason"),
    "_Digest": ("key", "account", "region", "start", "end"),
    "_Coverage": ("key", "account", "day", "count", "first", "last", "regions", "body"),
    "_AccountName": ("id", "name"),
    "_Note": ("key", "kind", "body"),
}
"""What the Neo4j store keeps in addition to the graph, never drawn and never counted: labels and their properties."""


def weakest(classes: list[str]) -> str:
    """The weakest of the confidence classes; EXACT of none.

    >>> weakest(["EXACT", "LIKELY", "STRONG"])
    'LIKELY'
    """
    return max(classes, key=CONFIDENCE.index, default="EXACT")
