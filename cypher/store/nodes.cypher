// Nodes by label and key
// $p.Principal, $p.Session, $p.Credential, $p.Action, $p.Account, $p.IPAddress, $p.Resource: lists of keys.
// Columns: rows, one list of lists of label, key, id, properties. No order.
CALL () {
  UNWIND $p.Principal AS key
  MATCH (n:Principal {key: key})
  RETURN 'Principal' AS label, key, elementId(n) AS id, properties(n) AS properties
  UNION ALL
  UNWIND $p.Session AS key
  MATCH (n:Session {key: key})
  RETURN 'Session' AS label, key, elementId(n) AS id, properties(n) AS properties
  UNION ALL
  UNWIND $p.Credential AS key
  MATCH (n:Credential {key: key})
  RETURN 'Credential' AS label, key, elementId(n) AS id, properties(n) AS properties
  UNION ALL
  UNWIND $p.Action AS key
  MATCH (n:Action {key: key})
  RETURN 'Action' AS label, key, elementId(n) AS id, properties(n) AS properties
  UNION ALL
  UNWIND $p.Account AS key
  MATCH (n:Account {key: key})
  RETURN 'Account' AS label, key, elementId(n) AS id, properties(n) AS properties
  UNION ALL
  UNWIND $p.IPAddress AS key
  MATCH (n:IPAddress {key: key})
  RETURN 'IPAddress' AS label, key, elementId(n) AS id, properties(n) AS properties
  UNION ALL
  UNWIND $p.Resource AS key
  MATCH (n:Resource {key: key})
  RETURN 'Resource' AS label, key, elementId(n) AS id, properties(n) AS properties
}
RETURN collect([label, key, id, properties]) AS rows
