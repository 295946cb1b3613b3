// Identities of principals, access keys or principalIds of sessions
// $p.principals (keys), $p.keys (access key IDs), $p.ids: lists of texts.
// Columns: value (of the list), id, hours (bytes; no hours: no call counts any more). No order.
CALL () {
  UNWIND $p.principals AS value
  MATCH (a:_Actor {principal: value})
  RETURN value, a
  UNION ALL
  UNWIND $p.keys AS value
  MATCH (a:_Actor {key: value})
  RETURN value, a
  UNION ALL
  UNWIND $p.ids AS value
  MATCH (s:Session {principal_id: value})
  MATCH (a:_Actor {session: s.key})
  RETURN value, a
}
RETURN value, a.id AS id, a.hours AS hours
