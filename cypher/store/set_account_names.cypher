// Give accounts their names
// $p.rows: list of maps: id, name.
UNWIND $p.rows AS row
MERGE (n:_AccountName {id: row.id})
SET n.name = row.name
WITH row
MATCH (a:Account {id: row.id})
SET a.name = row.name
