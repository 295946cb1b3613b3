// Forget under which join keys facts are found
// $p.rows: list of maps: key, event (of the fact).
UNWIND $p.rows AS row
MATCH (j:_JoinKey {key: row.key})
WHERE j.fact STARTS WITH row.event + ' '
DELETE j
