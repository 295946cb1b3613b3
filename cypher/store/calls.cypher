// The calls that hang on some nodes
// $Principal, $Session, $Credential: lists of keys.
// Columns: label, key, type (USED, or TOUCHED or TRIED of the same row), row (properties), end (properties of the
// node at its end). No order.
CALL () {
  UNWIND $Principal AS key
  MATCH (n:Principal {key: key})
  RETURN 'Principal' AS label, n
  UNION ALL
  UNWIND $Session AS key
  MATCH (n:Session {key: key})
  RETURN 'Session' AS label, n
  UNION ALL
  UNWIND $Credential AS key
  MATCH (n:Credential {key: key})
  RETURN 'Credential' AS label, n
}
MATCH (n)-[r:USED|TOUCHED|TRIED]->(o)
RETURN label, n.key AS key, type(r) AS type, properties(r) AS row, properties(o) AS end
