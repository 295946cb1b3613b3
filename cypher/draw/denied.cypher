// Draw which calls were refused, and whose credentials made them.
// The answer of questions/denied.cypher as paths.
// One call for each origin, operation and error, the newest, with at most 50 steps
// up to the origin.
// $since (time, default null): only calls at this time or later; calls of one hour count together.
// $until (time, default null): only calls at this time or earlier; calls of one hour count together.
// $limit (integer, default 50): how many at most; 50 can still be read.
// Columns: path (caller and operation), chain (path from the origin to the caller), tried (paths: at most 5 roles that
// were refused to it), refused (how many calls stand behind the one that is drawn), last (ISO time of the newest). Most
// calls first, then the newest.
MATCH path = (n)-[used:USED]->(action:Action)
WHERE used.error IS NOT NULL
  AND used.copy IS NULL
  AND ($since IS NULL OR used.last >= $since)
  AND ($until IS NULL OR used.first <= $until)
  AND (used.error =~ '(?i).*(access_?denied|unauthori[sz]ed|forbidden|notauthorized|authorizationerror).*'
       OR action.key STARTS WITH 'sts:Assume')
OPTIONAL MATCH chain = (top)-[:ASSUMED|ISSUED*0..50 {parent: true}]->(n)
WHERE length(chain) = 50 OR NOT EXISTS { (top)<-[:ASSUMED|ISSUED {parent: true}]-() }
OPTIONAL MATCH (top)-[of:BELONGS_TO|SESSION_OF]->(holder:Principal)
WHERE top:Credential OR of.stated IS NOT NULL
   OR (top.type IN ['user', 'root'] AND NOT top.key CONTAINS ':assumed-root/')
WITH n, used, action, path, chain, CASE WHEN top:Principal THEN top ELSE holder END AS origin
ORDER BY used.last DESC, used.key
WITH origin, action, used.error AS error, sum(used.count) AS refused, max(used.last) AS last,
     head(collect([path, chain])) AS newest
ORDER BY refused DESC, last DESC, action.key, error
LIMIT $limit
WITH newest[0] AS path, newest[1] AS chain, refused, last
RETURN path, chain,
       COLLECT {
         WITH nodes(path)[0] AS caller
         MATCH attempt = (caller)-[way:TRIED]->(:Principal)
         RETURN attempt ORDER BY way.first, way.key LIMIT 5
       } AS tried,
       refused, last
