// Add identities
// $p.rows: list of maps: id, body, key, hours.
UNWIND $p.rows AS row
CREATE (a:_Actor)
SET a = row
