// Whose credentials changed or read this resource?
// A row for each origin, operation and outcome of changing, sensitive and refused calls, and for each workload that
// was started or entered. A call from another account is counted twice where both accounts' logs are loaded:
// the caller's own record and the copy of the resource's account, which may know its caller as an ExternalAccount only.
// $resource: text, the key of a Resource (its ARN, or ACCOUNT:TYPE:ID), or its ID or name alone.
// $since, $until: ISO times that the calls lie between (of calls of one hour: some of them), or null.
// $limit: integer, how many rows at most.
// Columns: resource (key), origin_kind (Unresolved where the chain is open), origin (key), type (of the relationship),
// action (like sts:AssumeRole), error, count, first, last (ISO times), event_ids (at most 5). In order of resource,
// first, action, type and origin.
MATCH (resource:Resource)
WHERE resource.key = $resource OR resource.id = $resource
MATCH (n)-[way:TOUCHED|STARTED|CHANGED]->(resource)
WHERE ($since IS NULL OR coalesce(way.last, way.time) >= $since)
  AND ($until IS NULL OR coalesce(way.first, way.time) <= $until)
OPTIONAL MATCH (top)-[:ASSUMED|ISSUED*0..4000 {parent: true}]->(n)
WHERE NOT EXISTS { (top)<-[:ASSUMED|ISSUED {parent: true}]-() }
OPTIONAL MATCH (top)-[of:BELONGS_TO|SESSION_OF]->(holder:Principal)
WHERE top:Credential OR of.stated IS NOT NULL
   OR (top.type IN ['user', 'root'] AND NOT top.key CONTAINS ':assumed-root/')
WITH resource, way, CASE WHEN top:Principal THEN top ELSE holder END AS origin
WITH resource.key AS resource, origin, type(way) AS type, coalesce(way.action, way.api) AS action, way.error AS error,
     sum(coalesce(way.count, 1)) AS count, min(coalesce(way.first, way.time)) AS first,
     max(coalesce(way.last, way.time)) AS last, collect(way.event_ids) AS lists
RETURN resource, coalesce(origin.kind, 'Unresolved') AS origin_kind, origin.key AS origin, type, action, error, count,
       first, last,
       COLLECT { UNWIND lists AS list UNWIND list AS id RETURN DISTINCT id ORDER BY id LIMIT 5 } AS event_ids
ORDER BY resource, first, action, type, coalesce(origin, '')
LIMIT $limit
