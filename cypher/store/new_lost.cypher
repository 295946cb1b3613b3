// Note events that hold a place in a row where they do not count
// $p.rows: list of maps: key (unique), row, time (seconds), id (bytes).
UNWIND $p.rows AS row
MERGE (l:_Lost {key: row.key})
SET l = row
