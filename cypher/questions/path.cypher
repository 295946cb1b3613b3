// How did one identity come to another?
// Every way along resolved parents, in order of time, from a key, session, principal, role or account to another: never
// through a shared role, action or address. Each begins at the last node of the start and ends at the first of the end.
// Leaves out users and passwords made for others, which lineage path follows.
// $start (text): an access key ID (a temporary one stands for its session), the key of a Session, the key of a
// Principal (its ARN), or an account ID.
// $end (text): an access key ID (a temporary one stands for its session), the key of a Session, the key of a Principal
// (its ARN), or an account ID.
// $made (boolean, default false): go on through long-term keys that were made for others.
// $limit (integer, default 1000): how many ways at most.
// Columns: start, end (keys), hops, made (does it go through a key made for others?), steps (list of maps: type,
// target, time, how, api, rule, confidence, event_ids; of a session that the way goes on from by a key: rule and
// confidence of that key), first, last (ISO times). Without makings first, then fewest
// hops, then oldest, then by start and end.
CALL () {
  MATCH (n:Credential {access_key_id: $start, long_term: true})
  RETURN n
  UNION
  MATCH (n:Session)-[:ISSUED {parent: true}]->(:Credential {access_key_id: $start})
  RETURN n
  UNION
  MATCH (n:Session {key: $start})
  RETURN n
  UNION
  MATCH (n:Principal {key: $start})
  WHERE EXISTS { (n)<-[:SESSION_OF|BELONGS_TO|CREATED|CHANGED]-() } OR EXISTS { (n)-[:USED]->() }
  RETURN n
  UNION
  MATCH (owner:Principal {key: $start})<-[:SESSION_OF|BELONGS_TO]-(n)
  WHERE n:Session OR NOT owner:Role
  RETURN n
  UNION
  MATCH (n:Session|Principal {account: $start})
  RETURN n
  UNION
  MATCH (n:Credential {long_term: true})-[:BELONGS_TO]->(:Principal {account: $start})
  RETURN n
}
WITH collect(n) AS starts
CALL () {
  MATCH (n:Credential {access_key_id: $end, long_term: true})
  RETURN n
  UNION
  MATCH (n:Session)-[:ISSUED {parent: true}]->(:Credential {access_key_id: $end})
  RETURN n
  UNION
  MATCH (n:Session {key: $end})
  RETURN n
  UNION
  MATCH (n:Principal {key: $end})
  WHERE EXISTS { (n)<-[:SESSION_OF|BELONGS_TO|CREATED|CHANGED]-() } OR EXISTS { (n)-[:USED]->() }
  RETURN n
  UNION
  MATCH (owner:Principal {key: $end})<-[:SESSION_OF|BELONGS_TO]-(n)
  WHERE n:Session OR NOT owner:Role
  RETURN n
  UNION
  MATCH (n:Session|Principal {account: $end})
  RETURN n
  UNION
  MATCH (n:Credential {long_term: true})-[:BELONGS_TO]->(:Principal {account: $end})
  RETURN n
}
WITH starts, collect(n) AS ends
UNWIND starts AS a
MATCH path = (a)((maker)-[way:ASSUMED|ISSUED]->(key) WHERE way.parent OR (way.event_id IS NOT NULL AND ($made
  OR EXISTS { (maker)-[:SESSION_OF|BELONGS_TO]->(:Principal)<-[:BELONGS_TO]-(key) }))){1,4000}(b)
WHERE b IN ends
  AND none(one IN nodes(path)[1..] WHERE one IN starts)
  AND none(one IN nodes(path)[1..-1] WHERE one IN ends)
WITH a, b, relationships(path) AS ways, [r IN relationships(path) WHERE type(r) = 'ASSUMED'] AS grants
WITH *, [at IN range(0, size(ways) - 1) |
         CASE WHEN type(ways[at]) = 'ASSUMED' AND type(ways[at + 1]) = 'ISSUED' AND ways[at + 1].parent
              THEN ways[at + 1] END] AS keys
RETURN a.key AS start, b.key AS end, size(grants) AS hops, any(way IN ways WHERE NOT way.parent) AS made,
       [at IN range(0, size(ways) - 1) | {
         type: type(ways[at]), target: endNode(ways[at]).key, time: ways[at].time, how: ways[at].how, api: ways[at].api,
         rule: coalesce(keys[at].rule, ways[at].rule),
         confidence: coalesce(keys[at].confidence, ways[at].confidence), event_ids: ways[at].event_ids
       }] AS steps,
       head(ways).time AS first, last(ways).time AS last
ORDER BY made, hops, first, start, end
LIMIT $limit
