// Which roles has this identity assumed or tried?
// Its own assumptions and those of the sessions that it obtained, along resolved parents, a row for each role, way and
// outcome.
// Leaves out how refused calls would have obtained the role. Calls that a service made in a user's name are shown for
// the user, not for one of its keys.
// A key that AWS reused means all its owners; the command asks which is meant.
// $ask (text): an access key ID (a temporary one stands for its session), the key of a Session, or the key of a
// Principal (its ARN).
// $limit (integer, default 1000): how many rows at most.
// Columns: role (ARN; of refusals without its path, or unknown), outcome (granted, or the error), how and via (null of
// refusals), hops (how many grants away at least), through (ARN of the role whose session called), count, first, last
// (ISO times), event_ids (at most 5). In order of hops, first and role.
CALL () {
  MATCH (n:Credential {access_key_id: $ask, long_term: true})
  RETURN n
  UNION
  MATCH (n:Session)-[:ISSUED {parent: true}]->(:Credential {access_key_id: $ask})
  RETURN n
  UNION
  MATCH (n:Session {key: $ask})
  RETURN n
  UNION
  MATCH (n:Principal {key: $ask})
  WHERE EXISTS { (n)<-[:SESSION_OF|BELONGS_TO|CREATED|CHANGED]-() } OR EXISTS { (n)-[:USED]->() }
  RETURN n
  UNION
  MATCH (:Principal {key: $ask})<-[:SESSION_OF|BELONGS_TO]-(n)
  WHERE n:Session OR n.long_term
  RETURN n
}
CALL () {
  MATCH ()-[used:USED]->(:Action)
  RETURN collect(DISTINCT used.account) AS loaded
}
MATCH path = (n)-[:ASSUMED|ISSUED*0..4000 {parent: true}]->(caller)
WITH loaded, caller, min(size([step IN relationships(path) WHERE type(step) = 'ASSUMED'])) + 1 AS hops
OPTIONAL MATCH (holder:Session)-[:ISSUED {parent: true}]->(caller)
WITH loaded, caller, hops, CASE WHEN hops > 1 THEN coalesce(caller.role_arn, holder.role_arn) END AS through
CALL (caller, loaded) {
  MATCH (caller)-[way:ASSUMED]->(session:Session {type: 'role'})
  RETURN session.role_arn AS role, 'granted' AS outcome, way.how AS how, way.via AS via, size(way.grants) AS count,
         way.time AS first, way.time AS last, way.event_ids AS event_ids
  UNION ALL
  MATCH (caller)-[tried:TRIED]->(target:Principal)
  WHERE NOT coalesce(caller.account, '') IN loaded OR NOT EXISTS {
    MATCH (caller)-[copy:USED {copy: true}]->(:Action {key: tried.action})
    WHERE any(id IN tried.event_ids WHERE id IN copy.event_ids)
  }
  RETURN target.key AS role, tried.error AS outcome, null AS how, null AS via,
         tried.count AS count, tried.first AS first, tried.last AS last, tried.event_ids AS event_ids
}
WITH role, outcome, how, via, through, min(hops) AS hops, sum(count) AS count, min(first) AS first, max(last) AS last,
     collect(event_ids) AS lists
RETURN role, outcome, how, via, hops, through, count, first, last,
       COLLECT { UNWIND lists AS list UNWIND list AS id RETURN DISTINCT id ORDER BY id LIMIT 5 } AS event_ids
ORDER BY hops, first, role
LIMIT $limit
