// Give principals their unique IDs
// $rows: list of maps: key, unique_ids.
UNWIND $rows AS row
MATCH (p:Principal {key: row.key})
SET p.unique_ids = row.unique_ids
