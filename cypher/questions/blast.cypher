// What came from these credentials, and what did it leave behind?
// Forward from an access key, a session or all that belongs to a principal: every session and key along resolved
// parents, each with what it created, changed, started and touched.
// Leaves out what still works, what was undone, and users and passwords made for others, which lineage blast follows.
// A key that AWS reused means all its owners; the command asks which is meant.
// $ask (text): an access key ID (a temporary one stands for its session), the key of a Session, or the key of a
// Principal (its ARN).
// $made (boolean, default false): go on through long-term keys that were made for others.
// $limit (integer, default 1000): how many rows at most.
// Columns: hops (grants from the start), label, key, made (does the way go through a key made for others?), time, how,
// role_arn, session_name, account, expires (as logged), altered (list of maps: api, what, target, time, event_ids),
// keys_made (of others, as far as known), workloads (keys of what it started or entered), resources (keys of what it
// changed or read, at most 20). In order of hops, time and key.
CALL () {
  MATCH (n:Credential {access_key_id: $ask, long_term: true})
  RETURN n
  UNION
  MATCH (n:Session)-[:ISSUED {parent: true}]->(:Credential {access_key_id: $ask})
  RETURN n
  UNION
  MATCH (n:Session {key: $ask})
  RETURN n
  UNION
  MATCH (n:Principal {key: $ask})
  WHERE EXISTS { (n)<-[:SESSION_OF|BELONGS_TO|CREATED|CHANGED]-() } OR EXISTS { (n)-[:USED]->() }
  RETURN n
  UNION
  MATCH (:Principal {key: $ask})<-[:SESSION_OF|BELONGS_TO]-(n)
  WHERE n:Session OR n.long_term
  RETURN n
}
MATCH path = (n)((maker)-[way:ASSUMED|ISSUED]->(key) WHERE way.parent OR (way.event_id IS NOT NULL AND ($made
  OR EXISTS { (maker)-[:SESSION_OF|BELONGS_TO]->(:Principal)<-[:BELONGS_TO]-(key) }))){0,4000}(m)
WITH m, min(size([r IN relationships(path) WHERE type(r) = 'ASSUMED'])) AS hops,
     min(size([r IN relationships(path) WHERE NOT r.parent AND NOT EXISTS {
         MATCH (source)-[:SESSION_OF|BELONGS_TO]->(:Principal)<-[:BELONGS_TO]-(target)
         WHERE source = startNode(r) AND target = endNode(r)
       }])) > 0 AS made
OPTIONAL MATCH ()-[way:ASSUMED|ISSUED {parent: true}]->(m)
WITH m, hops, made, head(collect(way)) AS way
RETURN hops,
       CASE WHEN m:Session THEN 'Session' WHEN m:Credential THEN 'Credential' ELSE 'Principal' END AS label,
       m.key AS key, made, coalesce(way.time, m.created) AS time, way.how AS how, m.role_arn AS role_arn,
       m.name AS session_name, m.account AS account, coalesce(m.expires, way.expires) AS expires,
       COLLECT {
         MATCH (m)-[deed:CREATED|CHANGED]->(target)
         RETURN {api: deed.api, what: deed.what, target: target.key, time: deed.time, event_ids: deed.event_ids} AS deed
         ORDER BY deed.time, deed.event_ids, deed.what, deed.target
       } AS altered,
       COLLECT {
         MATCH (m)-[making:ISSUED {parent: false}]->(other:Credential)
         WHERE making.event_id IS NOT NULL
           AND NOT EXISTS { (m)-[:SESSION_OF|BELONGS_TO]->(:Principal)<-[:BELONGS_TO]-(other) }
         RETURN other.access_key_id AS id ORDER BY id
       } AS keys_made,
       COLLECT { MATCH (m)-[:STARTED]->(run:Resource) RETURN DISTINCT run.key AS id ORDER BY id } AS workloads,
       COLLECT { MATCH (m)-[:TOUCHED]->(one:Resource) RETURN DISTINCT one.key AS id ORDER BY id LIMIT 20 } AS resources
ORDER BY hops, time, key
LIMIT $limit
