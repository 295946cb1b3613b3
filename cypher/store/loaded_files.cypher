// Sizes of files that were loaded to their end
// $p.paths: list of texts.
// Columns: path, size (bytes). No order.
UNWIND $p.paths AS path
MATCH (f:_File {path: path})
WHERE f.sha256 <> ''
RETURN f.path AS path, f.size AS size
