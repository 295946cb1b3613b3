// Note under which join keys facts and identities are found
// $p.rows: list of maps: key, and fact (its key) or actor (its id).
UNWIND $p.rows AS row
CREATE (j:_JoinKey)
SET j = row
