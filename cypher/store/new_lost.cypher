// Note contents that lost against another under their event ID
// $rows: list of maps: key (unique), row, time (seconds), id (bytes), fingerprint.
UNWIND $rows AS row
MERGE (l:_Lost {key: row.key})
SET l = row
