// How did one identity come to another?
// Every way along resolved parents, in order of time, from a key, session, principal, role or account to another:
// never through a shared role, action or address.
// $start, $end: texts, each an access key ID, the key of a Session, the key of a Principal (its ARN), or an account ID.
// $made: boolean, go on through long-term keys that were made for somebody else.
// $limit: integer, how many ways at most.
// Columns: start, end (keys), hops, made (does it go through something made for somebody else?), steps (list of maps:
// type, target, time, how, api, rule, confidence, event_ids), first, last (ISO times). Without makings first, then
// fewest hops, then oldest, then by start and end.
CALL () {
  MATCH (a:Credential {access_key_id: $start})
  RETURN a
  UNION
  MATCH (a:Session {key: $start})
  RETURN a
  UNION
  MATCH (a:Principal {key: $start})
  RETURN a
  UNION
  MATCH (:Principal {key: $start})<-[:SESSION_OF|BELONGS_TO]-(a)
  RETURN a
  UNION
  MATCH (a:Session {account: $start})
  RETURN a
}
CALL () {
  MATCH (b:Credential {access_key_id: $end})
  RETURN collect(b) AS ends
  UNION ALL
  MATCH (b:Session {key: $end})
  RETURN collect(b) AS ends
  UNION ALL
  MATCH (:Principal {key: $end})<-[:SESSION_OF|BELONGS_TO]-(b)
  RETURN collect(b) AS ends
  UNION ALL
  MATCH (b:Session {account: $end})
  RETURN collect(b) AS ends
}
UNWIND ends AS b
MATCH path = (a)-[:ASSUMED|ISSUED*1..4000]->(b)
WHERE all(r IN relationships(path) WHERE r.parent OR ($made AND r.event_id IS NOT NULL))
WITH a, b, relationships(path) AS ways, [r IN relationships(path) WHERE type(r) = 'ASSUMED'] AS grants
RETURN a.key AS start, b.key AS end, size(grants) AS hops, any(way IN ways WHERE NOT way.parent) AS made,
       [way IN ways | {
         type: type(way), target: endNode(way).key, time: way.time, how: way.how, api: way.api, rule: way.rule,
         confidence: way.confidence, event_ids: way.event_ids
       }] AS steps,
       head(ways).time AS first, last(ways).time AS last
ORDER BY made, hops, first, start, end
LIMIT $limit
