// Note what was set aside
// $p.rows: list of maps: load, path, place, offset, reason.
UNWIND $p.rows AS row
CREATE (a:_Aside)
SET a = row
