// Note events that hold a place in a row where they do not count
// $rows: list of maps: key (unique), row, time (seconds), id (bytes).
UNWIND $rows AS row
MERGE (l:_Lost {key: row.key})
SET l = row
