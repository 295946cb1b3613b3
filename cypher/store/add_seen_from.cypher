// Count calls of nodes from addresses
// $p.rows: list of maps: source and target (node IDs), key, count, first, last (ISO times).
UNWIND $p.rows AS row
MATCH (a)
WHERE elementId(a) = row.source
MATCH (b)
WHERE elementId(b) = row.target
MERGE (a)-[r:SEEN_FROM {key: row.key}]->(b)
  ON CREATE SET r.count = row.count, r.first = row.first, r.last = row.last
  ON MATCH SET r.count = r.count + row.count,
               r.first = CASE WHEN row.first < r.first THEN row.first ELSE r.first END,
               r.last = CASE WHEN row.last > r.last THEN row.last ELSE r.last END
