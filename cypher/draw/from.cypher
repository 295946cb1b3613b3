// Draw what was seen from these addresses.
// The answer of questions/from.cypher as paths.
// One session or key for each address and origin, the newest, with at most 50 steps
// up to the origin. An address proves nobody: that two lines meet in one says no more than that.
// $addresses (list of texts): addresses, or beginnings of them that end in a point, like 198.51.100.
// $limit (integer, default 50): how many at most; 50 can still be read.
// Columns: path (session or key, and address), chain (path from the origin to it), owners (paths: whose session or key
// each one is), calls, sessions (how many stand behind the one that is drawn), last (ISO time of the newest). In order
// of address, last, newest first, and origin.
MATCH path = (n)-[seen:SEEN_FROM]->(place:IPAddress)
WHERE any(one IN $addresses WHERE place.address = one OR (one ENDS WITH '.' AND place.address STARTS WITH one))
OPTIONAL MATCH chain = (top)-[:ASSUMED|ISSUED*0..50 {parent: true}]->(n)
WHERE length(chain) = 50 OR NOT EXISTS { (top)<-[:ASSUMED|ISSUED {parent: true}]-() }
OPTIONAL MATCH (top)-[of:BELONGS_TO|SESSION_OF]->(holder:Principal)
WHERE top:Credential OR of.stated IS NOT NULL
   OR (top.type IN ['user', 'root'] AND NOT top.key CONTAINS ':assumed-root/')
WITH n, seen, place, path, chain, CASE WHEN top:Principal THEN top ELSE holder END AS origin
ORDER BY seen.last DESC, seen.key
WITH place, origin, sum(seen.count) AS calls, count(DISTINCT n) AS sessions, max(seen.last) AS last,
     head(collect([path, chain])) AS newest
ORDER BY place.key, last DESC, coalesce(origin.key, '')
LIMIT $limit
WITH newest[0] AS path, newest[1] AS chain, calls, sessions, last
RETURN path, chain,
       COLLECT {
         UNWIND nodes(chain) AS one
         MATCH owner = (one)-[:SESSION_OF|BELONGS_TO]->(:Principal)
         RETURN owner
       } AS owners,
       calls, sessions, last
