// Change identities
// $p.rows: list of maps: id, properties.
UNWIND $p.rows AS row
MATCH (a:_Actor {id: row.id})
SET a += row.properties
