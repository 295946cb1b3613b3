// What was seen from these addresses?
// A row for each address and origin, of the calls of sessions and keys. An address proves nobody: the order ranks
// nobody.
// $addresses: list of texts, addresses, or beginnings of them that end in a point, like 198.51.100.
// $limit: integer, how many rows at most.
// Columns: address, endpoint (the VPC endpoint that it came through), origin_kind (Unresolved where the chain is
// open), origin (key), calls, sessions, keys (access key IDs, at most 20), first, last (ISO times). In order of
// address, endpoint, first and origin.
MATCH (n)-[seen:SEEN_FROM]->(place:IPAddress)
WHERE any(one IN $addresses WHERE place.address = one OR (one ENDS WITH '.' AND place.address STARTS WITH one))
OPTIONAL MATCH (top)-[:ASSUMED|ISSUED*0..4000 {parent: true}]->(n)
WHERE NOT EXISTS { (top)<-[:ASSUMED|ISSUED {parent: true}]-() }
OPTIONAL MATCH (top)-[of:BELONGS_TO|SESSION_OF]->(holder:Principal)
WHERE top:Credential OR of.stated IS NOT NULL
   OR (top.type IN ['user', 'root'] AND NOT top.key CONTAINS ':assumed-root/')
WITH n, seen, place, CASE WHEN top:Principal THEN top ELSE holder END AS origin
WITH place, origin, sum(seen.count) AS calls, min(seen.first) AS first, max(seen.last) AS last,
     collect(DISTINCT CASE WHEN n:Session THEN n.key ELSE split(n.key, ' ')[1] END) AS sessions,
     collect(DISTINCT n.access_key_id) AS ids
RETURN place.address AS address, place.endpoint AS endpoint, coalesce(origin.kind, 'Unresolved') AS origin_kind,
       origin.key AS origin, calls, size(sessions) AS sessions,
       COLLECT { UNWIND ids AS id RETURN id ORDER BY id LIMIT 20 } AS keys, first, last
ORDER BY address, coalesce(endpoint, ''), first, coalesce(origin, '')
LIMIT $limit
