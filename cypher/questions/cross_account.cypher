// Which accounts' principals assumed roles of which others?
// By the immediate caller's account; the two accounts' copies of a call count once. Callers are principals, told apart
// by the origins behind them.
// Leaves out the event IDs of the grants, and origins that no relationship states: the service of a service-linked role,
// a caller of another account that is known by its role alone, the session behind a lost record.
// $since (time, default null): only sessions granted at this time or later.
// $until (time, default null): only sessions granted at this time or earlier.
// Columns: from_account, from_name, to_account, to_name, count (grants), callers, roles (how many), hows, first, last
// (ISO times), role_arns (at most 20). In order of count, greatest first, then of the accounts.
MATCH (caller)-[way:ASSUMED {cross_account: true}]->(:Session)-[of:SESSION_OF WHERE of.stated IS NULL]->(role:Principal)
WHERE ($since IS NULL OR way.time >= $since) AND ($until IS NULL OR way.time <= $until)
CALL (caller) {
  MATCH path = (top)-[:ASSUMED|ISSUED*0..4000 {parent: true}]->(caller)
  WHERE NOT EXISTS { (top)<-[:ASSUMED|ISSUED {parent: true}]-() }
  WITH top, CASE WHEN top:Principal THEN nodes(path)[1] ELSE top END AS begin
  OPTIONAL MATCH (begin)-[held:BELONGS_TO|SESSION_OF]->(holder:Principal)
  WHERE begin:Credential
     OR (held.stated IS NULL) = (begin.type IN ['user', 'root'] AND NOT begin.key CONTAINS ':assumed-root/')
  WITH top, collect(holder) AS holders
  WITH CASE WHEN size(holders) = 1 THEN holders[0] WHEN top:Principal AND size(holders) = 0 THEN top END AS found
  WHERE NOT found.kind IN ['Role', 'FederatedUser', 'SignInAttempt', 'Unknown']
  RETURN head(collect(found.key)) AS origin
}
OPTIONAL MATCH (caller)<-[:ISSUED*0..1 {parent: true}]-(:Session)-[held:SESSION_OF WHERE held.stated IS NULL]->(user)
OPTIONAL MATCH (caller)-[:BELONGS_TO]->(owner:Principal)
WITH caller, way, coalesce(role.arn, role.key) AS role_arn,
     [coalesce(user.key, owner.key, caller.key), coalesce(origin, '')] AS from_whom
WITH way.caller_account AS from_account, way.account AS to_account, sum(size(way.grants)) AS count,
     count(DISTINCT from_whom) AS callers,
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
