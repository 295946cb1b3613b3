// Contents that lost, by the row that they were offered to
// $rows: list of row numbers.
// Columns: row, time, id (bytes), fingerprint. No order.
UNWIND $rows AS row
MATCH (l:_Lost {row: row})
RETURN l.row AS row, l.time AS time, l.id AS id, l.fingerprint AS fingerprint
