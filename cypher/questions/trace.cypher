// What came from these credentials?
// Forward from an access key, a session or all that belongs to a principal: every session and key that came from it
// along resolved parents, with its calls.
// Leaves out keys made for others, which blast follows, and sessions that several callers fit.
// $ask: text, an access key ID, the key of a Session, or the key of a Principal (its ARN).
// $limit: integer, how many rows at most.
// Columns: depth (hops from the start), label, key, parent (key), how, time, role_arn, session_name, account,
// confidence, calls, failed (of the calls), first, last, tried (keys of roles it was refused). In order of depth, time
// and key.
CALL () {
  MATCH (n:Credential {access_key_id: $ask})
  RETURN n
  UNION
  MATCH (n:Session {key: $ask})
  RETURN n
  UNION
  MATCH (n:Principal {key: $ask})
  WHERE NOT n:Role AND NOT n:FederatedUser
  RETURN n
  UNION
  MATCH (owner:Principal {key: $ask})<-[:SESSION_OF]-(n:Session)
  WHERE owner:Role OR owner:FederatedUser
  RETURN n
  UNION
  MATCH (owner:Principal {key: $ask})<-[:SESSION_OF|BELONGS_TO]-(n)
  WHERE NOT owner:Role AND NOT owner:FederatedUser
    AND NOT EXISTS { (n)<-[:ASSUMED|ISSUED]-()-[:SESSION_OF|BELONGS_TO]->(owner) }
  RETURN n
}
MATCH path = (n)-[:ASSUMED|ISSUED*0..4000 {parent: true}]->(m)
WITH m, min(length(path)) AS steps, min(size([r IN relationships(path) WHERE type(r) = 'ASSUMED'])) AS depth
OPTIONAL MATCH (parent)-[way:ASSUMED|ISSUED {parent: true}]->(m)
WHERE steps > 0
CALL (m) {
  OPTIONAL MATCH (m)-[used:USED]->()
  RETURN coalesce(sum(used.count), 0) AS calls,
         coalesce(sum(CASE WHEN used.error IS NOT NULL THEN used.count END), 0) AS failed,
         min(used.first) AS first, max(used.last) AS last
}
RETURN depth,
       CASE WHEN m:Session THEN 'Session' WHEN m:Credential THEN 'Credential' ELSE 'Principal' END AS label,
       m.key AS key, parent.key AS parent, way.how AS how, coalesce(way.time, m.created) AS time,
       m.role_arn AS role_arn, m.name AS session_name, m.account AS account, way.confidence AS confidence,
       calls, failed, first, last,
       COLLECT { MATCH (m)-[:TRIED]->(role:Principal) RETURN DISTINCT role.key AS key ORDER BY key } AS tried
ORDER BY depth, time, key
LIMIT $limit
