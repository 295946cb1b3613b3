// What was seen from these addresses?
// A row for each address and origin; each caller whose origin is not known has a row of its own. An address proves
// nobody: the order ranks nobody. Of a call that two accounts logged the caller's own record counts.
// Leaves out origins that no relationship states: the service of a service-linked role, a caller of another account
// that is known by its role alone, the session behind a lost record. They are Unresolved here. Networks like
// 198.51.100.0/25 and lists in files are read by lineage from alone.
// $addresses (list of texts): addresses, or beginnings of them that end in a point, like 198.51.100.
// $limit (integer, default 1000): how many rows at most.
// Columns: address, origin_kind (Unresolved where the chain is open), origin (key), caller (key of the session, key or
// principal where the origin is not known), calls, failed (of the calls), sessions, keys (access key IDs, at most 20),
// first, last (ISO times). In order of address, first, origin and caller.
CALL () {
  MATCH ()-[used:USED]->(:Action)
  RETURN collect(DISTINCT used.account) AS loaded
}
MATCH (n)-[used:USED]->(:Action)
WHERE any(one IN $addresses WHERE used.source_ip = one OR (one ENDS WITH '.' AND used.source_ip STARTS WITH one))
  AND (used.copy IS NULL OR NOT coalesce(n.account, '') IN loaded)
OPTIONAL MATCH (holder:Session)-[:ISSUED {parent: true}]->(n)
WITH n, used, CASE WHEN n:Session THEN n ELSE holder END AS session
CALL (n) {
  MATCH path = (top)-[:ASSUMED|ISSUED*0..4000 {parent: true}]->(n)
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
WITH used.source_ip AS address, origin, CASE WHEN origin IS NULL THEN n.key END AS caller, sum(used.count) AS calls,
     sum(CASE WHEN used.error IS NOT NULL THEN used.count ELSE 0 END) AS failed,
     min(used.first) AS first, max(used.last) AS last, count(DISTINCT session) AS sessions,
     collect(DISTINCT used.access_key_id) AS ids
RETURN address, coalesce(origin.kind, 'Unresolved') AS origin_kind, origin.key AS origin, caller, calls, failed,
       sessions, COLLECT { UNWIND ids AS id RETURN id ORDER BY id LIMIT 20 } AS keys, first, last
ORDER BY address, first, coalesce(origin, ''), coalesce(caller, '')
LIMIT $limit
