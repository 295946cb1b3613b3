// Identities of principals, access keys or principalIds of sessions
// $principals (keys), $keys (access key IDs), $ids: lists of texts.
// Columns: value (of the list), id, hours (bytes; no hours: no call counts any more). No order.
CALL () {
  UNWIND $principals AS value
  MATCH (a:_Actor {principal: value})
  RETURN value, a
  UNION ALL
  UNWIND $keys AS value
  MATCH (a:_Actor {key: value})
  RETURN value, a
  UNION ALL
  UNWIND $ids AS value
  MATCH (s:Session {principal_id: value})
  MATCH (a:_Actor {session: s.key})
  RETURN value, a
}
RETURN value, a.id AS id, a.hours AS hours
