// What is known of events of the ledger
// $p.rows: list of maps: n (number), key (of the row), actor (its ID), file (number).
// Columns: n, body (bytes, the identity), source, session, api, row (properties), path. No order.
UNWIND $p.rows AS row
MATCH (x:_Actor {id: row.actor})
MATCH ()-[u:USED {key: row.key}]->(a:Action)
OPTIONAL MATCH (f:_File {id: row.file})
RETURN row.n AS n, x.body AS body, x.source AS source, x.session AS session, a.key AS api, properties(u) AS row, f.path AS path
