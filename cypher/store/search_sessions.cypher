// Sessions by a part of their name or principalId, those of one principalId together
// $p.text: text in lower case.
// Columns: principal_id, account, principal (key), name. No order.
MATCH (s:Session)
WHERE s.principal_id CONTAINS ':' AND (toLower(s.name) CONTAINS $p.text OR toLower(s.principal_id) CONTAINS $p.text)
MATCH (s)-[of:SESSION_OF]->(p:Principal)
WHERE of.stated IS NULL
RETURN DISTINCT s.principal_id AS principal_id, s.account AS account, p.key AS principal, s.name AS name
