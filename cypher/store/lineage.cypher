// The relationships of lineage: all between sessions, keys, principals and workloads, but no calls
// $p.types: list of texts, those that are wanted.
// Columns: type, source_labels, source_key, target_labels, target_key, properties. No order.
MATCH (a)-[r:ASSUMED|ISSUED|BELONGS_TO|SESSION_OF|CREATED|CHANGED|STARTED|RUNS_AS]->(b)
WHERE type(r) IN $p.types
RETURN type(r) AS type, labels(a) AS source_labels, a.key AS source_key, labels(b) AS target_labels, b.key AS target_key,
       properties(r) AS properties
