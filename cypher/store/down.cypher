// All that came from some nodes
// One step: the nodes, what is related to them along resolved parents (at most 4,000 relationships), and the other
// relationships of all these. The tool repeats it for the nodes that are new.
// $p.Principal, $p.Session, $p.Credential, $p.Resource: lists of keys.
// Columns: labels, node (properties); type, properties, source_labels, source, target_labels, target (properties)
// of a relationship, or nulls. No order.
CALL () {
  UNWIND $p.Principal AS key
  MATCH (n:Principal {key: key})
  RETURN n
  UNION
  UNWIND $p.Session AS key
  MATCH (n:Session {key: key})
  RETURN n
  UNION
  UNWIND $p.Credential AS key
  MATCH (n:Credential {key: key})
  RETURN n
  UNION
  UNWIND $p.Resource AS key
  MATCH (n:Resource {key: key})
  RETURN n
}
MATCH (n)-[:ASSUMED|ISSUED*0..4000 {parent: true}]->(m)
WITH DISTINCT m
CALL (m) {
  RETURN null AS r
  UNION ALL
  MATCH (m)-[r:ASSUMED|ISSUED|CREATED]->()
  WHERE type(r) <> 'CREATED' OR r.what = 'user'
  RETURN r
  UNION ALL
  MATCH (m:Principal)<-[r:SESSION_OF|BELONGS_TO]-()
  RETURN r
  UNION ALL
  MATCH (m:Resource)-[r:RUNS_AS]->()
  RETURN r
}
RETURN labels(m) AS labels, properties(m) AS node, type(r) AS type, properties(r) AS properties,
       labels(startNode(r)) AS source_labels, properties(startNode(r)) AS source,
       labels(endNode(r)) AS target_labels, properties(endNode(r)) AS target
