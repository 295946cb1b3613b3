// Which accounts' principals assumed roles of which others?
// By the immediate caller; the two accounts' copies of a call count once.
// $since, $until: ISO times between which the grants lie, or null.
// Columns: from_account, from_name, to_account, to_name, count (grants), callers, roles (how many), hows, first, last
// (ISO times), role_arns (at most 20). In order of count, greatest first, then of the accounts.
MATCH (caller)-[way:ASSUMED {cross_account: true}]->(:Session)-[of:SESSION_OF WHERE of.stated IS NULL]->(role:Principal)
UNWIND [grant IN way.grants | split(split(grant, '"time":"')[1], '"')[0]] AS time
WITH caller, way, coalesce(role.arn, role.key) AS role_arn, time
WHERE ($since IS NULL OR time >= $since) AND ($until IS NULL OR time <= $until)
WITH way.caller_account AS from_account, way.account AS to_account, count(*) AS count, count(DISTINCT caller) AS callers,
     collect(DISTINCT role_arn) AS arns, collect(DISTINCT way.how) AS hows, min(time) AS first, max(time) AS last
OPTIONAL MATCH (a:Account {id: from_account})
WITH from_account, to_account, count, callers, arns, hows, first, last, max(a.name) AS from_name
OPTIONAL MATCH (b:Account {id: to_account})
WITH from_account, to_account, count, callers, arns, hows, first, last, from_name, max(b.name) AS to_name
RETURN from_account, from_name, to_account, to_name, count, callers, size(arns) AS roles,
       COLLECT { UNWIND hows AS how RETURN how ORDER BY how } AS hows, first, last,
       COLLECT { UNWIND arns AS arn RETURN arn ORDER BY arn LIMIT 20 } AS role_arns
ORDER BY count DESC, from_account, to_account
