// Add identities
// $rows: list of maps: id, body, key, hours.
UNWIND $rows AS row
CREATE (a:_Actor)
SET a = row
