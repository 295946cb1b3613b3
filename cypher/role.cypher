// Who has assumed this role, and which roles were assumed out of it?
// A row for each caller's principal with one origin behind it (direction in), and for each role that sessions of it
// obtained (direction out). The two accounts' copies of a call count once.
// $role: text, the key of the role: its ARN without its path.
// $since, $until: ISO times between which the grants lie, or null. $limit: integer, how many rows at most.
// Columns: direction (in or out), principal (key of the caller, or ARN of the role that was obtained), kind, account,
// origin_kind (Unresolved where the chain is open), origin (key), hows, count (grants), sessions, first, last (ISO
// times). In order of direction, count, greatest first, then of principal and origin.
CALL () {
  MATCH (caller)-[way:ASSUMED]->(session:Session)-[:SESSION_OF]->(:Principal {key: $role})
  OPTIONAL MATCH (caller)-[:SESSION_OF|BELONGS_TO]->(owner:Principal)
  RETURN 'in' AS direction, caller, way, session, coalesce(owner, caller) AS other
  UNION ALL
  MATCH (own:Session)-[:SESSION_OF]->(:Principal {key: $role})
  MATCH (own)-[:ISSUED*0..1 {parent: true}]->(caller)-[way:ASSUMED]->(session:Session)-[of:SESSION_OF WHERE of.stated IS NULL]->(other:Principal)
  RETURN 'out' AS direction, caller, way, session, other
}
OPTIONAL MATCH (top)-[:ASSUMED|ISSUED*0..4000 {parent: true}]->(caller)
WHERE NOT EXISTS { (top)<-[:ASSUMED|ISSUED {parent: true}]-() }
OPTIONAL MATCH (top)-[of:BELONGS_TO|SESSION_OF]->(holder:Principal)
WHERE top:Credential OR of.stated IS NOT NULL
   OR (top.type IN ['user', 'root'] AND NOT top.key CONTAINS ':assumed-root/')
WITH direction, way, session, other, CASE WHEN top:Principal THEN top ELSE holder END AS origin
UNWIND [grant IN way.grants | split(split(grant, '"time":"')[1], '"')[0]] AS time
WITH direction, way, session, other, origin, time
WHERE ($since IS NULL OR time >= $since) AND ($until IS NULL OR time <= $until)
WITH direction, other, origin, count(*) AS count, count(DISTINCT session) AS sessions,
     collect(DISTINCT way.how) AS hows, min(time) AS first, max(time) AS last
RETURN direction,
       coalesce(other.arn, other.key) AS principal,
       other.kind AS kind,
       other.account AS account,
       coalesce(origin.kind, 'Unresolved') AS origin_kind,
       origin.key AS origin,
       COLLECT { UNWIND hows AS how RETURN how ORDER BY how } AS hows,
       count, sessions, first, last
ORDER BY direction, count DESC, principal, coalesce(origin, '')
LIMIT $limit
