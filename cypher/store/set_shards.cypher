// Write shards of the ledger
// $rows: list of maps: key, ids, rest.
UNWIND $rows AS row
MERGE (s:_Shard {key: row.key})
SET s.ids = row.ids, s.rest = row.rest
