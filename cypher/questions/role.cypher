// Who has assumed this role, and which roles were assumed out of it?
// A row for each caller's principal with one origin behind it (direction in), and for each role that sessions of it
// obtained (direction out). The two accounts' copies of a call count once.
// Leaves out origins that no relationship states: the service of a service-linked role, a caller of another account
// that is known by its role alone, the session behind a lost record. They are Unresolved here, all in one row. Refused
// assumptions are in denied, the sessions themselves in who.
// $role (text): the key of the role: its ARN without its path.
// $since (time, default null): only sessions granted at this time or later.
// $until (time, default null): only sessions granted at this time or earlier.
// $limit (integer, default 1000): how many rows at most.
// Columns: direction (in or out), principal (key of the caller, or ARN of the role that was obtained), kind, account,
// origin_kind (Unresolved where the chain is open; null of direction out), origin (key), hows, count (grants),
// sessions, first, last (ISO times). In order of direction, count, greatest first, then of principal and origin.
CALL () {
  MATCH (caller)-[way:ASSUMED]->(session:Session)-[of:SESSION_OF WHERE of.stated IS NULL]->(:Principal {key: $role})
  OPTIONAL MATCH (caller)-[held:SESSION_OF|BELONGS_TO WHERE held.stated IS NULL]->(owner:Principal)
  RETURN 'in' AS direction, caller, way, session, coalesce(owner, caller) AS other
  UNION ALL
  MATCH (:Principal {key: $role})<-[:SESSION_OF*0..1]-()-[:ISSUED*0..1 {parent: true}]->(caller)
  MATCH (caller)-[way:ASSUMED]->(session:Session {type: 'role'})
  MATCH (session)-[of:SESSION_OF WHERE of.stated IS NULL]->(other:Principal)
  RETURN 'out' AS direction, caller, way, session, other
}
WITH direction, caller, way, session, other
WHERE ($since IS NULL OR way.time >= $since) AND ($until IS NULL OR way.time <= $until)
CALL (caller) {
  MATCH path = (top)-[:ASSUMED|ISSUED*0..4000 {parent: true}]->(caller)
  WHERE NOT EXISTS { (top)<-[:ASSUMED|ISSUED {parent: true}]-() }
  WITH top, CASE WHEN top:Principal THEN nodes(path)[1] ELSE top END AS begin
  OPTIONAL MATCH (begin)-[of:BELONGS_TO|SESSION_OF]->(holder:Principal)
  WHERE begin:Credential
     OR (of.stated IS NULL) = (begin.type IN ['user', 'root'] AND NOT begin.key CONTAINS ':assumed-root/')
  WITH top, collect(holder) AS holders
  WITH CASE WHEN size(holders) = 1 THEN holders[0] WHEN top:Principal AND size(holders) = 0 THEN top END AS found
  WHERE NOT found.kind IN ['Role', 'FederatedUser', 'SignInAttempt', 'Unknown']
  RETURN head(collect(found)) AS origin
}
WITH direction, other, CASE direction WHEN 'in' THEN origin END AS origin, sum(size(way.grants)) AS count,
     count(DISTINCT session) AS sessions, collect(DISTINCT way.how) AS hows,
     min(way.time) AS first, max(way.time) AS last
RETURN direction,
       CASE direction WHEN 'in' THEN other.key ELSE coalesce(other.arn, other.key) END AS principal,
       other.kind AS kind,
       other.account AS account,
       CASE direction WHEN 'in' THEN coalesce(origin.kind, 'Unresolved') END AS origin_kind,
       origin.key AS origin,
       COLLECT { UNWIND hows AS how RETURN how ORDER BY how } AS hows,
       count, sessions, first, last
ORDER BY direction, count DESC, principal, coalesce(origin, '')
LIMIT $limit
