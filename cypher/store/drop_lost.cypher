// Forget that events do not count in a row
// $p.rows: list of keys.
UNWIND $p.rows AS key
MATCH (l:_Lost {key: key})
DELETE l
