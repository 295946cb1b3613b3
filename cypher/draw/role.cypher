// Draw who came into this role, and where they went from it.
// The answer of questions/role.cypher as paths.
// One way in for each caller's principal with one origin behind it, and one way out
// for each role that was obtained, the newest each, with at most 50 steps up to the origin.
// $role (text): the key of the role: its ARN without its path.
// $since (time, default null): only sessions begun at this time or later.
// $until (time, default null): only sessions begun at this time or earlier.
// $limit (integer, default 50): how many ways at most; 50 can still be read.
// Columns: path (caller, session, role), chain (path from the origin to the caller), sessions (how many stand behind
// the one that is drawn), last (ISO time of the newest). Most sessions first, then the newest.
CALL () {
  MATCH path = (caller)-[way:ASSUMED]->(session:Session)-[:SESSION_OF]->(:Principal {key: $role})
  OPTIONAL MATCH (caller)-[:SESSION_OF|BELONGS_TO]->(owner:Principal)
  RETURN 'in' AS direction, caller, way, path, session, coalesce(owner, caller) AS other
  UNION ALL
  MATCH (:Principal {key: $role})<-[:SESSION_OF]-(:Session)-[:ISSUED*0..1 {parent: true}]->(caller)
  MATCH path = (caller)-[way:ASSUMED]->(session:Session)-[of:SESSION_OF WHERE of.stated IS NULL]->(other:Principal)
  RETURN 'out' AS direction, caller, way, path, session, other
}
WITH direction, caller, way, path, session, other
WHERE ($since IS NULL OR way.time >= $since) AND ($until IS NULL OR way.time <= $until)
OPTIONAL MATCH chain = (top)-[:ASSUMED|ISSUED*0..50 {parent: true}]->(caller)
WHERE length(chain) = 50 OR NOT EXISTS { (top)<-[:ASSUMED|ISSUED {parent: true}]-() }
OPTIONAL MATCH (top)-[of:BELONGS_TO|SESSION_OF]->(holder:Principal)
WHERE top:Credential OR of.stated IS NOT NULL
   OR (top.type IN ['user', 'root'] AND NOT top.key CONTAINS ':assumed-root/')
WITH direction, way, path, session, other, chain, CASE WHEN top:Principal THEN top ELSE holder END AS origin
ORDER BY way.time DESC, way.key
WITH direction, other, origin, count(DISTINCT session) AS sessions, max(way.time) AS last,
     head(collect([path, chain])) AS newest
ORDER BY sessions DESC, last DESC, direction, other.key
LIMIT $limit
RETURN newest[0] AS path, newest[1] AS chain, sessions, last
