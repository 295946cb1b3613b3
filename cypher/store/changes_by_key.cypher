// The relationships that single events made
// $p.ISSUED, $p.CREATED, $p.CHANGED, $p.STARTED: lists of keys.
// Columns: id, type, key, source_id, target_id. No order.
CALL () {
  UNWIND $p.ISSUED AS key
  MATCH ()-[r:ISSUED {key: key}]->()
  RETURN r
  UNION ALL
  UNWIND $p.CREATED AS key
  MATCH ()-[r:CREATED {key: key}]->()
  RETURN r
  UNION ALL
  UNWIND $p.CHANGED AS key
  MATCH ()-[r:CHANGED {key: key}]->()
  RETURN r
  UNION ALL
  UNWIND $p.STARTED AS key
  MATCH ()-[r:STARTED {key: key}]->()
  RETURN r
}
RETURN elementId(r) AS id, type(r) AS type, r.key AS key, elementId(startNode(r)) AS source_id,
       elementId(endNode(r)) AS target_id
