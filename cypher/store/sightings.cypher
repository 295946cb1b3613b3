// Unique IDs of principals
// $p.principals: list of keys.
// Columns: principal, unique_id, first, last (seconds). In order of first and ID.
UNWIND $p.principals AS principal
MATCH (s:_Sighting {principal: principal})
WHERE s.unique_id <> ''
RETURN principal, s.unique_id AS unique_id, min(s.first) AS first, max(s.last) AS last
ORDER BY first, unique_id
