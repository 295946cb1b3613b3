// Write coverage
// $rows: list of maps: key (unique), account, day, first, last (seconds), regions, count, body.
UNWIND $rows AS row
MERGE (c:_Coverage {key: row.key})
SET c = row
