// What all loads set aside
// Columns: path, place (index in the file), reason. In order of path, place and reason; each once.
MATCH (a:_Aside)
RETURN DISTINCT a.path AS path, a.place AS place, a.reason AS reason
ORDER BY path, place, reason
