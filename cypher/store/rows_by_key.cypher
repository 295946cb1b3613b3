// The relationships of rows
// $p.keys: list of texts.
// Columns: id, type, source_id, source_labels, source_key, target_id, target_key, properties. No order.
CALL () {
  UNWIND $p.keys AS key
  MATCH ()-[r:USED {key: key}]->()
  RETURN r
  UNION ALL
  UNWIND $p.keys AS key
  MATCH ()-[r:TOUCHED {key: key}]->()
  RETURN r
  UNION ALL
  UNWIND $p.keys AS key
  MATCH ()-[r:TOUCHED]->()
  WHERE r.key STARTS WITH key + ' '
  RETURN r
  UNION ALL
  UNWIND $p.keys AS key
  MATCH ()-[r:TRIED {key: key}]->()
  RETURN r
}
WITH r, startNode(r) AS a
RETURN elementId(r) AS id, type(r) AS type, elementId(a) AS source_id, labels(a) AS source_labels, a.key AS source_key,
       elementId(endNode(r)) AS target_id, endNode(r).key AS target_key, properties(r) AS properties
