// When identities called, and how often
// $p.rows: list of maps: value, prefix (what the keys of an identity's rows begin with).
// Columns: value, first, last (ISO times), calls. No order.
UNWIND $p.rows AS row
MATCH ()-[r:USED]->()
WHERE r.key STARTS WITH row.prefix
RETURN row.value AS value, min(r.first) AS first, max(r.last) AS last, sum(r.count) AS calls
