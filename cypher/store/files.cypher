// Numbers of files
// $paths: list of texts.
// Columns: rows, one list of lists of path, id. No order.
UNWIND $paths AS path
MATCH (f:_File {path: path})
RETURN collect([f.path, f.id]) AS rows
