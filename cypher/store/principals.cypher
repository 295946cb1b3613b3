// Principals of some kinds that have any lineage, calls apart
// $p.kinds: list of texts, kinds of principals.
// Columns: key, kind, name. No order.
MATCH (p:Principal)
WHERE p.kind IN $p.kinds
  AND EXISTS { (p)-[:ASSUMED|ISSUED|BELONGS_TO|SESSION_OF|CREATED|CHANGED|STARTED]-() }
RETURN p.key AS key, p.kind AS kind, p.name AS name
