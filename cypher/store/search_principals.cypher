// Principals that are called something with a text in it
// $p.text: text in lower case.
// Columns: key, name, kind, account, others (list of texts: ARNs, unique IDs). No order.
CALL () {
  MATCH (p:Principal)
  WHERE toLower(p.key) CONTAINS $p.text OR toLower(p.name) CONTAINS $p.text OR toLower(p.arn) CONTAINS $p.text
  RETURN p
  UNION
  MATCH (s:_Sighting)
  WHERE toLower(s.unique_id) CONTAINS $p.text OR toLower(s.arn) CONTAINS $p.text
  MATCH (p:Principal {key: s.principal})
  RETURN p
}
WITH p
WHERE EXISTS { (p)-[:!IN_ACCOUNT]-() }
OPTIONAL MATCH (s:_Sighting {principal: p.key})
WITH p, collect(s.unique_id) + collect(s.arn) AS seen
RETURN p.key AS key, p.name AS name, p.kind AS kind, p.account AS account,
       [other IN seen + [p.arn] WHERE other IS NOT NULL] AS others
