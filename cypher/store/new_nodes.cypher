// Add nodes
// $p.rows: list of maps: labels (list of texts), properties.
// Columns: rows, one list of lists of label, key, id. No order.
UNWIND $p.rows AS row
CREATE (n:$(row.labels))
SET n = row.properties
RETURN collect([row.labels[0], n.key, elementId(n)]) AS rows
