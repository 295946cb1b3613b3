// Remove relationships
// $p.rows: list of relationship IDs.
UNWIND $p.rows AS id
MATCH ()-[r]->()
WHERE elementId(r) = id
DELETE r
