// Give principals their unique IDs
// $p.rows: list of maps: key, unique_ids.
UNWIND $p.rows AS row
MATCH (p:Principal {key: row.key})
SET p.unique_ids = row.unique_ids
