// Draw whose credentials changed or read this resource.
// The answer of questions/touched.cypher as paths.
// One call for each origin, operation and outcome, the newest, with at most 50
// steps up to the origin.
// $resource (text): the key of a Resource (its ARN, or ACCOUNT:TYPE:ID), or its ID or name alone.
// $since (time, default null): only calls at this time or later; calls of one hour count together.
// $until (time, default null): only calls at this time or earlier; calls of one hour count together.
// $limit (integer, default 50): how many at most; 50 can still be read.
// Columns: path (caller and resource), chain (path from the origin to the caller), owners (paths: whose session or key
// each one is), calls (how many stand behind the one that is drawn), last (ISO time of the newest). Newest first, then
// by origin.
CALL () {
  MATCH ()-[used:USED]->(:Action)
  RETURN collect(DISTINCT used.account) AS loaded
}
MATCH (resource:Resource)
WHERE resource.key = $resource OR resource.id = $resource
MATCH path = (n)-[way:TOUCHED|STARTED|CHANGED]->(resource)
WHERE ($since IS NULL OR coalesce(way.last, way.time) >= $since)
  AND ($until IS NULL OR coalesce(way.first, way.time) <= $until)
  AND (NOT coalesce(n.account, '') IN loaded OR NOT EXISTS {
    MATCH (n)-[copy:USED {copy: true}]->(:Action {key: way.action})
    WHERE any(id IN way.event_ids WHERE id IN copy.event_ids)
  })
OPTIONAL MATCH chain = (top)-[:ASSUMED|ISSUED*0..50 {parent: true}]->(n)
WHERE length(chain) = 50 OR NOT EXISTS { (top)<-[:ASSUMED|ISSUED {parent: true}]-() }
OPTIONAL MATCH (top)-[of:BELONGS_TO|SESSION_OF]->(holder:Principal)
WHERE top:Credential OR of.stated IS NOT NULL
   OR (top.type IN ['user', 'root'] AND NOT top.key CONTAINS ':assumed-root/')
WITH resource, way, path, chain, CASE WHEN top:Principal THEN top ELSE holder END AS origin,
     coalesce(way.last, way.time) AS time
ORDER BY time DESC, way.key
WITH resource, origin, type(way) AS type, coalesce(way.action, way.api) AS action, way.error AS error,
     sum(coalesce(way.count, 1)) AS calls, max(time) AS last, head(collect([path, chain])) AS newest
ORDER BY last DESC, resource.key, coalesce(origin.key, ''), type, action
LIMIT $limit
WITH newest[0] AS path, newest[1] AS chain, calls, last
RETURN path, chain,
       COLLECT {
         UNWIND nodes(chain) AS one
         MATCH owner = (one)-[:SESSION_OF|BELONGS_TO]->(:Principal)
         RETURN owner
       } AS owners,
       calls, last
