"""The members and columns that can hold CloudTrail records; nothing else is searched.

A value is opened only below a carrier. A record or finding is a leaf: its request, response, user agent, error text,
names, tags and headers are never searched. `docs/carriers.md` shows the same table; a test loads each line.

Names are compared by `loaders.records.decode_any_case.fold`: ignoring case, blanks, `_` and `-`. Source: field guide
§9.1 and the documentation of the tools.
"""

from __future__ import annotations

from typing import Literal, NamedTuple


class Carrier(NamedTuple):
    """A name and what a member or column of that name holds.

    - `record`: the whole record as the service wrote it; it takes precedence over sibling members.
    - `list`: a list of records or of wrapped records.
    - `inner`: a record in an object, a list, a JSON string, or base64 of JSON or gzip.
    - `rows`: rows of cells; the column names are in the first row or in a sibling member.
    """

    name: str
    holds: Literal["record", "list", "inner", "rows"]
    tools: str


CARRIERS = (
    Carrier("CloudTrailEvent", "record", "lookup-events, AWS Tools for PowerShell, Steampipe, CloudQuery"),
    Carrier("_raw", "record", "Splunk"),
    Carrier("event.original", "record", "Elastic, Wazuh 5"),
    Carrier("original", "record", "Elastic, Wazuh 5: inside event"),
    Carrier("Records", "list", "S3, the console's download, Firehose, Kinesis GetRecords, Lambda events"),
    Carrier("Events", "list", "lookup-events, filter-log-events, get-log-events"),
    Carrier("logEvents", "list", "CloudWatch Logs subscription"),
    Carrier("results", "list", "CloudWatch Logs Insights, Splunk"),
    Carrier("hits", "list", "Elastic and OpenSearch search"),
    Carrier("deliveryStreamRecords", "list", "Firehose"),
    Carrier("Messages", "list", "SQS receive-message"),
    Carrier("Findings", "list", "GuardDuty, Security Hub"),
    Carrier("Items", "list", "API responses"),
    Carrier("value", "list", "Azure APIs"),
    Carrier("rows", "list", "Steampipe, Log Analytics API"),
    Carrier("tables", "list", "Log Analytics API"),
    Carrier("QueryResultRows", "rows", "CloudTrail Lake get-query-results"),
    Carrier("ResultSet", "rows", "Athena get-query-results"),
    Carrier("message", "inner", "CloudWatch Logs, SNS, Logstash, Datadog"),
    Carrier("@message", "inner", "CloudWatch Logs Insights"),
    Carrier("body", "inner", "SQS"),
    Carrier("log", "inner", "Fluent Bit, Fluentd, Docker"),
    Carrier("data", "inner", "Kinesis, Firehose, CloudWatch Logs to Lambda, Wazuh 4, Datadog API"),
    Carrier("detail", "inner", "EventBridge"),
    Carrier("result", "inner", "Splunk"),
    Carrier("_source", "inner", "Elastic and OpenSearch search"),
    Carrier("fields", "inner", "Elastic and OpenSearch search: each value in a list"),
    Carrier("awslogs", "inner", "CloudWatch Logs to Lambda"),
    Carrier("kinesis", "inner", "Kinesis to Lambda"),
    Carrier("Sns", "inner", "SNS to Lambda"),
    Carrier("event", "inner", "Splunk HTTP Event Collector"),
    Carrier("attributes", "inner", "Datadog"),
    Carrier("content", "inner", "Datadog"),
    Carrier("aws", "inner", "Wazuh, OpenSearch"),
    Carrier("cloudtrail", "inner", "OpenSearch: inside aws"),
    Carrier("finding", "inner", "GuardDuty, Security Hub"),
    Carrier("full_log", "inner", "Wazuh 4: JSON with integration aws alone"),
)
"""In order of precedence."""
