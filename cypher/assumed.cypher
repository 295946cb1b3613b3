// Which roles has this identity assumed or tried?
// Its own assumptions and those of the sessions that it obtained, along resolved parents, a row for each role, way
// and outcome.
// $ask: text, an access key ID, the key of a Session, or the key of a Principal (its ARN).
// $limit: integer, how many rows at most.
// Columns: role (ARN, or unknown), outcome (granted, or the error), how, via (null of refusals), hops (how many grants
// away at least), through (ARN of the role whose session called), count, first, last (ISO times), event_ids (at most
// 5). In order of hops, first and role.
CALL () {
  MATCH (n:Credential {access_key_id: $ask})
  RETURN n
  UNION
  MATCH (n:Session {key: $ask})
  RETURN n
  UNION
  MATCH (n:Principal {key: $ask})
  RETURN n
  UNION
  MATCH (:Principal {key: $ask})<-[:SESSION_OF|BELONGS_TO]-(n)
  RETURN n
}
MATCH path = (n)-[:ASSUMED|ISSUED*0..4000 {parent: true}]->(caller)
WITH caller, min(size([step IN relationships(path) WHERE type(step) = 'ASSUMED'])) + 1 AS hops
OPTIONAL MATCH (holder:Session)-[:ISSUED {parent: true}]->(caller)
WITH caller, hops, CASE WHEN hops > 1 THEN coalesce(caller.role_arn, holder.role_arn) END AS through
CALL (caller) {
  MATCH (caller)-[way:ASSUMED]->(session:Session {type: 'role'})
  UNWIND way.grants AS grant
  RETURN session.role_arn AS role, 'granted' AS outcome, way.how AS how, way.via AS via, 1 AS count,
         split(split(grant, '"time":"')[1], '"')[0] AS first, split(split(grant, '"time":"')[1], '"')[0] AS last,
         way.event_ids AS event_ids
  UNION ALL
  MATCH (caller)-[tried:TRIED]->(target:Principal)
  RETURN coalesce(target.arn, target.key) AS role, tried.error AS outcome, null AS how, null AS via,
         tried.count AS count, tried.first AS first, tried.last AS last, tried.event_ids AS event_ids
}
WITH role, outcome, how, via, through, min(hops) AS hops, sum(count) AS count, min(first) AS first, max(last) AS last,
     collect(event_ids) AS lists
RETURN role, outcome, how, via, hops, through, count, first, last,
       COLLECT { UNWIND lists AS list UNWIND list AS id RETURN DISTINCT id ORDER BY id LIMIT 5 } AS event_ids
ORDER BY hops, first, role
LIMIT $limit
