// Add relationships
// $p.rows: list of maps: type, source and target (node IDs), properties.
UNWIND $p.rows AS row
MATCH (a)
WHERE elementId(a) = row.source
MATCH (b)
WHERE elementId(b) = row.target
CREATE (a)-[r:$(row.type)]->(b)
SET r = row.properties
