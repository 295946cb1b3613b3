// Write coverage
// $p.rows: list of maps: key (unique), account, day, first, last (seconds), regions, count, body.
UNWIND $p.rows AS row
MERGE (c:_Coverage {key: row.key})
SET c = row
