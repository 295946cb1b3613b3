// The derived relationships of sessions and long-term keys
// $p.sessions, $p.credentials: lists of keys.
// Columns: type, id, source_id, source_labels, source_key, target_id, target_labels, target_key, properties. No order.
CALL () {
  UNWIND $p.sessions AS key
  MATCH (:Session {key: key})-[r:SESSION_OF]->()
  RETURN r
  UNION ALL
  UNWIND $p.sessions AS key
  MATCH (:Session {key: key})<-[r:ASSUMED|RUNS_AS]-()
  RETURN r
  UNION ALL
  UNWIND $p.sessions AS key
  MATCH (:Session {key: key})-[r:ISSUED {parent: true}]->()
  RETURN r
  UNION ALL
  UNWIND $p.sessions AS key
  MATCH (:Session {key: key})-[:ISSUED {parent: true}]->(:Credential)-[r:BELONGS_TO]->()
  RETURN r
  UNION ALL
  UNWIND $p.credentials AS key
  MATCH (:Credential {key: key})-[r:BELONGS_TO]->()
  RETURN r
  UNION ALL
  UNWIND $p.credentials AS key
  MATCH (:Credential {key: key})<-[r:ISSUED {key: key}]-()
  RETURN r
}
WITH r, startNode(r) AS a, endNode(r) AS b
RETURN type(r) AS type, elementId(r) AS id,
       elementId(a) AS source_id, labels(a) AS source_labels, a.key AS source_key,
       elementId(b) AS target_id, labels(b) AS target_labels, b.key AS target_key, properties(r) AS properties
