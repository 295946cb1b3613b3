// How many calls did an origin make in a role, hour by hour?
// $role: text, key of the principal: ARN of a role without its path, or of a user.
// $origin: text, key of the principal where the chain begins, or null for all.
// $since, $until: ISO times that the hours of the calls lie between, or null. $limit: integer, how many rows at most.
// Columns: hour (ISO time), calls, failed, addresses, operations, keys (how many different ones of each). In order of
// hour; hours without a call have no row.
CALL () {
  MATCH (n)-[:SESSION_OF|BELONGS_TO]->(:Principal {key: $role})
  RETURN n
  UNION
  MATCH (n:Principal {key: $role})
  RETURN n
}
MATCH (n)-[used:USED]->(action:Action)
WHERE NOT used.copy
  AND ($since IS NULL OR used.last >= $since)
  AND ($until IS NULL OR used.first <= $until)
OPTIONAL MATCH (top)-[:ASSUMED|ISSUED*0..4000 {parent: true}]->(n)
WHERE NOT EXISTS { (top)<-[:ASSUMED|ISSUED {parent: true}]-() }
OPTIONAL MATCH (top)-[of:BELONGS_TO|SESSION_OF]->(holder:Principal)
WHERE top:Credential OR of.stated IS NOT NULL
   OR (top.type IN ['user', 'root'] AND NOT top.key CONTAINS ':assumed-root/')
WITH used, action, CASE WHEN top:Principal THEN top ELSE holder END AS origin
WHERE $origin IS NULL OR origin.key = $origin
RETURN used.hour AS hour,
       sum(used.count) AS calls,
       sum(CASE WHEN used.error IS NULL THEN 0 ELSE used.count END) AS failed,
       count(DISTINCT used.source_ip) AS addresses,
       count(DISTINCT action.key) AS operations,
       count(DISTINCT used.access_key_id) AS keys
ORDER BY hour
LIMIT $limit
