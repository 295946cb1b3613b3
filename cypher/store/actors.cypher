// Identities by number
// $p.ids: list of integers.
// Columns: rows, one list of lists of id, body, hours (bytes), source, session, principal, hung. No order.
UNWIND $p.ids AS id
MATCH (a:_Actor {id: id})
RETURN collect([a.id, a.body, a.hours, a.source, a.session, a.principal, a.hung]) AS rows
