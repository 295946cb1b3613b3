// Keep something beside the lineage
// $p.rows: list of maps: key (kind and key), kind, body.
UNWIND $p.rows AS row
MERGE (n:_Note {key: row.key})
SET n.kind = row.kind, n.body = row.body
