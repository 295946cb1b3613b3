// Identities by the node that their calls are attached to, by session, principal or key
// $p.sources (label and key), $p.sessions, $p.principals, $p.keys: lists of texts.
// Columns: rows, one list of lists of id, hours (bytes; no hours: no call counts any more). No order.
CALL () {
  UNWIND $p.sources AS source
  MATCH (a:_Actor {source: source})
  RETURN a
  UNION ALL
  UNWIND $p.sessions AS session
  MATCH (a:_Actor {session: session})
  RETURN a
  UNION ALL
  UNWIND $p.principals AS principal
  MATCH (a:_Actor {principal: principal})
  RETURN a
  UNION ALL
  UNWIND $p.keys AS key
  MATCH (a:_Actor {key: key})
  RETURN a
}
RETURN collect([a.id, a.hours]) AS rows
