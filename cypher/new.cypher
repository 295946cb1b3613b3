// What did an origin do in a role for the first time?
// A row for each operation, service, region and source address of the scope that the history does not have. Addresses
// of calls that services made for somebody are the services' own and left out.
// $role: text, key of the principal: ARN of a role without its path, or of a user.
// $origin: text, key of the principal where the chain begins, or null for all.
// $since, $until: ISO times, the scope. $past_since, $past_until: ISO times, the history.
// $limit: integer, how many rows at most.
// Columns: kind (call, service, region or source IP), value, calls, failed, first, last (ISO times), event_ids (at
// most 5). In order of kind, first and value.
CALL () {
  MATCH (n)-[:SESSION_OF|BELONGS_TO]->(:Principal {key: $role})
  RETURN n
  UNION
  MATCH (n:Principal {key: $role})
  RETURN n
}
MATCH (n)-[used:USED]->(action:Action)
WHERE NOT used.copy
  AND ((used.last >= $since AND used.first <= $until) OR (used.last >= $past_since AND used.first <= $past_until))
OPTIONAL MATCH (top)-[:ASSUMED|ISSUED*0..4000 {parent: true}]->(n)
WHERE NOT EXISTS { (top)<-[:ASSUMED|ISSUED {parent: true}]-() }
OPTIONAL MATCH (top)-[of:BELONGS_TO|SESSION_OF]->(holder:Principal)
WHERE top:Credential OR of.stated IS NOT NULL
   OR (top.type IN ['user', 'root'] AND NOT top.key CONTAINS ':assumed-root/')
WITH used, action, CASE WHEN top:Principal THEN top ELSE holder END AS origin
WHERE $origin IS NULL OR origin.key = $origin
UNWIND [['call', action.key], ['service', action.service], ['region', used.region],
        ['source IP', CASE WHEN used.invoked_by IS NULL THEN used.source_ip END]] AS told
WITH told[0] AS kind, told[1] AS value, used, used.last >= $since AND used.first <= $until AS now
WHERE value IS NOT NULL
WITH kind, value, collect(CASE WHEN now THEN used END) AS some, count(CASE WHEN now THEN null ELSE 1 END) AS before
WHERE before = 0
UNWIND some AS used
WITH kind, value, sum(used.count) AS calls, sum(CASE WHEN used.error IS NULL THEN 0 ELSE used.count END) AS failed,
     min(used.first) AS first, max(used.last) AS last, collect(used.event_ids) AS lists
RETURN kind, value, calls, failed, first, last,
       COLLECT { UNWIND lists AS list UNWIND list AS id RETURN DISTINCT id ORDER BY id LIMIT 5 } AS event_ids
ORDER BY kind, first, value
LIMIT $limit
