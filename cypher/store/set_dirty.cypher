// Take terms off their marks
// $rows: list of maps: id (of the mark), terms (those that remain).
UNWIND $rows AS row
MATCH (d:_Dirty)
WHERE elementId(d) = row.id
SET d.terms = row.terms
WITH d
WHERE size(d.terms) = 0
DELETE d
