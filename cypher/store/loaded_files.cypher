// Sizes of files that were loaded to their end
// $paths: list of texts.
// Columns: path, size (bytes). No order.
UNWIND $paths AS path
MATCH (f:_File {path: path})
WHERE f.sha256 <> ''
RETURN f.path AS path, f.size AS size
