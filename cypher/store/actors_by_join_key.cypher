// Identities by join key
// $p.join_keys: list of texts.
// Columns: rows, one list of lists of join key, id, body, hours (bytes). No order.
UNWIND $p.join_keys AS key
MATCH (j:_JoinKey {key: key})
MATCH (a:_Actor {id: j.actor})
RETURN collect([key, a.id, a.body, a.hours]) AS rows
