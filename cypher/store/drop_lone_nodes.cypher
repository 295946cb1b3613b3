// Remove nodes that no longer have a relationship
// Being in an account does not count; an account goes with the last node in it.
// $p.rows: list of node IDs.
UNWIND $p.rows AS id
MATCH (n)
WHERE elementId(n) = id AND NOT n:Account AND NOT EXISTS { (n)-[:!IN_ACCOUNT]-() }
OPTIONAL MATCH (n)-[:IN_ACCOUNT]->(a:Account)
DETACH DELETE n
WITH DISTINCT a
WHERE a IS NOT NULL AND NOT EXISTS { (a)--() }
DELETE a
