// Forget that events do not count in a row
// $rows: list of keys.
UNWIND $rows AS key
MATCH (l:_Lost {key: key})
DELETE l
