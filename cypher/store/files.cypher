// Numbers of files
// $p.paths: list of texts.
// Columns: rows, one list of lists of path, id. No order.
UNWIND $p.paths AS path
MATCH (f:_File {path: path})
RETURN collect([f.path, f.id]) AS rows
