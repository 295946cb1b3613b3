// Write shards of the ledger
// $p.rows: list of maps: key, ids, rest.
UNWIND $p.rows AS row
MERGE (s:_Shard {key: row.key})
SET s.ids = row.ids, s.rest = row.rest
