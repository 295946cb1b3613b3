// Identities whose calls are attached to a node
// $p.source: text, label and key.
// Columns: id, body, hours (bytes; no hours: no call counts any more). In order of id.
MATCH (a:_Actor {source: $p.source})
RETURN a.id AS id, a.body AS body, a.hours AS hours
ORDER BY id
