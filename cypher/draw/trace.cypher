// Draw what came from these credentials.
// The answer of questions/trace.cypher as paths.
// Forward from an access key, a session or all that belongs to a principal, along
// resolved parents, at most 20 steps down.
// $ask (text): an access key ID, the key of a Session, or the key of a Principal (its ARN).
// $limit (integer, default 50): how many sessions and keys at most, the nearest; 50 can still be read.
// Columns: path (from what was asked to a session or key), owners (paths: whose it is), tried (paths: at most 5
// refused assumptions by it). In order of steps, creation and key.
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
MATCH path = (n)-[:ASSUMED|ISSUED*0..20 {parent: true}]->(m)
WITH path, m
ORDER BY length(path)
WITH m, head(collect(path)) AS path
ORDER BY length(path), coalesce(m.created, ''), m.key
LIMIT $limit
RETURN path,
       COLLECT { MATCH owner = (m)-[:SESSION_OF|BELONGS_TO]->(:Principal) RETURN owner } AS owners,
       COLLECT {
         MATCH refused = (m)-[way:TRIED]->(:Principal)
         RETURN refused ORDER BY way.first, way.key LIMIT 5
       } AS tried
