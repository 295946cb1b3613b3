// SHA-256 of a file as it was loaded
// $p.path: text.
// Columns: sha256.
MATCH (f:_File {path: $p.path})
RETURN f.sha256 AS sha256
