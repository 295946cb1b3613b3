// What was kept beside the lineage, by key
// $keys: list of texts: kind and key.
// Columns: key, body (bytes). No order.
UNWIND $keys AS key
MATCH (n:_Note {key: key})
RETURN n.key AS key, n.body AS body
