// Sessions with a principalId
// $p.principal_id: text.
// Columns: key, created (ISO time), expires (ISO time or null). Newest first.
MATCH (s:Session {principal_id: $p.principal_id})
OPTIONAL MATCH (s)<-[r:ASSUMED]-()
RETURN s.key AS key, s.created AS created, max(r.expires) AS expires
ORDER BY created DESC, key
