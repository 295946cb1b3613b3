// What a load set aside
// $p.load: text. $p.limit: how many at most.
// Columns: path, place (index in the file), offset (byte or null), reason. In order of path and place.
MATCH (a:_Aside {load: $p.load})
RETURN a.path AS path, a.place AS place, a.offset AS offset, a.reason AS reason
ORDER BY path, place
LIMIT $p.limit
