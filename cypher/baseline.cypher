// How often did an origin make calls in a role, from where and with which agents?
// A row for each operation, address and agent: the past that a call is compared with. Without calls that services made
// for somebody, whose addresses and agents are the services' own.
// $role: text, key of the principal: ARN of a role without its path, or of a user.
// $origin: text, key of the principal where the chain begins, or null for all.
// $api: text, service:Operation, or null for all.
// $since, $until: ISO times that the hours of the calls lie between, or null. $limit: integer, how many rows at most.
// Columns: action, source_ip, endpoint, user_agent, calls, failed, days, first, last (ISO times),
// event_ids (at most 5). In order of calls, most first, then of action, source_ip, endpoint and user_agent.
CALL () {
  MATCH (n)-[:SESSION_OF|BELONGS_TO]->(:Principal {key: $role})
  RETURN n
  UNION
  MATCH (n:Principal {key: $role})
  RETURN n
}
MATCH (n)-[used:USED]->(action:Action)
WHERE NOT used.copy
  AND used.invoked_by IS NULL
  AND ($api IS NULL OR action.key = $api)
  AND ($since IS NULL OR used.last >= $since)
  AND ($until IS NULL OR used.first <= $until)
OPTIONAL MATCH (top)-[:ASSUMED|ISSUED*0..4000 {parent: true}]->(n)
WHERE NOT EXISTS { (top)<-[:ASSUMED|ISSUED {parent: true}]-() }
OPTIONAL MATCH (top)-[of:BELONGS_TO|SESSION_OF]->(holder:Principal)
WHERE top:Credential OR of.stated IS NOT NULL
   OR (top.type IN ['user', 'root'] AND NOT top.key CONTAINS ':assumed-root/')
WITH used, action, CASE WHEN top:Principal THEN top ELSE holder END AS origin
WHERE $origin IS NULL OR origin.key = $origin
WITH action.key AS action, used.source_ip AS source_ip, used.endpoint AS endpoint, used.user_agent AS user_agent,
     sum(used.count) AS calls, sum(CASE WHEN used.error IS NULL THEN 0 ELSE used.count END) AS failed,
     count(DISTINCT substring(used.first, 0, 10)) AS days, min(used.first) AS first, max(used.last) AS last,
     collect(used.event_ids) AS lists
RETURN action, source_ip, endpoint, user_agent, calls, failed, days, first, last,
       COLLECT { UNWIND lists AS list UNWIND list AS id RETURN DISTINCT id ORDER BY id LIMIT 5 } AS event_ids
ORDER BY calls DESC, action, coalesce(source_ip, ''), coalesce(endpoint, ''), coalesce(user_agent, '')
LIMIT $limit
