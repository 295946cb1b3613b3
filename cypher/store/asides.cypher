// Note what was set aside
// $rows: list of maps: load, path, place, offset, reason.
UNWIND $rows AS row
CREATE (a:_Aside)
SET a = row
