// Whose credentials changed or read this resource?
// A row for each origin, operation and outcome of changing, sensitive and refused calls (type TOUCHED), and for each
// change that the graph keeps: STARTED of workloads, CHANGED. Of a call that two accounts logged the caller's own
// record counts.
// Leaves out origins that no relationship states: the service of a service-linked role, a caller of another account
// that is known by its role alone, the session behind a lost record. They are Unresolved here, all in one row. Reads
// that only the samples of calls name are in lineage touched.
// $resource (text): the key of a Resource (its ARN, or ACCOUNT:TYPE:ID), or its ID or name alone.
// $since (time, default null): only calls at this time or later; calls of one hour count together.
// $until (time, default null): only calls at this time or earlier; calls of one hour count together.
// $limit (integer, default 1000): how many rows at most.
// Columns: resource (key), origin_kind (Unresolved where the chain is open), origin (key), type (of the relationship),
// action (like sts:AssumeRole), error, count, first, last (ISO times), event_ids (at most 5). In order of resource,
// first, action, type and origin.
CALL () {
  MATCH ()-[used:USED]->(:Action)
  RETURN collect(DISTINCT used.account) AS loaded
}
MATCH (resource:Resource)
WHERE resource.key = $resource OR resource.id = $resource
MATCH (n)-[way:TOUCHED|STARTED|CHANGED]->(resource)
WHERE ($since IS NULL OR coalesce(way.last, way.time) >= $since)
  AND ($until IS NULL OR coalesce(way.first, way.time) <= $until)
  AND (NOT coalesce(n.account, '') IN loaded OR NOT EXISTS {
    MATCH (n)-[copy:USED {copy: true}]->(:Action {key: way.action})
    WHERE any(id IN way.event_ids WHERE id IN copy.event_ids)
  })
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
WITH resource.key AS resource, origin, type(way) AS type, coalesce(way.action, way.api) AS action, way.error AS error,
     sum(coalesce(way.count, 1)) AS count, min(coalesce(way.first, way.time)) AS first,
     max(coalesce(way.last, way.time)) AS last, collect(way.event_ids) AS lists
RETURN resource, coalesce(origin.kind, 'Unresolved') AS origin_kind, origin.key AS origin, type, action, error, count,
       first, last,
       COLLECT { UNWIND lists AS list UNWIND list AS id RETURN DISTINCT id ORDER BY id LIMIT 5 } AS event_ids
ORDER BY resource, first, action, type, coalesce(origin, '')
LIMIT $limit
