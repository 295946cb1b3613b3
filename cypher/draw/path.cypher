// Draw how one identity came to another.
// The answer of questions/path.cypher as paths.
// Every way along resolved parents, in order of time, of at most 50 steps: never
// through a shared role, action or address. (Whose sessions they are is drawn too.)
// $start (text): an access key ID, the key of a Session, the key of a Principal (its ARN), or an account ID.
// $end (text): an access key ID, the key of a Session, the key of a Principal (its ARN), or an account ID.
// $made (boolean, default false): go on through long-term keys that were made for somebody else.
// $limit (integer, default 50): how many ways at most; 50 can still be read.
// Columns: path, owners (paths: whose session or key each one is). Fewest steps first, then oldest, then by key.
CALL () {
  MATCH (a:Credential {access_key_id: $start})
  RETURN a
  UNION
  MATCH (a:Session {key: $start})
  RETURN a
  UNION
  MATCH (a:Principal {key: $start})
  RETURN a
  UNION
  MATCH (:Principal {key: $start})<-[:SESSION_OF|BELONGS_TO]-(a)
  RETURN a
  UNION
  MATCH (a:Session {account: $start})
  RETURN a
}
MATCH path = (a)-[:ASSUMED|ISSUED*1..50]->(b)
WHERE all(r IN relationships(path) WHERE r.parent OR ($made AND r.event_id IS NOT NULL))
  AND (b.access_key_id = $end
       OR (b:Session AND (b.key = $end OR b.account = $end))
       OR EXISTS { (b)-[:SESSION_OF|BELONGS_TO]->(:Principal {key: $end}) })
WITH path, b
ORDER BY length(path), head(relationships(path)).time, b.key
LIMIT $limit
RETURN path,
       COLLECT {
         UNWIND nodes(path) AS one
         MATCH owner = (one)-[:SESSION_OF|BELONGS_TO]->(:Principal)
         RETURN owner
       } AS owners
