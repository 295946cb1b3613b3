// Draw what came from these credentials, and what it left behind.
// The answer of questions/blast.cypher as paths.
// Forward from an access key, a session or all that belongs to a principal, at most
// 20 steps down, each session and key with what it made, changed, started and touched.
// $ask (text): an access key ID, the key of a Session, or the key of a Principal (its ARN).
// $made (boolean, default false): go on through long-term keys that were made for somebody else.
// $limit (integer, default 50): how many sessions and keys at most, the nearest; 50 can still be read.
// Columns: path (from what was asked to a session or key), owners (paths: whose it is), altered (paths: at most 10 of
// what it made, changed or started), keys_made (paths: at most 5 keys made for somebody else), touched (paths: at most
// 5 resources of other calls, and of refused ones), tried (paths: at most 5 refused assumptions by it). In order of
// steps, creation and key.
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
  WHERE NOT EXISTS { (n)<-[:ISSUED {parent: true}]-() }
  RETURN n
}
MATCH path = (n)-[:ASSUMED|ISSUED*0..20]->(m)
WHERE all(r IN relationships(path) WHERE r.parent OR ($made AND r.event_id IS NOT NULL))
WITH path, m
ORDER BY length(path)
WITH m, head(collect(path)) AS path
ORDER BY length(path), coalesce(m.created, ''), m.key
LIMIT $limit
RETURN path,
       COLLECT { MATCH owner = (m)-[:SESSION_OF|BELONGS_TO]->(:Principal) RETURN owner } AS owners,
       COLLECT {
         MATCH deed = (m)-[way:CREATED|CHANGED|STARTED]->()
         RETURN deed ORDER BY way.time, way.key LIMIT 10
       } AS altered,
       COLLECT {
         MATCH making = (m)-[way:ISSUED {parent: false}]->(:Credential)-[:BELONGS_TO]->(:Principal)
         WHERE way.event_id IS NOT NULL
         RETURN making ORDER BY way.time, way.key LIMIT 5
       } AS keys_made,
       COLLECT {
         MATCH call = (m)-[way:TOUCHED]->(thing:Resource)
         WHERE way.error IS NOT NULL OR NOT (way.action STARTS WITH 'sts:Assume' OR EXISTS {
           MATCH (m)-[deed:CREATED|CHANGED|STARTED]->(one)
           WHERE deed.api = way.action AND thing.id IN [one.id, one.name]
         })
         RETURN call ORDER BY way.first, way.key LIMIT 5
       } AS touched,
       COLLECT {
         MATCH refused = (m)-[way:TRIED]->(:Principal)
         RETURN refused ORDER BY way.first, way.key LIMIT 5
       } AS tried
