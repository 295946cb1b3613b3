// What single events made about some nodes
// Of ISSUED those of keys that were made for another principal.
// $p.Principal, $p.Credential, $p.Resource: lists of keys.
// $p.types: list of relationship types. $p.since, $p.until: ISO times.
// Columns: type, source_labels, source_key, target_labels, target_key, properties. No order.
CALL () {
  UNWIND $p.Principal AS key
  MATCH (m:Principal {key: key})
  RETURN m
  UNION ALL
  UNWIND $p.Credential AS key
  MATCH (m:Credential {key: key})
  RETURN m
  UNION ALL
  UNWIND $p.Resource AS key
  MATCH (m:Resource {key: key})
  RETURN m
}
MATCH (n)-[r:ISSUED|CREATED|CHANGED|STARTED]->(m)
WHERE type(r) IN $p.types AND r.time >= $p.since AND r.time <= $p.until
  AND (type(r) <> 'ISSUED' OR (r.parent = false AND r.event_id IS NOT NULL))
RETURN type(r) AS type, labels(n) AS source_labels, n.key AS source_key, labels(m) AS target_labels,
       m.key AS target_key, properties(r) AS properties
