// Change relationships
// $p.rows: list of maps: id, properties (all of them).
UNWIND $p.rows AS row
MATCH ()-[r]->()
WHERE elementId(r) = row.id
SET r = row.properties
