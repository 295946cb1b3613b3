// Which calls were refused, and whose credentials made them?
// A row for each origin, operation and error; what failed for another reason than a missing permission counts only
// where it was an assumption. Of a call that two accounts logged the caller's own record counts.
// Leaves out origins that no relationship states: the service of a service-linked role, a caller of another account
// that is known by its role alone, the session behind a lost record. They are Unresolved here, all in one row. Bursts,
// and what was granted after a refusal, are in lineage denied.
// $since (time, default null): only calls at this time or later; calls of one hour count together.
// $until (time, default null): only calls at this time or earlier; calls of one hour count together.
// $limit (integer, default 1000): how many rows at most.
// Columns: origin_kind (Unresolved where the chain is open), origin (key), action (like sts:AssumeRole), error, count,
// first, last (ISO times), nodes (how many sessions, keys and principals called), targets (keys of roles and resources,
// at most 20), event_ids (at most 5). In order of count, greatest first, then of action, error and origin.
CALL () {
  MATCH ()-[used:USED]->(:Action)
  RETURN collect(DISTINCT used.account) AS loaded
}
MATCH (n)-[used:USED]->(action:Action)
WHERE used.error IS NOT NULL
  AND ($since IS NULL OR used.last >= $since)
  AND ($until IS NULL OR used.first <= $until)
  AND (used.error =~ '(?i).*(access_?denied|unauthori[sz]ed|forbidden|notauthorized|authorizationerror).*'
       OR action.key STARTS WITH 'sts:Assume')
  AND (used.copy IS NULL OR NOT coalesce(n.account, '') IN loaded)
CALL (n) {
  MATCH path = (top)-[:ASSUMED|ISSUED*0..4000 {parent: true}]->(n)
  WHERE NOT EXISTS { (top)<-[:ASSUMED|ISSUED {parent: true}]-() }
  WITH top, CASE WHEN top:Principal THEN nodes(path)[1] ELSE top END AS begin
  OPTIONAL MATCH (begin)-[of:BELONGS_TO|SESSION_OF]->(holder:Principal)
  WHERE begin:Credential
     OR (of.stated IS NULL) = (begin.type IN ['user', 'root'] AND NOT begin.key CONTAINS ':assumed-root/')
  WITH top, collect(holder) AS holders
  WITH CASE WHEN size(holders) = 1 THEN holders[0] WHEN top:Principal AND size(holders) = 0 THEN top END AS found
  WHERE NOT found.kind IN ['Role', 'FederatedUser', 'SignInAttempt', 'Unknown']
  RETURN head(collect(found)) AS origin
}
WITH origin, action.key AS action, used.error AS error, sum(used.count) AS count, min(used.first) AS first,
     max(used.last) AS last, count(DISTINCT n) AS nodes, collect(DISTINCT used.resource) AS resources,
     collect(used.event_ids) AS lists
RETURN coalesce(origin.kind, 'Unresolved') AS origin_kind, origin.key AS origin, action, error, count, first, last,
       nodes,
       COLLECT { UNWIND resources AS resource RETURN resource ORDER BY resource LIMIT 20 } AS targets,
       COLLECT { UNWIND lists AS list UNWIND list AS id RETURN DISTINCT id ORDER BY id LIMIT 5 } AS event_ids
ORDER BY count DESC, action, error, coalesce(origin, '')
LIMIT $limit
