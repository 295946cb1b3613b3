// SHA-256 of a file as it was loaded
// $path: text.
// Columns: sha256.
MATCH (f:_File {path: $path})
RETURN f.sha256 AS sha256
