// Take join keys off their marks
// $p.rows: list of maps: id (of the mark), join_keys (those that remain).
UNWIND $p.rows AS row
MATCH (d:_Dirty)
WHERE elementId(d) = row.id
SET d.join_keys = row.join_keys
WITH d
WHERE size(d.join_keys) = 0
DELETE d
