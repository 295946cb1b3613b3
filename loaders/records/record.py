"""The CloudTrail record as the loaders see it: text fields decoded, objects left raw.

Only what lineage needs becomes a Python object. The nested members (`userIdentity`,
`requestParameters`, …) stay `msgspec.Raw` until a fact, a target or a sample asks for them,
which is what makes the ordinary API call cheap.

Source: CloudTrail User Guide, "CloudTrail record contents" (field guide §1.1).
"""

from __future__ import annotations

import msgspec

EMPTY = msgspec.Raw(b"")
"""The nested member is not in the record (`null` stays `b"null"`)."""


class Record(msgspec.Struct, gc=False, kw_only=True, rename="camel"):
    """One CloudTrail record.

    Every text is as logged; an absent or `null` text is None. `read_only` may be a boolean or the
    text "true"/"false" (lookup-events, Athena). A record is usable if it has `event_time` and
    `event_name`; the reader sets others aside.
    """

    # In the order in which CloudTrail writes them: the decoder then finds each at the first look.
    user_identity: msgspec.Raw = EMPTY
    event_time: str | None = None
    event_source: str | None = None
    event_name: str | None = None
    aws_region: str | None = None
    source_ip: str | None = msgspec.field(default=None, name="sourceIPAddress")
    user_agent: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    request_parameters: msgspec.Raw = EMPTY
    response_elements: msgspec.Raw = EMPTY
    additional_event_data: msgspec.Raw = EMPTY
    request_id: str | None = msgspec.field(default=None, name="requestID")
    event_id: str | None = msgspec.field(default=None, name="eventID")
    read_only: bool | str | None = None
    resources: msgspec.Raw = EMPTY
    event_type: str | None = None
    recipient_account_id: str | None = None
    service_event_details: msgspec.Raw = EMPTY
    shared_event_id: str | None = msgspec.field(default=None, name="sharedEventID")
    vpc_endpoint_id: str | None = None
    event_category: str | None = None
    addendum: msgspec.Raw = EMPTY
    session_credential_from_console: str | bool | None = None


RECORD = 0
"""Form of a full CloudTrail record: loses nothing."""
ROW = 1
"""Form of an Athena or CloudTrail Lake row: nested members are text, some fields are lost."""
HISTORY = 2
"""Form of a row of the console's event-history CSV: no principal, no session, no parameters."""
