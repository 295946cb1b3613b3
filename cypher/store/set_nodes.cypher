// Change nodes
// $p.rows: list of maps: id, labels (list of texts), properties (all of them).
UNWIND $p.rows AS row
MATCH (n)
WHERE elementId(n) = row.id
SET n = row.properties
SET n:$(row.labels)
