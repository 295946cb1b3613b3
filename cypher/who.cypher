// Whose credentials were these really?
// Back from an access key, a session or all sessions of a principal to where each chain begins, along resolved
// parents; a session of a user or root, of a federated user or on behalf of somebody states its origin itself.
// (The ID of an event is looked up in the ledger, which `lineage who` reads.)
// $ask: text, an access key ID, the key of a Session, or the key of a Principal (its ARN).
// $limit: integer, how many chains at most.
// Columns: start (key), origin_kind (Unresolved where neither a grant nor the session's own records tell), origin (key), account,
// access_key_id (of the origin), depth (hops), hops (list of maps, first to last: api, how, via, time, event_ids,
// rule, confidence, session, role_arn, session_name, source_ip, cross_account), candidates (keys of callers that
// fit where none is the parent). Newest start first, then by its key.
CALL () {
  MATCH (n:Credential {access_key_id: $ask})
  RETURN n
  UNION
  MATCH (n:Session {key: $ask})
  RETURN n
  UNION
  MATCH (:Principal {key: $ask})<-[:SESSION_OF]-(n:Session)
  RETURN n
}
MATCH path = (top)-[:ASSUMED|ISSUED*0..4000 {parent: true}]->(n)
WHERE NOT EXISTS { (top)<-[:ASSUMED|ISSUED {parent: true}]-() }
OPTIONAL MATCH (top)-[of:BELONGS_TO|SESSION_OF]->(owner:Principal)
WHERE top:Credential OR of.stated IS NOT NULL
   OR (top.type IN ['user', 'root'] AND NOT top.key CONTAINS ':assumed-root/')
WITH n, top, owner, [r IN relationships(path) WHERE type(r) = 'ASSUMED' | r] AS ways,
     CASE WHEN top:Principal THEN top ELSE owner END AS origin
RETURN n.key AS start,
       coalesce(origin.kind, 'Unresolved') AS origin_kind,
       origin.key AS origin,
       origin.account AS account,
       top.access_key_id AS access_key_id,
       size(ways) AS depth,
       [way IN ways | {
         api: way.api, how: way.how, via: way.via, time: way.time, event_ids: way.event_ids, rule: way.rule,
         confidence: way.confidence, session: endNode(way).key, role_arn: endNode(way).role_arn,
         session_name: endNode(way).name, source_ip: way.source_ip, cross_account: way.cross_account
       }] AS hops,
       CASE WHEN top:Session THEN COLLECT {
         MATCH (caller)-[:ASSUMED]->(top)
         RETURN caller.key AS key ORDER BY key
       } ELSE [] END AS candidates
ORDER BY coalesce(n.created, ways[-1].time, '') DESC, start
LIMIT $limit
