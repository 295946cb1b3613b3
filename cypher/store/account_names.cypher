// Names of accounts
// Columns: id, name. In order of id.
MATCH (n:_AccountName)
RETURN n.id AS id, n.name AS name
ORDER BY id
