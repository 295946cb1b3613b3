// Put principals and resources into their accounts
// $p.rows: list of maps: source and target (node IDs), key.
UNWIND $p.rows AS row
MATCH (n)
WHERE elementId(n) = row.source
MATCH (a:Account)
WHERE elementId(a) = row.target
MERGE (n)-[r:IN_ACCOUNT]->(a)
SET r.key = row.key
WITH n, a
MATCH (n)-[old:IN_ACCOUNT]->(other:Account)
WHERE other <> a
DELETE old
WITH DISTINCT other
WHERE NOT EXISTS { (other)--() }
DELETE other
