// Give new files their numbers
// $p.paths: list of texts, none known yet.
// Columns: rows, one list of lists of path, id. No order.
MATCH (s:_Store {key: 'store'})
WITH s, coalesce(s.files, 0) AS files
SET s.files = files + size($p.paths)
WITH files
UNWIND range(0, size($p.paths) - 1) AS i
CREATE (f:_File {path: $p.paths[i], id: files + i + 1})
RETURN collect([f.path, f.id]) AS rows
