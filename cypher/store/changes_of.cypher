// What single events made of some callers
// Of ISSUED those of keys that were made for another principal.
// $p.Principal, $p.Session, $p.Credential: lists of keys.
// $p.types: list of relationship types. $p.since, $p.until: ISO times.
// Columns: type, source_labels, source_key, target_labels, target_key, properties. No order.
CALL () {
  UNWIND $p.Principal AS key
  MATCH (n:Principal {key: key})
  RETURN n
  UNION ALL
  UNWIND $p.Session AS key
  MATCH (n:Session {key: key})
  RETURN n
  UNION ALL
  UNWIND $p.Credential AS key
  MATCH (n:Credential {key: key})
  RETURN n
}
MATCH (n)-[r:ISSUED|CREATED|CHANGED|STARTED]->(m)
WHERE type(r) IN $p.types AND r.time >= $p.since AND r.time <= $p.until
  AND (type(r) <> 'ISSUED' OR (r.parent = false AND r.event_id IS NOT NULL))
RETURN type(r) AS type, labels(n) AS source_labels, n.key AS source_key, labels(m) AS target_labels,
       m.key AS target_key, properties(r) AS properties
