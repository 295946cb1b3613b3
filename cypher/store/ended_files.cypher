// Note files that were read to their end
// $p.rows: list of maps: path, sha256, size.
UNWIND $p.rows AS row
MATCH (f:_File {path: row.path})
SET f.sha256 = row.sha256, f.size = row.size
