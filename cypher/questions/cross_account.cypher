// Which accounts' principals assumed roles of which others?
// By the immediate caller; the two accounts' copies of a call count once.
// Leaves out the event IDs of the grants.
// $since, $until: ISO times between which the sessions were granted, or null.
// Columns: from_account, from_name, to_account, to_name, count (grants), callers, roles (how many), hows, first, last
// (ISO times), role_arns (at most 20). In order of count, greatest first, then of the accounts.
MATCH (caller)-[way:ASSUMED {cross_account: true}]->(:Session)-[of:SESSION_OF WHERE of.stated IS NULL]->(role:Principal)
WHERE ($since IS NULL OR way.time >= $since) AND ($until IS NULL OR way.time <= $until)
WITH caller, way, coalesce(role.arn, role.key) AS role_arn
WITH way.caller_account AS from_account, way.account AS to_account, sum(size(way.grants)) AS count,
     count(DISTINCT caller) AS callers,
     collect(DISTINCT role_arn) AS arns, collect(DISTINCT way.how) AS hows, min(way.time) AS first,
     max(way.time) AS last
OPTIONAL MATCH (a:Account {id: from_account})
WITH from_account, to_account, count, callers, arns, hows, first, last, max(a.name) AS from_name
OPTIONAL MATCH (b:Account {id: to_account})
WITH from_account, to_account, count, callers, arns, hows, first, last, from_name, max(b.name) AS to_name
RETURN from_account, from_name, to_account, to_name, count, callers, size(arns) AS roles,
       COLLECT { UNWIND hows AS how RETURN how ORDER BY how } AS hows, first, last,
       COLLECT { UNWIND arns AS arn RETURN arn ORDER BY arn LIMIT 20 } AS role_arns
ORDER BY count DESC, from_account, to_account
