// Add relationships
// $p.rows: list of lists of type, source and target (node IDs), properties.
UNWIND $p.rows AS row
MATCH (a)
WHERE elementId(a) = row[1]
MATCH (b)
WHERE elementId(b) = row[2]
CREATE (a)-[r:$(row[0])]->(b)
SET r = row[3]
