// The relationships of the rows of identities
// $p.prefixes: list of texts that their keys begin with.
// Columns: id, type, source_id, source_labels, source_key, target_id, target_key, properties. No order.
CALL () {
  UNWIND $p.prefixes AS prefix
  MATCH ()-[r:USED]->()
  WHERE r.key STARTS WITH prefix
  RETURN r
  UNION ALL
  UNWIND $p.prefixes AS prefix
  MATCH ()-[r:TOUCHED]->()
  WHERE r.key STARTS WITH prefix
  RETURN r
  UNION ALL
  UNWIND $p.prefixes AS prefix
  MATCH ()-[r:TRIED]->()
  WHERE r.key STARTS WITH prefix
  RETURN r
}
WITH r, startNode(r) AS a
RETURN elementId(r) AS id, type(r) AS type, elementId(a) AS source_id, labels(a) AS source_labels, a.key AS source_key,
       elementId(endNode(r)) AS target_id, endNode(r).key AS target_key, properties(r) AS properties
