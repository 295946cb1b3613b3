// What was kept beside the lineage, by key
// $p.keys: list of texts: kind and key.
// Columns: key, body (bytes). No order.
UNWIND $p.keys AS key
MATCH (n:_Note {key: key})
RETURN n.key AS key, n.body AS body
