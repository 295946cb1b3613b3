// All relationships
// Columns: type, source_labels, source_key, target_labels, target_key, properties. No order.
MATCH (a)-[r]->(b)
RETURN type(r) AS type, labels(a) AS source_labels, a.key AS source_key, labels(b) AS target_labels, b.key AS target_key,
       properties(r) AS properties
