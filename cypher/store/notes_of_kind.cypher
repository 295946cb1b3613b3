// All that was kept beside the lineage of one kind
// $kind: text.
// Columns: key, body (bytes). Order: key.
MATCH (n:_Note {kind: $kind})
RETURN n.key AS key, n.body AS body
ORDER BY key
