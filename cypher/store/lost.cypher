// Events that hold a place in rows where they do not count
// $p.rows: list of row IDs (hex).
// Columns: row, time, id (bytes). No order.
UNWIND $p.rows AS row
MATCH (l:_Lost {row: row})
RETURN l.row AS row, l.time AS time, l.id AS id
