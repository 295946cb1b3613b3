// Paths of files by number
// $p.ids: list of integers.
// Columns: id, path. No order.
UNWIND $p.ids AS id
MATCH (f:_File {id: id})
RETURN f.id AS id, f.path AS path
