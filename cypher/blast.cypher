// What came from these credentials, and what did it leave behind?
// Forward from an access key, a session or all that belongs to a principal: every session and key along resolved
// parents, each with what it created, changed, started and touched. (What still works `lineage blast` tells.)
// $ask: text, an access key ID, the key of a Session, or the key of a Principal (its ARN).
// $made: boolean, go on through long-term keys that were made for somebody else.
// $limit: integer, how many rows at most.
// Columns: depth (hops from the start), label, key, made (was something made for somebody on the way?), time, how,
// role_arn, session_name, account, expires (as logged), altered (list of maps: api, what, target, time, event_ids),
// keys_made (of others, as far as known), workloads (keys of what it started or entered), resources (keys of what it
// changed or read, at most 20). In order of depth, time and key.
CALL () {
  MATCH (n:Credential {access_key_id: $ask})
  RETURN n
  UNION
  MATCH (n:Session {key: $ask})
  RETURN n
  UNION
  MATCH (n:Principal {key: $ask})
  RETURN n
  UNION
  MATCH (:Principal {key: $ask})<-[:SESSION_OF|BELONGS_TO]-(n)
  RETURN n
}
MATCH path = (n)-[:ASSUMED|ISSUED*0..4000]->(m)
WHERE all(r IN relationships(path) WHERE r.parent OR ($made AND r.event_id IS NOT NULL))
WITH m, min(size([r IN relationships(path) WHERE type(r) = 'ASSUMED'])) AS depth,
     min(size([r IN relationships(path) WHERE NOT r.parent])) > 0 AS made
OPTIONAL MATCH ()-[way:ASSUMED|ISSUED {parent: true}]->(m)
WITH m, depth, made, head(collect(way)) AS way
RETURN depth,
       CASE WHEN m:Session THEN 'Session' WHEN m:Credential THEN 'Credential' ELSE 'Principal' END AS label,
       m.key AS key, made, coalesce(way.time, m.created) AS time, way.how AS how, m.role_arn AS role_arn,
       m.name AS session_name, m.account AS account, coalesce(m.expires, way.expires) AS expires,
       COLLECT {
         MATCH (m)-[deed:CREATED|CHANGED]->(target)
         RETURN {api: deed.api, what: deed.what, target: target.key, time: deed.time, event_ids: deed.event_ids} AS told
         ORDER BY deed.time, deed.key
       } AS altered,
       COLLECT {
         MATCH (m)-[making:ISSUED {parent: false}]->(other:Credential)
         WHERE making.event_id IS NOT NULL
         RETURN other.access_key_id AS id ORDER BY id
       } AS keys_made,
       COLLECT { MATCH (m)-[:STARTED]->(run:Resource) RETURN DISTINCT run.key AS id ORDER BY id } AS workloads,
       COLLECT { MATCH (m)-[:TOUCHED]->(one:Resource) RETURN DISTINCT one.key AS id ORDER BY id LIMIT 20 } AS resources
ORDER BY depth, time, key
LIMIT $limit
