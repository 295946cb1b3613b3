// Draw the chain back to where these credentials come from.
// The answer of questions/who.cypher as paths.
// Back from an access key, a session or all sessions of a principal, along resolved
// parents, at most 50 steps up.
// $ask (text): an access key ID, the key of a Session, or the key of a Principal (its ARN).
// $limit (integer, default 50): how many chains at most, the newest; 50 can still be read.
// Columns: path (from the origin to what was asked), owners (paths: whose session or key each one is), made_by (paths:
// at most 5 makers of the key that the chain begins with), candidates (paths: at most 10 callers that fit where none is
// the parent). Newest start first, then by its key.
CALL () {
  MATCH (n:Credential {access_key_id: $ask})
  RETURN n
  UNION
  MATCH (n:Session {key: $ask})
  RETURN n
  UNION
  MATCH (:Principal {key: $ask})<-[:SESSION_OF]-(n:Session)
  RETURN n
}
MATCH path = (top)-[:ASSUMED|ISSUED*0..50 {parent: true}]->(n)
WHERE length(path) = 50 OR NOT EXISTS { (top)<-[:ASSUMED|ISSUED {parent: true}]-() }
WITH path, top, n
ORDER BY coalesce(n.created, '') DESC, n.key
LIMIT $limit
RETURN path,
       COLLECT {
         UNWIND nodes(path) AS one
         MATCH owner = (one)-[:SESSION_OF|BELONGS_TO]->(:Principal)
         RETURN owner
       } AS owners,
       COLLECT {
         MATCH making = ()-[way:ISSUED {parent: false}]->(top)
         WHERE way.event_id IS NOT NULL
         RETURN making ORDER BY way.time, way.key LIMIT 5
       } AS made_by,
       COLLECT {
         MATCH candidate = (caller)-[:ASSUMED {parent: false}]->(top)
         RETURN candidate ORDER BY caller.key LIMIT 10
       } AS candidates
