// Note under which join keys facts and identities are found
// $rows: list of maps: key, and fact (its key) or actor (its id).
UNWIND $rows AS row
CREATE (j:_JoinKey)
SET j = row
