// Change identities
// $rows: list of maps: id, properties.
UNWIND $rows AS row
MATCH (a:_Actor {id: row.id})
SET a += row.properties
