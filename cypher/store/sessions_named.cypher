// Sessions of a name, those of one principalId together
// $p.name: text.
// Columns: principal_id, account, principal (key), name. No order.
MATCH (s:Session {name: $p.name})
WHERE s.principal_id CONTAINS ':'
MATCH (s)-[of:SESSION_OF]->(p:Principal)
WHERE of.stated IS NULL
RETURN DISTINCT s.principal_id AS principal_id, s.account AS account, p.key AS principal, s.name AS name
