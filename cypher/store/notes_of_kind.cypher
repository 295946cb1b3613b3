// All that was kept beside the lineage of one kind
// $p.kind: text.
// Columns: key, body (bytes). Order: key.
MATCH (n:_Note {kind: $p.kind})
RETURN n.key AS key, n.body AS body
ORDER BY key
