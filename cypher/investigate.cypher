// Whose credentials were these really, and what was done with them?
// From an access key, a session, all sessions of a principal or an event that is kept as an example: the chain up to
// its origin, and the calls of every session and key on it in a stretch of time. (`lineage investigate` reads
// findings, knows every event ID by the ledger, and asks all that follows.)
// $ask: text, an access key ID, the key of a Session, the key of a Principal (its ARN), or an event ID.
// $since: text, ISO time, or null for no beginning.
// $until: text, ISO time, or null for no end.
// $limit: integer, how many rows at most.
// Columns: start (key), origin_kind (Unresolved where the first grant was not logged), origin (key), hop (0 where the
// chain begins), label, key (of the session, key or principal that called), api, error, sensitive, calls, first, last,
// source_ip, resource (key), event_ids (examples). In order of first, start, hop, api and key of the calls.
CALL () {
  MATCH (n:Credential {access_key_id: $ask})
  RETURN n
  UNION
  MATCH (n:Session {key: $ask})
  RETURN n
  UNION
  MATCH (:Principal {key: $ask})<-[:SESSION_OF]-(n:Session)
  RETURN n
  UNION
  MATCH (n)-[example:USED]->(:Action)
  WHERE $ask IN example.event_ids
  RETURN n
}
MATCH path = (top)-[:ASSUMED|ISSUED*0..4000 {parent: true}]->(n)
WHERE NOT EXISTS { (top)<-[:ASSUMED|ISSUED {parent: true}]-() }
OPTIONAL MATCH (top)-[of:BELONGS_TO|SESSION_OF]->(owner:Principal)
WHERE top:Credential OR of.stated IS NOT NULL
   OR (top.type IN ['user', 'root'] AND NOT top.key CONTAINS ':assumed-root/')
WITH n, nodes(path) AS chain, CASE WHEN top:Principal THEN top ELSE owner END AS origin
UNWIND range(0, size(chain) - 1) AS hop
WITH n, origin, hop, chain[hop] AS node
MATCH (node)-[used:USED]->(action:Action)
WHERE ($since IS NULL OR used.last >= $since) AND ($until IS NULL OR used.first <= $until)
RETURN n.key AS start,
       coalesce(origin.kind, 'Unresolved') AS origin_kind,
       origin.key AS origin,
       hop,
       CASE WHEN node:Session THEN 'Session' WHEN node:Credential THEN 'Credential' ELSE 'Principal' END AS label,
       node.key AS key,
       action.key AS api,
       used.error AS error,
       used.sensitive AS sensitive,
       used.count AS calls,
       used.first AS first,
       used.last AS last,
       used.source_ip AS source_ip,
       used.resource AS resource,
       used.event_ids AS event_ids
ORDER BY first, start, hop, api, used.key
LIMIT $limit
