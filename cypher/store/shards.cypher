// Shards of the ledger by key
// $p.keys: list of integers (hour * 65536 + bucket).
// Columns: rows, one list of lists of key, ids (16 characters an event), rest (bytes). No order.
UNWIND $p.keys AS key
MATCH (s:_Shard {key: key})
RETURN collect([s.key, s.ids, s.rest]) AS rows
