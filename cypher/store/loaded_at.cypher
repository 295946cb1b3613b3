// When the last of the loads ended that files had their events from
// What a killed load brought, the next one has derived. Files of older programs do not have their load.
// $p.files: list of numbers.
// Columns: loaded_at (ISO time, null where no load is known to have ended). One row.
UNWIND $p.files AS id
MATCH (f:_File {id: id})
WITH DISTINCT f.load AS load
MATCH (l:_Load {id: load})
OPTIONAL MATCH (n:_Load)
WHERE l.finished IS NULL AND n.started >= l.started
WITH l, min(n.finished) AS next
RETURN max(coalesce(l.finished, next)) AS loaded_at
