// Sessions of a principal
// $p.principal: key. $p.name: session name, null for all.
// Columns: key, created (ISO time), expires (ISO time or null). Newest first.
MATCH (:Principal {key: $p.principal})<-[of:SESSION_OF]-(s:Session)
WHERE of.stated IS NULL AND ($p.name IS NULL OR s.name = $p.name)
OPTIONAL MATCH (s)<-[r:ASSUMED]-()
RETURN s.key AS key, s.created AS created, max(r.expires) AS expires
ORDER BY created DESC, key
