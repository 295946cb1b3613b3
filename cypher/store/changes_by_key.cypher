// The relationships that single events made
// $ISSUED, $CREATED, $CHANGED, $STARTED: lists of keys.
// Columns: id, type, key, source_id, target_id. No order.
CALL () {
  UNWIND $ISSUED AS key
  MATCH ()-[r:ISSUED {key: key}]->()
  RETURN r
  UNION ALL
  UNWIND $CREATED AS key
  MATCH ()-[r:CREATED {key: key}]->()
  RETURN r
  UNION ALL
  UNWIND $CHANGED AS key
  MATCH ()-[r:CHANGED {key: key}]->()
  RETURN r
  UNION ALL
  UNWIND $STARTED AS key
  MATCH ()-[r:STARTED {key: key}]->()
  RETURN r
}
RETURN elementId(r) AS id, type(r) AS type, r.key AS key, elementId(startNode(r)) AS source_id,
       elementId(endNode(r)) AS target_id
