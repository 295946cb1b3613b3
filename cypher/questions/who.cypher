// Whose credentials were these really?
// Back from an access key, a session, a user or all sessions of a role to where each chain begins, along resolved
// parents; a session of a user or root, of a federated user or on behalf of somebody states its origin itself.
// Leaves out origins that no relationship states: the service of a service-linked role, a caller of another account
// that is known by its role alone, the session behind a lost record. They are Unresolved here. Where several callers
// fit a session, lineage who also follows the event that issued its key. Of an event, the graph knows the node that it
// hangs on: a call that states no session hangs on its role, where lineage who finds the session by time, and the copy
// of another account's call is not joined to the caller's own. Rows of calls have the IDs of the first calls only.
// $ask (text): an access key ID, also one that is no node; the key of a Session; the key of a Principal (its ARN); or
// the ID of an event: a grant, a change, or one of the first calls of a row.
// $limit (integer, default 1000): how many chains at most.
// Columns: start (key), origin_kind (Unresolved where the chain is open), origin (key), account, access_key_id (of the
// origin), depth (hops), hops (list of maps, first to last: api, how, via, time, event_ids, rule, confidence, session,
// role_arn, session_name, source_ip, cross_account), candidates (keys of callers that fit where none is the parent).
// Newest start first, then by its key.
CALL () {
  MATCH (n:Credential {access_key_id: $ask})
  RETURN n
  UNION
  MATCH (n:Session {key: $ask})
  RETURN n
  UNION
  MATCH (n:Principal {key: $ask})
  WHERE NOT n:Role AND NOT n:FederatedUser
  RETURN n
  UNION
  MATCH (owner:Principal {key: $ask})<-[of:SESSION_OF]-(n:Session)
  WHERE (owner:Role OR owner:FederatedUser) AND of.stated IS NULL
  RETURN n
  UNION
  WITH $ask AS id
  WHERE id =~ 'A[KS]IA[A-Z0-9]+' AND NOT EXISTS { (:Credential {access_key_id: id}) }
  MATCH (n)-[:USED {access_key_id: id}]->(:Action)
  RETURN n
  UNION
  WITH $ask AS id
  WHERE id =~ '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}'
  MATCH (caller)-[way:ASSUMED|ISSUED|USED|CREATED|CHANGED|STARTED]->()
  WHERE id IN way.event_ids AND NOT (type(way) = 'ISSUED' AND way.parent)
  WITH caller, CASE WHEN type(way) = 'USED' AND way.copy IS NULL THEN 0 WHEN type(way) IN ['ASSUMED', 'ISSUED'] THEN 1 ELSE 2 END AS rank
  WITH collect({node: caller, rank: rank}) AS found, min(rank) AS best
  UNWIND [one IN found WHERE one.rank = best | one.node] AS n
  RETURN n
}
MATCH path = (top)-[:ASSUMED|ISSUED*0..4000 {parent: true}]->(n)
WHERE NOT EXISTS { (top)<-[:ASSUMED|ISSUED {parent: true}]-() }
WITH n, top, relationships(path) AS steps, CASE WHEN top:Principal THEN nodes(path)[1] ELSE top END AS begin
OPTIONAL MATCH (begin)-[of:BELONGS_TO|SESSION_OF]->(owner:Principal)
WHERE begin:Credential
   OR (of.stated IS NULL) = (begin.type IN ['user', 'root'] AND NOT begin.key CONTAINS ':assumed-root/')
WITH n, top, steps, collect(owner) AS owners
WITH *, CASE WHEN size(owners) = 1 THEN owners[0] WHEN top:Principal AND size(owners) = 0 THEN top END AS found
WITH n, top, CASE WHEN NOT found.kind IN ['Role', 'FederatedUser', 'SignInAttempt', 'Unknown'] THEN found END AS origin,
     [at IN range(0, size(steps) - 1) WHERE type(steps[at]) = 'ASSUMED' |
       {way: steps[at], key: CASE WHEN type(steps[at + 1]) = 'ISSUED' THEN steps[at + 1] END}] AS hops
WITH *, [hop IN hops | any(id IN hop.key.event_ids WHERE id IN hop.way.event_ids)] AS own
RETURN n.key AS start,
       coalesce(origin.kind, 'Unresolved') AS origin_kind,
       origin.key AS origin,
       origin.account AS account,
       top.access_key_id AS access_key_id,
       size(hops) AS depth,
       [at IN range(0, size(hops) - 1) | {
         api: hops[at].way.api, how: hops[at].way.how, via: hops[at].way.via,
         time: CASE WHEN own[at] THEN hops[at].key.time ELSE hops[at].way.time END,
         event_ids: CASE WHEN own[at] THEN hops[at].key.event_ids ELSE hops[at].way.event_ids END,
         rule: coalesce(hops[at].key.rule, hops[at].way.rule),
         confidence: coalesce(hops[at].key.confidence, hops[at].way.confidence),
         session: endNode(hops[at].way).key, role_arn: endNode(hops[at].way).role_arn,
         session_name: endNode(hops[at].way).name, source_ip: hops[at].way.source_ip,
         cross_account: hops[at].way.cross_account
       }] AS hops,
       CASE WHEN top:Session THEN COLLECT {
         MATCH (caller)-[:ASSUMED]->(top)
         RETURN caller.key AS key ORDER BY key
       } ELSE [] END AS candidates
ORDER BY coalesce(n.created, hops[-1].time, '') DESC, start
LIMIT $limit
